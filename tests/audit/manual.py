#!/usr/bin/env python3
"""
The manual page and --help name the same commands and options.
usage: manual.py PROTOSTAR
"""

import re
import subprocess
import sys

from common import REPO, tracked, verdict

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def help_of(program: str, *words: str) -> str:
    result = subprocess.run([program, *words, "--help"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=20, check=False)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(words)} --help ends with {result.returncode}")
    return result.stdout


def main() -> int:
    program = sys.argv[1]
    page = next((p for p in tracked() if p.name == "protostar.1"), None)
    if page is None:
        print("there is no protostar.1")
        return 1
    manual = subprocess.run(["mandoc", "-T", "ascii", str(page)], stdout=subprocess.PIPE,
                            text=True, check=True, cwd=REPO).stdout
    manual = re.sub(r".\x08", "", manual)  # bold and underlined, as terminals were told once
    overview = help_of(program)
    commands = re.findall(r"^  (?:protostar )?([a-z]+)\b", overview, re.MULTILINE)
    found = []
    options = set(OPTION.findall(overview))
    for command in sorted(set(commands)):
        if not re.search(rf"\b{command}\b", manual):
            found.append(f"the manual page does not name the command {command}")
        options |= set(OPTION.findall(help_of(program, command)))
    for option in sorted(options - set(OPTION.findall(manual))):
        found.append(f"--help names {option}, the manual page does not")
    for option in sorted(set(OPTION.findall(manual)) - options):
        found.append(f"the manual page names {option}, no --help does")
    return verdict(found, len(commands))


if __name__ == "__main__":
    sys.exit(main())
