#!/usr/bin/env python3
"""
Machines as the clouds have them: root and state disk behind virtio-scsi or NVMe, with the network
cards that go with them. The same image that boots from virtio disks joins, formats the blank disk
and finds it again; with a disk of another serial the boot says which disks there are.
usage: disk_kinds.py BUILD KIND
"""

import re
import sys

from harness import CODES, check, main

KINDS = {  # name: (bus, network card, kernel names)
    "scsi": ("scsi", "vmxnet3", "sd[ab]"),
    "scsi-name": ("scsi-name", "virtio-net-pci", "sd[ab]"),
    "nvme": ("nvme", "virtio-net-pci", "nvme[01]n1"),
}
NOISE = re.compile(r"Unknown symbol|hv_|hyperv|xen_|vmw_pvscsi|module .* refused")


def lines(machine) -> list[str]:
    return [line.text for line in list(machine.console.lines)]


def told(world, node) -> None:
    """No disk has the serial that is asked for."""
    node.serial = "another"
    machine = world.refuses(node, "DEVICE_STATE")
    names = KINDS[sys.argv[2]][2]
    said = [text for text in lines(machine) if text.startswith("protostar: ")]
    check(any(re.search(rf"disk {names}: 131072 KiB, .*\"serial:another\"", text) for text in said),
          "the console names the state disk with size and serial")
    check(any(re.search(rf"disk {names}: \d+ KiB, .*\"serial:system\"", text) for text in said),
          "the console names the system disk")
    parts = [text for text in said if re.search(rf"partition [123] of {names}: ", text)]
    check(len(parts) == 3 and any("partlabel:esp" in text for text in parts),
          "the console names its partitions")
    check("(serial:state*; disks seen: 2)" in said[-1] and f"E{CODES['DEVICE_STATE']} " in said[-1],
          "the last line names the selector")


def test(world) -> None:
    bus, card, _ = KINDS[sys.argv[2]]
    world.copy_base(with_node=False)
    world.service.start()
    node = world.node(serial="state-1", bus=bus, card=card).create()
    machine = world.boots(node, "joined", "state disk formatted", "init started", "marker written")
    noise = [text for text in lines(machine) if NOISE.search(text)]
    check(not noise, f"drivers without a device are silent {noise}")
    world.boots(node, "rejoined", "state disk opened", "marker survived")
    told(world, node)


if __name__ == "__main__":
    main(test, f"disk-{sys.argv[2]}")
