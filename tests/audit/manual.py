#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The manual pages have a row for each command's options, with the argument's name that the program
has, and no other rows: in the part that has the command's name, or in one with the heading under
which --help has them, for those that several commands share. The synopsis of a command names what
it needs.
usage: manual.py PROTOSTAR
"""

import re
import sys

from common import REPO, verdict
from listing import Command, commands

PAGES = {"protostar.1": (), "protostar-measure.1": ("measure",), "protostar-keys.1": ("keys",),
         "protostar-init.1": ("init",), "protostar-recover.1": ("recover",)}
OWN_PAGE = tuple(base for base in PAGES.values() if base)
QUOTED = re.compile(r'"([^"]*)"')


def rows_of(text: str) -> list[tuple[str, str]]:
    """The options, with their arguments in lower case, of a line of macros after .It or .Fl."""
    found = []
    words = text.replace("\\&", "").split()
    at = 0
    while at < len(words):
        if words[at] != "Fl":
            at += 1
            continue
        name = "-" + words[at + 1]
        at += 2
        argument, glue = "", True
        while at < len(words) and words[at] != "Fl" and (
                words[at] not in (",", "|") or argument.endswith("[")):
            if words[at] == "Ns":
                glue = True
            elif words[at] == "Op":
                argument, glue = argument + "[", True
            elif words[at] not in ("Ar", "Cm"):
                argument += ("" if glue else " ") + words[at]
                glue = argument.endswith("[")
            at += 1
        if argument.count("[") > argument.count("]"):
            argument = re.sub(r" \.\.\.$", "...", argument) + "]"
        found.append((name, argument))
    return found


def parts(page: str) -> dict[str, list[tuple[str, str]]]:
    """The rows of each .Ss of a page; those before the first one stand under "". """
    found: dict[str, list[tuple[str, str]]] = {"": []}
    title = ""
    for line in page.replace("\\\n", "").split("\n"):
        if line.startswith((".Ss ", ".Sh ")):
            title = line[4:].strip() if line.startswith(".Ss ") else \
                "" if line == ".Sh DESCRIPTION" else line[4:].strip()
            found.setdefault(title, [])
        elif line.startswith(".It Fl "):
            found[title] += rows_of(line[4:])
    return found


def synopsis(page: str) -> str:
    return page.split(".Sh SYNOPSIS")[1].split(".Sh ")[0]


def short(heading: str) -> str:
    return heading.split(" (")[0].split(",")[0]


def command_problems(command: Command, page: dict[str, list[tuple[str, str]]],
                     base: tuple[str, ...]) -> tuple[list[str], set[tuple[str, str]]]:
    """What is wrong with a command's rows; and the rows that are right, by part and option."""
    where = " ".join(command.path) or "protostar"
    title = " ".join(command.path[len(base):][:1])
    found, used = [], set()
    for option in command.options.values():
        shared = short(option.heading) if option.heading else ""
        if option.name == "--help" and command.path:
            continue
        place = shared if shared and shared in page else title
        rows = dict(page.get(place, []))
        if option.name not in rows:
            found.append(f"{where} {option.name}: no row under \"{place}\"")
            continue
        used.add((place, option.name))
        if rows[option.name] != option.argument.lower():
            found.append(f"{where} {option.name}: {option.argument.lower()} in the program, "
                         f"{rows[option.name]} in the manual")
    return found, used


def synopsis_problems(command: Command, text: str) -> list[str]:
    """Each command is named with what it cannot do without."""
    name = " ".join(command.path)
    blocks = [b for b in re.split(r"\.Nm.*\n", text)
              if re.match(rf"\.Cm {re.escape(name)}\n|\.Cm {re.escape(name)} ", b)]
    if not blocks:
        return [f"{name}: not in the synopsis"]
    said = "\n".join(blocks)
    return [f"{name}: the synopsis has no {o.name}" for o in command.options.values()
            if o.required and f"Fl {o.name[1:]} " not in said + "\n"]


def page_problems(name: str, base: tuple[str, ...], known: dict) -> list[str]:
    text = (REPO / "tools/man" / name).read_text()
    page, found, used = parts(text), [], set()
    for path, command in known.items():
        if path[:len(base)] != base or (not base and path[:1] in OWN_PAGE):
            continue
        problems, right = command_problems(command, page, base)
        found += problems
        used |= right
        if path and not command.below:
            found += synopsis_problems(command, synopsis(text))
    for title, rows in page.items():
        names = [option for option, _ in rows]
        found += [f"{name}, {title}: {o} has two rows" for o in set(names) if names.count(o) > 1]
        found += [f"{name}, {title}: the program has no {o}" for o in names
                  if (title, o) not in used]
    return found


def main() -> int:
    known = commands(sys.argv[1])
    found = []
    for name, base in PAGES.items():
        found += page_problems(name, base, known)
    return verdict(found, sum(len(c.options) for c in known.values()))


if __name__ == "__main__":
    sys.exit(main())
