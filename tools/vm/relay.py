#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Joins standard input and output to a TCP port of this machine. QEMU starts one for each connection
that a guest makes to a forwarded address, so that guests with the same image reach services on
different ports.
usage: relay.py PORT
"""

import os
import select
import socket
import sys

CHUNK = 65536


def main() -> int:
    try:
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
    except OSError:
        return 1
    peer.settimeout(None)
    # QEMU gives one socket as both standard input and output.
    while True:
        ready, _, _ = select.select([0, peer], [], [])
        if 0 in ready:
            data = os.read(0, CHUNK)
            if not data:
                return 0
            peer.sendall(data)
        if peer in ready:
            data = peer.recv(CHUNK)
            if not data:
                return 0
            while data:
                data = data[os.write(1, data):]


if __name__ == "__main__":
    sys.exit(main())
