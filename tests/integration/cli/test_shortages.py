# SPDX-License-Identifier: Apache-2.0
"""Systems that run short of something: the tool runs the program or says in one line what it lacked, and leaves nothing.

Needs root. File systems that are full lie in mount namespaces of the tests' own."""
import resource
import unittest

from cli_case import BINARY, PLACED_ENV, CliCase, placed, wait_until

CONTAINMENTS = ("namespace", "cgroup", "subreaper")
HELLO = ("run", "-b", "local", "-l", "sh", "-c", "echo hello")


def under(limit, count):
    return lambda: resource.setrlimit(limit, (count, count))


class Shortages(CliCase):
    def setUp(self):
        super().setUp()
        self.tmp = self.dir / "tmp"
        self.tmp.mkdir()
        self.env["TMPDIR"] = str(self.tmp)

    def assert_ran_or_said(self, ended, *lacks):
        """True if it ran."""
        if ended.code == 0:
            self.assertEqual((ended.out, ended.words()), (b"hello\n", ""))
            return True
        self.assertEqual((ended.code, ended.out), (125, b""), ended.err)
        self.assertEqual(ended.words().count("\n"), 1, ended.err)
        # What was wanted stands before the system's word for the lack.
        self.assertRegex(ended.words(), rf"^execlet: .*[a-z].* ({'|'.join(lacks)})")
        return False

    def test_descriptors(self):
        self.assertEqual(self.call(*HELLO).code, 0)  # and the verdict about the plugin is known
        ran = []
        for count in range(6, 48, 3):
            for containment in CONTAINMENTS:
                with self.subTest(count=count, containment=containment):
                    ended = self.call(*HELLO, "-o", f"containment={containment}",
                                      preexec_fn=under(resource.RLIMIT_NOFILE, count))
                    ran.append(self.assert_ran_or_said(ended, "Too many open files", "no control group"))
                    wait_until(lambda: not list(self.tmp.iterdir()), "the private directory to be gone")
        self.assertIn(True, ran)
        self.assertIn(False, ran)

    def test_processes(self):
        # A user of the test's own, as the limit is one of all that the user has.
        user = "setpriv --reuid=61573 --regid=61573 --clear-groups"
        said = []
        for count in (1, 2, 3, 4, 5, 6, 200):
            with self.subTest(count=count):
                ended = self.call(*HELLO, program=placed(f'cd / && exec {user} prlimit --nproc={count} "$@"'),
                                  env={**PLACED_ENV, "TMPDIR": "/tmp"})
                said.append(self.assert_ran_or_said(ended, "Resource temporarily unavailable"))
        self.assertEqual((said[0], said[-1]), (False, True))

    def test_room_for_files(self):
        for options in ("size=4k", "size=12k", "nr_inodes=1", "nr_inodes=2", "nr_inodes=4", "nr_inodes=6"):
            for containment in CONTAINMENTS:
                with self.subTest(options=options, containment=containment):
                    place = ["unshare", "--mount", "sh", "-euc",
                             f'mount -t tmpfs -o {options} none "$TMPDIR"; code=0; "$@" || code=$?; ls -A "$TMPDIR" >&2; exit $code',
                             "sh", BINARY]
                    ended = self.call(*HELLO, "-o", f"containment={containment}", program=place)
                    self.assert_ran_or_said(ended, "No space left on device")

    def test_a_full_working_directory(self):
        place = ["unshare", "--mount", "sh", "-euc",
                 'mount -t tmpfs -o size=8k none tmp; head -c 8192 /dev/zero >tmp/mine; code=0; "$@" || code=$?; ls -A tmp; exit $code',
                 "sh", BINARY]
        ended = self.call(*HELLO, "-o", "work_dir=tmp", program=place, env={"TMPDIR": "/tmp"})
        self.assertEqual((ended.code, ended.out), (125, b"mine\n"), ended.err)
        self.assertRegex(ended.words(), "cannot write the code to .*/tmp: No space left on device")


class StandardDescriptors(CliCase):
    def closed(self, which, *flags):
        place = ["sh", "-c", f'exec "$@" {which}', "sh"]
        return self.call("run", "-b", "local", *flags, "-l", "sh", "-c", "echo hello; cat; echo err >&2", program=[*place, BINARY])

    def test_input(self):
        ended = self.closed("0<&-")
        self.assertEqual((ended.code, ended.out, ended.err), (0, b"hello\n", b"err\n"))

    def test_output(self):
        for flags in ((), ("--json",), ("--stream",)):
            with self.subTest(flags=flags):
                ended = self.closed("1>&-", *flags)
                self.assertEqual(ended.code, 125)
                self.assertIn("cannot write to stdout: Bad file descriptor", ended.words())

    def test_errors(self):
        self.assertEqual(self.closed("2>&-").code, 125)
        self.assertEqual(self.closed("2>&-", "--json").code, 0)

    def test_all(self):
        self.assertEqual(self.closed("0<&- 1>&- 2>&-").code, 125)


if __name__ == "__main__":
    unittest.main(verbosity=2)
