# SPDX-License-Identifier: Apache-2.0
"""Verbs that run nothing, configuration, and what is said when something is wrong."""
import json
import os
import unittest

from cli_case import BINARY, CliCase


class Usage(CliCase):
    def test_version(self):
        ended = self.call("--version")
        self.assertEqual((ended.code, ended.err), (0, b""))
        self.assertRegex(ended.text(), r"^execlet \d+\.\d+\.\d+\n$")
        facts = json.loads(self.call("--version", "--json").text())
        self.assertEqual("execlet " + facts["version"] + "\n", ended.text())
        self.assertTrue(facts["library"].endswith(".so." + facts["version"]), facts)
        self.assertIn("--json", self.refused("--version", "--jso"))

    def test_help_has_examples_first(self):
        for args in ([], ["run"], ["plugins", "list"], ["plugins", "info"], ["config", "check"], ["config", "show"],
                     ["config", "schema"], ["languages"], ["init"], ["doctor"], ["plugins", "verify"], ["completion"]):
            with self.subTest(args=args):
                ended = self.call(*args, "--help")
                self.assertEqual((ended.code, ended.err), (0, b""))
                text = ended.text()
                self.assertIn("Examples:\n  execlet", text)
                if "Usage:" in text:
                    self.assertLess(text.index("Examples:"), text.index("Usage:"))

    def test_without_a_verb_there_is_help(self):
        self.assertEqual(self.call().text(), self.call("--help").text())
        self.assertIn("list", self.call("plugins").text())

    def test_run_without_code_says_how(self):
        self.assertIn("execlet run -l python -c", self.refused("run"))

    def test_near_words(self):
        self.assertIn("did you mean run?", self.refused("rnu"))
        self.assertIn("did you mean list?", self.refused("plugins", "lst"))
        self.assertIn("did you mean --timeout?", self.refused("run", "--timout", "3", "-c", "1"))

    def test_a_file_instead_of_a_verb(self):
        self.write("a.py", "print(1)")
        self.assertIn("execlet run a.py", self.refused("a.py"))

    def test_what_is_not_in_this_build_is_refused(self):
        for args in (["session", "list"], ["session", "start", "--help"],
                     ["run", "--session", "s", "-l", "bash", "-c", "echo ran"]):
            with self.subTest(args=args):
                self.assertIn("not in this build", self.refused(*args))

    def test_contradictions(self):
        self.write("a.py", "print(1)")
        for args in (["a.py", "-c", "1"], ["a.py", "--entry-point", "a.py"], ["-e", "x", "-b", "local", "a.py"],
                     ["-o", "timeout=1", "a.py"], ["--collect", "*", "a.py"],
                     ["--artifacts", "d", "a.py"], ["--blocks", "--entry-point", "a.py"], ["a.py", "b.py"]):
            with self.subTest(args=args):
                self.refused("run", *args)
        both = self.call("run", "--json", "--stream", "a.py")
        self.assertEqual((both.code, json.loads(both.out)["status"]), (125, "invalid_request"))

    def test_forms(self):
        self.assertIn("--env", self.refused("run", "-l", "bash", "--env", "novalue", "-c", "1"))
        self.assertIn("-o", self.refused("run", "-b", "local", "-o", "novalue", "-l", "bash", "-c", "1"))
        self.assertIn("twice", self.refused("run", "-b", "local", "-o", "timeout=1", "-o", "timeout=2", "-c", "1"))
        self.assertIn("-c", self.refused("run", "-c"))
        self.assertIn("EXECLET_LOG", self.refused("run", "-l", "bash", "-c", "1", env={"EXECLET_LOG": "loud"}))

    def test_flags_say_what_they_want(self):
        cases = {
            ("--timeout",): "--timeout needs a value: S (Wall time", ("-c",): "--code needs a value: CODE",
            ("--timeout", "1", "--timeout", "2", "-c", "1"): "--timeout is given more than once",
            ("--json=x", "-c", "1"): "--json takes no value; found 'x'",
            ("-e", "", "-c", "1"): "--executor takes NAME; found ''", ("--stdin", "", "-c", "1"): "--stdin takes FILE",
            ("",): "expected FILE, found ''",
            ("--timeout", "0x10", "-c", "1"): "0x10", ("--timeout", " 5", "-c", "1"): "' 5'",
            ("--timeout", "-1", "-c", "1"): "'-1'", ("--timeout", "1e3", "-c", "1"): "'1e3'",
            ("-l", "bash", "--timeout", "0", "-c", "1"): "at most 10000000, found 0",
            ("-l", "bash", "--pids", "5000000", "-c", "1"): "a whole number from 1 to 4194304, found \"5000000\"",
        }
        for args, words in cases.items():
            with self.subTest(args=args):
                ended = self.call("run", *args)
                self.assertEqual(ended.code, 125)
                self.assertIn(words, ended.words())
        self.assertIn("NAME is missing: Name of the backend", self.refused("plugins", "info"))
        for word in ("help", "version"):
            self.assertIn(f"did you mean execlet --{word}?", self.refused(word))
        self.assertEqual(self.run_ok("-l", "bash", "-c", ""), "")  # code may be empty

    def test_a_long_word_is_cut_in_a_message(self):
        words = self.refused("run", "-l", "bash", "--file", "b" + "x" * 6000 + "e", "-c", "1")
        self.assertLess(len(words), 600)
        self.assertRegex(words, r"cannot read bx+…x+e: ")

    def test_a_messages_control_characters_are_shown_not_obeyed(self):
        self.assertNotIn("\x1b", self.refused("run", "no\x1b[31msuch.py"))


class Choice(CliCase):
    def test_without_configuration_there_is_local(self):
        for flags in ([], ["-e", "local"], ["-b", "local"]):
            self.assertEqual(self.run_ok(*flags, "-l", "bash", "-c", "echo x"), "x\n")

    def test_precedence_of_executors(self):
        self.config({name: {"backend": "local", "options": {"env_vars": {"WHO": name}}} for name in ("a", "b", "c")},
                    default="a")
        run = ("-l", "bash", "-c", "echo $WHO")
        self.assertEqual(self.run_ok(*run), "a\n")
        self.assertEqual(self.run_ok(*run, env={"EXECLET_EXECUTOR": "b"}), "b\n")
        self.assertEqual(self.run_ok("-e", "c", *run, env={"EXECLET_EXECUTOR": "b"}), "c\n")

    def test_precedence_of_configurations(self):
        def named(who):
            return {"x": {"backend": "local", "options": {"env_vars": {"WHO": who}}}}
        self.config(named("flag"), "flag.json", default="x")
        self.config(named("variable"), "variable.json", default="x")
        self.config(named("here"), "execlet.json", default="x")
        run = ("-l", "bash", "-c", "echo $WHO")
        self.assertEqual(self.run_ok(*run), "here\n")
        variable = {"EXECLET_CONFIG": str(self.dir / "variable.json")}
        self.assertEqual(self.run_ok(*run, env=variable), "variable\n")
        self.assertEqual(self.run_ok("--config", "flag.json", *run, env=variable), "flag\n")

    def test_options_of_a_backend(self):
        out = self.run_ok("-b", "local", "-o", 'env_vars={"A": "1"}', "-o", "work_dir=wd", "-o", 'executors=["bash"]',
                          "-c", "echo $A; pwd")
        self.assertEqual(out, f"1\n{os.path.realpath(self.dir)}/wd\n")
        ended = self.call("run", "-b", "local", "-o", "timeout=0.2", "-l", "bash", "-c", "sleep 100")
        self.assertEqual(ended.code, 124)

    def test_unknown_option_names_the_nearest(self):
        self.assertIn("work_dir", self.refused("run", "-b", "local", "-o", "workdir=x", "-l", "bash", "-c", "1"))

    def test_unknown_executor_and_backend(self):
        self.config({"py": {"backend": "local"}})
        words = self.refused("run", "-e", "pi", "-l", "bash", "-c", "1")
        self.assertIn("pi", words)
        self.assertIn("py", words)
        words = self.refused("run", "-b", "dokker", "-l", "bash", "-c", "1")
        self.assertIn('there is no backend "dokker". Searched: ', words)
        self.assertIn("plugins", words)  # where it looked

    def test_the_only_language_is_that_of_the_configuration(self):
        program = {"executable": "/nowhere/foo", "file_extension": ".foo"}
        self.config({"one": {"backend": "local", "options": {"executors": {"foo": program}}},
                     "two": {"backend": "local", "options": {"executors": {"foo": program, "bash": {}}}}})
        self.assertIn("/nowhere/foo", self.refused("run", "-e", "one", "-c", "1"))
        # That only one of them can be used here does not make the code that one's.
        self.assertIn("cannot tell the language", self.refused("run", "-e", "two", "-c", "1"))

    def test_without_a_working_directory(self):
        (self.dir / "gone").mkdir()
        gone = ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh", BINARY]
        words = self.refused("run", "-l", "bash", "-c", "echo ran", program=gone)
        self.assertIn("the working directory cannot be found", words)
        self.assertIn("change to one that exists", words)


class Config(CliCase):
    def test_check(self):
        path = self.config({"py": {"backend": "local"}, "sh": {"backend": "local"}})
        text = self.call("config", "check").text()
        self.assertIn("ok", text)
        self.assertIn("py, sh", text)
        self.assertIn(path.name, text)

    def test_check_without_configuration(self):
        ended = self.call("config", "check")
        self.assertEqual(ended.code, 0)
        self.assertIn("no configuration file", ended.text())

    def test_every_problem_names_its_place(self):
        good = '"backend": "local"'
        cases = {
            "not json": ('{"executors": {', "bad.json"),
            "unknown key": ('{"executers": {}}', "executors"),
            "unknown option": ('{"executors": {"py": {%s, "options": {"workdir": "x"}}}}' % good, "/executors/py/options"),
            "duplicate key": ('{"executors": {"py": {%s, %s}}}' % (good, good), "backend"),
            "wrong type": ('{"executors": {"py": {%s, "options": {"timeout": "soon"}}}}' % good, "timeout"),
            "unknown backend": ('{"executors": {"py": {"backend": "lokal"}}}', "lokal"),
            "default that is not there": ('{"default": "x", "executors": {"py": {%s}}}' % good, "x"),
            "missing variable": ('{"executors": {"py": {%s, "options": {"work_dir": "${env:NOT_SET}"}}}}' % good, "NOT_SET"),
        }
        for name, (text, expected) in cases.items():
            with self.subTest(name):
                self.write("bad.json", text)
                words = self.refused("config", "check", "--config", "bad.json")
                self.assertIn(expected, words)
                self.refused("run", "--config", "bad.json", "-l", "bash", "-c", "echo ran")

    def test_what_run_would_refuse_is_refused_by_check(self):
        for options, place, words in (
                ({"executors": ["python", "pyhton"]}, "/options/executors/1", "is not built in"),
                ({"executors": {"lisp": {}}}, "/options/executors/lisp", "give its executable"),
                ({"executors": {"bash": {"file_extension": "a/b"}}}, "/options/executors/bash/file_extension", "no '/'"),
                ({"env_vars": {"A=B": "1"}}, "/options/env_vars/A=B", "no '='"),
                ({"env_vars": {"A": "1\0"}}, "/options/env_vars/A", "NUL"),
                ({"pass_env": ["OK", "A=B"]}, "/options/pass_env/1", "no '='")):
            with self.subTest(options=options):
                text = json.dumps({"executors": {"x": {"backend": "local", "options": options}}}, indent=1)
                self.write("bad.json", text)
                said = self.refused("config", "check", "--config", "bad.json")
                self.assertRegex(said, r"bad\.json:\d+: /executors/x" + place + ": ")
                self.assertIn(words, said)
                self.assertEqual(said, self.refused("run", "--config", "bad.json", "-l", "bash", "-c", "echo ran"))

    def test_missing_configuration(self):
        self.assertIn("nothere.json", self.refused("config", "check", "--config", "nothere.json"))
        self.assertIn("nothere.json", self.refused("run", "-c", "1", env={"EXECLET_CONFIG": "nothere.json"}))

    def test_a_link_to_nothing_is_not_no_configuration(self):
        (self.dir / "execlet.json").symlink_to("nowhere.json")
        self.assertIn("execlet.json: is a link that leads nowhere", self.refused("config", "check"))
        self.assertIn("is a link that leads nowhere", self.refused("config", "check", "--config", "execlet.json"))

    def test_a_pipe_is_waited_for_but_not_for_ever(self):
        os.mkfifo(self.dir / "pipe")
        self.assertIn("pipe: is a pipe to which nothing was written for 10 s",
                      self.refused("config", "check", "--config", "pipe"))
        text = '{"executors": {"py": {"backend": "local"}}}'
        ended = self.call("-c", f"{BINARY} config check --config <(sleep 0.2; echo '{text}')", program=["bash"])
        self.assertEqual((ended.code, ended.err), (0, b""))
        self.assertIn("ok; executors: py", ended.text())

    def test_found_configuration_that_others_can_write_is_refused(self):
        self.config({"py": {"backend": "local"}}).chmod(0o666)
        self.assertIn("execlet.json", self.refused("config", "check"))
        self.assertEqual(self.call("config", "check", "--config", "execlet.json").code, 0)

    def test_show_is_json_without_secrets(self):
        self.config({"py": {"backend": "local", "options": {"env_vars": {"T": "${env:TOKEN}"}}}})
        text = self.call("config", "show", env={"TOKEN": "s3cret"}).text()
        self.assertEqual(json.loads(text)["executors"]["py"]["backend"], "local")
        self.assertNotIn("s3cret", text)

    def test_schema_is_json(self):
        self.assertIn("executors", json.loads(self.call("config", "schema").text())["properties"])
        self.refused("config", "schema", "extra")

    def test_init_writes_a_configuration_that_holds(self):
        ended = self.call("init")
        self.assertEqual((ended.code, ended.text()), (0, "wrote execlet.json\n"))
        self.assertIn("py", self.call("config", "check").text())
        self.write("a.py", "print('initial')")
        self.assertEqual(self.run_ok("a.py"), "initial\n")
        self.assertIn("workspace", self.run_ok("-l", "bash", "-c", "pwd"))

    def test_init_never_overwrites(self):
        self.write("execlet.json", "mine")
        self.assertIn("exists", self.refused("init"))
        self.assertEqual((self.dir / "execlet.json").read_text(), "mine")
        self.assertEqual(self.call("init", "other.json").code, 0)
        self.assertIn("nodir", self.refused("init", "nodir/x.json"))


class Plugins(CliCase):
    def test_list(self):
        text = self.call("plugins", "list").text()
        self.assertRegex(text, r"(?m)^local +\d")
        self.assertRegex(text, r"(?m)^LIMITS.*memory.*pids")

    def test_list_json_and_explain(self):
        directory = self.dir / "plugins"
        directory.mkdir()
        self.write("plugins/broken.so", "not a library")
        report = json.loads(self.call("plugins", "list", "--json", "--plugin-dir", "plugins").text())
        self.assertIn("broken.so", json.dumps(report))
        ended = self.call("plugins", "list", "--plugin-dir", "plugins")
        self.assertIn("local", ended.text())
        self.assertIn("1 file was not taken", ended.words())
        text = self.call("plugins", "list", "--explain", "--plugin-dir", "plugins").text()
        self.assertRegex(text, r"broken\.so refused \(\S+\): .+")
        self.assertIn("--plugin-dir", text)

    def test_a_directory_that_is_not_searched_is_told(self):
        (self.dir / "open").mkdir()
        (self.dir / "open").chmod(0o777)
        for args in (["plugins", "list"], ["run", "-l", "bash", "-c", "echo ran"], ["config", "check"]):
            with self.subTest(args=args):
                ended = self.call(*args, "--plugin-dir", "nowhere", "--plugin-dir", "open")
                self.assertEqual(ended.code, 0)
                self.assertRegex(ended.words(), r"warning: --plugin-dir: \S+/nowhere does not exist\n")
                self.assertRegex(ended.words(), r"warning: --plugin-dir: \S+/open is not used: ")
        self.config({}, plugin_dirs=["./far"])
        ended = self.call("plugins", "list", env={"EXECLET_PLUGIN_PATH": "/near"})
        self.assertRegex(ended.words(), r"config plugin_dirs: \S+/far does not exist\n.*EXECLET_PLUGIN_PATH: /near does")

    def test_info(self):
        text = self.call("plugins", "info", "local").text()
        for part in ("work_dir", "timeout", "isolation", "memory", "local.so"):
            self.assertIn(part, text)
        info = json.loads(self.call("plugins", "info", "local", "--json").text())
        self.assertIn("work_dir", json.dumps(info))

    def test_info_of_unknown(self):
        words = self.refused("plugins", "info", "lokal")
        self.assertIn("lokal", words)
        self.assertIn("local", words)

    def test_languages(self):
        text = self.call("languages").text()
        self.assertRegex(text, r"(?m)^python +yes +Python 3\.\d+.* +\S*python3? +.*\.py +.*py3")
        self.config({"two": {"backend": "local", "options": {"executors": ["bash", "python"]}}})
        names = [language["name"] for language in
                 json.loads(self.call("languages", "-e", "two", "--json").text())["languages"]]
        self.assertEqual(sorted(names), ["bash", "python"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
