#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
`protostar explain` against the tables of errors: every code with all of its texts, for people and
as JSON, what is no code, and what is none of ours.
usage: explain_codes.py PROTOSTAR
"""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from explain.error_tables import DENIALS, TABLES, Row, rows  # noqa: E402

RETRY = {"FINAL": "final", "RETRY": "retry", "RETRY_UNLESS_ALL": "retry-unless-all"}
PARTS = {"efi": "stub", "crypto": "crypto", "early": "pid1"}
FOLLOWS = {"final": ("the boot ends", "the machine is switched off"),
           "retry": ("the node tries again until", "the service tells the node when"),
           "retry-unless-all": ("the node tries again, unless",)}


def ask(*words: str, expect: int = 0) -> tuple[str, str]:
    """What it says on standard output and standard error."""
    done = subprocess.run([sys.argv[1], "explain", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False)
    assert done.returncode == expect, (words, done)
    assert bool(done.stderr) == (expect != 0), (words, done)
    return done.stdout, done.stderr


def every_row() -> list[tuple[str, Row]]:
    return [(path, row) for _, path, *_ in TABLES for row in rows(path)]


def check_text(path: str, row: Row) -> None:
    said, _ = ask(f"E{row.code}")
    for text in [f"E{row.code}: {row.meaning}\n", row.name, f"What to do:    {row.advice}\n",
                 *row.causes]:
        assert said.count(text) == 1, (text, said)
    assert any(text in said for text in FOLLOWS[RETRY[row.retry]]), said
    who = "the join service" if row.code in DENIALS or path.startswith("crypto") else \
        "the stub" if path.startswith("efi") else "PID 1"
    assert who in said, said


def check_json(all_rows: list[tuple[str, Row]]) -> None:
    said, _ = ask("--json", *(str(row.code) for _, row in all_rows))
    listed, _ = ask("--list", "--json")
    assert said == listed
    entries = json.loads(said)["errors"]
    assert len(entries) == len(all_rows)
    for entry, (path, row) in zip(entries, all_rows):
        part = "denial" if row.code in DENIALS else PARTS[path.split("/")[0]]
        assert entry == {"code": row.code, "name": row.name, "part": part,
                         "retry": RETRY[row.retry], "meaning": row.meaning,
                         "advice": row.advice, "causes": row.causes}, entry


def check_ways_to_ask() -> None:
    one, two = ask("E405")[0], ask("E608")[0]
    assert ask("405")[0] == ask("e405")[0] == one
    assert ask("e405", "608")[0] == f"{one}\n{two}"
    lines = ask("--list")[0].splitlines()
    assert lines == [f"E{row.code}  {row.meaning}" for _, row in every_row()]


def check_refusals() -> None:
    for word in ["999", "65941", "999999999"]:  # the second is 405 in 16 bits
        said, why = ask(word, "E405", expect=1)
        assert f"E{word}" in why and "--list" in why and said == ask("E405")[0]
    for word in ["", "E", "x405", "E40x", "-405", "0405", "E 405", "4294967701", "\x1b[31m"]:
        said, why = ask("E405", "--", word, expect=2)
        assert not said and why.count("\n") == 1 and "\x1b" not in why, (word, said, why)
    for words in [(), ("--json",), ("--list", "E405"), ("--nothing",)]:
        assert not ask(*words, expect=2)[0]
    assert "protostar explain --help" in ask(expect=2)[1]


def main() -> int:
    all_rows = every_row()
    assert len(all_rows) > 300
    for path, row in all_rows:
        check_text(path, row)
    check_json(all_rows)
    check_ways_to_ask()
    check_refusals()
    print(f"{len(all_rows)} codes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
