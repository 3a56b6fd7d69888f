#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A node waits for its operator while a thousand strangers dial its port, as many at a time as QEMU's
network lets through: silent ones, garbage, half of a handshake, and whole handshakes with a wrong
key. It still joins its service when that is back.
"""

import resource
import selectors
import shutil
import socket
import ssl
import subprocess
import threading

from harness import SERVICE_ADDRESS, Archive, boot, build_image, check, main, roots, story

PORT = 7443
CROWD = 1000
HALF_HELLO = bytes((22, 3, 3, 0, 70, 2, 0, 0, 66, 3, 3, 1, 2, 3))


class Stranger:
    """One connection, made again whenever the node ends it."""

    def __init__(self, number: int, port: int, context: ssl.SSLContext):
        self.kind, self.port, self.context = number % 4, port, context
        self.dial()

    def dial(self) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", self.port))
        self.tls = None
        self.said = False

    def wants(self) -> int:
        return selectors.EVENT_READ if self.said else selectors.EVENT_WRITE

    def say(self) -> None:
        self.said = True
        if self.kind == 1:
            self.socket.send(b"GET / HTTP/1.1\r\n\r\n" * 4)
        elif self.kind == 2:
            self.socket.send(HALF_HELLO)
        elif self.kind == 3:
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def hear(self) -> bool:
        """False when the connection has ended."""
        data = self.socket.recv(65536)
        if not data or not self.tls:
            return bool(data)
        self.incoming.write(data)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.socket.send(self.outgoing.read())
        return True


class Crowd(threading.Thread):
    """Holds its connections until it is told to stop."""

    def __init__(self, port: int, context: ssl.SSLContext):
        super().__init__(daemon=True)
        self.port, self.context = port, context
        self.ended, self.over = 0, threading.Event()

    def run(self) -> None:
        selector = selectors.DefaultSelector()
        strangers = [Stranger(n, self.port, self.context) for n in range(CROWD)]
        for one in strangers:
            selector.register(one.socket, one.wants(), one)
        while not self.over.is_set():
            for key, _ in selector.select(1):
                self.serve(selector, key.data)
        for one in strangers:
            one.socket.close()

    def serve(self, selector, one: Stranger) -> None:
        selector.unregister(one.socket)
        try:
            if not one.said:
                one.say()
                alive = True
            else:
                alive = one.hear()
        except OSError:  # ssl's errors are of these
            alive = False
        if not alive:
            self.ended += 1
            one.socket.close()
            one.dial()
        selector.register(one.socket, one.wants(), one)


def key_and_certificate(folder) -> tuple[str, str]:
    """Of nobody that the node knows; SHA-256 of its public key."""
    key, cert, spki = (folder / name for name in ("stranger.key", "stranger.crt", "stranger.spki"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=stranger", "-days", "30",
                    "-keyout", key, "-out", cert], check=True, stdin=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return str(key), str(cert)


def handshake_of(folder) -> ssl.SSLContext:
    """The profile of PROTOCOL.md, section 1, with the stranger's key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
    context.set_ecdh_curve("prime256v1")
    context.set_alpn_protocols(["protostar/1"])
    key, cert = key_and_certificate(folder)
    context.load_cert_chain(cert, key)
    return context


def make_image(world):
    """One that waits for an operator, whose key nobody has in this test."""
    kernel = roots.kernel(Archive(), world.folder)
    image = build_image(
        world.product, world.folder / "image", kernel, world.base / "root-small", SERVICE_ADDRESS,
        [world.pin()], options=("protostar.listen.after=5", "protostar.join.timeout=1800"),
        cmdline="console=ttyS0 panic=-1 no_timer_check",
        extra=("--operator", "11" * 32, "--listen", str(PORT)))
    shutil.rmtree(world.folder / "kernel")
    return image


def test(world) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))  # QEMU inherits it
    world.copy_base(with_node=False)
    image = make_image(world)
    world.service.policy = story.write_policy([image], world.folder / "policy.json", ca=world.ca)
    service_port = world.service.start()
    world.service.stop()
    reach = story.free_port()
    node = world.node(disk=image.disk, reach=((reach, PORT),)).create()
    crowd = Crowd(reach, handshake_of(world.folder))
    machine = node.machine()
    with machine:
        console = machine.start()
        console.wait(rf"protostar: listening for the operator on port {PORT}", 300)
        check(True, "the node waits for its operator when no service answers")
        crowd.start()
        console.wait(r"protostar: not the operator: E237 ", 300)
        console.wait(boot.RETRY.pattern, 300)
        check(not boot.said(console, "joined"), "it has not joined, and tries again")
        world.service.start(service_port)
        console.wait(r"protostar: joined", 600)
        ended = crowd.ended
        check(crowd.is_alive(), f"it joins its service beside the crowd ({ended} thrown out)")
        console.wait(boot.DONE, 300)
        check(boot.said(console, "marker written"), "its init has the state disk")
        crowd.over.set()
        machine.wait_off(300)
    check(ended > 0, "strangers were thrown out")
    check(not console.find("protostar: operator serves"), "none of them was taken for the operator")


if __name__ == "__main__":
    main(test, "operator-flood")
