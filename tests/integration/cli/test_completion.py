# SPDX-License-Identifier: Apache-2.0
"""What the completion scripts ask the tool, and the real shells with the scripts that it prints."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from cli_case import BINARY, LIMIT, CliCase


class Shell:
    """A shell on a terminal of its own, into which one types."""

    def __init__(self, argv, cwd, env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, pattern):
        """All that was printed from the last match to the end of this one, without the terminal's own codes."""
        deadline = time.monotonic() + LIMIT
        while True:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07|\x0f|.\x08", "", self.seen)
            found = re.search(pattern, plain)
            if found:
                self.seen = ""
                return plain[:found.end()]
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} did not come, but {plain!r}")
            if select.select([self.fd], [], [], 1)[0]:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class CompletionCase(CliCase):
    def setUp(self):
        super().setUp()
        self.config({"safe": {"backend": "local"}, "py": {"backend": "local", "options": {"executors": ["python"]}}})
        self.write("hello.py", "print(1)")
        self.write("with blank.py", "print(1)")
        (self.dir / "bin").mkdir()
        (self.dir / "bin" / "execlet").symlink_to(BINARY)
        self.env["PATH"] = f"{self.dir}/bin:{self.env['PATH']}"
        self.env["TERM"] = "dumb"


class Answers(CompletionCase):
    def ask(self, *words):
        ended = self.call("__complete", *words)
        self.assertEqual((ended.code, ended.err), (0, b""))
        kind, *lines = ended.text().splitlines()
        return kind, [line.split("\t")[0] for line in lines]

    def words(self, *words):
        kind, found = self.ask(*words)
        self.assertEqual(kind, "words")
        return found

    def test_verbs(self):
        self.assertEqual(self.words(""), ["run", "plugins", "config", "languages", "doctor", "init", "completion"])
        self.assertEqual(self.words("pl"), ["plugins"])
        self.assertEqual(self.words("plugins", ""), ["list", "info", "verify"])
        self.assertEqual(self.words("config", "s"), ["show", "schema"])
        self.assertEqual(self.words("nonsense", ""), [])

    def test_every_flag_of_every_verb(self):
        for command in json.loads(self.call("__commands").text()):
            with self.subTest(command["name"]):
                expected = {"--help"} | {flag["names"].split(",")[-1] for flag in command["flags"]}
                self.assertEqual(set(self.words(*command["name"].split(), "--")), expected)

    def test_a_flag_is_offered_once_unless_it_may_be_repeated(self):
        offered = self.words("run", "--timeout", "3", "--env", "A=1", "--")
        self.assertNotIn("--timeout", offered)
        self.assertIn("--env", offered)

    def test_executors_backends_languages_options(self):
        self.assertEqual(sorted(self.words("run", "-e", "")), ["py", "safe"])
        self.assertEqual(self.words("run", "--executor=s"), ["--executor=safe"])
        self.assertEqual(self.words("run", "-b", "lo"), ["local"])
        self.assertEqual(self.words("plugins", "info", ""), ["local"])
        self.assertEqual(self.words("run", "-e", "py", "-l", ""), ["python"])
        self.assertIn("bash", self.words("run", "-e", "safe", "-l", "b"))
        kind, options = self.ask("run", "-b", "local", "-o", "work")
        self.assertEqual((kind, options), ("unfinished", ["work_dir="]))
        self.assertEqual(self.words("run", "--network", ""), ["none"])
        self.assertEqual(self.words("completion", ""), ["bash", "zsh", "fish"])

    def test_files_and_directories(self):
        for words in (["run", ""], ["run", "--stdin", ""], ["init", ""], ["plugins", "verify", "a.so", ""],
                      ["run", "a.py", "--", ""], ["config", "check", "--config", ""], ["run", "--file="]):
            with self.subTest(words):
                self.assertEqual(self.ask(*words)[0], "files")
        self.assertEqual(self.ask("run", "--artifacts", "")[0], "directories")
        self.assertEqual(self.ask("run", "--plugin-dir=")[0], "directories")

    def test_what_cannot_be_read_offers_nothing_and_says_nothing(self):
        self.write("execlet.json", "{")
        self.assertEqual(self.words("run", "-e", ""), [])
        self.assertEqual(self.words("run", "-l", ""), [])

    def test_without_a_configuration_there_is_local(self):
        (self.dir / "execlet.json").unlink()
        self.assertEqual(self.words("run", "-e", ""), ["local"])

    def test_unknown_shell(self):
        self.assertIn("bash, zsh and fish", self.refused("completion", "tcsh"))


class Bash(CompletionCase):
    def test_in_a_terminal(self):
        shell = Shell(["bash", "--norc", "--noprofile", "-i"], self.dir, {**self.env, "PS1": "READY> "})
        self.addCleanup(shell.end)
        shell.read_until("READY> ")
        shell.type("bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'; "
                   "source <(execlet completion bash); echo SET''UP\n")
        shell.read_until("SETUP\r\nREADY> ")
        # Whether the line was finished with a blank is seen by the 'x' behind it.
        for typed, shown in (("execlet plu\tx", r"plugins x"),
                             ("execlet run --tim\tx", r"--timeout x"),
                             ("execlet run -e sa\tx", r"-e safe x"),
                             ("execlet run --executor=sa\tx", r"--executor=safe x"),
                             ("execlet run -b local -o work\tx", r"work_dir=x"),
                             ("execlet run -e py -l py\tx", r"-l python x"),
                             ("execlet run hel\tx", r"hello\.py x"),
                             ("execlet run with\tx", r"with\\ blank\.py x"),
                             ("execlet run --file=hel\tx", r"--file=hello\.py x"),
                             ("execlet config \t", r"check +schema +show")):
            shell.type(typed)
            shell.read_until(shown)
            shell.type("\x15echo DO''NE\n")
            shell.read_until("DONE\r\nREADY> ")


class Zsh(CompletionCase):
    def test_in_a_terminal(self):
        shell = Shell(["zsh", "-f", "-i"], self.dir, {**self.env, "PS1": "READY> "})
        self.addCleanup(shell.end)
        shell.read_until("READY> ")
        shell.type("unset zle_bracketed_paste; unsetopt prompt_sp; PS1='READY> '; bindkey -e; autoload -U compinit; "
                   "compinit -u -D; source <(execlet completion zsh); echo SET''UP\n")
        shell.read_until("SETUP\r\n(?s:.*)READY> ")
        for typed, shown in (("execlet plu\tx", r"plugins x"),
                             ("execlet run --tim\tx", r"--timeout x"),
                             ("execlet run -e sa\tx", r"-e safe x"),
                             ("execlet run --executor=sa\tx", r"--executor=safe x"),
                             ("execlet run -b local -o work\tx", r"work_dir=x"),
                             ("execlet run -e py -l py\tx", r"-l python x"),
                             ("execlet run hel\tx", r"hello\.py x"),
                             ("execlet config \t", r"check +-- (?s:.*)show ")):
            shell.type(typed)
            shell.read_until(shown)
            shell.type("\x15echo DO''NE\n")
            shell.read_until("DONE\r\n(?s:.*)READY> ")


class Fish(CompletionCase):
    def offered(self, line):
        env = {**self.env, "XDG_CONFIG_HOME": str(self.dir / "fish-config"), "XDG_DATA_HOME": str(self.dir / "fish-data")}
        ended = subprocess.run(["fish", "--no-config", "-c", 'execlet completion fish | source; complete -C "$argv[1]"', line],
                               cwd=self.dir, env=env, capture_output=True, timeout=LIMIT, stdin=subprocess.DEVNULL)
        self.assertEqual(ended.stderr, b"")
        return [entry.split("\t")[0] for entry in ended.stdout.decode().splitlines()]

    def test_complete(self):
        self.assertEqual(self.offered("execlet plu"), ["plugins"])
        self.assertEqual(sorted(self.offered("execlet config ")), ["check", "schema", "show"])
        self.assertEqual(self.offered("execlet run --tim"), ["--timeout"])
        self.assertEqual(sorted(self.offered("execlet run -e ")), ["py", "safe"])
        self.assertEqual(self.offered("execlet run --executor=sa"), ["--executor=safe"])
        self.assertEqual(self.offered("execlet run -b local -o work"), ["work_dir="])
        self.assertEqual(self.offered("execlet run -e py -l "), ["python"])
        self.assertIn("hello.py", self.offered("execlet run hel"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
