#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of the trusted rooms have at most 400 lines and functions at most 60."""

import re

from common import bare, c_files, name, run

FILE_LINES = 400
FUNCTION_LINES = 60
ROOMS = ("efi", "early", "crypto")


def functions(code: str):
    """(name, first line, lines) of each function of our layout: its braces stand in column 0."""
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 6):start - 1])
            names = re.findall(r"(\w+)\s*\(", head.rsplit(";", 1)[-1].rsplit("}", 1)[-1])
            yield (names[0] if names else "?"), start, number - start - 1
            start = None


def problems_in(path: str, text: str) -> list[str]:
    found = []
    count = text.count("\n")
    if count > FILE_LINES:
        found.append(f"{path}: {count} lines, at most {FILE_LINES}")
    for function, line, length in functions(bare(text)):
        if length > FUNCTION_LINES:
            found.append(f"{path}:{line}: {function}() has {length} lines, at most "
                         f"{FUNCTION_LINES}")
    return found


def problems():
    files = c_files(*ROOMS)
    found = []
    for path in files:
        found += problems_in(name(path), path.read_text())
    return found, len(files)


if __name__ == "__main__":
    run(problems)
