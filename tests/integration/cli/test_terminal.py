# SPDX-License-Identifier: Apache-2.0
"""What a terminal gets to see and a pipe does not: progress of a plugin, colours."""
import os
import pty
import select
import time
import unittest

from cli_case import BINARY, LIMIT, CliCase

PLUGINS = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(BINARY))), "tests", "plugins")
WORK = "%progress 42\n%sleep 100\n%progress 100\ndone"


class Terminal(CliCase):
    def on_terminal(self, *args, stdout_too=False, env=None):
        """(exit code, what the pipe got, what the terminal got) with stderr, or both streams, on a terminal."""
        here, there = pty.openpty()
        process = self.start(*args, stderr=there, env={"TERM": "xterm", **(env or {})},
                             **({"stdout": there} if stdout_too else {}))
        os.close(there)
        shown, deadline = b"", time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if not select.select([here], [], [], 1)[0]:
                continue
            try:
                shown += os.read(here, 65536)
            except OSError:  # the other end is closed
                break
        os.close(here)
        out = process.stdout.read() if process.stdout else b""
        return process.wait(LIMIT), out.decode(), shown.decode()

    def echo(self, code, *flags):
        return ("run", "--plugin-dir", PLUGINS, "-b", "echo", "-l", "text", *flags, "-c", code)

    def test_progress_is_a_bar_that_goes_away(self):
        code, out, shown = self.on_terminal(*self.echo(WORK))
        self.assertEqual((code, out), (0, "done"))
        self.assertRegex(shown, r"\r\x1b\[Kwork \[#{12} {18}\]  42% echoing")
        self.assertRegex(shown, r"\r\x1b\[Kwork \[#{30}\] 100% echoing")
        self.assertTrue(shown.endswith("\r\x1b[K"), shown)

    def test_no_progress_where_nobody_could_see_it(self):
        ended = self.call(*self.echo(WORK))
        self.assertEqual((ended.code, ended.out, ended.err), (0, b"done", b""))
        code, out, shown = self.on_terminal(*self.echo(WORK), env={"TERM": "dumb"})
        self.assertEqual((code, out, shown), (0, "done", ""))

    def test_a_stream_has_progress_as_an_event(self):
        ended = self.call(*self.echo(WORK, "--stream"))
        self.assertIn('"event":"progress"', ended.text().replace(" ", ""))
        self.assertEqual(ended.err, b"")

    def test_colours_only_on_a_terminal_and_not_with_no_color(self):
        for args, stdout_too in ((("run", "nowhere.py"), False), (("doctor",), True), (("plugins", "list", "--explain"), True)):
            with self.subTest(args):
                self.assertIn("\x1b[", self.on_terminal(*args, stdout_too=stdout_too)[2])
                self.assertNotIn("\x1b[", self.on_terminal(*args, stdout_too=stdout_too, env={"NO_COLOR": "1"})[2])
                ended = self.call(*args)
                self.assertNotIn(b"\x1b", ended.out + ended.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
