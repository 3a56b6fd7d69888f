#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No service answers when the node wants to join; it tries again until one does."""

from harness import boot, check, main


def test(world) -> None:
    world.copy_base()
    port = world.service.start()
    world.service.stop()
    machine = world.node().machine()
    with machine:
        console = machine.start()
        console.wait(boot.RETRY.pattern, 240)
        check(True, "the node says that it will try again")
        check(not boot.said(console, "rejoined"), "it has not joined")
        world.service.start(port)
        console.wait(r"protostar: rejoined", 120)
        console.wait(boot.DONE, 120)
        check(boot.said(console, "marker survived"), "it joins when the service is back")
        machine.wait_off(120)


if __name__ == "__main__":
    main(test, "service-away")
