#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
No TPM, or one without the PCR bank that policy asks for: refused. A twin with a TPM boots.
usage: tpm_missing.py BUILD none|sha1|sha384
"""

import sys

from harness import main

ERRORS = {"none": "STUB_NO_MEASURER", "sha1": "TPM_BANK_MISSING", "sha384": "TPM_BANK_MISSING"}


def test(world) -> None:
    which = sys.argv[2]
    world.copy_base(with_node=False)
    world.service.start()
    if which == "none":
        world.refuses(world.node("without", with_tpm=False).create(), ERRORS[which])
    else:
        world.refuses(world.node("without", banks=which).create(), ERRORS[which])
    world.boots(world.node("twin", banks="sha256,sha384").create(), "init started")


if __name__ == "__main__":
    main(test, f"tpm-{sys.argv[2]}")
