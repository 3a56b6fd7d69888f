#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What was built: PID 1 static-pie and small, the stub small and W^X, the command hardened.
usage: hardening.py EARLY STUB COMMAND
"""

import struct
import subprocess
import sys
from pathlib import Path

from common import verdict

EARLY_MAX = 510 * 1024
STUB_MAX = 16 * 1024
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
PF_X, PF_W = 1, 2
ET_DYN = 3
SECTION_EXECUTE, SECTION_WRITE = 0x20000000, 0x80000000
NX_COMPAT = 0x100


class Elf:
    """The few parts of a 64-bit little-endian ELF file that this audit reads."""

    def __init__(self, path: Path):
        self.data = path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is not a 64-bit ELF file")
        self.kind = struct.unpack_from("<H", self.data, 16)[0]
        offset = struct.unpack_from("<Q", self.data, 32)[0]
        size, count = struct.unpack_from("<HH", self.data, 54)
        self.segments = []
        for index in range(count):
            row = struct.unpack_from("<IIQQQQQQ", self.data, offset + index * size)
            self.segments.append({"type": row[0], "flags": row[1], "offset": row[2],
                                  "file": row[5]})

    def has(self, kind: int) -> bool:
        return any(s["type"] == kind for s in self.segments)

    def dynamic(self) -> dict[int, list[int]]:
        tags: dict[int, list[int]] = {}
        for segment in self.segments:
            if segment["type"] == PT_DYNAMIC:
                for at in range(segment["offset"], segment["offset"] + segment["file"], 16):
                    tag, value = struct.unpack_from("<QQ", self.data, at)
                    if tag == 0:
                        break
                    tags.setdefault(tag, []).append(value)
        return tags


def elf_problems(path: Path, static: bool) -> list[str]:
    elf = Elf(path)
    tags = elf.dynamic()
    found = []
    if elf.kind != ET_DYN:
        found.append(f"{path.name}: not position-independent")
    if static and elf.has(PT_INTERP):
        found.append(f"{path.name}: asks for an interpreter")
    if static and 1 in tags:
        found.append(f"{path.name}: needs shared libraries")
    if not elf.has(PT_GNU_RELRO):
        found.append(f"{path.name}: no RELRO")
    if not static and not (tags.get(30, [0])[0] & 8 or tags.get(0x6FFFFFFB, [0])[0] & 1):
        found.append(f"{path.name}: symbols are not bound at start")
    if 15 in tags or 29 in tags:
        found.append(f"{path.name}: carries an rpath")
    for segment in elf.segments:
        both = PF_W | PF_X
        if segment["type"] == PT_LOAD and segment["flags"] & both == both:
            found.append(f"{path.name}: a segment is writable and executable")
        if segment["type"] == PT_GNU_STACK and segment["flags"] & PF_X:
            found.append(f"{path.name}: the stack is executable")
    if not elf.has(PT_GNU_STACK):
        found.append(f"{path.name}: does not say that the stack is not executable")
    return found


def stub_problems(path: Path) -> list[str]:
    data = path.read_bytes()
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    if data[:2] != b"MZ" or data[pe:pe + 4] != b"PE\0\0":
        return [f"{path.name}: not a PE file"]
    count, optional = struct.unpack_from("<H12xH", data, pe + 6)
    flags = struct.unpack_from("<H", data, pe + 24 + 70)[0]
    found = [] if flags & NX_COMPAT else [f"{path.name}: no NX_COMPAT"]
    names = []
    for index in range(count):
        at = pe + 24 + optional + 40 * index
        names.append(data[at:at + 8].rstrip(b"\0").decode("ascii", "replace"))
        section = struct.unpack_from("<I", data, at + 36)[0]
        if section & SECTION_EXECUTE and section & SECTION_WRITE:
            found.append(f"{path.name}: {names[-1]} is writable and executable")
    if ".sbat" not in names:
        found.append(f"{path.name}: no SBAT")
    return found


def size_problems(path: Path, limit: int) -> list[str]:
    stripped = Path(f"{path.name}.stripped")
    subprocess.run(["strip", "-o", str(stripped), str(path)], check=True, timeout=60)
    size = stripped.stat().st_size
    stripped.unlink()
    print(f"{path.name}: {size} bytes stripped, at most {limit}")
    return [f"{path.name}: too big"] if size > limit else []


def main() -> int:
    early, stub, command = map(Path, sys.argv[1:4])
    found = elf_problems(early, static=True) + size_problems(early, EARLY_MAX)
    found += stub_problems(stub) + size_problems(stub, STUB_MAX)
    found += elf_problems(command, static=False)
    return verdict(found, 3)


if __name__ == "__main__":
    sys.exit(main())
