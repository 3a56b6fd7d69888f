#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tools/vm/relay.py for one guest's join, which stops before a message: once the exchange inside TLS
has come to this turn, nothing of it passes on, and a file says so. The turns are counted by who
sends application data: 1 HELLO, 2 EVIDENCE, 3 GRANT, 4 COMMIT, 5 ACK, and so on in turns.
usage: turn_relay.py PORT TURN FILE
"""

import os
import select
import socket
import sys
from pathlib import Path

CHUNK = 65536
HEADER = 5  # of a TLS record: type, version, length
APPLICATION_DATA = 23


class Records:
    """Cuts one direction's bytes into TLS records."""

    def __init__(self):
        self.rest = b""

    def take(self, data: bytes) -> list[bytes]:
        self.rest += data
        records = []
        while len(self.rest) >= HEADER:
            end = HEADER + int.from_bytes(self.rest[3:HEADER], "big")
            if len(self.rest) < end:
                break
            records.append(self.rest[:end])
            self.rest = self.rest[end:]
        return records


class Turns:
    """Whose turn it is: the service begins, and each change of the sender is one turn more."""

    def __init__(self):
        self.number = 1
        self.by_service = True

    def count(self, record: bytes, by_service: bool) -> int:
        if record[0] == APPLICATION_DATA and by_service != self.by_service:
            self.number += 1
            self.by_service = by_service
        return self.number


def main() -> int:
    port, stop, file = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    try:
        peer = socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError:
        return 1
    peer.settimeout(None)
    # QEMU gives one socket as both standard input and output.
    streams = {0: Records(), peer.fileno(): Records()}
    turns = Turns()
    while True:
        ready, _, _ = select.select(list(streams), [], [])
        for source in ready:
            data = os.read(source, CHUNK)
            if not data:
                return 0
            for record in streams[source].take(data):
                if turns.count(record, source != 0) >= stop:
                    file.touch()
                    return hold(peer)
                send(peer.fileno() if source == 0 else 1, record)


def send(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data):]


def hold(peer: socket.socket) -> int:
    """Keeps both ends waiting until QEMU is killed, and the guest's socket with it."""
    while True:
        ready, _, _ = select.select([0, peer], [], [])
        if any(not os.read(source if source == 0 else peer.fileno(), CHUNK) for source in ready):
            return 0


if __name__ == "__main__":
    sys.exit(main())
