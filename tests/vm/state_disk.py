#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The state disk's code on a real kernel, without the rest of the boot: a guest whose init is
tests/guest/state_disk.c formats, opens, changes the key and is lied to. Then stock cryptsetup looks
at the disk that it leaves behind.
usage: state_disk.py BUILD GUEST
"""

import lzma
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm import roots  # noqa: E402
from vm.debian import Archive  # noqa: E402
from vm.paths import program  # noqa: E402

MODULES = ["virtio_pci", "virtio_blk", "dm-crypt", "dm-integrity", "authenc", "xts", "aegis128"]
DISK_BYTES = 512 << 20
SECONDS = 600
KEY, OLD_KEY = b"\x6c" * 32, b"\x6b" * 32  # of the disk that the guest leaves behind


def module_files(folder: Path) -> list[Path]:
    """The modules and what they depend on, in the order to load them."""
    files: dict[Path, None] = {}
    for name in MODULES:
        shown = subprocess.run(
            [program("modprobe"), "-d", str(folder.parents[2]), "-S", folder.name,
             "--show-depends", name], check=True, capture_output=True, text=True, timeout=60)
        for line in shown.stdout.splitlines():
            words = line.split()
            if words[0] == "insmod":
                files[Path(words[1])] = None
    return list(files)


def make_initrd(init: Path, modules: list[Path], root: Path, folder: Path) -> Path:
    tree = folder / "tree"
    shutil.rmtree(folder, ignore_errors=True)
    (tree / "m").mkdir(parents=True)
    shutil.copy(init, tree / "init")
    names = []
    for path in modules:
        data = path.read_bytes()
        target = tree / "m" / path.name.removesuffix(".xz")
        target.write_bytes(lzma.decompress(data) if path.suffix == ".xz" else data)
        names.append(f"/m/{target.name}\n")
    (tree / "modules").write_text("".join(names))
    shutil.copytree(root, tree / "sysroot", symlinks=True)
    listing = "\n".join(str(p.relative_to(tree)) for p in sorted(tree.rglob("*"))) + "\n"
    initrd = folder / "initrd"
    with open(initrd, "wb") as out:
        subprocess.run([program("cpio"), "-o", "-H", "newc", "--quiet"], input=listing.encode(),
                       stdout=out, cwd=tree, check=True, timeout=120)
    return initrd


def run_guest(kernel: Path, initrd: Path, disk: Path) -> str:
    """Boots the guest and returns its console."""
    command = [
        program("qemu-system-x86_64"), "-machine", "q35", "-accel", "tcg", "-cpu", "max",
        "-m", "768", "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio",
        "-kernel", str(kernel), "-initrd", str(initrd),
        "-append", "console=ttyS0 quiet panic=-1 no_timer_check",
        "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
    return done.stdout.decode(errors="replace")


def check_with_cryptsetup(disk: Path, folder: Path) -> None:
    """Stock cryptsetup opens the header that was left, with the key that the disk has now."""
    key, wrong = folder / "key", folder / "wrong"
    key.write_bytes(KEY)
    wrong.write_bytes(OLD_KEY)
    opening = [program("cryptsetup"), "open", "--test-passphrase", str(disk), "--key-file"]
    subprocess.run([*opening, str(key)], check=True, timeout=60)
    assert subprocess.run([*opening, str(wrong)], stderr=subprocess.DEVNULL, timeout=60,
                          check=False).returncode != 0
    print("shown: stock cryptsetup opens the header with the disk key, and not with the one before")


def main() -> None:
    build, guest = map(Path, sys.argv[1:3])
    base, folder = build / "vm" / "base", build / "vm" / "state-disk"
    archive = Archive()
    kernel, modules = roots.kernel(archive, base)
    initrd = make_initrd(guest, module_files(modules), roots.small(archive, base), folder)
    disk = folder / "disk.img"
    with open(disk, "wb") as image:
        image.truncate(DISK_BYTES)
    console = run_guest(kernel, initrd, disk)
    print(console)
    if "guest passed" not in console or "FAIL" in console:
        sys.exit("the guest did not pass")
    check_with_cryptsetup(disk, folder)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
