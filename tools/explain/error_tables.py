# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of errors (errors.def) as pages, audits and the demo read them."""

import re
from pathlib import Path
from typing import NamedTuple

REPO = Path(__file__).resolve().parents[2]
# What a table is about, where it stands, its lowest and highest code.
TABLES = [("The stub", "efi/contract/errors.def", 100, 199),
          ("Cryptography", "crypto/errors.def", 200, 299),
          ("PID 1, and the join service's refusals", "early/contract/errors.def", 300, 699)]
DENIALS = range(600, 650)  # said by the join service, shown by the node as its own
_TEXT = r'"(?:[^"\\]|\\.)*"'
_ROW = re.compile(rf"^STATUS_ENUM\((\d+), (\w+), (\w+),((?:\n\t{_TEXT},)+\n\t{_TEXT})\)$", re.M)


class Row(NamedTuple):
    code: int
    name: str
    retry: str
    meaning: str
    advice: str
    causes: list[str]


def rows_of(text: str) -> list[Row]:
    """The rows of a table's text; those that are not of the form are left out."""
    found = []
    for match in _ROW.finditer(text):
        meaning, advice, *causes = (t[1:-1] for t in re.findall(_TEXT, match[4]))
        found.append(Row(int(match[1]), match[2], match[3], meaning, advice, causes))
    return found


def rows(path: str) -> list[Row]:
    return rows_of((REPO / path).read_text())
