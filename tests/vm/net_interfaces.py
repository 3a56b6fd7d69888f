#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Three interfaces: one on a network without a DHCP server, one that the kernel does not bring up (a
group's address as its own stands for a card whose firmware is missing), and a good one behind both.
"""

from dataclasses import dataclass

from harness import check, main, story

OTHERS = ["-netdev", "hubport,hubid=7,id=silent",
          "-device", "virtio-net-pci,netdev=silent,romfile=",
          "-netdev", "hubport,hubid=8,id=refuses",
          "-device", "virtio-net-pci,netdev=refuses,romfile=,mac=01:52:54:00:12:34"]


@dataclass
class ManyNode(story.Node):
    def machine(self):
        machine = super().machine()
        words = machine.command

        def command() -> list[str]:
            one = words()
            first = one.index("-netdev")
            return one[:first] + OTHERS + one[first:]

        machine.command = command
        return machine


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    plain = world.node()
    node = ManyNode(plain.folder, plain.disk, accel=plain.accel, forward=plain.forward,
                    ca=plain.ca)
    machine = world.boots(node.create(), "joined", "state disk formatted", "init started")
    said = [line.text for line in list(machine.console.lines)]
    check(any("network eth1 is set aside: it does not come up: " in text for text in said),
          "the node names the interface that is not brought up, and why")
    check(any("network eth2 dhcp 10.0.2.15/24" in text for text in said),
          "the last interface has the address")


if __name__ == "__main__":
    main(test, "net-interfaces")
