#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and documents: no machine's paths or hosts, links that lead somewhere, tidy text."""

import re
from pathlib import Path

from common import REPO, name, run, tracked

# Written in pieces, so that this file does not find itself.
MACHINE = re.compile("|".join([
    r"/wo" + r"rk/", r"/tm" + r"p/wt", r"/ho" + r"me/\w", r"(?<!\w)/ro" + r"ot/\w",
    r"\b(deb|snapshot|ftp|security)\." + r"debian\.org", r"\blocal" + r"host:\d"]))
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
# Documents that are not in the tree: a comment says the reason itself.
DOCUMENT = re.compile(r"[\w./-]*\w\.md\b|\b[Dd]esign (?:decision|document)s?\b|"
                      r"\b[Dd]ecisions? \d+\b|\bfacts/|\(facts:")
ELSEWHERE = re.compile(r"https?://\S+")
BINARY = {".bin", ".evlog", ".der", ".gz", ".img", ".raw"}
DRAWN = {".svg"}  # by a program, and held by an audit of its own
LINE_MAX = 100
README_LINES = 300  # of the first page: more is said in the pages that it links
DATA = ("tests/fuzz/corpus/", "tests/unit/data/", "tests/interop/data/")
LONG_LINES = {".md", ".json", ".lock", ".patch", ".cmake", ".txt", ".def", ".1"}
ROOMS = ["efi", "early", "crypto", "third_party", "tools", "tests"]


def text_problems(path: str, text: str) -> list[str]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = MACHINE.search(line)
        if match:
            found.append(f"{path}:{number}: {match[0]}: a path or host of some machine")
        if line != line.rstrip():
            found.append(f"{path}:{number}: white space at the end of the line")
        width = len(line.expandtabs(8))
        if width > LINE_MAX and not any(path.endswith(s) for s in LONG_LINES):
            found.append(f"{path}:{number}: {width} columns, at most {LINE_MAX}")
    if text and not text.endswith("\n"):
        found.append(f"{path}: no newline at the end")
    return found


def document_problems(path: str, text: str, names: set[str]) -> list[str]:
    """Names of documents that the tree does not have; `names` are those of the files it has."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        for match in DOCUMENT.finditer(ELSEWHERE.sub("", line)):
            if Path(match[0]).name not in names:
                found.append(f"{path}:{number}: {match[0]}: is not in the tree: say the reason")
    return found


def length_problems(path: str, text: str) -> list[str]:
    lines = text.count("\n")
    return [f"{path}: {lines} lines, at most {README_LINES}"] if lines > README_LINES else []


def link_problems(path, text: str) -> list[str]:
    found = []
    for match in LINK.finditer(text):
        if "://" not in match[1] and not (path.parent / match[1]).exists():
            found.append(f"{name(path)}: the link {match[1]} leads nowhere")
    return found


def problems():
    found = []
    checked = 0
    files = tracked()
    names = {path.name for path in files}
    for path in files:
        own = name(path)
        if own.startswith(DATA) or path.suffix in BINARY | DRAWN or own == "LICENSE":
            continue
        checked += 1
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            found.append(f"{own}: not UTF-8")
            continue
        found += text_problems(own, text)
        if not own.startswith("tests/audit/"):
            found += document_problems(own, text, names)
        if own == "README.md":
            found += length_problems(own, text)
        if path.suffix == ".md":
            found += link_problems(path, text)
    for room in ["", *ROOMS]:
        if not (REPO / room / "README.md").is_file():
            found.append(f"{room or '.'}: no README.md")
    return found, checked


if __name__ == "__main__":
    run(problems)
