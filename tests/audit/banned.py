#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls and constructs that this project does not use, and where."""

import re

from common import REPO, bare, c_files, name, run

ALL = ("efi", "early", "crypto", "tools", "tests", "third_party")
GUEST = ("efi", "early", "crypto")
PRODUCT = GUEST + ("tools",)

# Rooms, what, why.
RULES = [
    (PRODUCT, r"\b(strcpy|strcat|sprintf|vsprintf|gets|strncpy|strncat|strtok|tmpnam|mktemp)\s*\(",
     "no bound, or a bound that surprises"),
    (PRODUCT, r"\b(atoi|atol|atoll|atof|sscanf|fscanf|scanf)\s*\(", "cannot report an error"),
    (ALL, r"\b(alloca|longjmp|setjmp)\s*\(", "not used here"),
    (ALL, r"\b(rand|srand|random|srandom|drand48)\s*\(", "not random enough for anything here"),
    (GUEST, r"\b(system|popen|execlp|execvp|getenv|gethostbyname|getaddrinfo|dlopen)\s*\(",
     "the guest neither searches paths nor asks names nor loads code"),
    (("tools",), r"\b(system|popen)\s*\(", "programs are started without a shell"),
    (GUEST, r"\b(printf|fprintf|puts|perror)\s*\(", "the guest speaks through its console"),
    (PRODUCT, r"\bmemcmp\s*\([^;{]*(header_mac|disk_key|secret|_tag\b)",
     "secrets are compared by equal_ct()"),
    (ALL, r"^[ \t]*#[ \t]*if[ \t]+0\b", "dead code"),
]
WORDS = re.compile("|".join([
    r"\bTO" + "DO", r"\bFIX" + "ME", r"\bXX" + r"X\b", r"\bHA" + r"CK\b", r"for n" + r"ow\b",
    "place" + "holder"]), re.IGNORECASE)


def problems_in(path: str, text: str) -> list[str]:
    room = path.split("/")[0]
    code = bare(text)
    found = []
    for rooms, pattern, why in RULES:
        if room not in rooms:
            continue
        for match in re.finditer(pattern, code, re.MULTILINE):
            line = code.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {match[0].strip()}: {why}")
    for number, line in enumerate(_without_texts(text).split("\n"), 1):
        if re.search(r"(?<!:)//", line):
            found.append(f"{path}:{number}: comments are /* */")
    for number, line in enumerate(text.split("\n"), 1):
        match = WORDS.search(line)
        if match:
            found.append(f"{path}:{number}: {match[0]!r}: finish it or open an issue")
    return found


def _without_texts(text: str) -> str:
    """The code with texts and block comments emptied, so that a // left is a comment."""
    pattern = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
    return pattern.sub(lambda m: "\n" * m[0].count("\n"), text)


def unheld_tests(path: str, text: str) -> list[str]:
    """A test that nothing holds leaves its processes to the machine (tests/leash.c)."""
    return [f"{path}:{text.count(chr(10), 0, match.start()) + 1}: use protostar_add_test()"
            for match in re.finditer(r"^[ \t]*add_test\s*\(", text, re.MULTILINE)]


def problems():
    files = c_files()
    found = []
    for path in files:
        found += problems_in(name(path), path.read_text())
    themes = sorted(REPO.glob("tests/*.cmake"))
    for path in themes:
        found += unheld_tests(name(path), path.read_text())
    return found, len(files) + len(themes)


if __name__ == "__main__":
    run(problems)
