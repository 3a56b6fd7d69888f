#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Code in an ACPI table that the host adds (AML) runs in the guest's kernel. ADVERSARY.md says: a
firmware that measures ACPI tables binds it, because the service recorded PCR 1; with one that does
not nobody sees it; a kernel with acpi=off reads no table, and the machine boots all the same.
usage: host_acpi.py BUILD measured|unmeasured|off
"""

import subprocess
import sys
from pathlib import Path

from harness import (SERVICE_ADDRESS, Archive, boot, build_image, check, main, roots, story)
from vm.paths import program
from vm.qemu import Machine
from vm.releases import Release

RAN = "hostile AML ran"
OFF = "console=ttyS0 panic=-1 no_timer_check acpi=off tpm_tis.force=1"
# Without ACPI nothing switches the machine off: each kernel says so in words of its own.
HALTED = "reboot: (System halted|Power down|Power off not available)"


def table(world) -> tuple[str, ...]:
    """QEMU's words for a machine with the host's table."""
    source = Path(__file__).resolve().parents[1] / "guest" / "hostile.asl"
    made = world.folder.resolve() / "hostile"
    subprocess.run([program("iasl"), "-p", str(made), str(source)], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    return "-acpitable", f"file={made}.aml"


def ran(machine: Machine) -> bool:
    return bool(machine.console.find(f"^{RAN}$"))


def measured(world) -> None:
    """OVMF of Debian 13 measures each table."""
    firmware = Release("trixie", world.folder.parent / "measured").firmware(False)
    node = world.node(firmware=firmware).create()
    machine = world.boots(node, "joined", "marker written")
    check(not ran(machine), "the host's code does not run without its table")
    before = boot.pcrs(machine.console)
    node.extra = table(world)
    machine = world.refuses(node, "DENY_FIRMWARE")
    check(ran(machine), "the host's code ran before the service refused")
    check("PCR 1 " in (world.service.state / "audit.jsonl").read_text().splitlines()[-1],
          "the audit record names PCR 1")
    node.extra = ()
    machine = world.boots(node, "rejoined", "marker survived")
    check(boot.pcrs(machine.console) == before, "without the table every register is as before")


def unmeasured(world) -> None:
    """OVMF of Debian 12 does not: this is what ADVERSARY.md warns of."""
    firmware = Release("bookworm", world.folder.parent / "measured").firmware(False)
    node = world.node(firmware=firmware).create()
    before = boot.pcrs(world.boots(node, "joined", "marker written").console)
    node.extra = table(world)
    machine = world.boots(node, "rejoined", "marker survived")
    check(ran(machine), "the host's code ran")
    check(boot.pcrs(machine.console) == before, "and no register shows it")


def off(world) -> None:
    """One processor, a TPM with the older interface, and no table at all."""
    image = build_image(world.product, world.folder / "off",
                        roots.kernel(Archive(), world.base), roots.small(Archive(), world.base),
                        SERVICE_ADDRESS, [world.pin()], cmdline=OFF)
    world.service.policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    world.service.stop()
    world.service.start()
    node = world.node(disk=image.disk, extra=table(world)).create()
    for step in ("marker written", "marker survived"):
        machine = node.machine()
        machine.cpus, machine.tpm_device = 1, "tpm-tis"
        with machine:
            console = machine.start()
            refusal = boot.outcome(console, story.BOOT_SECONDS)
            console.wait(HALTED, story.OFF_SECONDS)
        check(refusal is None and boot.said(machine.console, step), f"the node says: {step}")
        check(not ran(machine), "the host's code did not run")
        differences = story.pcr_differences(world.product, image, machine, "booted")
        check(not differences, f"the TPM holds the predicted PCRs {differences}")


CASES = {"measured": measured, "unmeasured": unmeasured, "off": off}


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    CASES[sys.argv[2]](world)


if __name__ == "__main__":
    if sys.argv[2] not in CASES:
        sys.exit(f"no such case; there are: {' '.join(CASES)}")
    main(test, f"host-acpi-{sys.argv[2]}")
