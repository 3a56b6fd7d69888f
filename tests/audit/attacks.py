#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every test that tests/ATTACKS.md and PROTOCOL.md's table of properties name is there: the test, and
the case of it.
"""

import re
from pathlib import Path

from common import REPO, name, run

TESTS = REPO / "tests"
PAGE = TESTS / "ATTACKS.md"
PROTOCOL = REPO / "early/contract/PROTOCOL.md"
CLIENTS = {"independent_client": "interop/independent/*.c",
           "protocol_client": "interop/protocol/*.py"}
LEAST_ROWS = 30


def rows(text: str) -> list[str]:
    """The last cell of each row of the tables, without their heads."""
    cells = [line.rstrip("| ").rsplit("|", 1)[1].strip()
             for line in text.split("\n") if line.startswith("|")]
    return [c for c in cells if c != "tests" and set(c) != {"-"}]


def quoted(part: str, text: str) -> bool:
    """A string of the source that is this, or begins with it and a colon."""
    return re.search(rf'"{re.escape(part)}[":]', text) is not None


def is_there(test: str, part: str, sources: str) -> bool:
    """`sources` are those of the test; what names a case differs by the kind of test."""
    if not sources or not part:
        return bool(sources)
    if test == "proof":
        return all(f'"{word}"' in sources for word in part.split("/"))
    if test in CLIENTS:
        return quoted(part, sources)
    return f"RUN({part})" in sources


def read(pattern: str) -> str:
    return "\n".join(p.read_text() for p in sorted(TESTS.glob(pattern)))


def vm_sources(test: str) -> str:
    """vm-SCRIPT or vm-SCRIPT-CASE: the script, where it or its registration has the case."""
    words = test.split("-")[1:]
    registered = read("vm.cmake")
    for count in range(len(words), 0, -1):
        script = TESTS / "vm" / ("_".join(words[:count]) + ".py")
        if script.is_file():
            case = "-".join(words[count:])
            text = script.read_text()
            known = f"{text}\n{registered}"
            return text if not case or re.search(
                rf"\b{re.escape(case)}\b|\bcase_{re.escape(case.replace('-', '_'))}\b",
                known) else ""
    return ""


def sources_of(test: str) -> str:
    if test == "proof":
        return read("proofs/*.py")
    if test in CLIENTS:
        return read(CLIENTS[test])
    if test.startswith("vm-"):
        return vm_sources(test)
    registered = re.search(rf"\b{re.escape(test)}\b", read("*.cmake"))
    return read(f"**/{test}.c") if registered else ""


def problems_in(text: str, sources) -> tuple[list[str], int]:
    found, checked = [], 0
    for row in rows(text):
        tests = re.findall(r"`([^`]+)`", row)
        if not tests:
            found.append(f"{row}: no test")
        for one in tests:
            test, _, part = one.partition(": ")
            checked += 1
            if not is_there(test, part, sources(test)):
                found.append(f"{one}: there is no such test")
    return found, checked


def problems():
    text = Path(PAGE).read_text()
    properties = re.search(r"\n## 11\. .*?\n\|.*?\n\n", PROTOCOL.read_text(), re.S)
    named = re.findall(r"`(?:proof: |test_)[^`]+`", properties[0]) if properties else []
    found, checked = problems_in("\n".join([text, *(f"| | {n} |" for n in named)]), sources_of)
    if not named:
        found.append(f"{name(PROTOCOL)}: section 11 names no tests")
    if len(rows(text)) < LEAST_ROWS:
        found.append(f"{name(PAGE)}: {len(rows(text))} attacks, at least {LEAST_ROWS}")
    return found, checked


if __name__ == "__main__":
    run(problems)
