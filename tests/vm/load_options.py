#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The host gives the boot option data, which other stubs take for a command line. The service sees
that PCR 1 changed and refuses; where policy lets it change, the data is ignored.
"""

from harness import boot, check, main, story, tamper

HOSTILE = "init=/bin/sh rd.break protostar.pin=00"


def test(world) -> None:
    world.copy_base()
    world.service.start()
    node = world.node()
    before = boot.pcrs(world.boots(node, "rejoined", "marker survived").console)
    variables = node.machine().variables
    option = tamper.boot_option_with_data(variables, (HOSTILE + "\0").encode("utf-16-le"))
    world.refuses(node, "DENY_FIRMWARE")
    world.service.stop()
    world.service.policy = story.write_policy(
        [world.image], world.folder / "policy.json", ca=world.ca, may_change=[1])
    world.service.start()
    node = world.node()
    machine = world.boots(node, "rejoined", "marker survived")
    check(bool(machine.console.find(f'starting {option} "protostar"')),
          f"the firmware started {option}, the option with the data")
    after = boot.pcrs(machine.console)
    for number in (4, 8, 9, 11, 12, 13, 14, 15):
        check(before[number] == after[number], f"PCR {number} is as without the data")
    check(before[1] != after[1], "PCR 1 shows that the boot option is another")
    check(not machine.console.find("Kernel command line: .*rd.break"),
          "the kernel never saw the data")


if __name__ == "__main__":
    main(test, "load-options")
