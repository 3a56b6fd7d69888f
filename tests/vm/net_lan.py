# SPDX-License-Identifier: GPL-2.0-or-later
"""
A network of the test's own for one guest: this process and all that it starts move into a network
namespace, where a tap, dnsmasq, and the service at an address of the network wait for the guest.
The wire between guest and tap drops frames that are too large, without a word, as some overlays do.
Needs root and /dev/net/tun.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass

from harness import Archive, boot, build_image, check, roots, story

ADDRESS, ADDRESS6, PORT = "10.9.0.1", "fd00:9::1", 7443
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
ETHERNET_HEADER = 14
DNSMASQ = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=tap0",
           "--bind-interfaces", "--user=root", "--leasefile-ro", "--no-ping"]


def own_namespace() -> None:
    """For this thread, and the threads and processes that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace of our own")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def open_tap() -> int:
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"tap0", IFF_TAP | IFF_NO_PI))
    for words in (["address", "add", f"{ADDRESS}/24", "dev", "tap0"],
                  ["-6", "address", "add", f"{ADDRESS6}/64", "dev", "tap0", "nodad"],
                  ["link", "set", "tap0", "up"]):
        subprocess.run(["ip", *words], check=True)
    return tap


def read_exactly(stream: socket.socket, size: int) -> bytes:
    """Empty at the end."""
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            return b""
        data += more
    return data


class Wire:
    """Joins the tap to QEMU's socket network. limit: bytes of IP that fit."""

    def __init__(self, tap: int, limit: int):
        self.tap, self.limit, self.dropped = tap, limit, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.peer = None
        threading.Thread(target=self.to_tap, daemon=True).start()
        threading.Thread(target=self.to_guest, daemon=True).start()

    def words(self) -> tuple:
        port = self.listener.getsockname()[1]
        # An option ROM would run before the stub and change PCR 2.
        return ("-netdev", f"socket,id=lan,connect=127.0.0.1:{port}",
                "-device", "virtio-net-pci,netdev=lan,romfile=")

    def fits(self, frame: bytes) -> bool:
        if len(frame) - ETHERNET_HEADER <= self.limit:
            return True
        self.dropped += 1
        return False

    def to_tap(self) -> None:
        while True:
            self.peer, _ = self.listener.accept()
            while True:
                head = read_exactly(self.peer, 4)
                frame = head and read_exactly(self.peer, struct.unpack(">I", head)[0])
                if not frame:
                    break
                if self.fits(frame):
                    os.write(self.tap, frame)

    def to_guest(self) -> None:
        while True:
            frame = os.read(self.tap, 65536)
            try:
                if self.peer and self.fits(frame):
                    self.peer.sendall(struct.pack(">I", len(frame)) + frame)
            except OSError:
                continue  # the guest went off


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def forward(host: str, service) -> None:
    """Connections to the network's address go to the service, wherever it listens now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, PORT), family=family)

    def serve() -> None:
        while True:
            guest, _ = listener.accept()
            ours = socket.create_connection(("127.0.0.1", service.port))
            for pair in ((guest, ours), (ours, guest)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


@dataclass
class LanNode(story.Node):
    """Its only interface is the wire's end."""

    def machine(self):
        machine = super().machine()
        machine.network = False
        return machine


def join(world, host: str, limit: int, dnsmasq: tuple, options: tuple = ()):
    """
    A node with an image of its own joins over such a network; returns its machine and the wire.
    host: the service's address in the image; options: of the image; dnsmasq: its words.
    """
    world.copy_base(with_node=False)
    bracketed = f"[{host}]" if ":" in host else host
    image = build_image(world.product, world.folder / "image",
                        roots.kernel(Archive(), world.base), world.base / "root-small",
                        f"{bracketed}:{PORT}", [world.pin()], options, "console=ttyS0 panic=-1")
    world.service.policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    own_namespace()
    wire = Wire(open_tap(), limit)
    with open(world.folder / "dnsmasq.log", "wb") as log:
        server = subprocess.Popen([*DNSMASQ, *dnsmasq], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log)
    try:
        world.service.start()
        forward(host, world.service)
        node = LanNode(world.folder / "node", image.disk, accel=world.accel, extra=wire.words(),
                       ca=world.ca)
        machine = world.boots(node.create(), "joined", "state disk formatted", "init started",
                              image=image)
    finally:
        server.terminate()
        server.wait()
        print((world.folder / "dnsmasq.log").read_text(errors="replace")[-2000:], file=sys.stderr)
    check(len(world.service.nodes()) == 1, "the service knows the node")
    return machine, wire


def said(machine, text: str) -> bool:
    return any(text in line.text for line in list(machine.console.lines))


def retried(machine) -> bool:
    return any(boot.RETRY.search(line.text) for line in list(machine.console.lines))
