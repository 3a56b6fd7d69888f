#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The error tables: codes unique and in range, each used at exactly one place; what follows is a word
of the table's; every row says what it means and what to do, in clauses that stand nowhere else.
"""

import re
import sys

from common import REPO, bare, c_files, name, run

sys.path.insert(0, str(REPO / "tools"))
from explain.error_tables import DENIALS, TABLES, Row, rows_of  # noqa: E402

RETRY = {"FINAL", "RETRY", "RETRY_UNLESS_ALL"}
RETIRED = re.compile(r"^ \* Retired, never to be used again: ([\d, ]+)\.$", re.MULTILINE)
TEXT_MAX = 120
CAUSES_MAX = 4
FILLER = re.compile(r"\b(see (above|below)|n/a|to ?be done|unknown error|as needed|if needed)\b",
                    re.IGNORECASE)


def text_problems(text: str) -> list[str]:
    found = []
    if not text.strip() or not text.isascii():
        found.append("is empty or not ASCII")
    elif len(text) > TEXT_MAX:
        found.append(f"has {len(text)} characters, at most {TEXT_MAX}")
    elif text != text.strip() or text[-1] in ".,;:?!":
        found.append("begins with a space, or ends with one or with a stop")
    elif FILLER.search(text):
        found.append("says nothing")
    return found


def row_problems(row: Row) -> list[str]:
    texts = [row.meaning, row.advice, *row.causes]
    found = [f'"{text}" {problem}' for text in texts for problem in text_problems(text)]
    if row.retry not in RETRY or (row.code < 200 and row.retry != "FINAL"):
        found.append(f"{row.retry} does not say what follows")
    if len(set(texts)) != len(texts):
        found.append("says the same twice")
    if len(row.causes) > CAUSES_MAX:
        found.append(f"{len(row.causes)} causes, at most {CAUSES_MAX}")
    return found


def retired(text: str) -> set[int]:
    """Codes that had a place once and must not come to mean something else."""
    return {int(code) for match in RETIRED.finditer(text) for code in match[1].split(",")}


def table_problems(table: str, low: int, high: int, text: str) -> list[str]:
    found = []
    seen: dict[int, str] = {}
    wanted = len(re.findall(r"^STATUS_ENUM\(", text, re.MULTILINE))
    if wanted != len(rows_of(text)):
        found.append(f"{table}: {wanted - len(rows_of(text))} rows are not of the table's form")
    last = 0
    for row in rows_of(text):
        if row.code in seen:
            found.append(f"{table}: {row.code} is {seen[row.code]} and {row.name}")
        if row.code in retired(text):
            found.append(f"{table}: {row.name}: {row.code} is retired")
        seen[row.code] = row.name
        if not low <= row.code <= high:
            found.append(f"{table}: {row.name}: {row.code} is out of {low}..{high}")
        if row.code < last:
            found.append(f"{table}: {row.name}: rows are not in ascending order")
        last = row.code
        found += [f"{table}: {row.name}: {problem}" for problem in row_problems(row)]
    return found


def twice(rows: list[Row]) -> list[str]:
    """Meanings that two rows share, and advice that is another row's meaning."""
    found, meanings = [], {}
    for row in rows:
        if row.meaning in meanings:
            found.append(f"E{row.code} means the same as E{meanings[row.meaning]}")
        meanings[row.meaning] = row.code
    return found + [f"E{row.code}: what to do is what E{meanings[row.advice]} means"
                    for row in rows if row.advice in meanings]


def uses(code: str, error: str) -> int:
    """How often code names the error other than to compare with it."""
    count = 0
    for match in re.finditer(rf"\bE_{error}\b", code):
        before = code[:match.start()].rstrip()
        after = code[match.end():].lstrip()
        compared = before.endswith(("==", "!=", "case")) or after.startswith(("==", "!="))
        count += not compared
    return count


def problems():
    found = []
    guest = {name(p): bare(p.read_text()) for p in c_files("efi", "early", "crypto")}
    service = {name(p): bare(p.read_text()) for p in c_files("tools", "early", "crypto")}
    every = []
    for _, table, low, high in TABLES:
        text = (REPO / table).read_text()
        found += table_problems(table, low, high, text)
        every += rows_of(text)
        for row in rows_of(text):
            if row.code in DENIALS:
                if not any(uses(c, row.name) for c in service.values()):
                    found.append(f"{table}: {row.name}: no service ever says so")
                continue
            places = {f: uses(c, row.name) for f, c in guest.items() if uses(c, row.name)}
            if sum(places.values()) != 1:
                where = ", ".join(f"{f} {n}x" for f, n in places.items()) or "nowhere"
                found.append(f"{table}: E{row.code} {row.name} is used {where}: "
                             "one place, one code")
    return found + twice(every), len(every)


if __name__ == "__main__":
    run(problems)
