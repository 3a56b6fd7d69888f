# SPDX-License-Identifier: GPL-2.0-or-later
"""
The firmware's variables in a file (OVMF's VARS): reading, setting, and boot options. The file is an
authenticated variable store of EDK II; variables are only appended, as the firmware itself does.
"""

import struct
import uuid
from pathlib import Path
from typing import Optional

GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
STORE_GUID = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
STORE_HEADER = 28
ADDED, DELETED = 0x3F, 0x3C
NON_VOLATILE_BOOT_RUNTIME = 7
ROW = struct.Struct("<HBBIQ16sIII16s")  # id, state, -, attributes, count, time, key, sizes, vendor
START = 0x55AA


class Variables:
    """One store; write() puts it back into its file."""

    def __init__(self, path: Path):
        self.path = path
        self._store = bytearray(path.read_bytes())
        self._begin = self._store.index(STORE_GUID)
        self._size = struct.unpack_from("<I", self._store, self._begin + 16)[0]

    def _rows(self):
        """(offset, state, name, vendor, data) of every variable, and the offset after the last."""
        at = self._begin + STORE_HEADER
        rows = []
        while struct.unpack_from("<H", self._store, at)[0] == START:
            row = ROW.unpack_from(self._store, at)
            name_at = at + ROW.size
            data_at = name_at + row[7]
            name = self._store[name_at:data_at].decode("utf-16-le").rstrip("\0")
            end = data_at + row[8]
            rows.append((at, row[1], name, uuid.UUID(bytes_le=row[9]),
                         bytes(self._store[data_at:end])))
            at = (end + 3) & ~3
        return rows, at

    def get(self, name: str, vendor: uuid.UUID = GLOBAL) -> Optional[bytes]:
        for _, state, row_name, row_vendor, data in self._rows()[0]:
            if state == ADDED and (row_name, row_vendor) == (name, vendor):
                return data
        return None

    def set(self, name: str, data: bytes, vendor: uuid.UUID = GLOBAL) -> None:
        rows, end = self._rows()
        for at, state, row_name, row_vendor, _ in rows:
            if state == ADDED and (row_name, row_vendor) == (name, vendor):
                self._store[at + 2] = DELETED
        encoded = (name + "\0").encode("utf-16-le")
        row = ROW.pack(START, ADDED, 0, NON_VOLATILE_BOOT_RUNTIME, 0, bytes(16), 0, len(encoded),
                       len(data), vendor.bytes_le) + encoded + data
        if end + len(row) > self._begin + self._size:
            raise ValueError(f"{self.path} has no room for {name}")
        self._store[end:end + len(row)] = row

    def write(self) -> None:
        self.path.write_bytes(self._store)

    def boot_order(self) -> list[int]:
        order = self.get("BootOrder") or b""
        return list(struct.unpack(f"<{len(order) // 2}H", order))

    def set_boot_order(self, order: list[int]) -> None:
        self.set("BootOrder", struct.pack(f"<{len(order)}H", *order))


def split_option(option: bytes) -> tuple[int, str, bytes, bytes]:
    """Attributes, description, device path and optional data of a boot option."""
    attributes, path_len = struct.unpack_from("<IH", option)
    end = 6
    while option[end:end + 2] != b"\0\0":
        end += 2
    path_end = end + 2 + path_len
    return (attributes, option[6:end].decode("utf-16-le"), option[end + 2:path_end],
            option[path_end:])


def join_option(attributes: int, description: str, path: bytes, data: bytes = b"") -> bytes:
    text = (description + "\0").encode("utf-16-le")
    return struct.pack("<IH", attributes, len(path)) + text + path + data


def file_path(number: int, first: int, count: int, partition: uuid.UUID, path: str) -> bytes:
    """
    The device path of a file on a GPT partition: its number from 1, its first sector and how many
    there are, its identity; the path with backslashes.
    """
    drive = struct.pack("<BBHIQQ16sBB", 4, 1, 42, number, first, count, partition.bytes_le, 2, 2)
    name = (path + "\0").encode("utf-16-le")
    return drive + struct.pack("<BBH", 4, 4, 4 + len(name)) + name + b"\x7f\xff\x04\x00"
