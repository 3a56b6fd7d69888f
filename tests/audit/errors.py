#!/usr/bin/env python3
"""The error tables: codes unique and in range, each used at exactly one place."""

import re

from common import REPO, bare, c_files, name, run

# Table, lowest and highest code; denials are made by the services and only passed on by the node.
TABLES = [("efi/contract/errors.def", 100, 199), ("crypto/errors.def", 200, 299),
          ("early/contract/errors.def", 300, 699)]
DENIALS = range(600, 650)
TEXT = r'"(?:[^"\\]|\\.)*"'
ROW = re.compile(rf'^STATUS_ENUM\((\d+), (\w+), (FINAL|RETRY),((?:\s+{TEXT},)*\s+{TEXT})\)$',
                 re.MULTILINE)
TEXT_MAX = 120


def rows(text: str) -> list[tuple[int, str, str]]:
    return [(int(m[1]), m[2], re.findall(TEXT, m[4])[0][1:-1])
            for m in ROW.finditer(text)]


def table_problems(table: str, low: int, high: int, text: str) -> list[str]:
    found = []
    seen: dict[int, str] = {}
    wanted = len(re.findall(r"^STATUS_ENUM\(", text, re.MULTILINE))
    if wanted != len(rows(text)):
        found.append(f"{table}: {wanted - len(rows(text))} rows are not of the table's form")
    last = 0
    for code, error, sentence in rows(text):
        if code in seen:
            found.append(f"{table}: {code} is {seen[code]} and {error}")
        seen[code] = error
        if not low <= code <= high:
            found.append(f"{table}: {error}: {code} is out of {low}..{high}")
        if len(sentence) > TEXT_MAX or not sentence or not sentence.isascii():
            found.append(f"{table}: {error}: the text is empty, too long or not ASCII")
        if code < last:
            found.append(f"{table}: {error}: rows are not in ascending order")
        last = code
    return found


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
    checked = 0
    for table, low, high in TABLES:
        text = (REPO / table).read_text()
        found += table_problems(table, low, high, text)
        for code, error, _ in rows(text):
            checked += 1
            if code in DENIALS:
                if not any(uses(c, error) for c in service.values()):
                    found.append(f"{table}: {error}: no service ever says so")
                continue
            places = {f: uses(c, error) for f, c in guest.items() if uses(c, error)}
            if sum(places.values()) != 1:
                where = ", ".join(f"{f} {n}x" for f, n in places.items()) or "nowhere"
                found.append(f"{table}: E{code} {error} is used {where}: one place, one code")
    return found, checked


if __name__ == "__main__":
    run(problems)
