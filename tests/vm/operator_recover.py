#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A node is cut off from its service, and its operator opens its disk with a bundle. With each wrong
thing nothing is opened and nothing is written: another operator's key, a wrong passphrase, a bundle
of another service that once had this node, a bundle of another node, one that is used up. The node
goes on waiting, and the right bundle opens the disk. Afterwards it rejoins its service as before,
which takes the use into its audit record.
"""

import shutil

from harness import (SERVICE_ADDRESS, SWAP_LABEL, Archive, boot, build_image, check, main, roots,
                     story, tamper)
from operator_init import PORT, Operator, write_policy
from vm.product import Service


TABLE = 1 << 20  # bytes before the only partition


def write_table(disk, table: bytes) -> None:
    """The partition keeps its identity, so this is the same disk to whoever knew it."""
    with open(disk, "r+b") as stream:
        stream.write(table)


def write_secret(path, text: str):
    path.touch(0o600)
    path.write_text(text)
    return path


class CutOff:
    """The node, what its operator has, and what strangers have."""

    def __init__(self, world):
        self.world = world
        self.operator = Operator(world, "operator")
        self.stranger = Operator(world, "stranger")
        self.words = write_secret(world.folder / "words", "right passphrase")
        self.other_words = write_secret(world.folder / "other-words", "wrong passphrase")
        self.other = Service(world.product, world.folder / "other-service")
        self.image = self._make_image()
        self.policy = write_policy(world, self.image)
        self.other.policy = world.service.policy = self.policy
        self.reach = story.free_port()

    def _make_image(self):
        """It takes both services' keys, as one does whose service changes its key."""
        world = self.world
        kernel = roots.kernel(Archive(), world.folder)
        image = build_image(
            world.product, world.folder / "image", kernel, world.base / "root-small",
            SERVICE_ADDRESS, [world.pin(), self.other.init()],
            options=(f"protostar.state=partlabel:{SWAP_LABEL}", "protostar.listen.after=2",
                     "protostar.join.timeout=1800"),
            cmdline="console=ttyS0 panic=-1 no_timer_check",
            extra=("--operator", self.operator.pin, "--listen", str(PORT)))
        shutil.rmtree(world.folder / "kernel")
        return image

    def node(self, service: Service) -> story.Node:
        """As it reaches this service."""
        known, self.world.service = self.world.service, service
        node = self.world.node("mine", disk=self.image.disk, reach=((self.reach, PORT),))
        self.world.service = known
        return node

    def export(self, service: Service, name: str, out: str):
        bundle = self.world.folder / out
        service.node("export", "--policy", self.policy, "--node", name, "--out", bundle,
                     "--passphrase-file", self.words)
        return bundle

    def recover(self, bundle, key=None, words=None) -> str:
        return self.world.product.run(
            "recover", "--node", f"127.0.0.1:{self.reach}", "--bundle", bundle, "--key",
            (key or self.operator).key, "--passphrase-file", words or self.words, "--wait", 120,
            timeout=600)


def new_name(service: Service, known: list) -> str:
    """Of the node that has joined since these were known."""
    before = {one["node"] for one in known}
    return next(one["node"] for one in service.nodes() if one["node"] not in before)


def joins(at: CutOff, service: Service) -> str:
    """The node gets a disk of this service; its name there."""
    known = service.nodes()
    with service:
        service.start()
        node = at.node(service)
        table = node.state.read_bytes()[:TABLE]
        tamper.blank(node.state, story.STATE_MIB)
        write_table(node.state, table)
        at.world.boots(node, "joined", "state disk formatted", "marker written", image=at.image)
    return new_name(service, known)


def wrong_things(at: CutOff, bundles: dict, node: story.Node, console) -> None:
    disk = tamper.digest(node.state)
    for what, bundle, more in (
            ("another operator's key", "mine", {"key": at.stranger}),
            ("a wrong passphrase", "mine", {"words": at.other_words}),
            ("a bundle of another service's", "other-service", {}),
            ("a bundle of another node's", "other-node", {})):
        at.operator.fails(bundles[bundle], run=at.recover, **more)
        check(not boot.said(console, "state disk opened"), f"not opened: {what}")
        check(tamper.digest(node.state) == disk, f"the disk is as it was: {what}")
    check(not uses_of(bundles["mine"]).exists() or len(uses(bundles["mine"])) == 0,
          "none of it was a use of the bundle")


def uses_of(bundle):
    return bundle.with_name(bundle.name + ".uses")


def uses(bundle) -> list[str]:
    """The ledger's lines behind its head."""
    return uses_of(bundle).read_text().splitlines()[1:]


def cut_off(at: CutOff, bundles: dict) -> None:
    node = at.node(at.world.service)
    node.cut_off = True
    with node.machine() as machine:
        console = machine.start()
        console.wait(rf"protostar: listening for the operator on port {PORT}", 300)
        check(True, "a node that reaches no service waits for its operator")
        wrong_things(at, bundles, node, console)
        print(at.recover(bundles["mine"]), flush=True)
        console.wait(boot.DONE, 300)
        for said in console.find(r"^protostar: (retry|not the operator|operator serves)"):
            print(said.string, flush=True)
        check(bool(console.find("protostar: operator serves recover")), "it says who serves it")
        check(boot.said(console, "state disk opened") and boot.said(console, "marker survived"),
              "with the right bundle the disk is open and the data is there")
        machine.wait_off(300)
    check(len(uses(bundles["mine"])) == 1, "that was one use")


def used_up(at: CutOff, bundle) -> None:
    node = at.node(at.world.service)
    node.cut_off = True
    with node.machine() as machine:
        console = machine.start()
        console.wait(rf"protostar: listening for the operator on port {PORT}", 300)
        disk = tamper.digest(node.state)
        at.operator.fails(bundle, run=at.recover)
        check(not boot.said(console, "state disk opened") and tamper.digest(node.state) == disk,
              "a bundle that is used up opens nothing")


def test(world) -> None:
    world.copy_base()  # its node is the other one
    at = CutOff(world)
    tamper.partitioned(at.node(world.service).create().state, SWAP_LABEL)
    other_node = world.service.nodes()[0]["node"]
    bundles = {"other-service": at.export(at.other, joins(at, at.other), "other-service.bundle")}
    mine = joins(at, world.service)
    bundles["mine"] = at.export(world.service, mine, "mine.bundle")
    bundles["other-node"] = at.export(world.service, other_node, "other-node.bundle")
    cut_off(at, bundles)
    used_up(at, bundles["mine"])
    world.service.start()
    world.boots(at.node(world.service), "rejoined", "marker survived", image=at.image)
    said = world.service.node("recovered", uses_of(bundles["mine"]))
    check("1 uses entered" in said, "the service's audit record has the use")


if __name__ == "__main__":
    main(test, "operator-recover")
