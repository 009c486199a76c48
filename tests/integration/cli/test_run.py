# SPDX-License-Identifier: Apache-2.0
"""`execlet run`: where code comes from, what the program gets, what comes back."""
import json
import os
import pathlib
import subprocess
import unittest

from cli_case import BINARY, LIMIT, CliCase


class Source(CliCase):
    def test_code_on_the_command_line(self):
        self.assertEqual(self.run_ok("-l", "python", "-c", "print(6 * 7)"), "42\n")

    def test_code_that_begins_with_a_dash(self):
        self.assertEqual(self.run_ok("-l", "python", "-c", "-1; print('x')"), "x\n")

    def test_code_from_standard_input(self):
        self.assertEqual(self.run_ok("-l", "python", "-", input=b"print('in')"), "in\n")

    def test_empty_code_runs(self):
        self.assertEqual(self.run_ok("-l", "bash", "-c", ""), "")

    def test_language_by_extension(self):
        self.write("a.py", "print('python')")
        self.write("b.sh", "echo shell")
        self.write("c.js", "console.log('node')")
        self.assertEqual(self.run_ok("a.py"), "python\n")
        self.assertEqual(self.run_ok("b.sh"), "shell\n")
        self.assertEqual(self.run_ok("c.js"), "node\n")

    def test_language_by_first_line(self):
        self.write("tool", "#!/usr/bin/env -S python3 -u\nprint('by line')")
        self.assertEqual(self.run_ok("tool"), "by line\n")
        self.assertEqual(self.run_ok("-c", "#!/bin/bash\necho ${BASH_VERSION:+bash}"), "bash\n")

    def test_extension_goes_before_first_line(self):
        self.write("a.py", "#!/bin/bash\nprint('python')")
        self.assertEqual(self.run_ok("a.py"), "python\n")

    def test_the_executors_only_language(self):
        self.config({"only": {"backend": "local", "options": {"executors": ["python"]}}})
        self.write("noext", "print('only')")
        self.assertEqual(self.run_ok("-e", "only", "noext"), "only\n")

    def test_unknown_language_says_what_was_tried_and_what_there_is(self):
        self.config({"two": {"backend": "local", "options": {"executors": ["python", "bash"]}}})
        self.write("code.xyz", "print(1)")
        words = self.refused("run", "-e", "two", "code.xyz")
        for part in ("code.xyz", ".xyz", "-l", "python", "bash"):
            self.assertIn(part, words)

    def test_named_language_goes_before_all(self):
        self.write("a.py", "echo shell")
        self.assertEqual(self.run_ok("-l", "bash", "a.py"), "shell\n")

    def test_language_that_the_executor_lacks(self):
        self.config({"py": {"backend": "local", "options": {"executors": ["python"]}}})
        self.assertIn("python", self.refused("run", "-e", "py", "-l", "ruby", "-c", "1"))

    def test_aliases(self):
        self.assertEqual(self.run_ok("-l", "py", "-c", "print(1)"), "1\n")
        self.assertEqual(self.run_ok("-l", "Shell", "-c", "echo 2"), "2\n")

    def test_missing_file(self):
        words = self.refused("run", "nothere.py")
        self.assertIn("nothere.py", words)
        self.assertIn("No such file", words)

    def test_directory_as_code(self):
        self.assertIn("is a directory", self.refused("run", "-l", "python", "."))


class Input(CliCase):
    def test_arguments_after_dashes(self):
        code = "import sys; print(sys.argv[1:])"
        self.assertEqual(self.run_ok("-l", "python", "-c", code, "--", "--json", "a b", ""), "['--json', 'a b', '']\n")

    def test_no_input_unless_given(self):
        code = "import sys; print(repr(sys.stdin.read()))"
        self.assertEqual(self.run_ok("-l", "python", "-c", code, input=b"ours"), "''\n")

    def test_our_input_forwarded(self):
        data = bytes(range(256)) * 4000
        ended = self.call("run", "-l", "bash", "--stdin", "-", "-c", "cat", input=data)
        self.assertEqual((ended.code, ended.out == data, ended.err), (0, True, b""))

    def test_input_from_file(self):
        self.write("in.txt", "from file\n")
        self.assertEqual(self.run_ok("-l", "bash", "--stdin", "in.txt", "-c", "cat"), "from file\n")

    def test_input_that_the_program_does_not_read(self):
        data = b"x" * 1_000_000
        self.assertEqual(self.run_ok("-l", "bash", "--stdin", "-", "-c", "echo done", input=data), "done\n")

    def test_missing_input_file(self):
        self.assertIn("nothere", self.refused("run", "-l", "bash", "--stdin", "nothere", "-c", "cat"))

    def test_input_cannot_be_code_and_input(self):
        self.assertIn("both", self.refused("run", "-l", "bash", "--stdin", "-", "-", input=b"cat"))

    def test_environment(self):
        self.assertEqual(self.run_ok("-l", "bash", "--env", "A=1", "--env", "B=x=y", "-c", "echo $A $B"), "1 x=y\n")

    def test_our_environment_does_not_leak(self):
        out = self.run_ok("-l", "bash", "-c", "env", env={"OUR_SECRET": "leaked", "EXECLET_LOG": "error"})
        self.assertNotIn("leaked", out)
        self.assertNotIn("EXECLET_LOG", out)

    def test_files(self):
        self.write("helper.py", "X = 'helper'")
        self.write("pkg/__init__.py", "")
        self.write("pkg/deep/data.txt", "deep")
        self.write("a=b.txt", "odd name")
        code = ("import helper, pkg; print(helper.X, open('pkg/deep/data.txt').read(), "
                "open('other/name.txt').read(), open('a=b.txt').read())")
        self.assertEqual(self.run_ok("-l", "python", "--file", "helper.py", "--file", "pkg", "--file",
                                     "helper.py=other/name.txt", "--file", "a=b.txt", "-c", code),
                         "helper deep X = 'helper' odd name\n")

    def test_file_named_by_absolute_path_keeps_its_last_component(self):
        path = self.write("sub/abs.txt", "abs")
        self.assertEqual(self.run_ok("-l", "bash", "--file", path, "-c", "cat abs.txt"), "abs")

    def test_files_that_cannot_be(self):
        self.write("a/x.txt", "1")
        self.write("b/x.txt", "2")
        self.assertIn("nothere", self.refused("run", "-l", "bash", "--file", "nothere", "-c", "ls"))
        self.assertIn("another", self.refused("run", "-l", "bash", "--file", "a/x.txt=x", "--file", "b/x.txt=x",
                                              "-c", "ls"))
        self.assertIn("..", self.refused("run", "-l", "bash", "--file", "a/x.txt=../up", "-c", "ls"))

    def test_entry_point(self):
        self.write("main.py", "import helper; print(helper.X)")
        self.write("helper.py", "X = 'two files'")
        self.assertEqual(self.run_ok("--file", "main.py", "--file", "helper.py", "--entry-point", "main.py"),
                         "two files\n")

    def test_entry_point_language_by_first_line(self):
        self.write("tool", "#!/bin/bash\necho by line")
        self.assertEqual(self.run_ok("--file", "tool", "--entry-point", "tool"), "by line\n")


class Output(CliCase):
    def test_streams_stay_apart_and_exit_code_is_the_programs(self):
        ended = self.call("run", "-l", "bash", "-c", "echo out; echo err >&2; exit 3")
        self.assertEqual((ended.code, ended.out), (3, b"out\n"))
        self.assertEqual(ended.words(), "err\nexeclet: exited with code 3\n")

    def test_a_programs_own_codes_are_its_own(self):
        for code in (124, 125, 130, 137):
            ended = self.call("run", "--json", "-l", "bash", "-c", f"exit {code}")
            result = json.loads(ended.out)
            self.assertEqual((ended.code, result["status"], result["exit_code"]), (code, "failed", code))

    def test_signal_of_its_own(self):
        result = self.run_json("-l", "bash", "-c", "kill -KILL $$")
        self.assertEqual((result["cli"].code, result["status"], result["signal"], result["exit_code"]),
                         (137, "signaled", 9, None))
        ended = self.call("run", "-l", "bash", "-c", "kill -TERM $$")
        self.assertEqual(ended.code, 143)
        self.assertIn("signal", ended.words())

    def test_bytes_that_are_no_text(self):
        code = "import sys; sys.stdout.buffer.write(bytes(range(256)))"
        self.assertEqual(self.call("run", "-l", "python", "-c", code).out, bytes(range(256)))

    def test_much_output_arrives_whole(self):
        code = "import sys\nfor i in range(400000): print(i); print(-i, file=sys.stderr)"
        ended = self.call("run", "-l", "python", "-c", code)
        self.assertEqual(ended.code, 0)
        self.assertEqual(ended.out, b"".join(b"%d\n" % i for i in range(400000)))
        self.assertEqual(ended.err, b"".join(b"%d\n" % -i for i in range(400000)))

    def test_output_comes_while_the_program_runs(self):
        process = self.start("run", "-l", "bash", "--stdin", "-", "-c", "echo ready; read x; echo got $x",
                             stdin=-1)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.stdin.write(b"word\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"got word\n")
        self.assertEqual(self.finish(process).code, 0)

    def test_json_has_every_key(self):
        result = self.run_json("-l", "python", "-c", "import sys; print('o'); print('e', file=sys.stderr); sys.exit(2)")
        ended = result.pop("cli")
        self.assertEqual((ended.code, ended.words()), (2, "execlet: exited with code 2\n"))
        for key in ("status exit_code signal stdout stderr usage limits truncated displays artifacts cached failure "
                    "execution_id executor backend blocks session").split():
            self.assertIn(key, result)
        self.assertEqual((result["status"], result["exit_code"], result["stdout"], result["stderr"]),
                         ("failed", 2, "o\n", "e\n"))
        self.assertEqual((result["executor"], result["backend"]), ("local", "local"))
        self.assertGreater(result["usage"]["wall_ms"], 0)

    def test_json_of_bytes_that_are_no_text(self):
        import base64
        code = "import sys; sys.stdout.buffer.write(b'\\xff\\x00a')"
        result = self.run_json("-l", "python", "-c", code)
        self.assertEqual(base64.b64decode(result["stdout_base64"]), b"\xff\x00a")

    def test_json_of_what_could_not_run(self):
        for args in (["nothere.py"], ["-b", "nothere", "-l", "python", "-c", "1"]):
            result = self.run_json(*args)
            self.assertEqual(result["cli"].code, 125)
            self.assertIn(result["status"], ("invalid_request", "unavailable"))
            self.assertIn("nothere", result["failure"]["message"])
            self.assertIn("nothere", result["cli"].words())

    def test_a_directory_is_staged_whole_or_refused(self):
        tree = self.dir / "tree"
        tree.mkdir()
        (tree / "a.txt").write_text("a")
        (tree / "same").symlink_to("a.txt")
        show = ["run", "-l", "sh", "--file", "tree", "-c", "cat tree/*"]
        self.assertEqual(self.call(*show).out, b"aa")
        for name, make in (("passwd", lambda path: path.symlink_to("/etc/passwd")),
                           ("dangling", lambda path: path.symlink_to("nowhere")),
                           ("fifo", os.mkfifo)):
            with self.subTest(name=name):
                make(tree / name)
                ended = self.call(*show)
                self.assertEqual((ended.code, ended.out), (125, b""))
                self.assertIn(f"tree/{name}", ended.words())
                (tree / name).unlink()

    def test_a_pipe_that_nobody_writes_to_is_not_waited_for_for_ever(self):
        os.mkfifo(self.dir / "pipe")
        tools = [self.start("run", "-l", "sh", *words)
                 for words in (["pipe"], ["--file", "pipe", "-c", "true"], ["--blocks", "pipe"])]
        for tool in tools:
            ended = self.finish(tool)
            self.assertEqual((ended.code, ended.out), (125, b""))
            self.assertIn("cannot read pipe: it is a pipe that nobody writes to", ended.words())
        # As input it is the program that waits, for its own time.
        self.assertEqual(self.call("run", "-l", "sh", "--timeout", "0.5", "--stdin", "pipe", "-c", "cat").code, 124)

    def test_pipes_are_read_to_their_end(self):
        for words in ("<(sleep 0.3; echo 'echo hello')", "--file <(sleep 0.3; echo hello)=a -c 'cat a'",
                      "--stdin <(sleep 0.3; echo hello) -c cat"):
            with self.subTest(words=words):
                ended = self.call("-c", f"{BINARY} run -l sh {words}", program=["bash"])
                self.assertEqual((ended.code, ended.out, ended.words()), (0, b"hello\n", ""))

    def test_values_that_are_missing_are_not_taken_from_the_next_argument(self):
        for words in (["--memory=", "-c", "echo"], ["--timeout=", "-c", "echo"], ["--config=", "-c", "echo"]):
            ended = self.call("run", "-l", "sh", *words)
            self.assertEqual(ended.code, 125)
            self.assertIn(f"{words[0]} has no value", ended.words())
        self.assertIn("--config takes FILE", self.call("run", "--config", "", "-l", "sh", "-c", "echo").words())
        self.assertIn("/: it is a directory", self.call("run", "--stdin", "/", "-l", "sh", "-c", "cat").words())

    def test_json_of_what_could_not_run_has_the_keys_of_a_result(self):
        def keys(value, depth=2):  # deeper ones are names of limits
            if not isinstance(value, dict) or depth == 0:
                return None
            return {key: keys(member, depth - 1) for key, member in value.items()}
        usual = self.run_json("-l", "bash", "-c", "true")
        for args in (["nothere.py"], ["--timeout", "soon", "x.py"], ["--no-such-flag"]):
            wrong = self.run_json(*args)
            self.assertEqual(wrong["cli"].code, 125)
            for key in usual:
                if key not in ("cli", "failure"):
                    self.assertEqual(keys({key: wrong[key]}), keys({key: usual[key]}))

    def test_stream_is_one_event_a_line_and_the_result_last(self):
        ended = self.call("run", "--stream", "-l", "bash", "-c", "echo one; sleep 0.1; echo two >&2")
        lines = [json.loads(line) for line in ended.out.splitlines()]
        self.assertEqual((ended.code, ended.err), (0, b""))
        self.assertEqual(lines[-1]["status"], "ok")
        self.assertEqual(lines[-1]["stdout"], "one\n")
        types = [line["event"] for line in lines[:-1]]
        self.assertEqual([t for t in types if t in ("started", "stdout", "stderr")], ["started", "stdout", "stderr"])

    def test_collected_files(self):
        code = "mkdir -p sub; echo a > a.txt; echo b > sub/b.txt; echo c > c.bin; ln -s /etc/passwd link.txt"
        ended = self.call("run", "-l", "bash", "--collect", "*.txt", "--collect", "sub/**", "--artifacts", "out",
                          "-c", code)
        self.assertEqual((ended.code, ended.text()), (0, ""))
        self.assertIn("link.txt is no regular file", ended.words())
        got = {str(p.relative_to(self.dir / "out")): p.read_text() for p in (self.dir / "out").rglob("*")
               if p.is_file()}
        self.assertEqual(got, {"a.txt": "a\n", "sub/b.txt": "b\n"})

    def test_collected_files_in_json(self):
        result = self.run_json("-l", "bash", "--collect", "*.txt", "--artifacts", "out", "-c", "echo abc > a.txt")
        self.assertEqual([(a["name"], a["size"]) for a in result["artifacts"]], [("a.txt", 4)])
        self.assertEqual((self.dir / "out/a.txt").read_text(), "abc\n")
        self.assertTrue(result["artifacts"][0]["path"].endswith("out/a.txt"))


class Staged(CliCase):
    def test_a_script_can_be_started(self):
        self.write("tool.sh", "#!/bin/sh\necho tool\n")
        self.write("data.txt", "#no")
        out = self.run_ok("--file", "tool.sh", "--file", "data.txt", "-l", "bash", "-c", "./tool.sh; stat -c %a tool.sh data.txt")
        self.assertEqual(out, "tool\n755\n644\n")

    def test_names_of_the_code_itself_are_refused(self):
        self.write("a.sh", "echo mine")
        for name in (".execlet-main.sh", ".execlet/a.sh", ".execlet"):
            with self.subTest(name):
                self.assertIn("names that begin with .execlet", self.refused(
                    "run", "--file", "a.sh=" + name, "-l", "bash", "-c", "echo code"))
        self.assertIn("choose another", self.refused("run", "-l", "bash", "-c", "# filename: .execlet-x.sh\necho"))
        self.assertEqual(self.run_ok("--file", "a.sh=.executor", "-l", "bash", "-c", "cat .executor"), "echo mine")

    def test_files_left_out_beyond_those_that_are_named_are_counted(self):
        result = self.run_json("-l", "bash", "--collect", "*", "--artifacts", "out", "-c",
                               "for i in $(seq 30); do ln -s /etc/passwd l$i; done; echo a > a")
        self.assertEqual([a["name"] for a in result["artifacts"]], ["a"])
        self.assertEqual(len(result["notices"]), 21)
        self.assertEqual(result["notices"][-1], {"code": "artifacts.more", "text": "10 more files were left out for such reasons"})


class Blocks(CliCase):
    MARKDOWN = "text\n\n```python\nprint('one')\n```\n\n~~~bash\necho two\n~~~\n"

    def test_blocks_run_in_order(self):
        self.write("a.md", self.MARKDOWN)
        self.assertEqual(self.run_ok("--blocks", "a.md"), "one\ntwo\n")
        self.assertEqual(self.run_ok("--blocks", "-", input=self.MARKDOWN.encode()), "one\ntwo\n")
        self.assertEqual(self.run_ok("--blocks", "-c", self.MARKDOWN), "one\ntwo\n")

    def test_the_first_that_fails_is_the_last(self):
        self.write("a.md", "```bash\necho 1\n```\n```bash\nexit 4\n```\n```bash\necho 3\n```\n")
        ended = self.call("run", "--blocks", "a.md")
        self.assertEqual((ended.code, ended.out), (4, b"1\n"))
        self.assertEqual(ended.words(), "execlet: block 2: exited with code 4\n")
        result = self.run_json("--blocks", "a.md")
        self.assertEqual([b["status"] for b in result["blocks"]], ["ok", "failed"])

    def test_file_name_comment(self):
        self.write("a.md", "```python\n# filename: lib.py\nX = 5\n```\n```python\nimport lib; print(lib.X)\n```\n")
        self.assertEqual(self.run_ok("--blocks", "a.md"), "5\n")

    def test_blocks_that_are_not_code(self):
        self.write("a.md", "Take\n```json\n// filename: data.json\n{\"n\": 4}\n```\nand\n```Python\nimport json\n"
                           "print(json.load(open('data.json'))['n'])\n```\nwhich prints\n```text\n4\n```\n```diff\n-a\n```\n")
        ended = self.call("run", "--blocks", "a.md")
        self.assertEqual((ended.code, ended.out), (0, b"4\n"))
        self.assertEqual(ended.words(),
                         'execlet: note: block 3 (line 13): "text" is not code; it is left out\n'
                         'execlet: note: block 4 (line 16): "diff" is not code; it is left out\n')
        result = self.run_json("--blocks", "a.md")
        self.assertEqual([n["code"] for n in result["notices"]], ["block.skipped", "block.skipped"])
        self.assertEqual(len(result["blocks"]), 1)
        self.write("b.md", "```text\nx\n```\n```yaml\na: 1\n```\n")
        self.assertIn('no block is code: block 1 (line 2) is "text", block 2 (line 5) is "yaml"',
                      self.refused("run", "--blocks", "b.md"))

    def test_languages_of_all_blocks_are_checked_before_the_first_runs(self):
        first = "```bash\ntouch started\n```\n"
        self.config({"here": {"backend": "local", "options": {"work_dir": ".", "executors": ["bash", "python"]}}}, default="here")
        for second, words in (("```sql\nselect 1\n```\n", 'block 2 (line 5): request /blocks/1/language: executor "here" '
                                                          'does not run "sql"; it runs bash, python'),
                              ("```\nwhat is it\n```\n", "block 2 (line 5): request /blocks/1/language: name the language")):
            with self.subTest(words):
                self.write("a.md", first + second)
                self.assertIn(words, self.refused("run", "--blocks", "a.md"))
                self.assertFalse((self.dir / "started").exists())

    def test_blocks_that_name_one_file_twice(self):
        self.write("a.md", "```csv\n# filename: a.csv\n1\n```\n```csv\n# filename: a.csv\n2\n```\n```bash\ncat a.csv\n```\n")
        self.assertIn('two blocks make a file "a.csv"', self.refused("run", "--blocks", "a.md"))

    def test_no_block(self):
        self.write("a.md", "only words")
        self.assertIn("no fenced code block", self.refused("run", "--blocks", "a.md"))


class Bounds(CliCase):
    def test_timeout(self):
        ended = self.call("run", "-l", "bash", "--timeout", "0.3", "-c", "echo partial; sleep 100")
        self.assertEqual((ended.code, ended.out), (124, b"partial\n"))
        self.assertIn("timed out after 0.3 s", ended.words())

    def test_kill_grace(self):
        code = "trap 'echo tidy; exit 0' TERM; echo on; while :; do sleep 0.05; done"
        ended = self.call("run", "-l", "bash", "--timeout", "0.3", "--kill-grace", "20", "-c", code)
        self.assertEqual((ended.code, ended.out), (124, b"on\ntidy\n"))

    def test_deadline(self):
        ended = self.call("run", "-l", "bash", "--deadline", "0.5", "-c", "echo partial; sleep 100")
        self.assertEqual((ended.code, ended.out), (124, b"partial\n"))
        self.assertIn("stopped at the deadline of 0.5 s", ended.words())

    def test_deadline_gives_the_grace_and_is_no_time_limit(self):
        code = "trap 'echo tidy; exit 0' TERM; echo on; while :; do sleep 0.05; done"
        result = self.run_json("-l", "bash", "--deadline", "0.5", "--kill-grace", "20", "-c", code)
        self.assertEqual((result["cli"].code, result["status"], result["stdout"]), (124, "timed_out", "on\ntidy\n"))
        self.assertEqual(result["failure"]["reason"], "run.deadline")
        self.assertEqual(result["limits"]["hit"], [])

    def test_memory(self):
        result = self.run_json("-l", "python", "--memory", "64m", "-c", "x = 'x' * 10**9")
        if result["limits"]["how"]["memory"].startswith("rlimit"):
            self.assertEqual(result["status"], "failed")  # the program's own MemoryError: no counter proves more
        else:
            self.assertEqual((result["cli"].code, result["status"]), (137, "resource_exhausted"))
            self.assertIn("memory", result["limits"]["hit"])
            self.assertIn("memory", result["cli"].words())

    def test_cpu_time(self):
        result = self.run_json("-l", "python", "--cpu-time", "1", "--timeout", "30", "-c", "while True: pass")
        self.assertEqual((result["cli"].code, result["status"]), (137, "resource_exhausted"))
        self.assertEqual(result["limits"]["hit"], ["cpu_time"])

    def test_output_limit(self):
        result = self.run_json("-l", "bash", "--output-limit", "100k", "--timeout", "30", "-c", "yes")
        self.assertEqual((result["cli"].code, result["status"]), (137, "resource_exhausted"))
        self.assertEqual(result["limits"]["hit"], ["output"])

    def test_open_files(self):
        self.assertEqual(self.run_ok("-l", "bash", "--open-files", "37", "-c", "ulimit -n"), "37\n")

    def test_file_size(self):
        result = self.run_json("-l", "bash", "--file-size", "8k", "-c", "head -c 100000 /dev/zero > big; ls -l big")
        self.assertEqual(result["limits"]["requested"]["file_size"], 8192)
        self.assertEqual(result["limits"]["enforced"]["file_size"], 8192)
        self.assertEqual(result["limits"]["how"]["file_size"], "rlimit, per file")
        self.assertEqual((result["status"], result["stdout"].split()[4]), ("ok", "8192"))

    def test_values_that_are_wrong_are_refused_by_name(self):
        for flag, value in (("--memory", "lots"), ("--pids", "-1"), ("--cpus", "many"), ("--timeout", "soon"),
                            ("--timeout", "0"), ("--timeout", "nan"), ("--kill-grace", "-1"), ("--cpu-time", "x"),
                            ("--deadline", "1e99"), ("--network", "fast"), ("--output-limit", "1x")):
            with self.subTest(flag=flag, value=value):
                words = self.refused("run", "-l", "bash", flag, value, "-c", "echo ran")
                self.assertIn(flag.strip("-").split("-")[0], words)

    def test_a_limit_is_enforced_or_refused(self):
        for name, value, wanted in (("pids", "50", 50), ("cpus", "0.5", 0.5), ("disk", "10m", 10 << 20)):
            with self.subTest(limit=name):
                result = self.run_json("-l", "bash", "--" + name, value, "-c", "echo ran")
                if result["cli"].code == 125:
                    self.assertEqual((result["status"], result["stdout"]), ("rejected", ""))
                    self.assertIn(f"the limit {name} cannot be enforced here", result["failure"]["message"])
                else:
                    self.assertEqual((result["cli"].code, result["stdout"]), (0, "ran\n"))
                    self.assertEqual(result["limits"]["enforced"][name], wanted)
                    self.assertRegex(result["limits"]["how"][name], "cgroup|tmpfs")

    def test_a_network_that_cannot_be_cut_is_refused(self):
        ended = self.call("run", "-l", "bash", "--network", "none", "-c", "echo ran")
        self.assertEqual((ended.code, ended.out), (125, b""))
        self.assertIn("network", ended.words())

    def test_best_effort_runs_in_any_case(self):
        result = self.run_json("-l", "bash", "--disk", "10m", "--best-effort", "-c", "echo ran")
        self.assertEqual((result["status"], result["stdout"]), ("ok", "ran\n"))

    def test_in_a_chroot_a_run_has_its_namespaces(self):
        # The root of this one is no mount point. The refusal of a containment is in test_places.py.
        binary = pathlib.Path(BINARY).resolve()
        places = f"bin dev etc lib lib64 proc sys usr {binary.parts[1]}"
        script = ('cd "$0" && for place in $1; do mkdir -p $place && { [ ! -d /$place ] || mount --rbind /$place $place; } '
                  '|| exit 99; done; mkdir -p tmp; shift; exec chroot . "$@"')
        for containment in ("namespace", "auto"):
            command = ["unshare", "-m", "sh", "-c", script, self.dir, places, binary,
                       "run", "-b", "local", "-o", f"containment={containment}", "-l", "sh", "-c", "echo ran $PPID"]
            ended = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
            self.assertEqual((ended.returncode, ended.stdout), (0, b"ran 1\n"), ended.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
