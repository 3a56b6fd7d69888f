#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A TPM whose endorsement hierarchy has a password: the boot is refused, in words that say what to do.
Without the password the same machine boots.
usage: tpm_password.py BUILD
"""

from harness import check, main
from vm.tpm import Tpm


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    node = world.node("locked").create()
    tpm = Tpm(node.folder / "tpm")
    tpm.administer("tpm2_changeauth", "-c", "e", "secret")
    # The endorsement key lasts in the TPM. The attestation key has to be made.
    machine = world.refuses(node, "TPM_AK")
    check(bool(machine.console.find("endorsement hierarchy has a password: clear the TPM in its "
                                    "firmware, or take the password away")),
          "the console says what to do")
    tpm.administer("tpm2_changeauth", "-c", "e", "-p", "secret")
    world.boots(node, "init started")


if __name__ == "__main__":
    main(test, "tpm-password")
