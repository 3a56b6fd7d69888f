"""Bytes of what the node boots, from the files."""

import gzip
from pathlib import Path

from setting import Setting
from table import number

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


def run(setting: Setting) -> None:
    image = setting.image().folder
    stub = setting.product.find("protostar-stub.efi").stat().st_size
    early = setting.product.find("protostar-early").stat().st_size
    packed = (image / "initrd.img").read_bytes()
    initrd = gzip.decompress(packed)
    modules = _modules(initrd)
    print("\n### sizes: bytes on the node\n\n| what | bytes | peer | ratio |\n|---|---|---|---|")
    peer = STUB.stat().st_size if STUB.is_file() else 0
    told = f"{peer:,} (systemd-stub) | {number(stub / peer)}" if peer else "not installed | "
    print(f"| stub | {stub:,} | {told} |")
    print(f"| PID 1, everything linked in | {early:,} | | |")
    print(f"| initrd without the kernel's modules, unpacked | {len(initrd) - modules:,} | | |")
    print(f"| modules in it, unpacked | {modules:,} | | |")
    print(f"| initrd, packed | {len(packed):,} | | |")
    print(f"| UKI | {(image / 'uki.efi').stat().st_size:,} | kernel alone: "
          f"{setting.kernel[0].stat().st_size:,} | "
          f"{number((image / 'uki.efi').stat().st_size / setting.kernel[0].stat().st_size)} |",
          flush=True)
