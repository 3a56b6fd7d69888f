# SPDX-License-Identifier: GPL-2.0-or-later
"""What every audit needs: the files, C code without comments and texts, one verdict."""

import re
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
TEXT_OR_COMMENT = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def tracked() -> list[Path]:
    """The repository's files, new ones included; without git (a tarball): all but the build."""
    try:
        out = subprocess.run(
            ["git", "-c", f"safe.directory={REPO}", "-C", str(REPO), "ls-files", "-z", "--cached",
             "--others", "--exclude-standard"], check=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL).stdout
        names = [n for n in out.decode().split("\0") if n]
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(REPO)) for p in REPO.rglob("*")
                 if p.is_file() and not {"build", ".git"} & set(p.relative_to(REPO).parts)]
    return sorted(REPO / n for n in names if (REPO / n).is_file())


def name(path: Path) -> str:
    return str(path.relative_to(REPO))


def c_files(*rooms: str, suffixes=(".c", ".h")) -> list[Path]:
    """C files of these top-level folders, or of all."""
    return [p for p in tracked() if p.suffix in suffixes
            and (not rooms or p.relative_to(REPO).parts[0] in rooms)]


def bare(text: str) -> str:
    """C code with comments and texts emptied; every line stays where it is."""
    def blank(match: re.Match) -> str:
        kept = match[0][0] * 2 if match[0][0] in "\"'" else ""
        return kept + "\n" * match[0].count("\n")
    return TEXT_OR_COMMENT.sub(blank, text)


def verdict(problems: list[str], checked: int) -> int:
    """Prints and returns the exit code. An audit that looked at nothing has not passed."""
    for problem in problems:
        print(problem)
    if not checked:
        print("nothing was there to check")
        return 1
    print(f"{checked} checked, {len(problems)} problems")
    return 1 if problems else 0


def run(problems_of) -> None:
    """problems_of() gives (problems, how many things were checked)."""
    sys.exit(verdict(*problems_of()))
