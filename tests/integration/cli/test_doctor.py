# SPDX-License-Identifier: Apache-2.0
"""`execlet doctor`, `plugins list --explain` and `plugins verify`: what they find, say and end with."""
import json
import os
import re
import shutil
import unittest

from cli_case import BINARY, CliCase

BUILD = os.path.dirname(os.path.dirname(os.path.realpath(BINARY)))
LIBEXEC = os.path.join(BUILD, "lib", "execlet")
GOOD = os.path.join(BUILD, "tests", "plugins", "echo.so")


def zoo(kind):
    return os.path.join(BUILD, "tests", "zoo", f"zoo-{kind}.so")


class Doctor(CliCase):
    def examine(self, *args, code=0, **rest):
        ended = self.call("doctor", "--json", *args, **rest)
        self.assertEqual((ended.code, ended.err), (code, b""), ended.out)
        report = json.loads(ended.out)
        self.assertEqual(report["ok"], code == 0)
        return report

    def test_without_a_configuration(self):
        report = self.examine()
        self.assertIsNone(report["configuration"]["path"])
        self.assertEqual([helper["problem"] for helper in report["installation"]["helpers"]], ["", ""])
        for helper in report["installation"]["helpers"]:
            self.assertEqual(helper["version"], report["installation"]["version"])
        (executor,) = report["executors"]
        self.assertEqual((executor["name"], executor["backend"], executor["ok"]), ("local", "local", True))
        self.assertTrue(executor["plugin"]["file"].endswith("local.so"))
        self.assertEqual(executor["hello"]["status"], "ok")
        self.assertEqual(sorted(executor["limits"]), sorted(
            ["wall_time", "memory", "cpus", "cpu_time", "pids", "open_files", "file_size", "output", "disk"]))
        for name, limit in executor["limits"].items():
            self.assertTrue(limit["how"] if limit["enforced"] else limit["reason"], name)
        python = next(language for language in executor["languages"] if language["name"] == "python")
        self.assertTrue(python["available"])
        self.assertTrue(executor["containment"]["kind"])

    def test_text(self):
        ended = self.call("doctor")
        self.assertEqual((ended.code, ended.err), (0, b""))
        self.assertNotIn("\033", ended.text())
        for part in (r"(?m)^execlet \d", r"(?m)^  ok    runner ", r"(?m)^  ok    probe ", r"configuration +none",
                     r"(?m)^executor local \(backend local\)$", r"(?m)^  ok    languages ", r"(?m)^  ok    limits  +wall_time: ",
                     r"(?m)^  ok    hello +\w+: printed hello in \d+ ms$", r"All is well\.\n$"):
            self.assertRegex(ended.text(), part)

    def test_every_executor_or_the_one_named(self):
        self.config({"a": {"backend": "local"}, "b": {"backend": "local", "options": {"executors": ["bash"]}}})
        self.assertEqual([executor["name"] for executor in self.examine()["executors"]], ["a", "b"])
        (executor,) = self.examine("-e", "b")["executors"]
        self.assertEqual((executor["name"], executor["hello"]["language"]), ("b", "bash"))
        (executor,) = self.examine("-b", "local", "-o", 'executors=["sh"]')["executors"]
        self.assertEqual(executor["hello"]["language"], "sh")

    def test_one_that_fails_does_not_hide_the_others(self):
        self.config({"bad": {"backend": "dokker"}, "good": {"backend": "local"}})
        bad, good = self.examine(code=1)["executors"]
        self.assertFalse(bad["ok"])
        self.assertIn("dokker", bad["problem"])
        self.assertTrue(good["ok"])
        ended = self.call("doctor")
        self.assertEqual(ended.code, 1)
        self.assertRegex(ended.text(), r"(?m)^  WRONG problem .*dokker")
        self.assertTrue(ended.text().endswith("Something is wrong: see above.\n"))

    def test_a_hello_that_fails(self):
        self.write("broken-python", "#!/bin/sh\nexit 3\n").chmod(0o755)
        self.config({"py": {"backend": "local", "options": {"executors": {"python": {"executable": str(self.dir / "broken-python")}}}}})
        (executor,) = self.examine(code=1)["executors"]
        self.assertEqual((executor["hello"]["ok"], executor["hello"]["status"]), (False, "failed"))

    def test_no_language(self):
        self.config({"py": {"backend": "local", "options": {"executors": {"python": {"executable": "/nowhere/python"}}}}})
        (executor,) = self.examine(code=1)["executors"]
        self.assertFalse(executor["hello"]["ok"])
        self.assertIn("interpreter", executor["hello"]["message"])

    def test_a_language_of_ones_own_is_run_too(self):
        self.config({"own": {"backend": "local", "options": {"executors": {"shout": {"executable": "cat"}}}}})
        (executor,) = self.examine()["executors"]
        self.assertEqual((executor["hello"]["language"], executor["hello"]["status"]), ("shout", "ok"))
        self.assertIn("need not be", executor["hello"]["message"])

    def test_a_bad_configuration(self):
        self.write("execlet.json", '{"executors": {"py": {}}}')
        report = self.examine(code=1)
        self.assertIn("backend", report["configuration"]["problem"])
        self.assertEqual(report["executors"], [])
        self.assertRegex(self.call("doctor").text(), r"(?m)^  WRONG configuration .*/executors/py")

    def test_a_missing_helper(self):
        (self.dir / "empty").mkdir()
        report = self.examine(code=1, env={"EXECLET_LIBEXEC_DIR": str(self.dir / "empty")})
        for helper in report["installation"]["helpers"]:
            self.assertIn(str(self.dir / "empty"), helper["problem"])

    def test_helpers_that_do_not_start_or_are_of_another_version(self):
        (self.dir / "helpers").mkdir()
        for name in os.listdir(LIBEXEC):
            if name.startswith("execlet-"):
                shutil.copy(os.path.join(LIBEXEC, name), self.dir / "helpers" / name)
        probe = self.dir / "helpers" / "execlet-probe"
        for content, expected in (("#!/bin/sh\necho 0.0.1\n", "0.0.1"), ("#!/nowhere/sh\n", "cannot be started"),
                                  ("#!/bin/sh\nkill -SEGV $$\n", "Segmentation")):
            with self.subTest(expected):
                probe.write_text(content)
                report = self.examine(code=1, env={"EXECLET_LIBEXEC_DIR": str(self.dir / "helpers")})
                runner, found = report["installation"]["helpers"]
                self.assertEqual(runner["problem"], "")
                self.assertIn(expected, found["problem"])

    def test_directories_of_plugins(self):
        (self.dir / "open").mkdir()
        os.chmod(self.dir / "open", 0o777)
        report = self.examine("--plugin-dir", "open", "--plugin-dir", "missing", code=1)
        states = [directory["state"] for directory in report["plugin_directories"]]
        self.assertEqual(states[:2], ["refused", "missing"])
        self.assertIn("chmod o-w", report["plugin_directories"][0]["message"])
        self.write("broken/a.so", "no library")
        report = self.examine("--plugin-dir", "broken")  # no executor needs it: told, no failure
        self.assertIn("a.so", report["plugin_directories"][0]["not_taken"][0])

    def test_a_wrong_call_is_not_a_finding(self):
        self.assertIn("exclude", self.refused("doctor", "-e", "a", "-b", "local"))
        self.assertIn("did you mean --json?", self.refused("doctor", "--jsn"))
        self.assertIn("EXECLET_LOG", self.refused("doctor", env={"EXECLET_LOG": "loud"}))

    def test_a_limit_that_cannot_be_enforced_says_what_to_change(self):
        (executor,) = self.examine("-b", "local", "-o", "work_dir=wd", "-o", "containment=subreaper")["executors"]
        self.assertEqual(executor["containment"]["kind"], "subreaper")
        self.assertIn("containment", executor["containment"]["remedy"])
        missing = {name: limit for name, limit in executor["limits"].items() if not limit["enforced"]}
        self.assertIn("disk", missing)
        for name, limit in missing.items():
            self.assertTrue(limit["reason"] and limit["remedy"], name)
        text = self.call("doctor", "-b", "local", "-o", "work_dir=wd", "-o", "containment=subreaper").text()
        self.assertRegex(text, r"(?m)^  warn  +disk: cannot be enforced: .+\n +to change that: .*work_dir")


class Explain(CliCase):
    def explain(self, *args, **rest):
        ended = self.call("plugins", "list", "--explain", *args, **rest)
        self.assertEqual((ended.code, ended.err), (0, b""))
        return ended.text()

    def test_directories_in_order_with_why_they_are_searched(self):
        self.config({}, plugin_dirs=["./from-config"])
        text = self.explain("--plugin-dir", "flag", env={"EXECLET_PLUGIN_PATH": "/one/:/two"})
        expected = [r"1\. \S+/flag \(--plugin-dir\): does not exist", r"2\. \S+/from-config \(config plugin_dirs\): does not exist",
                    r"3\. /one \(EXECLET_PLUGIN_PATH\): does not exist", r"4\. /two \(EXECLET_PLUGIN_PATH\): does not exist",
                    r"5\. \S+/execlet/plugins \(user data directory\): does not exist",
                    r"6\. /usr/local/lib/execlet/plugins \(local administrator\)", r"7\. \S+/execlet/plugins \(built in\)"]
        at = 0
        for line in expected:
            found = re.compile(rf"(?m)^{line}").search(text, at)
            self.assertIsNotNone(found, (line, text))
            at = found.end()
        self.assertRegex(text, r"(?m)^   ok    \S+/local\.so taken: local \d")

    def test_every_file_with_what_became_of_it(self):
        for name in ("first", "second"):
            (self.dir / name).mkdir()
            shutil.copy(GOOD, self.dir / name / "echo.so")
        shutil.copy(zoo("no-entry"), self.dir / "first" / "no-entry.so")
        with open(GOOD, "rb") as whole:
            self.write("first/truncated.so", whole.read()[:5000])
        self.write("first/text.so", "no library")
        shutil.copy(GOOD, self.dir / "second" / "loose.so")
        os.chmod(self.dir / "second" / "loose.so", 0o777)
        text = self.explain("--plugin-dir", "first", "--plugin-dir", "second")
        for line in (r"   ok    \S+first/echo\.so taken: echo ", r"   WRONG \S+no-entry\.so refused \(abi\.entry\): ",
                     r"   WRONG \S+truncated\.so refused \(elf\.truncated\): ", r"   WRONG \S+text\.so refused \(elf\.not-elf\): ",
                     r"   warn  \S+second/echo\.so shadowed \(registry\.shadowed\): .*first/echo\.so",
                     r"   WRONG \S+loose\.so refused \(trust\.world-writable\): .*chmod o-w"):
            self.assertRegex(text, f"(?m)^{line}")

    def test_directories_that_are_refused_or_empty(self):
        (self.dir / "empty").mkdir()
        (self.dir / "open").mkdir()
        os.chmod(self.dir / "open", 0o777)
        self.write("file", "")
        text = self.explain("--plugin-dir", "empty", "--plugin-dir", "open", "--plugin-dir", "file")
        self.assertRegex(text, r"(?m)^1\. \S+/empty \(--plugin-dir\): no \*\.so in it$")
        self.assertRegex(text, r"(?m)^2\. \S+/open \(--plugin-dir\): not used: .*chmod o-w")
        self.assertRegex(text, r"(?m)^3\. \S+/file \(--plugin-dir\): not used: .*not a directory")


class Verify(CliCase):
    def verify(self, *files, code=0):
        ended = self.call("plugins", "verify", "--json", *files)
        self.assertEqual((ended.code, ended.err), (code, b""), ended.out)
        return json.loads(ended.out)

    def reasons(self, file, code=1):
        (plugin,) = self.verify(file, code=code)["plugins"]
        return sorted(problem["reason"] for problem in plugin["problems"])

    def test_a_good_one(self):
        report = self.verify(GOOD)
        self.assertTrue(report["ok"])
        (plugin,) = report["plugins"]
        self.assertEqual((plugin["manifest"]["name"], plugin["problems"], plugin["warnings"], plugin["not_tried"]),
                         ("echo", [], [], ""))
        self.assertRegex(self.call("plugins", "verify", GOOD).text(), r"^\S+echo\.so: ok\n  -     echo \d.*\n$")

    def test_several_files_in_one_call(self):
        report = self.verify(GOOD, zoo("no-entry"), "missing.so", code=1)
        self.assertEqual([plugin["usable"] for plugin in report["plugins"]], [True, False, False])
        ended = self.call("plugins", "verify", GOOD, zoo("no-entry"))
        self.assertEqual((ended.code, ended.err), (1, b""))
        self.assertRegex(ended.text(), r"(?m)^\S+no-entry\.so: cannot be used$")
        self.assertRegex(ended.text(), r"(?m)^  WRONG abi\.entry: ")

    def test_each_kind_of_bad_one(self):
        for kind, reason in (("missing-dependency", "load.dependency"), ("no-entry", "abi.entry"),
                             ("crash-on-load", "probe.crash"), ("hang-in-init", "probe.hang"),
                             ("short-table", "table.size"), ("other-manifest", "manifest.mismatch")):
            with self.subTest(kind):
                self.assertIn(reason, self.reasons(zoo(kind)))

    def test_all_at_once(self):
        file = self.dir / "several.so"
        shutil.copy(zoo("no-entry"), file)
        file.chmod(0o666)
        self.write("several.so.sha256", "0" * 64 + "  several.so\n")
        self.assertEqual(self.reasons(file), ["abi.entry", "trust.digest", "trust.world-writable"])
        self.assertRegex(self.call("plugins", "verify", file).text(), r"(?m)^  -     it is not loaded on trial")

    def test_a_missing_library_is_named(self):
        self.assertIn("libzoo-dependency.so", self.call("plugins", "verify", zoo("missing-dependency")).text())

    def test_a_call_without_a_file(self):
        self.assertIn("FILE", self.refused("plugins", "verify"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
