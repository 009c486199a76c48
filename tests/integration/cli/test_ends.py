# SPDX-License-Identifier: Apache-2.0
"""How a run ends that did not end by itself: signals, readers that go away, the tool itself killed."""
import json
import os
import pathlib
import pty
import signal
import subprocess
import unittest
import uuid

from cli_case import BINARY, LIMIT, CliCase, alive_with, wait_until


class Ends(CliCase):
    def setUp(self):
        super().setUp()
        self.marker = "m" + uuid.uuid4().hex  # on the command line of everything that the program starts
        self.addCleanup(self.kill_survivors)

    def kill_survivors(self):
        for pid in alive_with(self.marker):
            os.kill(pid, signal.SIGKILL)

    def start_program(self, code, *flags, **rest):
        """A program that has said 'ready'; its arguments hold the marker."""
        process = self.start("run", "-l", "bash", *flags, "-c", code, "--", self.marker, **rest)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def assert_nothing_left(self):
        wait_until(lambda: not alive_with(self.marker), "the program and its children to be gone")

    SLEEPER = "(exec -a $1 sleep 1000) & echo ready; wait"

    def test_each_signal_cancels(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number=number):
                process = self.start_program(self.SLEEPER)
                self.assertTrue(alive_with(self.marker))
                process.send_signal(number)
                ended = self.finish(process)
                self.assertEqual(ended.code, 130)
                self.assertIn("cancelled", ended.words())
                self.assert_nothing_left()

    def test_cancelled_json(self):
        process = self.start("run", "--stream", "-l", "bash", "-c", self.SLEEPER, "--", self.marker)
        self.assertTrue(any(b"ready" in line for line in iter(process.stdout.readline, b"")))
        process.send_signal(signal.SIGINT)
        ended = self.finish(process)
        self.assertEqual(ended.code, 130)
        self.assertIn(b'"status":"cancelled"', ended.out.splitlines()[-1].replace(b" ", b""))

    def test_the_program_may_tidy_up(self):
        process = self.start_program("trap 'echo tidy; exit 0' TERM; echo ready; while :; do sleep 0.05; done",
                                     "--kill-grace", "20")
        process.send_signal(signal.SIGINT)
        ended = self.finish(process)
        self.assertEqual((ended.code, ended.out), (130, b"tidy\n"))

    def test_the_second_signal_ends_at_once(self):
        process = self.start_program("trap 'echo stubborn' TERM; echo ready; while :; do sleep 0.05; done",
                                     "--kill-grace", "1000", "--timeout", "2000")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.stdout.readline(), b"stubborn\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process).code, 130)
        self.assert_nothing_left()

    def test_ctrl_c_at_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.dir)
            os.execve(BINARY, [BINARY, "run", "-l", "bash", "-c", self.SLEEPER, "--", self.marker], self.env)
        seen = b""
        while b"ready" not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        try:
            while True:
                seen += os.read(terminal, 1000)
        except OSError:  # the other side is closed
            pass
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 130)
        self.assertIn(b"cancelled", seen)
        self.assertIn(b"\x1b[", seen)  # colour on a terminal
        self.assert_nothing_left()

    def test_a_signal_that_was_ignored_before_stays_ignored(self):
        process = self.start_program("echo ready; read x; echo done", "--stdin", "-", stdin=subprocess.PIPE,
                                     preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        ended = self.finish(process, b"\n")
        self.assertEqual((ended.code, ended.out), (0, b"done\n"))

    def test_kill_of_the_tool_leaves_nothing(self):
        code = "setsid bash -c 'exec -a $0 sleep 1000' $1 & trap '' TERM HUP; " + self.SLEEPER
        process = self.start_program(code)
        wait_until(lambda: len(alive_with(self.marker)) >= 3, "all of the program to run")
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT)
        self.assert_nothing_left()

    def test_a_reader_that_goes_away_ends_the_run_as_any_tool(self):
        process = self.start_program("echo ready; while :; do echo more; done")
        process.stdout.close()
        process.stdout = None
        process.wait(LIMIT)
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assert_nothing_left()

    def test_a_reader_that_goes_away_with_json(self):
        process = self.start("run", "--stream", "-l", "bash", "-c", "while :; do echo x; done", "--", self.marker)
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        process.wait(LIMIT)
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assert_nothing_left()

    def test_where_sigpipe_is_ignored_it_is_an_error(self):
        process = self.start_program("echo ready; while :; do echo more; done", restore_signals=False,
                                     preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
        process.stdout.close()
        process.stdout = None
        ended = self.finish(process)
        self.assertEqual(ended.code, 125)
        self.assertIn("cannot write to stdout: Broken pipe", ended.words())

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            ended = self.call("run", "-l", "bash", "-c", "echo x", stdout=full)
        self.assertEqual(ended.code, 125)
        self.assertIn("cannot write to stdout: No space left on device", ended.words())

    def test_a_closed_stdout_is_an_error(self):
        ended = self.call("run", "-l", "bash", "-c", "echo x", stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual(ended.code, 125)
        self.assertIn("cannot write to stdout", ended.words())

    def test_a_reader_that_stopped_reading_does_not_hold_a_cancel(self):
        process = self.start_program("echo ready; while :; do echo more; done")
        # The pipe fills up, then everything waits for us; nobody reads until the tool has ended.
        process.send_signal(signal.SIGINT)
        process.wait(LIMIT)
        self.assertEqual(process.returncode, 130)
        self.assert_nothing_left()

    def test_a_reader_that_stopped_reading_does_not_hold_a_timeout(self):
        process = self.start_program("echo ready; while :; do echo more; done", "--timeout", "0.5")
        process.wait(LIMIT)
        self.assertEqual(process.returncode, 124)
        self.assert_nothing_left()

    def test_a_reader_that_is_late_misses_nothing_of_a_program_that_ended_by_itself(self):
        late = "sleep 2; exec cat"
        for flags, check in (([], lambda out: len(out) == 200000),
                             (["--json"], lambda out: len(json.loads(out)["stdout"]) == 200000),
                             (["--stream"], lambda out: sum(len(event.get("data", "")) for event in
                                                            map(json.loads, out.splitlines())
                                                            if event.get("event") == "stdout") == 200000)):
            words = [BINARY, "run", *flags, "-l", "sh", "--timeout", "1", "-c",
                     "head -c 200000 /dev/zero | tr '\\0' x"]
            tool = subprocess.Popen(words, env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            reader = subprocess.run(["sh", "-c", late], stdin=tool.stdout, capture_output=True, timeout=LIMIT)
            tool.stdout.close()
            self.assertEqual(tool.wait(LIMIT), 0, flags)
            self.assertTrue(check(reader.stdout), (flags, len(reader.stdout)))

    def test_our_descriptors_keep_their_flags(self):
        reading, writing = os.pipe()
        before = os.get_blocking(writing)
        self.call("run", "-l", "bash", "-c", "echo x", stdout=writing)
        self.assertEqual(os.get_blocking(writing), before)
        os.close(writing)
        self.assertEqual(os.read(reading, 100), b"x\n")
        os.close(reading)

    def test_the_program_starts_with_clean_signals_and_descriptors(self):
        out = self.run_ok("-l", "bash", "-c", "grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/self/fd",
                          preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN), restore_signals=False)
        self.assertEqual(out.split()[:4], ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16])
        self.assertEqual(out.split()[4:], ["0", "1", "2", "3"])  # 3 is ls's own

    def test_nothing_stays_in_tmp(self):
        tmp = self.dir / "tmp"
        tmp.mkdir()
        self.run_ok("-l", "bash", "--env", "A=1", "-c", "echo x > file", env={"TMPDIR": str(tmp)})
        self.assertEqual(list(tmp.iterdir()), [])
        self.assertEqual(sorted(p.name for p in pathlib.Path(self.dir).iterdir() if p.name != "cache"), ["tmp"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
