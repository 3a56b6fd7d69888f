# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a hostile host does to an image, a disk or the firmware's variables. Every function changes a
file in place; callers work on copies.
"""

import hashlib
import json
import struct
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .paths import program
from .option_rom import VIRTIO_RNG, option_rom
from .variables import Variables, file_path, join_option, split_option

SECTOR = 512
ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
ROOT_X86_64 = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
UKI_PATH = "::/EFI/BOOT/BOOTX64.EFI"


@dataclass(frozen=True)
class Partition:
    kind: uuid.UUID
    number: int  # from 1
    identity: uuid.UUID
    offset: int  # bytes
    length: int  # bytes


def copy(source: Path, target: Path) -> Path:
    """A copy that keeps holes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", str(source), str(target)],
                   check=True, timeout=120)
    return target


def blank(path: Path, mib: int) -> Path:
    """A new disk full of zeros."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as stream:
        stream.truncate(mib << 20)
    return path


def partitioned(path: Path, label: str) -> None:
    """Makes a disk one GPT partition with this label and a random identity."""
    linux = "0fc63daf-8483-4772-8e79-3d69d8477de4"
    subprocess.run([program("sfdisk"), "--quiet", str(path)], check=True, timeout=60, text=True,
                   input=f'label: gpt\ntype={linux}, name="{label}"\n')


def digest(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def flip(path: Path, offset: int, bit: int = 0) -> None:
    """One bit of a file."""
    with open(path, "r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ (1 << bit)]))


def partition(disk: Path, kind: uuid.UUID) -> Partition:
    """The disk's partition of this type."""
    with open(disk, "rb") as stream:
        stream.seek(SECTOR)
        header = stream.read(92)
        if header[:8] != b"EFI PART":
            raise ValueError(f"{disk} has no GPT")
        table, count, size = struct.unpack_from("<QII", header, 72)
        stream.seek(table * SECTOR)
        entries = stream.read(count * size)
    for at in range(0, count * size, size):
        if uuid.UUID(bytes_le=entries[at:at + 16]) == kind:
            first, last = struct.unpack_from("<QQ", entries, at + 32)
            return Partition(kind, at // size + 1, uuid.UUID(bytes_le=entries[at + 16:at + 32]),
                             first * SECTOR, (last - first + 1) * SECTOR)
    raise ValueError(f"{disk} has no partition of type {kind}")


# --- files on the ESP -----------------------------------------------------------------------------

def _mtools(disk: Path, tool: str, *words: str) -> None:
    at = partition(disk, ESP).offset
    subprocess.run([program(tool), "-i", f"{disk}@@{at}", *words], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)


def put_file(disk: Path, source: Path, path: str) -> bytes:
    """Puts a file into the ESP's root; its device path."""
    _mtools(disk, "mcopy", "-n", "-o", str(source), f"::/{path}")
    return esp_path(disk, path)


def esp_path(disk: Path, path: str) -> bytes:
    """The device path of a file on the ESP."""
    esp = partition(disk, ESP)
    return file_path(esp.number, esp.offset // SECTOR, esp.length // SECTOR, esp.identity,
                     "\\" + path.replace("/", "\\"))


def read_uki(disk: Path) -> bytes:
    kept = disk.with_name(disk.name + ".uki")
    _mtools(disk, "mcopy", "-n", "-o", UKI_PATH, str(kept))
    data = kept.read_bytes()
    kept.unlink()
    return data


def write_uki(disk: Path, data: bytes) -> None:
    kept = disk.with_name(disk.name + ".uki")
    kept.write_bytes(data)
    _mtools(disk, "mcopy", "-n", "-o", str(kept), UKI_PATH)
    kept.unlink()


@dataclass(frozen=True)
class Section:
    header: int  # offset of its row in the section table
    offset: int  # of its bytes in the file
    length: int  # bytes that count (VirtualSize)
    room: int    # bytes in the file (SizeOfRawData)


def sections(uki: bytes) -> dict[str, Section]:
    pe = struct.unpack_from("<I", uki, 0x3c)[0]
    count, optional = struct.unpack_from("<H12xH", uki, pe + 6)
    found = {}
    for index in range(count):
        at = pe + 24 + optional + 40 * index
        name = uki[at:at + 8].rstrip(b"\0").decode("ascii")
        length, _, room, offset = struct.unpack_from("<IIII", uki, at + 8)
        found[name] = Section(at, offset, length, room)
    return found


def edit_uki(disk: Path, change: Callable[[bytearray], None]) -> None:
    uki = bytearray(read_uki(disk))
    change(uki)
    write_uki(disk, bytes(uki))


def change_cmdline(old: bytes, new: bytes) -> Callable[[bytearray], None]:
    """Replaces a part of the command line; the rest moves."""
    def change(uki: bytearray) -> None:
        section = sections(uki)[".cmdline"]
        line = bytes(uki[section.offset:section.offset + section.length])
        if line.count(old) != 1:
            raise ValueError(f"{old!r} is not exactly once in {line!r}")
        line = line.replace(old, new)
        if len(line) > section.room:
            raise ValueError("the new command line does not fit into the section")
        uki[section.offset:section.offset + section.room] = line.ljust(section.room, b"\0")
        struct.pack_into("<I", uki, section.header + 8, len(line))
    return change


def change_initrd(uki: bytearray) -> None:
    """Another initrd with the same contents: the time in its gzip header, which nobody reads."""
    section = sections(uki)[".initrd"]
    if uki[section.offset:section.offset + 2] != b"\x1f\x8b":
        raise ValueError("the initrd is not gzip")
    uki[section.offset + 4] ^= 1


def change_osrel(uki: bytearray) -> None:
    """Another name in the UKI's description: nothing that runs is different."""
    section = sections(uki)[".osrel"]
    uki[section.offset + section.length // 2] ^= 1


# --- the root file system -------------------------------------------------------------------------

def root_offset(disk: Path, wanted: bytes = b"") -> int:
    """Where on the disk the root partition has the wanted bytes, else its superblock."""
    part = partition(disk, ROOT_X86_64)
    offset = 1024  # erofs keeps its superblock here
    with open(disk, "rb") as stream:
        stream.seek(part.offset)
        data = stream.read(part.length)
    if wanted:
        offset = data.index(wanted)
    elif data[:4] == b"hsqs":
        offset = 0
    return part.offset + offset


def corrupt_root(disk: Path, wanted: bytes = b"") -> None:
    """One bit of the root partition: of the block with the wanted bytes, else of its superblock."""
    flip(disk, root_offset(disk, wanted))


# --- the state disk's LUKS2 header ----------------------------------------------------------------

LUKS_CHECKSUM = slice(0x1C0, 0x200)


def header_size(disk: Path) -> int:
    """Bytes of one copy of the header, binary part and JSON."""
    with open(disk, "rb") as stream:
        head = stream.read(16)
    if head[:6] != b"LUKS\xba\xbe":
        raise ValueError(f"{disk} has no LUKS header")
    return struct.unpack(">Q", head[8:16])[0]


def header_places(disk: Path) -> dict[str, int]:
    """An offset in each part of the header: flip any bit there and the boot must be refused."""
    size = header_size(disk)
    return {"binary": 0x1A8, "json": 4096 + 100, "keyslots": 2 * size + 4096 + 7,
            "second-copy": size + 4096 + 100}


def _rewrite_header(copy_bytes: bytearray, change: Callable[[dict], None]) -> None:
    text = bytes(copy_bytes[4096:]).split(b"\0", 1)[0]
    meta = json.loads(text)
    change(meta)
    new = json.dumps(meta, separators=(",", ":")).encode()
    room = len(copy_bytes) - 4096
    if len(new) >= room:
        raise ValueError("the new JSON does not fit")
    copy_bytes[4096:] = new.ljust(room, b"\0")
    copy_bytes[LUKS_CHECKSUM] = bytes(64)
    copy_bytes[LUKS_CHECKSUM] = hashlib.sha256(copy_bytes).digest().ljust(64, b"\0")


def null_cipher(disk: Path) -> None:
    """
    A header with right checksums that says: keyslots are not encrypted, and neither is the data.
    Any passphrase would open it, and the host would know the key.
    """
    def change(meta: dict) -> None:
        for slot in meta["keyslots"].values():
            slot["area"]["encryption"] = "cipher_null-ecb"
        for segment in meta["segments"].values():
            segment["encryption"] = "cipher_null-ecb"
            segment.pop("integrity", None)
    size = header_size(disk)
    with open(disk, "r+b") as stream:
        for number in (0, 1):
            stream.seek(number * size)
            part = bytearray(stream.read(size))
            _rewrite_header(part, change)
            stream.seek(number * size)
            stream.write(part)


def erase(disk: Path, mib: int = 2) -> None:
    """Zeros over the start of a disk."""
    with open(disk, "r+b") as stream:
        stream.write(bytes(mib << 20))


# --- the firmware's variables ---------------------------------------------------------------------

def boot_option_with_data(path: Path, data: bytes) -> str:
    """
    Gives the boot option that the firmware used last boot optional data, which the firmware hands
    to the image as its load options. Returns the option's name.
    """
    variables = Variables(path)
    name = f"Boot{variables.boot_order()[0]:04X}"
    attributes, _, device_path, _ = split_option(variables.get(name))
    # Another description keeps the firmware from taking it for an option of its own making.
    variables.set(name, join_option(attributes, "protostar", device_path, data))
    variables.write()
    return name


def add_driver(path: Path, device_path: bytes) -> None:
    """Has the firmware start a driver before it looks for what to boot."""
    variables = Variables(path)
    variables.set("Driver0000", join_option(1, "host", device_path))
    variables.set("DriverOrder", struct.pack("<H", 0))
    variables.write()


def boot_first(path: Path, device_path: bytes) -> None:
    """Has the firmware start another application before those that it has booted so far."""
    variables = Variables(path)
    order = variables.boot_order()
    number = max(order) + 1
    variables.set(f"Boot{number:04X}", join_option(1, "host", device_path))
    variables.set_boot_order([number, *order])
    variables.write()


# --- devices --------------------------------------------------------------------------------------

def rom_device(driver: Path, rom: Path) -> tuple[str, ...]:
    """A random number generator whose option ROM is the driver, as words for QEMU."""
    rom.write_bytes(option_rom(driver.read_bytes(), *VIRTIO_RNG))
    return ("-device", f"virtio-rng-pci,romfile={rom.resolve()}")
