#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
One of the field's linters over the files that it is for.
usage: lint.py clang-format | clang-tidy BUILD ROOM | cppcheck | shellcheck | python
       lint.py mandoc PAGE...
"""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import REPO, c_files, name, tracked

SKIPPED = 77
FORMAT_MAJOR = 14  # the layout is what this version makes of .clang-format
# Known on purpose, each with its reason:
#   unusedStructMember: structures that mirror wire or firmware formats
#   constParameter...:  callbacks whose type is given
CPPCHECK_OFF = ["missingInclude", "missingIncludeSystem", "unusedStructMember", "checkersReport",
                "unmatchedSuppression", "normalCheckLevelMaxBranches", "constParameterCallback"]


def call(command: list, **options) -> int:
    return subprocess.run([str(w) for w in command], cwd=REPO, check=False, **options).returncode


def major(tool: str) -> int:
    said = subprocess.run([tool, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return int(re.search(r"version (\d+)", said)[1])


def clang_format() -> int:
    tool = shutil.which(f"clang-format-{FORMAT_MAJOR}") or "clang-format"
    if major(tool) != FORMAT_MAJOR:
        print(f"clang-format is not version {FORMAT_MAJOR}: its layout would differ")
        return SKIPPED
    return call([tool, "--dry-run", "--Werror", *c_files()])


STUB_FLAGS = ["--target=x86_64-unknown-windows", "-std=gnu11", "-ffreestanding",
              "-fno-ms-extensions", "-DGNU_EFI_USE_MS_ABI", f"-I{REPO}", "-isystem",
              "/usr/include/efi"]


def _commands(build: Path, room: str, folder: Path) -> list[Path]:
    """Writes a database with one command a file of the room, the host's where it has two."""
    chosen: dict[str, dict] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        guest = "_guest.dir" in entry["command"] or "-nostdinc" in entry["command"]
        if path not in chosen or not guest:
            # The compiler's own headers are clang's here, whoever compiles otherwise.
            command = entry["command"].replace(" -nostdinc", "")
            command = re.sub(r" -isystem \S*/gcc/\S*/include\b", "", command)
            chosen[path] = {**entry, "command": command}
    files = c_files(room, suffixes=(".c",))
    for path in files:
        if room == "efi" and str(path) not in chosen:
            chosen[str(path)] = {"directory": str(REPO), "file": str(path),
                                 "arguments": ["clang", *STUB_FLAGS, "-c", str(path)]}
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [p for p in files if str(p) in chosen]
    (folder / "compile_commands.json").write_text(json.dumps([chosen[str(p)] for p in wanted]))
    return wanted


def clang_tidy(build: str, room: str) -> int:
    folder = Path(build) / "clang-tidy" / room
    files = _commands(Path(build), room, folder)
    if not files:
        print(f"no file of {room} is compiled")
        return 1

    def one(path: Path) -> int:
        result = subprocess.run(
            ["clang-tidy", "--quiet", "-p", str(folder),
             "--extra-arg=-Wno-unknown-warning-option",
             "--extra-arg=-Wno-unused-command-line-argument", str(path)],
            cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode:
            print(f"{name(path)}:\n{result.stdout}", flush=True)
        return result.returncode

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = sum(1 for code in pool.map(one, files) if code)
    print(f"{len(files)} files checked, {failed} with findings")
    return 1 if failed else 0


def cppcheck() -> int:
    files = c_files("efi", "early", "crypto", "tools", suffixes=(".c",))
    off = [f"--suppress={kind}" for kind in CPPCHECK_OFF]
    return call(["cppcheck", "--quiet", "--enable=warning,performance,portability",
                 "--std=c11", "--error-exitcode=1", "--inline-suppr", "-j", os.cpu_count(),
                 "-I", REPO, '-DPROTOSTAR_VERSION="0"', '-DPROTOSTAR_LIBEXECDIR="/"',
                 "-D__x86_64__", *off, *files])


def _scripts(kind: str) -> list[Path]:
    found = []
    for path in tracked():
        if path.suffix in (".sh", ".py"):
            language = "sh" if path.suffix == ".sh" else "python"
        else:
            with open(path, "rb") as stream:
                first = stream.readline(80)
            if not first.startswith(b"#!"):
                continue
            language = "python" if b"python" in first else "sh"
        if language == kind:
            found.append(path)
    return found


def shellcheck() -> int:
    files = _scripts("sh")
    print(f"{len(files)} shell scripts")
    return call(["shellcheck", *files]) if files else 1


def python() -> int:
    """Every script compiles, with warnings as errors."""
    files = _scripts("python")
    code = 0
    for path in files:
        try:
            compile(path.read_text(), name(path), "exec")
        except (SyntaxError, SyntaxWarning) as error:
            print(f"{name(path)}: {error}")
            code = 1
    print(f"{len(files)} Python files")
    return code if files else 1


def mandoc(*made: str) -> int:
    """The pages in the tree, and those that a build made."""
    pages = [p for p in tracked() if re.fullmatch(r"\.[1-8]", p.suffix)] + [Path(p) for p in made]
    print(f"{len(pages)} manual pages")
    return call(["mandoc", "-T", "lint", "-W", "warning", *pages]) if pages else 1


def main() -> int:
    tools = {"clang-format": clang_format, "clang-tidy": clang_tidy, "cppcheck": cppcheck,
             "shellcheck": shellcheck, "python": python, "mandoc": mandoc}
    if len(sys.argv) < 2 or sys.argv[1] not in tools:
        print(__doc__.strip())
        return 2
    return tools[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
