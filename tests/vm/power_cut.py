#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The power is cut while the disk is being formatted, several times at random moments; the next boot
formats again and loses nothing, because nothing was committed.
"""

import random
import time

from harness import boot, check, main

CUTS = 4
WINDOW = 2.0  # seconds from the grant to well after the commit


def test(world) -> None:
    world.copy_base(with_node=False)
    world.service.start()
    node = world.node().create()
    seed = time.time_ns()
    print(f"random seed {seed}")
    moments = random.Random(seed)
    for number in range(CUTS):
        # One cut in each part of the window, so that early and late ones are both there.
        delay = (number + moments.random()) * WINDOW / CUTS
        with node.machine() as machine:
            console = machine.start()
            console.wait(r"protostar: (joined|rejoined)|" + boot.FAILURE.pattern, 240)
            check(boot.refusal(console) is None, "the boot is not refused")
            time.sleep(delay)
        print(f"cut {delay:.2f} s after the grant")
    machine = world.boots(node, "init started")
    written = boot.said(machine.console, "marker written")
    check(written or boot.said(machine.console, "marker survived"), "the disk can be used")
    world.boots(node, "rejoined", "marker survived")


if __name__ == "__main__":
    main(test, "power-cut")
