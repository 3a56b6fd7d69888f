#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a hostile host may do to image, disk or network between two boots: each is refused with its own
error and harms nothing. Afterwards, without it, the same machine boots as if nothing had been.
usage: refused.py BUILD CASE
"""

import re
import sys

from harness import OTHER_WORD, WORD, main, tamper
from vm.product import Service

ROOT_ERRORS = ("VERITY_SUPERBLOCK", "VERITY_ACTIVATE", "VERITY_READ", "VERITY_CORRUPT",
               "ROOT_FILE_SYSTEM", "ROOT_MOUNT")


def change_roothash(uki: bytearray) -> None:
    section = tamper.sections(uki)[".cmdline"]
    line = bytes(uki[section.offset:section.offset + section.length])
    old = re.search(rb"roothash=([0-9a-f])", line)
    other = b"1" if old[1] == b"0" else b"0"
    tamper.change_cmdline(old[0], b"roothash=" + other)(uki)


def image_case(change, *errors):
    """The image's disk is another."""
    def case(world):
        node = world.node(disk=world.tampered_disk(change))
        world.refuses(node, *errors)
        node.disk = world.image.disk
        return node
    return case


def uki_case(change, *errors):
    return image_case(lambda disk: tamper.edit_uki(disk, change), *errors)


def state_case(change):
    """The state disk is another."""
    def case(world):
        node = world.node()
        good = tamper.copy(node.state, node.folder / "good.img")
        change(node.state)
        world.refuses(node, "HEADER_MAC")
        good.replace(node.state)
        return node
    return case


def header_case(part: str):
    return state_case(lambda disk: tamper.flip(disk, tamper.header_places(disk)[part], 3))


def other_service(world):
    """Another service, with another key, answers."""
    world.service.stop()
    genuine = world.service
    world.service = Service(world.product, world.folder / "other-service", genuine.policy)
    world.service.init()
    world.service.start()
    try:
        world.refuses(world.node(), "TLS_PIN")
    finally:
        world.service.stop()
        world.service = genuine
    genuine.start()
    return world.node()


CASES = {
    "cmdline": uki_case(tamper.change_cmdline(WORD.encode(), OTHER_WORD.encode()),
                        "DENY_MEASUREMENTS"),
    "initrd": uki_case(tamper.change_initrd, "DENY_MEASUREMENTS"),
    "uki": uki_case(tamper.change_osrel, "DENY_MEASUREMENTS"),
    "roothash": uki_case(change_roothash, "DEVICE_ROOT", *ROOT_ERRORS),
    "root-superblock": image_case(tamper.corrupt_root, *ROOT_ERRORS),
    "root-init": image_case(lambda disk: tamper.corrupt_root(disk, b"# PID 1 of the tiny root"),
                            "ROOT_INIT", *ROOT_ERRORS),
    "service-key": other_service,
    "header-binary": header_case("binary"),
    "header-json": header_case("json"),
    "header-keyslots": header_case("keyslots"),
    "header-second-copy": header_case("second-copy"),
    "header-null-cipher": state_case(tamper.null_cipher),
    "state-blanked": state_case(tamper.erase),
}


def test(world) -> None:
    world.copy_base()
    world.service.start()
    node = CASES[sys.argv[2]](world)
    world.boots(node, "rejoined", "init started", "marker survived")


if __name__ == "__main__":
    if sys.argv[2] not in CASES:
        sys.exit(f"no such case; there are: {' '.join(CASES)}")
    main(test, f"refused-{sys.argv[2]}")
