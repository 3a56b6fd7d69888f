#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The modules of real kernels: Debian 12's and 13's, of which one has its modules as they are and the
other compressed. Each platform's image is built from each; what it holds is what that kernel calls
its drivers; and however the files are compressed, the initrd has the same bits. No VM runs.
usage: disk_trees.py BUILD
"""

import gzip
import lzma
import re
import shutil
import subprocess
import sys
from pathlib import Path

from harness import SERVICE_ADDRESS, Archive, check, main, roots
from vm.paths import program
from vm.product import CommandError

# Drivers that a platform's image has where the kernel does not have them built in.
DRIVERS = {
    "qemu": {"virtio_blk", "virtio_net", "virtio_scsi", "sd_mod"},
    "aws": {"ena", "xen_blkfront", "xen_netfront"},
    "gcp": {"virtio_net", "virtio_scsi", "sd_mod", "gve"},
    "azure": {"hv_vmbus", "pci_hyperv", "hv_storvsc", "hv_netvsc", "sd_mod"},
}
DRIVERS["all"] = set().union(*DRIVERS.values()) | {"vmw_pvscsi", "vmxnet3"}
# Drivers of the processor's reports, which Debian 12's cloud kernel is built without.
REPORTS = {"qemu": {"sev_guest", "tdx_guest"}, "aws": {"sev_guest"}, "azure": set()}
REPORTS["gcp"] = REPORTS["all"] = REPORTS["qemu"]
PACKERS = {".xz": ["xz", "-c", "-0", "--check=crc32"], ".zst": ["zstd", "-c", "-1"],
           ".gz": ["gzip", "-c", "-n", "-1"]}


def build(world, kernel, tree: Path, *words) -> bytes:
    """The initrd, unpacked."""
    out = world.folder / "image"
    world.product.run(
        "build", "--kernel", kernel, "--modules-dir", tree, "--root", world.base / "root-small",
        "--early", world.product.find("protostar-early"), "--stub",
        world.product.find("protostar-stub.efi"), "--service", SERVICE_ADDRESS, "--pin", "ab" * 32,
        "--out", out, *words)
    return gzip.decompress((out / "initrd.img").read_bytes())


def listed(initrd: bytes) -> dict[str, bool]:
    """The modules, in their order, and whether PID 1 goes on without."""
    text = subprocess.run([program("cpio"), "-i", "--quiet", "--to-stdout", "modules.list"],
                          input=initrd, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    firsts = [line.split()[0] for line in text.decode().splitlines()]
    return {f.lstrip("-").removesuffix(".ko"): f.startswith("-") for f in firsts}


def sets(world, suite: str, kernel: Path, tree: Path) -> None:
    sizes = {}
    for platform, drivers in DRIVERS.items():
        initrd = build(world, kernel, tree, "--platform", platform)
        sizes[platform] = (world.folder / "image" / "initrd.img").stat().st_size // 1024
        found = listed(initrd)
        known = set().union(*DRIVERS.values())
        check(set(found) & known == drivers, f"{suite}: the drivers of {platform}")
        check("mlx5_core" not in found, f"{suite}: {platform} has no second way of an interface")
        check(not found["dm_crypt"] and not found["aegis128"], f"{suite}: what all need is needed")
        reports = REPORTS[platform] if suite == "trixie" else set()
        check(set(found) & REPORTS["all"] == reports
              and all(found[name] for name in reports),
              f"{suite}: {platform} gets reports where the processor makes them")
        check(("gcm" in found) == ("sev_guest" in reports), f"{suite}: what sev_guest asks for")
        check("crc32c_intel" in found and found["crc32c_intel"], f"{suite}: a quick CRC-32C")
    print(f"initrd of {suite} in KiB: {sizes}")
    found = listed(build(world, kernel, tree, "--module", "mlx5_core", "--option",
                         "protostar.state.cipher=aes-xts-hmac-sha256"))
    check(found["mlx5_core"] is False and found["aesni_intel"] and "xts" in found
          and "aegis128" not in found, f"{suite}: what was asked for")
    try:
        build(world, kernel, tree, "--module", "aes_nothing")
        check(False, "a module that there is not is refused")
    except CommandError as error:
        check("aes_nothing" in str(error), "a module that there is not is refused by name")


def plain(path: Path) -> bytes:
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def repacked(world, tree: Path, suffix: str, names: set[str]) -> Path:
    """The modules of these names, compressed in another way or not at all."""
    base = world.folder / "repacked"
    shutil.rmtree(base, ignore_errors=True)
    target = base / "lib" / "modules" / tree.name
    for path in tree.rglob("*"):
        if path.name.startswith("modules.") and path.is_file():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        elif ".ko" in path.name and path.name.split(".ko")[0].replace("-", "_") in names:
            name = str(path.relative_to(tree)).split(".ko")[0] + ".ko" + suffix
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            data = plain(path)
            if suffix:
                data = subprocess.run(PACKERS[suffix], input=data, stdout=subprocess.PIPE,
                                      check=True, timeout=60).stdout
            (target / name).write_bytes(data)
    # Not every depmod reads every kind, so the paths are renamed in what it wrote.
    dep = target / "modules.dep"
    dep.write_text(re.sub(r"\.ko(\.xz)?(?=[: \n])", ".ko" + suffix, dep.read_text()))
    return target


def test(world) -> None:
    world.copy_base(with_node=False)
    for suite in ("bookworm", "trixie"):
        folder = world.folder / suite
        folder.mkdir()
        kernel, tree = roots.kernel(Archive(suite=suite), folder)
        sets(world, suite, kernel, tree)
        want = build(world, kernel, tree)
        for suffix in ("", *PACKERS):
            other = repacked(world, tree, suffix, set(listed(want)))
            check(build(world, kernel, other) == want,
                  f"{suite}: the same initrd from {suffix or 'plain'} files")
    shutil.rmtree(world.folder / "repacked")


if __name__ == "__main__":
    main(test, "disk-trees")
