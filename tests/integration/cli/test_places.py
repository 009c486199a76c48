# SPDX-License-Identifier: Apache-2.0
"""Systems that allow less: what holds a run together and bounds it there, and that the result tells it truly.

Every place is made of namespaces of the test's own; the sysctls that are set count in them only.
"""
import os
import subprocess
import unittest

from cli_case import NOBODY, PLACED_ENV, CliCase, alive_with, placed

NO_NAMESPACES = "echo 0 >/proc/sys/user/max_pid_namespaces"
OWN_NAMESPACE = "unshare --user --map-root-user"


class Places(CliCase):
    def run_in(self, place, *args):
        return self.run_json(*args, program=placed(f"cd / && {place}"), env=PLACED_ENV)

    def how(self, place, *args):
        result = self.run_in(place, "-l", "sh", "-c", "echo ran", *args)
        self.assertEqual((result["status"], result["stdout"]), ("ok", "ran\n"), result)
        return result["limits"]["how"]

    def refusal(self, place, *args):
        result = self.run_in(place, "-l", "sh", "-c", "echo ran", *args)
        self.assertEqual((result["stdout"], result["exit_code"]), ("", None), result)
        return result["status"], result["failure"]["reason"], result["failure"]["message"]

    def assert_only_per_process_limits(self, place):
        self.assertEqual(self.how(place, "--memory", "64m")["memory"], "rlimit, per process, private memory only")
        # RLIMIT_NPROC counts a user's processes on the whole machine, and not at all for root.
        for flags in (("--pids", "20"), ("--cpus", "1")):
            status, reason, message = self.refusal(place, *flags)
            self.assertEqual((status, reason), ("rejected", "limits.not-enforceable"))
            self.assertIn(flags[0][2:], message)

    def test_root(self):
        how = self.how('exec "$@"', "--memory", "64m", "--pids", "20")
        self.assertIn("its PID namespace", how["wall_time"])
        self.assertRegex(how["memory"], "^cgroup v[12] memory, whole process tree$")
        self.assertRegex(how["pids"], "^cgroup v[12] pids, processes and threads$")

    def test_a_group_that_only_looks_like_one_of_ours_is_left_alone(self):
        # Version 1 first: there the runner's groups are made for `memory`, in the group that this process is in.
        lines = [line.strip().split(":", 2) for line in open("/proc/self/cgroup")]
        own = {names: group for _, names, group in lines}
        mount = "/sys/fs/cgroup/memory" if "memory" in own else "/sys/fs/cgroup"
        beside = f"{mount}{own.get('memory', own.get(''))}".rstrip("/")
        for name in ("execlet-server.service", "execlet-12-worker"):
            group = f"{beside}/{name}-{os.getpid()}"
            os.mkdir(group)
            self.addCleanup(os.rmdir, group)
            sleeper = subprocess.Popen(["sleep", "1000"])
            self.addCleanup(sleeper.wait)
            self.addCleanup(sleeper.kill)
            with open(f"{group}/cgroup.procs", "w") as procs:
                procs.write(str(sleeper.pid))
            self.how('exec "$@"', "--memory", "64m")
            self.assertIsNone(sleeper.poll())

    def test_root_without_namespaces(self):
        place = f"{OWN_NAMESPACE} sh -euc '{NO_NAMESPACES}; exec \"$@\"' sh \"$@\""
        how = self.how(place, "--memory", "64m", "--pids", "20")
        self.assertRegex(how["wall_time"], "tree killed by (cgroup.kill|freezing its cgroup v1); no namespaces$")
        self.assertRegex(how["memory"], "^cgroup v[12] memory, whole process tree, which a program can leave$")
        self.assertRegex(how["pids"], "^cgroup v[12] pids, processes and threads, which a program can leave$")

        status, reason, message = self.refusal(place, "-b", "local", "-o", "containment=namespace")
        self.assertEqual((status, reason), ("unavailable", "containment.unavailable"))
        self.assertIn("No space left on device", message)  # the kernel's word for a count that is used up
        self.assertIn('"auto"', message)

    def test_ordinary_user(self):
        place = f'exec {NOBODY} "$@"'
        self.assertIn("its PID namespace", self.how(place)["wall_time"])
        self.assert_only_per_process_limits(place)

    def test_ordinary_user_without_namespaces(self):
        place = f"{NOBODY} {OWN_NAMESPACE} sh -euc '{NO_NAMESPACES}; exec \"$@\"' sh \"$@\""
        self.assertIn("a walk over /proc, which fast forks delay", self.how(place)["wall_time"])
        self.assert_only_per_process_limits(place)
        result = self.run_in(place, "-l", "sh", "--timeout", "0.3", "-c",
                             "(setsid sh -c 'trap \"\" TERM; sleep 1000.377' &); echo begun; sleep 1000.377")
        self.assertEqual((result["status"], result["stdout"]), ("timed_out", "begun\n"), result)
        self.assertEqual(alive_with("sleep\0" + "1000.377"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
