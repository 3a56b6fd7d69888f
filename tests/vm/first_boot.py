#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A blank disk is formatted at the first boot. Prepares the base of all other VM tests."""

import shutil

from harness import check, main


def test(world) -> None:
    world.make_base()
    world.copy_base(with_node=False)
    world.service.start()
    check(world.service.nodes() == [], "the service knows no node")
    machine = world.boots(world.node().create(), "measured", "joined", "state disk formatted",
                          "init started", "marker written")
    said = [line.text for line in list(machine.console.lines)]
    check(any("Kernel command line:" in text for text in said), "the console tells of the kernel")
    check(not any("Registered efivars operations" in text for text in said),
          "the kernel gives nobody the host's EFI variables")
    check(len(world.service.nodes()) == 1, "the service knows one node")
    check(world.service.stop() == 0, "the service ends in order")
    shutil.rmtree(world.folder / "node" / "tpm" / "socket", ignore_errors=True)
    world.keep_as_base()


if __name__ == "__main__":
    main(test, "first-boot")
