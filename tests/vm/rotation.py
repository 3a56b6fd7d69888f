#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The key of a node's disk is rotated. In each case the power is cut at one step: the node's messages
stop before a COMMIT or an ACK, the machine is killed, and a write that would have been under way is
torn. The next boot opens with the old key or the new one, ends the rotation and finds its data.
Without a cut, the old header is worth nothing afterwards, and the old version can be retired.

usage: rotation.py BUILD [spare|commit|ack|main|second|done|whole ...]
Without a case all of them. The test run has whole, ack and main.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from harness import SERVICE_ADDRESS, World, boot, check, main, story

MIB = 1 << 20
RELAY = Path(__file__).with_name("turn_relay.py")
COMMIT, ACK, SECOND_COMMIT, SECOND_ACK = 4, 5, 6, 7  # turns that turn_relay.py stops before


@dataclass
class Cut:
    turn: int  # that does not arrive any more
    torn_at: int = -1  # MiB: of what is written there a part is missing
    main_is_new: bool = False  # whether the new header is at 0 by then
    on_record: bool = False  # whether the service has the last COMMIT, so that nothing is left


CUTS = {
    "spare": Cut(COMMIT, torn_at=1),
    "commit": Cut(COMMIT),
    "ack": Cut(ACK),
    "main": Cut(SECOND_COMMIT, torn_at=0, main_is_new=True),
    "second": Cut(SECOND_COMMIT, main_is_new=True),
    "done": Cut(SECOND_ACK, main_is_new=True, on_record=True),
}


def headers(disk: Path) -> list[bytes]:
    """What lies at 0 and in the spare room."""
    with open(disk, "rb") as stream:
        return [stream.read(MIB), stream.read(MIB)]


def write(disk: Path, at: int, data: bytes) -> None:
    with open(disk, "r+b") as stream:
        stream.seek(at)
        stream.write(data)


def boot_until(world: World, node: story.Node, turn: int) -> None:
    """Kills the machine as its exchange with the service has come to this turn."""
    reached = (world.folder / "reached").resolve()  # QEMU has a working folder of its own
    relay = f"{sys.executable} -S -E {RELAY} {world.service.port} {turn} {reached}"
    forward, node.forward = node.forward, ((SERVICE_ADDRESS, relay),)
    with node.machine() as machine:
        console = machine.start()
        come = story.wait_for(lambda: reached.exists() or boot.refusal(console), 300)
    node.forward = forward
    check(come and boot.refusal(console) is None, f"the boot comes to turn {turn} of its exchange")
    reached.unlink()


def cut(world: World, node: story.Node, how: Cut) -> None:
    before = headers(node.state)
    boot_until(world, node, how.turn)
    after = headers(node.state)
    check(after[1] not in before, "there is a new header in the spare room")
    check(after[0] == (after[1] if how.main_is_new else before[0]),
          f"the header at 0 is the {'new' if how.main_is_new else 'old'} one")
    if how.torn_at >= 0:
        # The JSON areas are new, the keyslot's material is not.
        write(node.state, how.torn_at * MIB + 32768, before[how.torn_at][32768:])
    machine = world.boots(node, "rejoined", "marker survived")
    check(boot.said(machine.console, "state disk rekeyed") != how.on_record,
          "the key was changed before" if how.on_record else "the node says that it is rekeyed")
    last = headers(node.state)
    check(last[0] == last[1], "the header in use is the one in the spare room")
    check((last[0] == after[1]) == how.main_is_new,
          "the rotation that was begun is ended" if how.main_is_new else "it is begun anew")


def whole(world: World, node: story.Node) -> None:
    old = headers(node.state)
    world.boots(node, "rejoined", "state disk rekeyed", "marker survived")
    new = headers(node.state)
    check(old[0] != new[0] == new[1], "the disk has a new header, twice")
    write(node.state, 0, old[0])
    world.refuses(node, "HEADER_MAC")
    write(node.state, 0, new[0])
    machine = world.boots(node, "rejoined", "marker survived")
    check(not boot.said(machine.console, "state disk rekeyed"), "nothing is rotated twice")


def test(world, case: str) -> None:
    world.copy_base()
    world.service.start()
    node = world.node()
    world.service.node("rotate", "--kek")
    if case == "whole":
        whole(world, node)
    else:
        cut(world, node, CUTS[case])
    world.service.node("retire", "1")
    world.boots(node, "rejoined", "marker survived")


if __name__ == "__main__":
    for name in sys.argv[2:] or ["whole", *CUTS]:
        main(lambda world, case=name: test(world, case), f"rotation-{name}")
