#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Machines as the clouds have them: root and state disk behind virtio-scsi or NVMe, with network cards
that go with them. The image joins, formats the blank disk and finds it again; with a disk of
another serial the boot says which disks there are. "generic" boots Debian's kernel for all
machines, which has as a module what the cloud kernel has built in.
usage: disk_kinds.py BUILD KIND
"""

import re
import sys

from harness import CODES, SERVICE_ADDRESS, Archive, build_image, check, main, roots, story

KINDS = {  # name: (bus, network card, kernel names)
    "scsi": ("scsi", "vmxnet3", "sd[ab]"),
    "scsi-name": ("scsi-name", "virtio-net-pci", "sd[ab]"),
    "nvme": ("nvme", "virtio-net-pci", "nvme[01]n1"),
    "generic": ("nvme", "e1000e", "nvme[01]n1"),
}
NOISE = re.compile(r"Unknown symbol|hv_|hyperv|xen_|module .* refused")


def lines(machine) -> list[str]:
    return [line.text for line in list(machine.console.lines)]


def generic_image(world):
    kernel = roots.kernel(Archive(), world.folder, "amd64")
    image = build_image(world.product, world.folder / "image", kernel, world.base / "root-small",
                        SERVICE_ADDRESS, [world.pin()], cmdline="console=ttyS0 no_timer_check")
    world.service.policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    return image


def told(world, node, names: str) -> None:
    """No disk has the serial that is asked for."""
    node.serial = "another"
    machine = world.refuses(node, "DEVICE_STATE")
    said = [text for text in lines(machine) if text.startswith("protostar: ")]
    check(any(re.search(rf"disk {names}: 131072 KiB, .*\"serial:another\"", text) for text in said),
          "the console names the state disk with size and serial")
    check(any(re.search(rf"disk {names}: \d+ KiB, .*\"serial:system\"", text) for text in said),
          "the console names the system disk")
    parts = [text for text in said if re.search(rf"partition [123] of {names}: ", text)]
    check(len(parts) == 3 and any("partlabel:esp" in text for text in parts),
          "the console names its partitions")
    check(any("(serial:state*; disks seen: 2)" in text and f"E{CODES['DEVICE_STATE']} " in text
              for text in said), "the line of the failure names the selector")


def test(world) -> None:
    bus, card, names = KINDS[sys.argv[2]]
    world.copy_base(with_node=False)
    image = generic_image(world) if sys.argv[2] == "generic" else world.image
    world.service.start()
    node = world.node(serial="state-1", bus=bus, card=card, disk=image.disk).create()
    machine = world.boots(node, "joined", "state disk formatted", "init started", "marker written",
                          image=image)
    noise = [text for text in lines(machine) if NOISE.search(text)]
    check(not noise, f"drivers without a device are silent {noise}")
    world.boots(node, "rejoined", "state disk opened", "marker survived", image=image)
    told(world, node, names)


if __name__ == "__main__":
    main(test, f"disk-{sys.argv[2]}")
