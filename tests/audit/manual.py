#!/usr/bin/env python3
"""
The manual pages and --help name the same commands and options.
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


def commands(text: str) -> list[str]:
    """The commands that a help text lists, where it is one of commands."""
    if not re.search(r"^usage: .*(COMMAND|SUBCOMMAND)", text):
        return []
    return re.findall(r"^  ([a-z][a-z-]+) {2,}", text, re.MULTILINE)


def walk(program: str, *words: str):
    """(command's words, its help) of the program and all below it."""
    text = help_of(program, *words)
    yield words, text
    for command in commands(text):
        yield from walk(program, *words, command)


def main() -> int:
    pages = [p for p in tracked() if p.parent.name == "man" and p.suffix == ".1"]
    manual = ""
    for page in pages:
        text = subprocess.run(["mandoc", "-T", "ascii", str(page)], stdout=subprocess.PIPE,
                              text=True, check=True, cwd=REPO).stdout
        manual += re.sub(r".\x08", "", text)  # bold and underlined, as terminals were told once
    found = [] if pages else ["there is no manual page"]
    options, count = set(), 0
    for words, text in walk(sys.argv[1]):
        count += 1
        options |= set(OPTION.findall(text))
        spaced = r"\s+".join(words)  # the page may break the line there
        if words and not re.search(rf"\b{spaced}\b", manual):
            found.append(f"the manual does not name the command {' '.join(words)}")
    for option in sorted(options - set(OPTION.findall(manual))):
        found.append(f"--help names {option}, the manual does not")
    for option in sorted(set(OPTION.findall(manual)) - options):
        found.append(f"the manual names {option}, no --help does")
    return verdict(found, count)


if __name__ == "__main__":
    sys.exit(main())
