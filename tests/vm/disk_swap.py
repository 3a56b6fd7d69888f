#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two nodes of one image; the host swaps their state disks. Swapped back, both boot."""

from harness import SWAP_LABEL, main, tamper


def swap(one, two) -> None:
    spare = one.folder / "spare.img"
    one.state.rename(spare)
    two.state.rename(one.state)
    spare.rename(two.state)


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    image = world.swap_image
    nodes = [world.node(name, disk=image.disk).create() for name in ("node-a", "node-b")]
    for node in nodes:
        tamper.partitioned(node.state, SWAP_LABEL)
        world.boots(node, "joined", "state disk formatted", "marker written", image=image)
    swap(*nodes)
    world.refuses(nodes[0], "DENY_NODE_DISK")
    swap(*nodes)
    world.boots(nodes[0], "rejoined", "marker survived", image=image)


if __name__ == "__main__":
    main(test, "disk-swap")
