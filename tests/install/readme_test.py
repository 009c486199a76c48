# SPDX-License-Identifier: Apache-2.0
"""readme_test.py README STAGE LIBDIR: does what the README says, in the order it says it, and compares what it shows.

Runs in the current directory, with STAGE/bin first in PATH, all in one shell. Fences mean:
  console       lines with "$ " are commands, "> " continues one, the rest is what it prints; "…" stands for anything
  bash          a script that must succeed
  another word  a file, written where the first line names one in a comment: "// hello.cpp", "# CMakeLists.txt"
"""
import os
import re
import subprocess
import sys

# These run this test or build for minutes; continuous integration runs them by themselves.
RUN_ELSEWHERE = ("packaging/quickstart", "packaging/test", ".ci/run", "tests/bench/run")
MARK = "\x01end of command\x01"


def fences(text):
    """Yields (line number, language, body) of each fenced block."""
    lines = text.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            opening = re.match(r"^```(\w+)$", line)
            if opening:
                start, language, body = number, opening.group(1), []
            elif line.startswith("```"):
                sys.exit(f"README.md:{number}: a fence without a language")
        elif line == "```":
            yield start, language, body
            start = None
        else:
            body.append(line)
    if start is not None:
        sys.exit(f"README.md:{start}: this fence is never closed")


class Shell:
    def __init__(self, environment):
        self.process = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
        )

    def run(self, command):
        """Returns (exit code, output)."""
        # The command reads no input; otherwise it would take the next one.
        self.process.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n%s%s\\n' '{MARK}' $?\n")
        self.process.stdin.flush()
        output = []
        for line in self.process.stdout:
            if line.startswith(MARK):
                text = "".join(output)
                return int(line[len(MARK):]), text[:-1] if text.endswith("\n") else text
            output.append(line)
        sys.exit(f"the shell ended in: {command}")


def commands(body):
    """Splits a console fence into (offset, command, expected lines)."""
    found = []
    for offset, line in enumerate(body, 1):
        if line.startswith("$ "):
            found.append((offset, line[2:], []))
        elif line.startswith("> ") and found and not found[-1][2]:
            found[-1] = (found[-1][0], found[-1][1] + "\n" + line[2:], [])
        elif not found:
            sys.exit(f"a console fence that begins with output: {line}")
        else:
            found[-1][2].append(line)
    return found


def matches(expected, actual):
    pattern = "\n".join(expected).rstrip("\n")
    pattern = re.escape(pattern).replace("…", ".*")
    return re.fullmatch(pattern, actual.rstrip("\n"), re.DOTALL) is not None


def check_console(shell, number, body):
    for offset, command, expected in commands(body):
        if any(name in command for name in RUN_ELSEWHERE):
            continue
        code, output = shell.run(command)
        if expected and not matches(expected, output):
            sys.exit(f"README.md:{number + offset}: $ {command}\nshould print:\n{chr(10).join(expected)}\nprints:\n{output}")
        if not expected and code != 0:
            sys.exit(f"README.md:{number + offset}: $ {command}\nends with {code}:\n{output}")


def main(readme, stage, libdir):
    environment = dict(
        os.environ,
        PATH=f"{stage}/bin:{os.environ['PATH']}",
        PKG_CONFIG_PATH=f"{stage}/{libdir}/pkgconfig",
        CMAKE_PREFIX_PATH=stage,
        NO_COLOR="1",
    )
    shell = Shell(environment)
    ran = 0
    for number, language, body in fences(open(readme, encoding="utf-8").read()):
        named = re.match(r"^(?://|#|/\*) ([\w./-]+\.\w+)(?: \*/)?$", body[0]) if body else None
        if language == "console":
            check_console(shell, number, body)
            ran += 1
        elif language == "bash":
            script = "\n".join(line for line in body if not line.startswith(RUN_ELSEWHERE))
            code, output = shell.run(script if script.strip() else "true")
            if code != 0:
                sys.exit(f"README.md:{number}: this script ends with {code}:\n{output}")
            ran += 1
        elif named:
            os.makedirs(os.path.dirname(named.group(1)) or ".", exist_ok=True)
            with open(named.group(1), "w", encoding="utf-8") as file:
                file.write("\n".join(body) + "\n")
    if ran < 5:
        sys.exit(f"only {ran} fences with commands found in {readme}")


if __name__ == "__main__":
    main(*sys.argv[1:])
