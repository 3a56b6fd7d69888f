#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same machine boots again, twice: it rejoins and finds what it wrote."""

from harness import main


def test(world) -> None:
    world.copy_base()
    world.service.start()
    for _ in range(2):
        world.boots(world.node(), "measured", "rejoined", "init started", "marker survived")


if __name__ == "__main__":
    main(test, "rejoin")
