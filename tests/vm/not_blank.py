#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A state disk with something on it is not formatted: neither one that was never this service's, until
an operator says so, nor one in use whose service has lost its store.
"""

import re
import shutil

from harness import check, main, tamper
from vm.product import Service

BYTE_AT = 700_000  # within the first MiB, where no signature of a file system or table lies


def disk_in_log(world) -> str:
    """The disk that the service told its operator of."""
    said = world.service.state.with_name(world.service.state.name + ".out").read_text()
    return re.findall(r"allow-format ([0-9a-f]{32})", said)[-1]


def never_used(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    node = world.node().create()
    tamper.flip(node.state, BYTE_AT)
    world.refuses(node, "DENY_NOT_BLANK")
    world.refuses(node, "DENY_NOT_BLANK")  # trying again is no consent
    world.product.run("node", "allow-format", disk_in_log(world), "--state", world.service.state)
    world.boots(node, "joined", "state disk formatted", "marker written")
    world.boots(node, "rejoined", "marker survived")


def store_lost(world) -> None:
    """Another service with the same keys answers, as after a careless restore."""
    world.service.stop()
    world.copy_base()
    genuine = world.service
    other = Service(world.product, world.folder / "other-service", genuine.policy)
    other.state.mkdir(mode=0o700)
    for name in ("kek", "service-key.der"):
        shutil.copy2(genuine.state / name, other.state / name)
    other.init()
    world.service = other
    other.start()
    world.refuses(world.node(), "DENY_NOT_BLANK")
    other.stop()
    world.service = genuine
    genuine.start()
    world.boots(world.node(), "rejoined", "marker survived")


def test(world) -> None:
    never_used(world)
    store_lost(world)


if __name__ == "__main__":
    main(test, "not-blank")
