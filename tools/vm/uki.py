# SPDX-License-Identifier: GPL-2.0-or-later
"""
UKIs from any stub: sections are appended to a PE file as ukify does it. Nothing in the stub itself
is changed but its headers and the debugging symbols behind its sections, which go.
"""

import struct
from pathlib import Path

SECTION = struct.Struct("<8sIIIIIIHHI")
INITIALIZED_DATA, CODE, READ = 0x40, 0x20, 0x40000000


def _up(value: int, unit: int) -> int:
    return (value + unit - 1) // unit * unit


class Image:
    """A PE32+ image, in memory."""

    def __init__(self, data: bytes):
        self.data = bytearray(data)
        self._pe = self._u32(0x3C)
        if self.data[self._pe:self._pe + 4] != b"PE\0\0":
            raise ValueError("not a PE image")
        self._optional = self._pe + 24
        self._table = self._optional + struct.unpack_from("<H", self.data, self._pe + 20)[0]
        self._section_unit = max(self._u32(self._optional + 32), 4096)
        self._file_unit = self._u32(self._optional + 36)

    def _u32(self, at: int) -> int:
        return struct.unpack_from("<I", self.data, at)[0]

    def _put(self, at: int, value: int) -> None:
        struct.pack_into("<I", self.data, at, value)

    @property
    def _count(self) -> int:
        return struct.unpack_from("<H", self.data, self._pe + 6)[0]

    def _rows(self) -> list[tuple]:
        return [SECTION.unpack_from(self.data, self._table + SECTION.size * i)
                for i in range(self._count)]

    def strip_symbols(self) -> None:
        """What lies behind the last section: COFF symbols."""
        self._put(self._pe + 12, 0)
        self._put(self._pe + 16, 0)
        end = max(row[4] + row[3] for row in self._rows())
        del self.data[end:]
        self.data += bytes(_up(end, self._file_unit) - end)

    def append(self, name: str, contents: bytes, in_memory: int = 0) -> None:
        """in_memory: VirtualSize, where it is more than the contents have."""
        size = max(len(contents), in_memory)
        at = self._table + SECTION.size * self._count
        if at + SECTION.size > self._u32(self._optional + 60):
            raise ValueError(f"no room in the headers for {name}")
        address = _up(max(row[2] + row[1] for row in self._rows()), self._section_unit)
        room = _up(len(contents), self._file_unit)
        flags = READ | INITIALIZED_DATA | (CODE if name == ".linux" else 0)
        SECTION.pack_into(self.data, at, name.encode(), size, address, room, len(self.data),
                          0, 0, 0, 0, flags)
        struct.pack_into("<H", self.data, self._pe + 6, self._count + 1)
        self._put(self._optional + 8, self._u32(self._optional + 8) + room)
        self._put(self._optional + 56, _up(address + size, self._section_unit))
        self._put(self._optional + 64, 0)  # the checksum, which firmware does not look at
        self.data += contents.ljust(room, b"\0")


def make_uki(stub: Path, sections: dict[str, bytes], out: Path,
             in_memory: dict[str, int] = None) -> Path:
    """
    The stub with these sections behind it, in this order. in_memory: of how many bytes a section
    is in memory, zeros behind its contents.
    """
    image = Image(stub.read_bytes())
    image.strip_symbols()
    for name, contents in sections.items():
        image.append(name, contents, (in_memory or {}).get(name, 0))
    out.write_bytes(image.data)
    return out


def _entry(name: str, mode: int, contents: bytes, number: int) -> bytes:
    fields = (number, mode, 0, 0, 1, 0, len(contents), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head.ljust(_up(len(head), 4), b"\0") + contents.ljust(_up(len(contents), 4), b"\0")


def make_initrd(init: Path) -> bytes:
    """A cpio archive with one program, /init, and the /dev that the kernel opens a console in."""
    return (_entry("dev", 0o040755, b"", 1) + _entry("init", 0o100755, init.read_bytes(), 2) +
            _entry("TRAILER!!!", 0, b"", 0))
