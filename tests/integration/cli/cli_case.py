# SPDX-License-Identifier: Apache-2.0
"""What the tests of the real binary share: a clean directory and environment for each, and how to call the tool.

EXECLET_TEST_BINARY is the tool. Every test must end by itself: calls have a generous limit.
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ["EXECLET_TEST_BINARY"]
LIMIT = 60  # seconds for anything; nothing here takes more than a few


class Ended:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def text(self):
        return self.out.decode()

    def words(self):
        return self.err.decode()


def alive_with(marker):
    """Processes whose command line has `marker`, in all PID namespaces below ours."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


def wait_until(condition, what):
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError(f"waited {LIMIT} s in vain: {what}")


PREFIX = "execlet-cli-"


def locked(directory):
    """A descriptor that holds the directory's lock, or None if somebody else does."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd
    except OSError:
        os.close(fd)
        return None


def remove_abandoned():
    """Directories of cases that were killed: nobody holds their lock. One that was just made may get it in a moment."""
    for path in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            status = path.lstat()
            if status.st_uid == os.geteuid() and time.time() - status.st_ctime > 60:
                fd = locked(path)
                if fd is not None:
                    shutil.rmtree(path, ignore_errors=True)
                    os.close(fd)
        except OSError:
            pass  # somebody else was faster


NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"


def placed(place):
    """The tool, for start(program=…), behind a command line of a shell that ends with the start of "$@". All that it needs
    lies in /mnt of a mount namespace of its own: an ordinary user may not enter what leads to the build."""
    build = pathlib.Path(BINARY).parent.parent
    return ["unshare", "--mount", "sh", "-euc", f'mount --bind "{build}" /mnt && {place}', "sh", "/mnt/bin/execlet"]


PLACED_ENV = {"LD_LIBRARY_PATH": "/mnt/lib", "HOME": "/nonexistent"}


class CliCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        remove_abandoned()

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX))
        self.addCleanup(os.close, locked(self.dir))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), "LANG": "C.UTF-8",
                    "XDG_CACHE_HOME": os.environ.get("EXECLET_TEST_CACHE", str(self.dir / "cache"))}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        return path

    def config(self, executors, name="execlet.json", **rest):
        return self.write(name, json.dumps({"executors": executors, **rest}))

    def start(self, *args, program=(BINARY,), env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **rest):
        process = subprocess.Popen([*program, *map(str, args)], cwd=self.dir, env={**self.env, **(env or {})},
                                   stdin=stdin, stdout=stdout, stderr=stderr, **rest)
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def finish(self, process, input=None):
        out, err = process.communicate(input, timeout=LIMIT)
        return Ended(process.returncode, out or b"", err or b"")

    def call(self, *args, input=None, **rest):
        if input is not None:
            rest["stdin"] = subprocess.PIPE
        return self.finish(self.start(*args, **rest), input)

    def run_ok(self, *args, **rest):
        ended = self.call("run", *args, **rest)
        self.assertEqual((ended.code, ended.words()), (0, ""), ended.out)
        return ended.text()

    def run_json(self, *args, **rest):
        """The result object, and that it is the only thing on stdout."""
        ended = self.call("run", "--json", *args, **rest)
        self.assertEqual(ended.out.count(b"\n"), 1, ended.out)
        result = json.loads(ended.out)
        result["cli"] = ended
        return result

    def refused(self, *args, **rest):
        """Calls the tool, expects that nothing could be run, and returns the words that say why."""
        ended = self.call(*args, **rest)
        self.assertEqual((ended.code, ended.out), (125, b""), ended.err)
        self.assertTrue(ended.words().startswith("execlet: "), ended.err)
        return ended.words()
