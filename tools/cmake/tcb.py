#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The trusted base: what runs before the root file system's init, in lines and bytes.

usage: tcb.py [--check | --table] BUILD STUB EARLY

BUILD is a Ninja build folder, STUB and EARLY the artefacts in it, EARLY.map the linker's account of
EARLY and EARLY.unstripped the program with its symbols. Lines are those that hold code: neither
blank nor only comment. Of a library they are those of the source files that the linker took
anything from, so an upper bound: LTO keeps only what is reached. Bytes are the sizes of the
functions and objects that are left, told apart by the names that the libraries' host builds define.

With --check an artefact over its budget is an error, and so is a row of the table in
early/README.md that is off by more than a hundred lines; the budget of lines is an aim. --table
writes the numbers of that table anew; its rows and their texts are written by hand.
"""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUB_MAX = 16 * 1024
EARLY_MAX = 510 * 1024
OWN_LINES_MAX = 7600
PAGE = ROOT / "early" / "README.md"
ROW = re.compile(r"^\| `([a-z/]+)` \| ([\d,]+) \|", re.MULTILINE)
LIBRARIES = {"bearssl": "BearSSL", "mlkem": "libcrux", "tss": "tpm2-tss",
             "cryptsetup": "libcryptsetup", "libdm": "libdevmapper", "json_c": "json-c",
             "uuid": "uuid (own)"}
NOT_CODE = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)


def code_lines(path: Path) -> int:
    def blank(match: re.Match) -> str:
        text = match.group()
        return "\n" * text.count("\n") if text[0] == "/" else text

    lines = NOT_CODE.sub(blank, path.read_text(errors="replace")).split("\n")
    if path.suffix == ".def":  # a row counts once, however many texts it has
        lines = [line for line in lines if not line[:1].isspace()]
    return sum(1 for line in lines if line.strip())


def tool(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def dependencies(build: Path) -> dict[str, list[Path]]:
    """Of each object file, relative to BUILD: its source and everything that it includes."""
    found: dict[str, list[Path]] = {}
    files: list[Path] = []
    for line in tool("ninja", "-C", str(build), "-t", "deps").split("\n"):
        if line.startswith("    "):
            files.append((build / line.strip()).resolve())
        elif ": #deps" in line:
            files = found.setdefault(line.split(": #deps")[0], [])
    return found


def linked_objects(build: Path, map_file: Path, deps: dict[str, list[Path]]):
    """The object files that the linker used, and musl's members by name."""
    objects, musl = set(), set()
    by_member: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in deps:
        match = re.match(r".*/CMakeFiles/([^/]+)\.dir/(?:.*/)?([^/]+)$", "/" + name)
        if match:
            by_member[match.groups()].append(name)
    for line in map_file.read_text(errors="replace").split("\n"):
        match = re.match(r"(?:LOAD )?(\S*/)?lib(\w+)\.a\((\S+)\)$", line)
        if match and match.group(2) == "c":
            musl.add(match.group(3).rsplit(".", 1)[0])
        elif match and match.group(2) != "gcc":
            candidates = by_member[(match.group(2), match.group(3))]
            if len(candidates) != 1:
                sys.exit(f"tcb: {line}: {len(candidates)} object files of that name")
            objects.add(candidates[0])
        elif re.match(r"LOAD \S+\.o$", line):
            name = line.split()[1]
            if name in deps:
                objects.add(name)
    if not objects or not musl:
        sys.exit(f"tcb: {map_file} names no objects")
    return objects, musl


def source_of(name: str, deps: dict[str, list[Path]]) -> Path:
    stem = Path(name).name.rsplit(".", 1)[0]
    return next(path for path in deps[name] if path.name == stem)


def library_of(path: Path) -> str:
    """The third-party library that a linked source belongs to, or "" for our own code."""
    parts = path.parts
    if "sources" in parts:
        name = parts[parts.index("sources") + 1].rsplit("-", 1)[0]
        return {"lvm2": "libdevmapper", "cryptsetup": "libcryptsetup",
                "bearssl": "BearSSL", "openssh": "libcrux"}.get(name, name)
    return "third_party (own)" if "third_party" in parts else ""


def split_lines(files) -> tuple[int, int]:
    """Code lines of sources, and of headers and tables."""
    sources = sum(code_lines(p) for p in files if p.suffix == ".c")
    return sources, sum(map(code_lines, files)) - sources


def by_room(files) -> dict[str, tuple[int, int]]:
    rooms = defaultdict(list)
    for path in files:
        rooms[str(path.relative_to(ROOT).parent)].append(path)
    return {room: split_lines(paths) for room, paths in rooms.items()}


def own_lines(objects, deps) -> dict[str, tuple[int, int]]:
    """By room: code lines of our sources, and of our headers that they include."""
    files = set()
    for name in objects:
        if not library_of(source_of(name, deps)):
            files.update(p for p in deps[name] if p.is_relative_to(ROOT)
                         and not p.is_relative_to(ROOT / "build")
                         and "third_party" not in p.parts)
    return by_room(files)


def library_lines(build: Path, objects, musl, deps) -> dict[str, tuple[int, int]]:
    """(files, code lines) by library, of the sources linked."""
    lines: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def count(library: str, path: Path) -> None:
        lines[library][0] += 1
        lines[library][1] += code_lines(path)

    for name in objects:
        source = source_of(name, deps)
        if library_of(source):
            count(library_of(source), source)
        for path in deps[name]:  # a library that is a header
            if library_of(path) == "libcrux":
                count("libcrux", path)
    folder = next((ROOT / "build" / "sources").glob("musl-*"), None)
    sources = defaultdict(list)
    for path in folder.glob("**/*.[csS]") if folder else []:
        sources[path.stem].append(path)
    for member in musl:
        # musl prefers the processor's own file to the general one.
        best = sorted(sources[member], key=lambda p: "x86_64" not in p.parts)
        if best:
            count("musl", best[0])
    return {library: (n, total) for library, (n, total) in lines.items()}


def symbol_bytes(build: Path, early: Path) -> dict[str, int]:
    """Bytes of code and data left in EARLY, by library."""
    owner: dict[str, str] = {}
    archives = [(LIBRARIES.get(path.name[6:-2], path.name), path)
                for path in build.glob("third_party/libtp_*.a") if "guest" not in path.name]
    archives.append(("musl", build / "third_party/musl/lib/libc.a"))
    for library, path in archives:
        for line in tool("nm", "--defined-only", str(path)).split("\n"):
            if len(line.split()) == 3:
                owner.setdefault(line.split()[2], library)
    sizes: dict[str, int] = defaultdict(int)
    for line in tool("nm", "--defined-only", "-S", f"{early}.unstripped").split("\n"):
        fields = line.split()
        if len(fields) == 4 and fields[2] not in "bB":
            name = fields[3].split(".")[0]
            unknown = "libcrux" if name.startswith("libcrux_") else "own"  # inlined on hosts
            sizes[owner.get(name, unknown)] += int(fields[1], 16)
    return sizes


def row(name: str, value: str, budget: str = "") -> None:
    print(f"  {name:<34}{value:>12}{budget}")


def budget(value: int, limit: int) -> str:
    return f"  of {limit}" + ("" if value <= limit else "  OVER")


def row_of_room(room: str, lines: tuple[int, int]) -> None:
    row(f"{room}/ (lines)", str(lines[0]), f"  and {lines[1]} of headers and tables")


def report_stub(build: Path, stub: Path) -> dict[str, tuple[int, int]]:
    files = set()
    for depfile in build.glob("efi/stub/*.obj.d"):
        words = depfile.read_text().replace("\\\n", " ").split(":", 1)[1].split()
        files.update(p for p in map(Path, words) if p.is_relative_to(ROOT))
    if not files:
        sys.exit("tcb: the stub's objects are not where they are looked for")
    own = by_room(files)
    print("The stub")
    for room, lines in sorted(own.items()):
        row_of_room(room, lines)
    row("protostar-stub.efi (bytes)", str(stub.stat().st_size),
        budget(stub.stat().st_size, STUB_MAX))
    return own


def report_early(build: Path, early: Path, deps) -> dict[str, tuple[int, int]]:
    objects, musl = linked_objects(build, Path(f"{early}.map"), deps)
    own = own_lines(objects, deps)
    libraries = library_lines(build, objects, musl, deps)
    sizes = symbol_bytes(build, early)
    print("PID 1")
    for room, lines in sorted(own.items()):
        row_of_room(room, lines)
    row("protostar-early (bytes, stripped)", str(early.stat().st_size),
        budget(early.stat().st_size, EARLY_MAX))
    print(f"\n  {'linked library':<24}{'files':>8}{'lines':>10}{'bytes':>10}")
    for library, (files, lines) in sorted(libraries.items()):
        shown = sizes.get(library, sizes.get("uuid (own)", 0) if "own" in library else 0)
        print(f"  {library:<24}{files:>8}{lines:>10}{shown:>10}")
    files, lines = map(sum, zip(*libraries.values()))
    print(f"  {'all':<24}{files:>8}{lines:>10}")
    print(f"  {'ours, and nameless constants':<42}{sizes['own']:>10}")
    return own


def rounded(lines: int) -> str:
    return f"{(lines + 50) // 100 * 100:,}"


def table(sources: dict[str, int], write: bool) -> list[str]:
    """What is wrong with the page's table of rooms; `write` puts its numbers right before."""
    text = PAGE.read_text()
    if write:
        text = ROW.sub(lambda m: f"| `{m[1]}` | {rounded(sources.get(m[1], 0))} |", text)
        PAGE.write_text(text)
    shown = {room: int(lines.replace(",", "")) for room, lines in ROW.findall(text)}
    wrong = [f"{PAGE}: {room}: no row, or no such room" for room in shown.keys() ^ sources.keys()]
    wrong += [f"{PAGE}: {room}: {shown[room]} lines, but it has {sources[room]}: run tcb.py --table"
              for room in shown.keys() & sources.keys()
              if abs(shown[room] - sources[room]) > 100]
    return sorted(wrong)


def main() -> int:
    check, write = "--check" in sys.argv, "--table" in sys.argv
    arguments = [a for a in sys.argv[1:] if a not in ("--check", "--table")]
    if "--help" in arguments:
        print(__doc__.strip())
        return 0
    if len(arguments) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    build, stub, early = (Path(a).resolve() for a in arguments)
    deps = dependencies(build)
    stubs = report_stub(build, stub)
    print()
    own = report_early(build, early, deps)
    sources, headers = map(sum, zip(*stubs.values(), *own.values()))
    print()
    row("own sources, all rooms (lines)", str(sources), budget(sources, OWN_LINES_MAX))
    row("with headers and tables", str(sources + headers))
    wrong = table({room: lines for rooms in (stubs, own)
                   for room, (lines, _) in rooms.items() if lines}, write)
    for line in wrong:
        print(line)
    over = stub.stat().st_size > STUB_MAX or early.stat().st_size > EARLY_MAX
    return 1 if check and (over or wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
