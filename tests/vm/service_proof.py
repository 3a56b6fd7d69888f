#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
An image without a pin: its node knows the service by what the TPM of the service's machine says.
When that machine has started something else, the node takes nothing from it.
usage: service_proof.py BUILD
"""

import shutil
import tempfile
from pathlib import Path

from harness import SERVICE_ADDRESS, Archive, build_image, check, main, roots, story
from vm.tpm import Tpm


def make_image(world, value: str):
    kernel = roots.kernel(Archive(), world.folder)
    image = build_image(world.product, world.folder / "image", kernel, world.base / "root-small",
                        SERVICE_ADDRESS, [], cmdline="console=ttyS0 panic=-1 no_timer_check",
                        extra=("--service-evidence", value))
    shutil.rmtree(world.folder / "kernel")
    line = (image.folder / "cmdline").read_text()
    check("protostar.pin=" not in line and value in line, "the image names no key of the service")
    return image


def prove(world, tpm: Tpm) -> None:
    world.service.options = ("--evidence", f"tpm:swtpm:path={tpm.folder / 'tpm'}")
    image = make_image(world, world.product.run(
        "serve", "--state", world.service.state, *world.service.options,
        "--evidence-option").strip())
    world.service.policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    world.service.start()
    world.boots(world.node(disk=image.disk).create(), "init started", "marker written",
                image=image)
    world.service.stop()
    tpm.tool("tpm2_pcrextend", f"4:sha256={1:064x}")
    world.service.start()
    world.refuses(world.node(disk=image.disk), "SERVICE_PCRS")


def test(world) -> None:
    world.copy_base(with_node=False)
    # A Unix socket's path is at most 107 bytes, and a build folder's may be longer.
    with tempfile.TemporaryDirectory() as place:
        tpm = Tpm(Path(place) / "own").create()
        with tpm.listening():
            prove(world, tpm)
            world.service.stop()


if __name__ == "__main__":
    main(test, "service-proof")
