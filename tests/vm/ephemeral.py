#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A machine whose TPM is another one after each boot, as some clouds have it; its disk is the same.
What a set of the policy recognises its nodes by decides whether that is the same node.
usage: ephemeral.py BUILD CASE, where CASE is the name of a function below that begins with case_
"""

import sys

from harness import check, main, story
from vm.tpm import Tpm


def serve(world, recognise: str) -> None:
    """The image in a set that recognises its nodes so, at a service that knows no node."""
    world.copy_base(with_node=False)
    world.service.policy = story.write_policy([world.image], world.folder / "policy.json",
                                              ca=world.ca, of_set={"recognise": recognise})
    world.service.start()


def another_tpm(world, node) -> None:
    """A new TPM of the same maker in place of the node's."""
    Tpm(node.folder / "tpm").create(ca=world.ca)


def case_ek(world) -> None:
    """Where policy names the endorsement key, a new one is another node's: refused."""
    world.copy_base()
    world.service.start()
    node = world.node()
    own, kept = node.folder / "tpm", node.folder / "own-tpm"
    own.rename(kept)
    another_tpm(world, node)
    world.refuses(node, "DENY_NODE_DISK")
    own.rename(node.folder / "other-tpm")
    kept.rename(own)
    world.boots(node, "rejoined", "marker survived")


def case_set(world) -> None:
    """Any machine of the set has the set's disks."""
    serve(world, "set")
    node = world.node().create()
    world.boots(node, "joined", "state disk formatted", "marker written")
    another_tpm(world, node)
    world.boots(node, "rejoined", "state disk opened", "marker survived")
    check(len(world.service.nodes()) == 1, "for the service it is one node")


def case_ticket(world) -> None:
    """An operator's ticket opens the disk, for one boot."""
    serve(world, "ticket")
    node = world.node().create()
    world.refuses(node, "DENY_IDENTITY")
    disk = world.service.refused_disk()
    world.service.node("ticket", "--disk", disk)
    world.boots(node, "joined", "state disk formatted", "marker written")
    another_tpm(world, node)
    world.refuses(node, "DENY_IDENTITY")
    world.service.node("ticket", "--disk", disk)
    world.boots(node, "rejoined", "state disk opened", "marker survived")
    check(len(world.service.nodes()) == 1, "for the service it is one node")


CASES = {name[len("case_"):]: case for name, case in list(globals().items())
         if name.startswith("case_")}


if __name__ == "__main__":
    if sys.argv[2] not in CASES:
        sys.exit(f"no such case; there are: {' '.join(CASES)}")
    main(CASES[sys.argv[2]], f"ephemeral-{sys.argv[2]}")
