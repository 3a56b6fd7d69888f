# SPDX-License-Identifier: GPL-2.0-or-later
"""
Disk images with a partition table that sfdisk does not make of a file: sectors of any size, any
number of entries. One EFI system partition, in a FAT of the kind that is asked for.
"""

import struct
import subprocess
import uuid
import zlib
from pathlib import Path

from .paths import program

ESP = uuid.UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
DISK_ID = uuid.UUID("11111111-2222-3333-4444-555555555555")
PART_ID = uuid.UUID("22222222-2222-3333-4444-555555555555")
MIB = 1 << 20
HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")


def make_fat(files: dict[str, Path], out: Path, mib: int, bits: int, sector: int,
             cluster: int) -> Path:
    """A FAT12, 16 or 32 (bits) with sectors and clusters of so many bytes."""
    with open(out, "wb") as stream:
        stream.truncate(mib * MIB)
    subprocess.run([program("mkfs.vfat"), "-F", str(bits), "-S", str(sector), "-s",
                    str(cluster // sector), "-i", "12345678", str(out)], check=True, timeout=60,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folders = {parent for name in files for parent in Path(name).parents if parent.name}
    for folder in sorted(folders):
        subprocess.run([program("mmd"), "-i", str(out), f"::/{folder}"], check=True, timeout=60)
    for name, path in files.items():
        subprocess.run([program("mcopy"), "-i", str(out), str(path), f"::/{name}"], check=True,
                       timeout=60)
    return out


def _header(sector: int, sectors: int, entries: bytes, count: int, backup: bool) -> bytes:
    room = max(16384 // sector, -(-len(entries) // sector))
    own, other = (sectors - 1, 1) if backup else (1, sectors - 1)
    at = sectors - 1 - room if backup else 2
    fields = [b"EFI PART", 0x10000, HEADER.size, 0, 0, own, other, 2 + room, sectors - 2 - room,
              DISK_ID.bytes_le, at, count, len(entries) // count, zlib.crc32(entries)]
    fields[3] = zlib.crc32(HEADER.pack(*fields))
    return HEADER.pack(*fields)


def make_disk(fat: Path, out: Path, sector: int = 512, count: int = 128,
              entry_len: int = 128, mib: int = 64) -> Path:
    """A disk of so many MiB, whose only partition, at 1 MiB, is the file system."""
    contents, sectors = fat.read_bytes(), mib * MIB // sector
    first = MIB // sector
    last = first + len(contents) // sector - 1
    entry = (ESP.bytes_le + PART_ID.bytes_le + struct.pack("<QQQ", first, last, 0) +
             "esp".encode("utf-16-le").ljust(72, b"\0"))
    entries = entry.ljust(count * entry_len, b"\0")
    room = max(16384 // sector, -(-len(entries) // sector))
    protective = bytes(446) + bytes([0, 0, 2, 0, 0xEE, 0xFF, 0xFF, 0xFF]) + struct.pack(
        "<II", 1, sectors - 1)
    with open(out, "w+b") as stream:
        stream.truncate(sectors * sector)
        for at, data in ((0, protective.ljust(510, b"\0") + b"\x55\xaa"),
                         (sector, _header(sector, sectors, entries, count, False)),
                         (2 * sector, entries), (MIB, contents),
                         ((sectors - 1 - room) * sector, entries),
                         ((sectors - 1) * sector,
                          _header(sector, sectors, entries, count, True))):
            stream.seek(at)
            stream.write(data)
    return out
