# SPDX-License-Identifier: Apache-2.0
"""The examples of hosts/embed, run as they are."""
import os
import subprocess
import unittest

from cli_case import LIMIT, CliCase

EXAMPLES = os.environ["EXECLET_TEST_EXAMPLES"]


class Examples(CliCase):
    def example(self, *args):
        ended = subprocess.run([os.path.join(EXAMPLES, args[0]), *args[1:]], cwd=self.dir, env=self.env,
                               capture_output=True, timeout=LIMIT)
        self.assertEqual((ended.returncode, ended.stderr), (0, b""))
        return ended.stdout.decode()

    def test_minimal_in_c(self):
        self.assertEqual(self.example("minimal"), "Hello from 42\n")

    def test_hello_in_cpp(self):
        expected = r"^Hello\nstatus ok, exit code 0\ncaught: timed out after 0.2 s\n$"
        self.assertRegex(self.example("hello"), expected)
        self.assertRegex(self.example("hello", self.config({"py": {"backend": "local"}})), expected)

    def test_a_hundred_runs_on_eight_threads(self):
        lines = self.example("many").splitlines()
        self.assertCountEqual(lines[:4], ["25 of 100 done", "50 of 100 done", "75 of 100 done", "100 of 100 done"])
        self.assertRegex(lines[4], r"^90 right, 10 cancelled, 0 wrong, \d+ bytes streamed$")
        self.assertRegex(lines[5], r"^100 begun, 90 ok, 10 cancelled, in \d+ instances$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
