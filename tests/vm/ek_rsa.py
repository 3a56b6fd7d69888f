#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A TPM that has a certificate of its RSA key alone: the node joins and rejoins by that key. (Every
other test's machine has one of P-384 as well, which is taken first.)
usage: ek_rsa.py BUILD
"""

from harness import check, main
from vm.tpm import Tpm

P384_CERTIFICATE = "0x01c00016"
SAYS = "TPM endorsement key by certificate 0x01c00002"


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    node = world.node("rsa").create()
    Tpm(node.folder / "tpm").administer("tpm2_nvundefine", "-C", "p", P384_CERTIFICATE)
    machine = world.boots(node, "joined", "state disk formatted")
    check(bool(machine.console.find(SAYS)), "it is the RSA key by which the node joins")
    machine = world.boots(node, "rejoined", "state disk opened")
    check(bool(machine.console.find(SAYS)), "and by which it rejoins")


if __name__ == "__main__":
    main(test, "ek-rsa")
