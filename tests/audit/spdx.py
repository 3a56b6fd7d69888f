#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every source of our own says its licence in its first line, and it is the one of LICENSE."""

import re
from pathlib import Path

from common import REPO, name, run, tracked

LICENSE = "GPL-2.0-or-later"
TAG = "SPDX-License-" + "Identifier: "  # in two pieces, so that this line is none
HEADING = re.compile(r"GNU GENERAL PUBLIC LICENSE\s+Version 2, June 1991")
# How a comment looks, by a file's suffix; scripts without one are known by their first line.
BLOCK = {".c", ".h", ".def", ".asl"}
HASH = {".py", ".cmake", ".sh", ".bash", ".service", ".conf", ".sysusers", ".tmpfiles",
        ".logrotate"}
MANUAL = {".1", ".5", ".7", ".8"}
# No comments (JSON), other people's text, data, prose; made by a tool that would drop the line.
OTHER = {".md", ".json", ".txt", ".bin", ".evlog", ".pcrs", ".values", ".sig", ".pub", ".pem",
         ".msg", ".efi", ".lock", ".patch", ".svg", ".png", ".dot"}
DATA = ("tests/fuzz/corpus/", "tests/unit/data/", "tests/interop/data/")


def comment(path: Path, text: str) -> str:
    """block, hash, manual, or nothing for what has no tag."""
    if path.suffix in BLOCK:
        return "block"
    if path.suffix in HASH or path.name == "CMakeLists.txt":
        return "hash"
    if path.suffix in MANUAL:
        return "manual"
    if path.suffix in OTHER:
        return ""
    return "hash" if text.startswith(("#!", "#compdef")) else ""


def line_for(path: Path, text: str) -> str:
    forms = {"block": "/* {} */", "hash": "# {}", "manual": '.\\" {}'}
    return forms[comment(path, text)].format(TAG + LICENSE)


def sources() -> list[Path]:
    found = []
    for path in tracked():
        if name(path).startswith(DATA):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if comment(path, text):
            found.append(path)
    return found


def problems_in(path: str, text: str) -> list[str]:
    lines = text.split("\n")
    first = lines[1] if lines[0].startswith(("#!", "#compdef")) and len(lines) > 1 else lines[0]
    expected = line_for(Path(path), text)
    if first != expected:
        return [f"{path}: its first line is not {expected}"]
    if text.count(TAG) != 1:
        return [f"{path}: more than one licence"]
    return []


def problems():
    found = []
    if not HEADING.search((REPO / "LICENSE").read_text()):
        found.append(f"LICENSE is not that of {LICENSE}")
    files = sources()
    for path in files:
        found += problems_in(name(path), path.read_text())
    return found, len(files)


if __name__ == "__main__":
    run(problems)
