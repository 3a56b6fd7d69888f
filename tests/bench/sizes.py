# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes of what the node boots, from the files."""

import gzip
from pathlib import Path

from setting import BenchError, Setting
from table import Row, show

HEADLINES = (0, 1, 5)  # rows for the summary
STUB = Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")


def _modules(initrd: bytes) -> int:
    """Bytes of the kernel's modules in a newc archive."""
    total = at = 0
    while True:
        size, name_len = int(initrd[at + 54:at + 62], 16), int(initrd[at + 94:at + 102], 16)
        name = initrd[at + 110:at + 110 + name_len - 1].decode()
        if name == "TRAILER!!!":
            return total
        if name.endswith(".ko"):
            total += size
        data = (at + 110 + name_len + 3) & ~3
        at = (data + size + 3) & ~3


def run(setting: Setting) -> list[Row]:
    image = setting.image().folder
    packed = (image / "initrd.img").read_bytes()
    initrd = gzip.decompress(packed)
    modules = _modules(initrd)
    if not STUB.is_file():
        raise BenchError("systemd-stub is not installed: run tools/deps test")
    rows = []

    def row(name: str, size: int, peer: str = "", peer_size: int = 0) -> None:
        rows.append(Row(name, "bytes", peer, [size], [peer_size] if peer else []))

    row("stub", setting.product.find("protostar-stub.efi").stat().st_size, "systemd-stub",
        STUB.stat().st_size)
    row("PID 1, all libraries in it", setting.product.find("protostar-early").stat().st_size)
    row("initrd without the kernel's modules, unpacked", len(initrd) - modules)
    row("the kernel's modules in it, unpacked", modules)
    row("initrd, packed", len(packed))
    row("UKI", (image / "uki.efi").stat().st_size, "its kernel", setting.kernel[0].stat().st_size)
    show("sizes: what a node boots", rows)
    return [rows[i] for i in HEADLINES]
