# SPDX-License-Identifier: GPL-2.0-or-later
"""What protostar --list-options says: the commands with their options, as tools/lib/command.h has
the columns."""

import subprocess
from dataclasses import dataclass, field


@dataclass
class Option:
    name: str
    argument: str  # "" for a flag
    kind: str
    choices: list[str]
    required: bool
    repeat: bool
    heading: str
    help: str


@dataclass
class Command:
    path: tuple[str, ...]  # () for the program itself
    summary: str
    options: dict[str, Option] = field(default_factory=dict)
    operands: list[tuple[str, str]] = field(default_factory=list)  # name and kind
    below: set[str] = field(default_factory=set)


def output(words: list, **more) -> str:
    return subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20,
                          check=False, **more).stdout


def read(text: str) -> dict[tuple[str, ...], Command]:
    """A line that does not fit is an error: this list is what other audits stand on."""
    found: dict[tuple[str, ...], Command] = {}
    for line in text.splitlines():
        what, name, *columns = ["" if c == "-" else c for c in line.split("\t")]
        path = tuple(name.split())
        if what == "command":
            (summary,) = columns
            if path in found:
                raise ValueError(f"two commands: {name}")
            found[path] = Command(path, summary)
            if path:
                found[path[:-1]].below.add(path[-1])
        elif what == "option":
            option, argument, kind, choices, required, repeat, heading, said = columns
            if option in found[path].options:
                raise ValueError(f"{name} {option}: two of them")
            found[path].options[option] = Option(
                option, argument, kind, choices.split(), required == "required",
                repeat == "repeat", heading, said)
        elif what == "operand":
            operand, kind, _required, _repeat = columns
            found[path].operands.append((operand, kind))
        else:
            raise ValueError(f"what is this: {line}")
    return found


def commands(program: str) -> dict[tuple[str, ...], Command]:
    return read(output([program, "--list-options"]))
