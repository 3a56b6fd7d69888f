#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A network without IPv4, as clouds have them: the router says that addresses come by DHCPv6 and
advertises no prefix to make one of.
"""

from harness import check, main
from net_lan import ADDRESS6, join, said


def test(world) -> None:
    machine, _ = join(world, ADDRESS6, 1500,
                      ("--dhcp-range=fd00:9::100,fd00:9::1ff,64,1h", "--enable-ra"),
                      options=("protostar.net=ra",))
    check(said(machine, "asks for an address by DHCPv6"), "the node asks by DHCPv6")
    check(said(machine, "dhcp6 fd00:9::1"), "and has an address of the server's range")


if __name__ == "__main__":
    main(test, "net-dhcp6")
