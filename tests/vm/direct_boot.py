#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a VMM starts itself, past every disk: QEMU's -kernel, as SEV-SNP's launch digest covers it
where kernel hashes are on. Kernel, initrd and command line of an image come to its init without a
stub. The UKI comes there too, with no words of the host's; without something that measures it does
not.
usage: direct_boot.py BUILD parts|uki
"""

import hashlib
import json
import sys
from pathlib import Path

from harness import boot, check, main, story

HOSTILE = "init=/bin/sh rd.break protostar.pin=00"
ADDED = " initrd=initrd"  # OVMF's word for the kernel, where it has an initrd
CHANGED = {"parts": (4, 11), "uki": (4,)}  # registers that are not as with a boot from the disk


def starts(world, name: str, *words, **options) -> story.Node:
    return world.node(name, order_by_qemu=False, extra=tuple(str(w) for w in words),
                      **options).create()


def joins(node: story.Node):
    machine, refusal = node.boot()
    check(refusal is None and boot.said(machine.console, "init started"),
          f"init starts ({refusal})")
    return machine


def linux_measures(*values: bytes) -> str:
    """PCR 9 after the kernel's own measurements."""
    register = bytes(32)
    for value in values:
        register = hashlib.sha256(register + hashlib.sha256(value).digest()).digest()
    return register.hex()


def parts(world, folder: Path, policy: Path) -> None:
    line, initrd = (folder / "cmdline").read_text(), folder / "initrd.img"
    allowed = json.loads(policy.read_text())
    allowed["sets"][0]["measurements"]["9"]["expected"] = linux_measures(
        (line + ADDED + "\0").encode("utf-16-le"), initrd.read_bytes())
    policy.write_text(json.dumps(allowed))
    world.service.start()
    kernel = next((world.base / "kernel" / "boot").glob("vmlinuz-*"))
    machine = joins(starts(world, "parts", "-kernel", kernel, "-initrd", initrd, "-append", line))
    check(not machine.console.find("protostar-stub:"), "without the stub")


def uki(world, folder: Path, _: Path) -> None:
    world.service.start()
    words = ["-kernel", folder / "uki.efi", "-append", HOSTILE]
    machine = joins(starts(world, "uki", *words))
    check(bool(machine.console.find("protostar-stub: measured")), "by the stub")
    check(not machine.console.find("Kernel command line: .*rd.break"),
          "the kernel never saw the host's words")
    world.refuses(starts(world, "without", *words, with_tpm=False), "STUB_NO_MEASURER")


def test(world) -> None:
    case = sys.argv[2]
    world.copy_base(with_node=False)
    policy = world.folder / "policy.json"
    world.service.policy = story.write_policy([world.image], policy, without=CHANGED[case],
                                              ca=world.ca)
    {"parts": parts, "uki": uki}[case](world, world.image.folder, policy)


if __name__ == "__main__":
    main(test, f"direct-{sys.argv[2]}")
