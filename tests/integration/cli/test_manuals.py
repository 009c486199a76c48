# SPDX-License-Identifier: Apache-2.0
"""The manual pages against the command table and the schema of the configuration, and as man and mandoc see them."""
import json
import os
import pathlib
import re
import subprocess
import unittest

from cli_case import LIMIT, CliCase

PAGES = pathlib.Path(os.environ["EXECLET_TEST_MANUALS"])


def rendered(page):
    ended = subprocess.run(["mandoc", "-Tutf8", "-Owidth=200", page], capture_output=True, timeout=LIMIT, check=True)
    return re.sub(r".\x08", "", ended.stdout.decode())


def page_of(command):
    return PAGES / f"execlet-{command.split()[0]}.1"


class Manuals(CliCase):
    def commands(self):
        return json.loads(self.call("__commands").text())

    def test_pages_are_clean(self):
        pages = sorted(PAGES.iterdir())
        self.assertGreaterEqual(len(pages), 9)
        for page in pages:
            with self.subTest(page.name):
                lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, timeout=LIMIT)
                self.assertEqual((lint.returncode, lint.stdout, lint.stderr), (0, b"", b""))
                man = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, timeout=LIMIT,
                                     env={**self.env, "MANPAGER": "cat", "MANROFFOPT": "-ww"}, stdin=subprocess.DEVNULL)
                self.assertEqual((man.returncode, man.stderr), (0, b""))
                self.assertIn(b"NAME", man.stdout)

    def test_every_verb_has_a_page_that_names_it(self):
        overview = rendered(PAGES / "execlet.1")
        for command in self.commands():
            with self.subTest(command["name"]):
                self.assertIn(f"execlet {command['name']}", rendered(page_of(command["name"])))
                for word in command["name"].split():
                    self.assertIn(word, overview)

    def test_pages_have_the_flags_of_the_table_and_no_others(self):
        of_page = {}
        for command in self.commands():
            of_page.setdefault(page_of(command["name"]), []).extend(command["flags"])
        for page, flags in of_page.items():
            with self.subTest(page.name):
                text = rendered(page)
                options = text[text.index("The options are:"):text.index("EXIT STATUS")]
                for flag in flags:
                    names = ", ".join(f"{name} {flag['value']}".strip() for name in flag["names"].split(","))
                    self.assertRegex(options, rf"(?m)^ +{re.escape(names)}(  |$)")
                    self.assertIn(flag["help"].replace("…", "...") + ".", re.sub(r"\s+", " ", options).replace("’", "'"))
                known = {name for flag in flags for name in flag["names"].split(",")} | {"-h", "--help"}
                self.assertEqual(set(re.findall(r"(?m)^ {5}(--?[a-z][a-z-]*)", options)) - known, set())

    def test_help_has_every_flag_and_its_meaning(self):
        for command in self.commands():
            with self.subTest(command["name"]):
                text = re.sub(r"\s+", " ", self.call(*command["name"].split(), "--help").text())
                self.assertIn(command["summary"] + ".", text)
                self.assertIn("Examples: execlet ", text)
                for flag in command["flags"]:
                    self.assertIn(f"{flag['names']} {flag['value']}".strip(), text)
                    self.assertIn(flag["help"], text)

    def test_keys_of_the_configuration(self):
        schema = json.loads(self.call("config", "schema").text())
        executor = schema["definitions"]["executor"]["properties"]
        parts = [executor[key]["properties"] for key in ("limits", "pool", "session")]
        expected = [*schema["properties"], *executor, *(name for part in parts for name in part)]
        text = rendered(PAGES / "execlet.json.5")
        self.assertEqual(re.findall(r"(?m)^ {5}(\S+) \([a-z|]+\)$", text), expected)
        words = re.sub(r"\s+", " ", text)
        for properties in (schema["properties"], executor, *parts):
            for name, value in properties.items():
                self.assertIn(value["description"].rstrip("."), words.replace("’", "'"), name)

    def test_the_example_is_a_configuration(self):
        text = rendered(PAGES / "execlet.json.5")
        example = text[text.index("{\n"):text.index("SEE ALSO")]
        self.write("execlet.json", example)
        self.assertEqual(self.call("config", "check").code, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
