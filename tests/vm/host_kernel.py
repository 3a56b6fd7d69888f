#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A kernel of the host's, given to QEMU with -kernel. OVMF as Debian builds it measures such a kernel
only when it has a PE header; one without it runs with nothing in PCR 4, extends the registers to
what they would be after a genuine boot, and gets the key. ADVERSARY.md says that a firmware
without that door closes this. PCR 5, where a policy names it, stops the plain form of the attack,
which is run here: the firmware has measured the end of its services before the kernel ran. A kernel
that is started before that end could go on to start the genuine UKI.
usage: host_kernel.py BUILD
"""

import json
import struct
import subprocess
from pathlib import Path

from harness import OTHER_WORD, WORD, check, main, story
from vm import boot
from vm.paths import program

CHANGED = f"Kernel command line: .*{OTHER_WORD}"
# Offsets in a bzImage (Linux: Documentation/arch/x86/boot.rst).
XLOADFLAGS, HANDOVER_OFFSET, EFI_FLAGS = 0x236, 0x264, 0b1100
# What the firmware measures into PCR 4 by itself, whatever is started.
OWN_EVENTS = 2


def host_kernel(world) -> Path:
    """Debian's kernel without its EFI parts: firmware starts it as boot loaders did once."""
    source = next((world.base / "kernel" / "boot").glob("vmlinuz-*"))
    data = bytearray(source.read_bytes())
    flags = struct.unpack_from("<H", data, XLOADFLAGS)[0]
    struct.pack_into("<H", data, XLOADFLAGS, flags & ~EFI_FLAGS)
    struct.pack_into("<I", data, HANDOVER_OFFSET, 0)
    data[:2] = b"\0\0"
    target = world.folder.resolve() / "host-kernel"
    target.write_bytes(data)
    return target


def forged(world, machine) -> str:
    """The extensions that are missing: PCR and digest, a line each."""
    text = world.product.run("measure", "predict", "--format", "full", "--firmware",
                             machine.firmware.code, "--vars", machine.variables, world.image.disk)
    events = [(event["pcr"], event["digests"]["sha256"]) for event in json.loads(text)["events"]
              if event["pcr"] in (4, 9, 11) and event["tpm"]]
    own = [event for event in events if event[0] == 4][:OWN_EVENTS]
    return "".join(f"{pcr} {digest}\n" for pcr, digest in events if (pcr, digest) not in own)


def host_initrd(world, machine) -> Path:
    """The genuine initrd with another /init; what comes later in an initrd replaces."""
    tree = world.folder.resolve() / "tree"
    tree.mkdir()
    for name, source in (("init", world.product.build / "tests" / "guest_forge"),
                         ("genuine", world.product.find("protostar-early"))):
        (tree / name).write_bytes(source.read_bytes())
        (tree / name).chmod(0o755)
    (tree / "forge").write_text(forged(world, machine))
    more = subprocess.run([program("cpio"), "-o", "-H", "newc", "--quiet"], cwd=tree, check=True,
                          input=b"init\ngenuine\nforge\n", stdout=subprocess.PIPE, timeout=60)
    genuine = (world.image.folder / "initrd.img").read_bytes()
    target = world.folder.resolve() / "host-initrd"
    target.write_bytes(genuine + bytes(-len(genuine) % 4) + more.stdout)
    return target


def attacked(world, kernel: Path, initrd: Path):
    line = (world.image.folder / "cmdline").read_text().replace(WORD, OTHER_WORD)
    return world.node(order_by_qemu=False, extra=(
        "-kernel", str(kernel), "-initrd", str(initrd), "-append", line))


def with_pcr_5(world, value: str) -> Path:
    policy = world.folder / "policy.json"
    story.write_policy([world.image], policy, ca=world.ca)
    named = json.loads(policy.read_text())
    named["sets"][0]["measurements"]["5"] = {"expected": value, "warnOnly": False}
    policy.write_text(json.dumps(named))
    return policy


def test(world) -> None:
    world.copy_base()
    world.service.start()
    genuine = world.boots(world.node(), "rejoined", "marker survived")
    held = boot.pcrs(genuine.console)
    kernel, initrd = host_kernel(world), host_initrd(world, genuine)
    machine, refusal = attacked(world, kernel, initrd).boot()
    check(bool(machine.console.find(CHANGED)), "the kernel's command line is the host's")
    check(refusal is None and boot.said(machine.console, "marker survived"),
          f"the host's kernel gets the key ({refusal})")
    after = boot.pcrs(machine.console)
    differing = [number for number, value in held.items() if after[number] != value]
    check(differing == [5, 10], f"of all registers PCR 5 and Linux's own differ {differing}")

    world.service.stop()
    world.service.policy = with_pcr_5(world, held[5].lower())
    world.service.start()
    machine = world.refuses(attacked(world, kernel, initrd), "DENY_MEASUREMENTS")
    check(bool(machine.console.find(CHANGED)), "the kernel's command line is the host's")
    world.boots(world.node(), "rejoined", "marker survived")


if __name__ == "__main__":
    main(test, "host-kernel")
