#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The first node of a cluster: it has no service, waits for its operator, and becomes what `protostar
init` makes of it. A stranger's key gets nothing, and who comes later with other keys does not take
over a node that belongs to somebody.
"""

import json
import re
import shutil

from harness import Archive, boot, build_image, check, main, roots, story
from vm.product import CommandError

PORT = 7443


class Operator:
    """A key, and the folder of the service that a node becomes."""

    def __init__(self, world, name: str):
        self.world, self.key, self.state = world, world.folder / f"{name}.key", world.folder / name
        said = world.product.run("init", "--pin", "--key", self.key)
        self.pin = re.search(r"pin: ([0-9a-f]{64})", said)[1]

    def init(self, port: int, policy, wait_s: int = 300, state=None) -> str:
        return self.world.product.run(
            "init", "--node", f"127.0.0.1:{port}", "--state", state or self.state, "--policy",
            policy, "--key", self.key, "--wait", wait_s, timeout=900)

    def fails(self, *words, run=None, **more) -> None:
        """run: another command than init."""
        try:
            said = (run or self.init)(*words, **more)
        except CommandError as error:
            print(error, flush=True)
            return
        raise AssertionError(f"not refused: {said}")


def make_image(world, operator: Operator):
    kernel = roots.kernel(Archive(), world.folder)
    image = build_image(
        world.product, world.folder / "image", kernel, world.base / "root-small", None, [],
        options=("protostar.join.timeout=1800",),
        cmdline="console=ttyS0 panic=-1 no_timer_check",
        extra=("--operator", operator.pin, "--listen", str(PORT)))
    shutil.rmtree(world.folder / "kernel")
    return image


def write_policy(world, image):
    """With the files that it names beside it, so that it can go with the keys to the node."""
    policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    members = json.loads(policy.read_text())
    shutil.copyfile(world.ca.roots, world.folder / "roots.pem")
    members["identity"] = {"ek_certificate": {"roots": ["roots.pem"]}}
    policy.write_text(json.dumps(members))
    return policy


def first_boot(machine, operator, stranger, reach: int, policy) -> None:
    with machine:
        console = machine.start()
        console.wait(rf"protostar: listening for the operator on port {PORT}", 300)
        stranger.fails(reach, policy, wait_s=20)
        check(not boot.said(console, "joined"), "a stranger's key gets nothing")
        said = operator.init(reach, policy)
        print(said, flush=True)
        console.wait(boot.DONE, 300)
        check(bool(console.find("protostar: operator serves init")), "the node says who serves it")
        for words in ("joined", "state disk formatted", "marker written"):
            check(boot.said(console, words), f"the node says: {words}")
        machine.wait_off(300)


def second_boot(machine, operator, world, reach: int, policy) -> None:
    with machine:
        console = machine.start()
        console.wait(rf"protostar: listening for the operator on port {PORT}", 300)
        operator.fails(reach, policy, wait_s=20, state=world.folder / "another")
        check(not boot.said(console, "state disk formatted"),
              "a node that belongs to somebody is not made another's")
        operator.init(reach, policy)
        console.wait(boot.DONE, 300)
        check(boot.said(console, "rejoined") and boot.said(console, "marker survived"),
              "with the folder that it was made from it opens its disk")
        machine.wait_off(300)


def test(world) -> None:
    world.copy_base(with_node=False)
    operator, stranger = Operator(world, "first"), Operator(world, "stranger")
    image = make_image(world, operator)
    policy = write_policy(world, image)
    reach = story.free_port()
    node = world.node(disk=image.disk, reach=((reach, PORT),)).create()
    first_boot(node.machine(), operator, stranger, reach, policy)
    second_boot(node.machine(), operator, world, reach, policy)


if __name__ == "__main__":
    main(test, "operator-init")
