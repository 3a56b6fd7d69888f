#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The completions of both shells offer every command, option, choice and kind of file that the program
lists, and no other, and the program takes each choice. Each completion is called as its shell would
call it. They are installed where the shells look.
usage: completion.py PROTOSTAR BUILD
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from common import REPO, verdict
from listing import Command, Option, commands, output

COMPLETION = REPO / "tools" / "completion"
BASH = r"""
source "$1/protostar.bash"
compopt() { printf 'compopt %s\n' "$*"; }
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_protostar
printf '%s\n' "${COMPREPLY[@]}"
"""
# The functions of zsh's completion system, as far as they are called, print what they are given.
ZSH = r"""
folder=$1
shift
_arguments() { print -rl -- "$@" }
_describe() { print -rl -- ${(P)2} }
words=("$@")
CURRENT=$#
source $folder/_protostar
"""
# How a shell completes a value that is none of a set of words, by its kind.
NOTHING = "compopt +o bashdefault +o default"
BASH_KINDS = {"file": set(), "path": set(), "folder": {"compopt -o dirnames +o default"}}
ZSH_KINDS = {"file": "_files", "path": "_files", "folder": "_files -/"}


class Shells:
    def __init__(self, program: str):
        self.program = program
        self.zsh = shutil.which("zsh")

    def bash(self, *words: str) -> set[str]:
        said = output(["bash", "--norc", "-c", BASH, "bash", COMPLETION, self.program, *words])
        return set(said.split("\n")) - {""}

    def zsh_specs(self, *words: str) -> list[str]:
        said = output([self.zsh, "-f", "-c", ZSH, "zsh", COMPLETION, self.program, *words])
        return [line for line in said.split("\n") if line]


def compare(where: str, got: set[str], expected: set[str]) -> list[str]:
    return [f"{where}: {name} is missing" for name in sorted(expected - got)] + \
           [f"{where}: {name} is too much" for name in sorted(got - expected)]


def operand_words(command: Command) -> set[str]:
    """What bash says where no option is begun: commands, or how the last operand is completed."""
    if command.below:
        return command.below
    kind = command.operands[-1][1] if command.operands else ""
    return BASH_KINDS.get(kind, {NOTHING})


def bash_problems(shells: Shells, command: Command) -> list[str]:
    where = "bash, protostar " + " ".join(command.path)
    found = compare(where, shells.bash(*command.path, ""), operand_words(command))
    found += compare(where, shells.bash(*command.path, "--"), set(command.options))
    for option in command.options.values():
        if not option.argument:
            continue
        expected = set(option.choices) or BASH_KINDS.get(option.kind, {NOTHING})
        forms = [(option.name, ""), (option.name, "="), (option.name, "=", "")]
        for words in forms if option.choices else forms[:1]:
            found += compare(f"{where} {' '.join(words)}", shells.bash(*command.path, *words),
                             expected)
    return found


def zsh_spec(option: Option) -> str:
    """As _arguments takes it: all that is special in it is escaped."""
    said = option.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
    star = "*" if option.repeat else ""
    if not option.argument:
        return f"{star}{option.name}[{said}]"
    action = f"({' '.join(option.choices)})" if option.choices else \
        ZSH_KINDS.get(option.kind, " ")
    argument = option.argument.replace(":", "\\:")
    return f"{star}{option.name}[{said}]:{argument}:{action}"


def zsh_problems(shells: Shells, command: Command, known: dict) -> list[str]:
    where = "zsh, protostar " + " ".join(command.path)
    expected = {zsh_spec(option) for option in command.options.values()}
    expected |= {f"{name}:{known[command.path + (name,)].summary}" for name in command.below}
    if command.operands:
        name, kind = command.operands[-1]
        expected.add(f"*:{name}:{ZSH_KINDS.get(kind, ' ')}")
    return compare(where, set(shells.zsh_specs(*command.path, "--")), expected)


def choice_problems(program: str, command: Command) -> list[str]:
    """Words that the program offers it takes, and others it does not."""
    found = []
    for option in command.options.values():
        if not option.choices:
            continue
        for word in (*option.choices, "no-such-word"):
            said = output([program, *command.path, option.name, word])
            refused = f"{option.name} {word}: " in said
            if refused != (word == "no-such-word"):
                found.append(f"{' '.join(command.path)} {option.name} {word}: {said}")
    return found


def profile_problems(known: dict) -> list[str]:
    rows = (REPO / "tools/measure/firmware/profiles.def").read_text()
    return compare("values of --profile",
                   set(known[("measure", "predict")].options["--profile"].choices),
                   set(re.findall(r'^PROFILE\("([^"]+)"', rows, re.M)))


def install_problems(build: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        said = output(["cmake", "--install", build, "--prefix", folder])
        return [f"cmake --install leaves no {name}: {said}" for name in (
            "bin/protostar", "share/bash-completion/completions/protostar",
            "share/zsh/site-functions/_protostar", "share/man/man7/protostar-errors.7",
            *(f"share/man/man1/{page.name}" for page in (REPO / "tools/man").glob("*.1")))
            if not (Path(folder) / name).is_file()]


def main() -> int:
    program = sys.argv[1]
    shells = Shells(program)
    known = commands(program)
    found = profile_problems(known) + install_problems(sys.argv[2])
    for command in known.values():
        found += bash_problems(shells, command)
        found += choice_problems(program, command)
        if shells.zsh:
            found += zsh_problems(shells, command, known)
    if not shells.zsh:
        print("zsh is not installed: its completion was not called")
    return verdict(found, sum(len(c.options) for c in known.values()))


if __name__ == "__main__":
    sys.exit(main())
