#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who may be a node. Every machine here boots the image that policy names, so its PCRs are the right
ones: the identity alone decides.
usage: identity.py BUILD CASE, where CASE is the name of a function below that begins with case_
"""

import json
import sys

from harness import CODES, boot, check, main, story, tamper
from vm.tpm import Tpm
from vm.tpm_ca import TpmCa

UNCERTIFIED = "TPM endorsement key without certificate"
P384 = "TPM endorsement key by certificate 0x01c00016"
SECONDS = 240


def serve(world, **identity) -> None:
    """The image with this identity rule, at a service that knows no node."""
    world.copy_base(with_node=False)
    world.service.policy = story.write_policy([world.image], world.folder / "policy.json",
                                              identity=identity)
    world.service.start()


def case_stranger(world) -> None:
    """A TPM of another maker's, then none of a maker's, then, on the same disk, a genuine one."""
    serve(world, **story.certified_by(world.ca))
    stranger = TpmCa(world.folder / "stranger-ca").create()
    node = world.node(ca=stranger).create()
    machine = world.refuses(node, "DENY_IDENTITY")
    check(bool(machine.console.find(P384)), "the stranger's TPM has a certificate, of its own CA")
    tpm = Tpm(node.folder / "tpm")
    tpm.create()
    machine = world.refuses(node, "DENY_IDENTITY")
    check(bool(machine.console.find(UNCERTIFIED)), "and this one has none")
    tpm.create(ca=world.ca)
    world.boots(node, "joined", "state disk formatted")


def case_approval(world) -> None:
    """A TPM that nobody certified: the node waits until an operator approves it, then joins."""
    serve(world, approval={"max_pending": 2})
    node = world.node(ca=None).create()
    blank = tamper.digest(node.state)
    machine = node.machine()
    with machine:
        console = machine.start()
        console.wait(rf"protostar: retry E{CODES['DENY_PENDING']}\b", SECONDS)
        check(bool(console.find(UNCERTIFIED)), "it joins by a key without a certificate")
        check(not boot.said(console, "joined"), "the node waits")
        check(tamper.digest(node.state) == blank, "the state disk is unchanged")
        check(world.service.nodes() == [], "the service has it not on record as a node")
        waiting = json.loads(world.service.node("pending", "--json"))
        check(len(waiting) == 1 and waiting[0]["set"] == world.image.folder.name,
              f"one node waits, of this image: {waiting}")
        world.service.node("approve", waiting[0]["node"], "--role", "worker")
        console.wait(boot.DONE, SECONDS)
        check(boot.said(console, "joined"), "it joins when it is approved, without another boot")
        machine.wait_off(story.OFF_SECONDS)
    check(json.loads(world.service.node("pending", "--json")) == [], "nobody waits any more")
    check([n["node"] for n in world.service.nodes()] == [waiting[0]["node"]],
          "the node is the one that waited")
    world.boots(node, "rejoined", "marker survived")


def case_enrolled(world) -> None:
    """A certified TPM is not enough where nodes must be listed; its certificate enrols it."""
    serve(world, **story.certified_by(world.ca), listed=True)
    node = world.node().create()
    world.refuses(node, "DENY_IDENTITY")
    name = world.service.node("enroll", "--ek-cert", Tpm(node.folder / "tpm").certificate(),
                              "--label", "rack 1").strip()
    machine = world.boots(node, "joined", "state disk formatted")
    check(bool(machine.console.find(P384)), "it joins by its key of P-384")
    check([n["node"] for n in world.service.nodes()] == [name],
          "the node's name is the one that its certificate gave")


CASES = {name[len("case_"):]: case for name, case in list(globals().items())
         if name.startswith("case_")}


if __name__ == "__main__":
    if sys.argv[2] not in CASES:
        sys.exit(f"no such case; there are: {' '.join(CASES)}")
    main(CASES[sys.argv[2]], f"identity-{sys.argv[2]}")
