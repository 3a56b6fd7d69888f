# SPDX-License-Identifier: GPL-2.0-or-later
"""
Pages that show commands and what they print: taking both out of a page, and comparing what is shown
with what was printed. Commands are indented; what they print follows in a block marked `console`.
In it `...` stands for the rest of a line, or, alone on a line, for lines that were cut out.
"""

import re
from typing import NamedTuple

BLOCK = re.compile(r"```console\n(?P<shown>.*?)^```$|"
                   r"(?P<commands>(?:^    [^\n]*\n|(?<=\n)\n(?=    ))+)", re.MULTILINE | re.DOTALL)
# What differs from run to run: keys, hashes and registers that are not zero, times.
VARIABLE = [(re.compile(r"\b(?=[0-9a-f]*[1-9a-f])[0-9a-f]{16,}\b"), "HEX"),
            (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
            (re.compile(r"\b\d+ms\b"), "MS"),
            (re.compile(r"\bprotostar \d+\.\d+\.\d+"), "protostar VERSION")]
# What a kernel log or a journal puts before a line of the console.
PREFIX = re.compile(r"^(\[ *\d+\.\d+\] )?(\S+\[\d+\]: )?")


class Step(NamedTuple):
    commands: str
    shown: list[str]


def steps(section: str) -> list[Step]:
    """The commands of a section, block by block, each with the lines that it shows."""
    found: list[Step] = []
    for match in BLOCK.finditer(section):
        if match["commands"] is not None:
            text = re.sub(r"^    ", "", match["commands"], flags=re.MULTILINE)
            found.append(Step(text.strip("\n") + "\n", []))
        elif found:
            found[-1].shown.extend(match["shown"].splitlines())
    return found


def plain(line: str) -> str:
    for variable, name in VARIABLE:
        line = variable.sub(name, line)
    return line.rstrip()


def _matches(shown: str, printed: str) -> bool:
    start, cut, _ = plain(shown).partition("...")
    return printed.startswith(start) if cut else printed == start


def missing(shown: list[str], printed: list[str], gaps: bool = False) -> list[str]:
    """
    What is shown and was not printed, or was printed and is not shown. With `gaps`, as on a console
    where others print too, anything may stand between, before and behind the lines that are shown.
    """
    rest = [plain(PREFIX.sub("", line) if gaps else line) for line in printed]
    may_skip = gaps
    for line in shown:
        if line == "...":
            may_skip = True
            continue
        at = next((i for i, other in enumerate(rest) if _matches(line, other)), None)
        if at is None:
            return [f"is shown and was not printed (there): {line}"]
        if at and not may_skip:
            return [f"was printed and is not shown: {other}" for other in rest[:at]]
        rest = rest[at + 1:]
        may_skip = gaps
    return [] if may_skip else [f"was printed and is not shown: {line}" for line in rest]
