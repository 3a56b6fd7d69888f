#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A machine that has joined gets another build of OVMF: refused, though no file tells PCR 0, because
the service recorded it. Policy can accept the new values for all nodes, as before an update of the
whole fleet; an operator can accept whatever one node comes with.
"""

import json

from harness import boot, check, main, story
from vm.debian import host_sources
from vm.releases import Release

RELEASES = ["bookworm", "trixie"]


def another_build(world):
    """Of the release that this machine's is not of."""
    own = host_sources()[0]
    suite = next(name for name in RELEASES if name != own)
    return Release(suite, world.folder.parent / "measured").firmware(False)


def boots_with(world, firmware) -> dict[int, str]:
    """What the TPM holds."""
    machine = world.boots(world.node(firmware=firmware), "rejoined", "marker survived")
    return boot.pcrs(machine.console)


def refuses(world, firmware, pcr: int) -> dict[str, str]:
    """What the service's record says that the TPM held."""
    world.refuses(world.node(firmware=firmware), "DENY_FIRMWARE")
    record = json.loads((world.service.state / "audit.jsonl").read_text().splitlines()[-1])
    check(f"PCR {pcr} " in record["detail"], f"the audit record names PCR {pcr}")
    return record["pcrs"]


def accept(world, values: dict[str, str]) -> None:
    """A policy that takes these values from every node."""
    world.service.stop()
    world.service.policy = story.write_policy(
        [world.image], world.folder / "policy.json", ca=world.ca,
        accepted={number: [value] for number, value in values.items()})
    world.service.start()


def test(world) -> None:
    world.copy_base()
    world.service.start()
    other = another_build(world)
    held = refuses(world, other, 0)
    before = boots_with(world, None)
    changed = {number: value for number, value in held.items()
               if number not in story.measurements(world.image) and before[int(number)] != value}
    check("0" in changed, f"no policy names what changed: PCR {', '.join(changed)}")
    accept(world, {number: value for number, value in changed.items() if number != "0"})
    refuses(world, other, 0)
    accept(world, changed)
    boots_with(world, other)
    refuses(world, None, 0)
    node = world.service.nodes()[0]["node"]
    world.product.run("node", "accept", node, "--state", world.service.state)
    boots_with(world, None)


if __name__ == "__main__":
    main(test, "firmware-changed")
