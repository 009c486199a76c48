# SPDX-License-Identifier: Apache-2.0
"""The runner between the tool and the program: it cannot be attacked by the program; if somebody else stops or kills it,
or kills the tool, that is told at once and nothing is left. Needs root."""
import os
import pathlib
import signal
import time
import unittest
import uuid

from cli_case import NOBODY, PLACED_ENV, CliCase, alive_with, placed, wait_until

NOBODYS_ID = 65534
ROOT = {}
ORDINARY = {"program": placed(f'exec {NOBODY} "$@"'), "env": PLACED_ENV}
# Those in which the runner is an ordinary process.
WEAK = (("cgroup", ROOT), ("subreaper", ROOT), ("subreaper", ORDINARY))


class RunnerCase(CliCase):
    def setUp(self):
        super().setUp()
        self.marker = "m" + uuid.uuid4().hex
        self.addCleanup(self.kill_survivors)
        self.tmp = self.dir / "tmp"
        self.tmp.mkdir()
        for place in (self.dir, self.tmp):
            os.chown(place, NOBODYS_ID, NOBODYS_ID)
        self.env["TMPDIR"] = str(self.tmp)
        self.env["XDG_CACHE_HOME"] = str(self.dir / "cache")

    def kill_survivors(self):
        for pid in alive_with(self.marker):
            os.kill(pid, signal.SIGKILL)

    def start_run(self, containment, user, code, *flags):
        return self.start("run", "-b", "local", "-o", f"containment={containment}", "-l", "bash", *flags, "-c", code, "--",
                          self.marker, **user)

    def groups_of(self, process):
        return list(pathlib.Path("/sys/fs/cgroup").glob(f"**/execlet-{process.pid}-*"))

    def assert_nothing_left(self, process):
        wait_until(lambda: not alive_with(self.marker), "the program and its children to be gone")
        wait_until(lambda: not self.groups_of(process), "its control groups to be gone")
        wait_until(lambda: not list(self.tmp.iterdir()), "its files to be gone")


class Attacks(RunnerCase):
    def test_a_program_cannot_end_its_runner(self):
        for containment, user in WEAK:
            for number in ("KILL", "STOP", "TERM"):
                with self.subTest(containment=containment, user=user, signal=number):
                    process = self.start_run(containment, user, f"kill -{number} $PPID || echo refused; exit 5")
                    ended = self.finish(process)
                    self.assertEqual((ended.code, ended.out), (5, b"refused\n"), ended.err)
                    self.assert_nothing_left(process)


class Lost(RunnerCase):
    TREE = "(exec -a $1 sleep 1000) & setsid bash -c 'exec -a $0 sleep 1000' $1 & echo $PPID; exec -a $1 sleep 1000"

    def test_killed_or_stopped_by_somebody(self):
        for containment, user in WEAK:
            for number in (signal.SIGKILL, signal.SIGSTOP):
                with self.subTest(containment=containment, user=user, signal=number):
                    process = self.start_run(containment, user, self.TREE.replace("$1", self.marker), "--pids", "20",
                                             "--best-effort", "--json")
                    wait_until(lambda: len(alive_with(self.marker)) >= 4, "the tool and all of the program to run")
                    os.kill(self.runner_of(process), number)
                    begin = time.monotonic()
                    ended = self.finish(process)
                    self.assertLess(time.monotonic() - begin, 20)
                    self.assertEqual(ended.code, 125)
                    self.assertIn(b'"backend.lost"', ended.out)
                    self.assert_nothing_left(process)

    @staticmethod
    def runner_of(process):
        tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
        children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
        assert len(children) == 1, children
        return children[0]

    def test_the_tool_killed_at_any_moment(self):
        for containment in ("namespace", "cgroup", "subreaper"):
            for delay in range(0, 40, 4):
                process = self.start_run(containment, {}, self.TREE.replace("$1", self.marker))
                time.sleep(delay / 1000)
                process.send_signal(signal.SIGKILL)
                process.wait()
                with self.subTest(containment=containment, delay=delay):
                    self.assert_nothing_left(process)


class LeftRunning(RunnerCase):
    def test_what_is_ended_with_the_main_program_is_told(self):
        for containment, user in (("namespace", ROOT), *WEAK):
            with self.subTest(containment=containment, user=user):
                process = self.start_run(containment, user, "sleep 1000 & (exec sleep 1000) & echo done", "--json")
                ended = self.finish(process)
                self.assertRegex(ended.out, rb"2 processes \([a-z, ]+\) were still running when the main program ended")
                process = self.start_run(containment, user, "sleep 0.01 & wait; echo done", "--json")
                self.assertNotIn(b"still running", self.finish(process).out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
