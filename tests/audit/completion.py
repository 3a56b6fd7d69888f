#!/usr/bin/env python3
"""
The completions of both shells offer every subcommand and option that --help names, and no other,
and only values that the program takes. Each is called as its shell would call it. They are
installed where the shells look.
usage: completion.py PROTOSTAR BUILD
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from common import REPO, verdict

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")
COMPLETION = REPO / "tools" / "completion"
# The commands that take an option with a set of words, to be asked whether they take each.
VALUES = [("--bank", "measure predict"), ("--dialect", "measure predict"),
          ("--format", "measure predict"), ("--phase", "measure predict"),
          ("--profile", "measure predict"), ("--secure-boot", "measure predict"),
          ("--root-format", "build"), ("--format", "build")]
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


def output(words: list, **more) -> str:
    return subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20,
                          check=False, **more).stdout


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


def tree(program: str) -> dict[tuple[str, ...], tuple[set[str], set[str]]]:
    """For each path of subcommands, what its help names: further subcommands, options."""
    found, waiting = {}, [()]
    while waiting:
        path = waiting.pop()
        text = output([program, *path, "--help"])
        usage = "".join(word + " " for word in path)
        # A table is one of commands where the usage is of a COMMAND.
        row = r"^  ([a-z][a-z-]*)  +\S" if "COMMAND" in text.split("\n")[0] else r"(?!)()"
        line = rf"^(?:usage:|      ) protostar {usage}([a-z][a-z-]*) "
        commands = {a or b for a, b in re.findall(f"{row}|{line}", text, re.M)}
        found[path] = (commands, set(OPTION.findall(text)) | {"--help"})
        waiting += [path + (command,) for command in sorted(commands)]
    return found


def compare(where: str, got: set[str], expected: set[str]) -> list[str]:
    return [f"{where}: {name} is missing" for name in sorted(expected - got)] + \
           [f"{where}: {name} is too much" for name in sorted(got - expected)]


def bash_problems(shells: Shells, path: tuple, commands: set[str], options: set[str]) -> list[str]:
    where = "bash, protostar " + " ".join(path)
    return compare(where, shells.bash(*path, ""), commands) + \
        compare(where, shells.bash(*path, "--"), options)


def zsh_problems(shells: Shells, path: tuple, commands: set[str], options: set[str]) -> list[str]:
    where = "zsh, protostar " + " ".join(path)
    specs = shells.zsh_specs(*path, "--")
    got = {match[1] for match in (re.match(r"\*(--[a-z0-9-]+)\[", s) for s in specs) if match}
    rows = {s.split(":")[0] for s in specs if re.match(r"[a-z][a-z-]*(:|$)", s)}
    return compare(where, got, options) + compare(where, rows, commands)


def value_problems(shells: Shells) -> list[str]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        nothing = str(Path(folder) / "nothing")
        for option, command in VALUES:
            path = command.split()
            words = shells.bash(*path, option, "")
            if not words:
                found.append(f"bash: {option} has no values")
            for word in sorted(words):
                said = output([shells.program, *path, option, word, nothing])
                if f"{option} {word}" in said or f'"{word}"' in said:
                    found.append(f"bash: {option} {word}: the program does not take it: {said}")
            if shells.zsh:
                spec = next((s for s in shells.zsh_specs(*path, "--")
                             if s.startswith(f"*{option}[")), "")
                in_zsh = set(re.sub(r".*:\((.*)\)$", r"\1", spec).split())
                found += compare(f"zsh, values of {option}", in_zsh, words)
    return found


def profile_problems(shells: Shells) -> list[str]:
    rows = (REPO / "tools/measure/firmware/profiles.def").read_text()
    return compare("bash, values of --profile", shells.bash("measure", "predict", "--profile", ""),
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
    shells = Shells(sys.argv[1])
    commands = tree(sys.argv[1])
    found = []
    for path, (further, options) in commands.items():
        found += bash_problems(shells, path, further, options)
        if shells.zsh:
            found += zsh_problems(shells, path, further, options)
    found += value_problems(shells) + profile_problems(shells)
    found += install_problems(sys.argv[2])
    if not shells.zsh:
        print("zsh is not installed: its completion was not called")
    return verdict(found, len(commands))


if __name__ == "__main__":
    sys.exit(main())
