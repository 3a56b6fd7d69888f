#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Code of the host's runs before the UKI and changes a word of the command line after it was measured:
refused, by the register that shows the code. Without it the same machine boots. That the attack is
real is shown by a policy that leaves that register out: another machine gets its key.
usage: host_code.py BUILD driver|rom|application
"""

import sys

from harness import OTHER_WORD, boot, check, main, story, tamper

CHANGED = f"Kernel command line: .*{OTHER_WORD}"


def part(world, kind: str):
    return world.product.find(f"attack-{kind}.efi")


def with_driver(world, node) -> None:
    """A driver on the ESP, which a variable names."""
    node.disk = world.tampered_disk(lambda disk: None)
    tamper.add_driver(node.machine().make_variables(),
                      tamper.put_file(node.disk, part(world, "boot_service_driver"), "host.efi"))


def with_rom(world, node) -> None:
    """Disk and variables are the genuine ones; a device has more in it than it should."""
    node.extra = tamper.rom_device(part(world, "boot_service_driver"), world.folder / "host.rom")


def with_application(world, node) -> None:
    """An application on the ESP, which the boot order has before the UKI."""
    node.disk = world.tampered_disk(lambda disk: None)
    node.order_by_qemu = False
    tamper.boot_first(node.machine().make_variables(),
                      tamper.put_file(node.disk, part(world, "application"), "host.efi"))


# How, and the register that shows it.
CASES = {"driver": (with_driver, 2), "rom": (with_rom, 2), "application": (with_application, 4)}


def refused(world, attack) -> None:
    """The machine that has joined before."""
    variables = world.node().machine().variables
    before = variables.read_bytes()
    node = world.node()
    attack(world, node)
    machine = world.refuses(node, "DENY_MEASUREMENTS")
    check(bool(machine.console.find(CHANGED)), "the kernel's command line was another")
    variables.write_bytes(before)
    world.boots(world.node(), "rejoined", "marker survived")


def admitted(world, attack, pcr: int) -> None:
    """A policy that lets it pass, with a service and a machine that know nothing of each other."""
    policy = story.write_policy(
        [world.image], world.folder / "open-policy.json", without=(pcr,), ca=world.ca)
    with world.unused_service(policy):
        node = world.node("open").create()
        tamper.copy(world.node().machine().variables, node.machine().variables)
        attack(world, node)
        machine, refusal = node.boot()
    check(refusal is None, f"without PCR {pcr} in the policy the boot is not refused ({refusal})")
    check(bool(machine.console.find(CHANGED)), "the kernel's command line was another")
    named = story.measurements(world.image)
    held = boot.pcrs(machine.console)
    wrong = [int(number) for number, value in named.items()
             if number != "15" and held[int(number)] != value["expected"]]
    check(wrong == [pcr], f"of the registers that policies name, PCR {pcr} alone shows it {wrong}")


def test(world) -> None:
    attack, pcr = CASES[sys.argv[2]]
    world.copy_base()
    world.service.start()
    refused(world, attack)
    admitted(world, attack, pcr)


if __name__ == "__main__":
    if sys.argv[2] not in CASES:
        sys.exit(f"no such case; there are: {' '.join(CASES)}")
    main(test, f"host-{sys.argv[2]}")
