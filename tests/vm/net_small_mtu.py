#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The network drops packets that are larger than most links carry, without a word. It says so by DHCP
(option), or nobody says so (silent); the node joins all the same.
usage: net_small_mtu.py BUILD option|silent
"""

import sys

from harness import check, main
from net_lan import ADDRESS, join, said

RANGE = "--dhcp-range=10.9.0.50,10.9.0.60,255.255.255.0,1h"
CASES = {
    "option": (1000, (RANGE, "--dhcp-option-force=26,1000")),
    "silent": (1300, (RANGE,)),
}


def test(world) -> None:
    limit, dnsmasq = CASES[sys.argv[2]]
    machine, wire = join(world, ADDRESS, limit, dnsmasq)
    mtu = limit if sys.argv[2] == "option" else 1500
    check(said(machine, f"/24 mtu {mtu}"), f"the interface's MTU is {mtu}")
    print(f"{wire.dropped} packets were too large")


if __name__ == "__main__":
    main(test, f"net-small-mtu-{sys.argv[2]}")
