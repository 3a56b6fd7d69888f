# SPDX-License-Identifier: GPL-2.0-or-later
"""
A node: who it is, one connection, and the exchange of PROTOCOL.md on it. A case says what the node
does otherwise than the page wants; what it does not say is done right.
"""

import functools
import random

import derive
import mlkem
import p256
import tls12
import tpm
import wire

MIB = 1 << 20


class Node:
    """A machine: its TPM, its disk, and what it knows of them."""

    def __init__(self, source: random.Random):
        self.source = source
        self.tpm = tpm.Tpm(source)
        self.disk_id = source.randbytes(16)
        self.contents = wire.BLANK
        self.header = bytes(MIB)

    def write_header(self):
        self.header = self.source.randbytes(1024) * (MIB // 1024)
        self.contents = wire.NOT_BLANK

    @property
    def name(self) -> str:
        """As the service's records write it."""
        return tpm.node_id(p256.point(self.tpm.ek)).hex()


class Answer:
    """A frame of the service, decoded; kind 0: it closed the connection without one."""

    READERS = {wire.HELLO: wire.read_hello, wire.CHALLENGE: wire.read_challenge,
               wire.GRANT: wire.read_grant, wire.DENY: wire.read_deny, wire.ACK: wire.read_ack}

    def __init__(self, kind: int, body: bytes):
        self.kind = kind
        self.code = 0
        if kind:
            wire.require(kind in self.READERS, f"the service sent a frame of type {kind}")
            self.__dict__.update(self.READERS[kind](body).__dict__)

    def __str__(self):
        names = {0: "the end", wire.HELLO: "HELLO", wire.CHALLENGE: "CHALLENGE",
                 wire.GRANT: "GRANT", wire.DENY: f"DENY {self.code}", wire.ACK: "ACK"}
        return names[self.kind]


class Connection:
    """A connection of one node. open() goes up to HELLO."""

    def __init__(self, service, node: Node, offer=None, key=None, certificate=None):
        self.node = node
        key = key or p256.make(node.source)
        self.tls = tls12.Tls(service.port, key, certificate or p256.certificate(key), offer)
        self.pin = service.pin
        self.kem = p256.make(node.source)
        self.hybrid = True  # whether the claims have an ML-KEM key
        self.rd = b""

    def open(self):
        self.tls.shake()
        return self.greet()

    def greet(self):
        """After the handshake: pin, binder, HELLO."""
        wire.require(derive.sha256(self.tls.peer_spki) == self.pin, "another key than the pin's")
        exported = self.tls.export(b"EXPORTER-protostar-attest-v1", tls12.ALPN, 32)
        self.binder = derive.binder(self.tls.th, exported)
        self.hello = self.receive()
        wire.require(self.hello.kind == wire.HELLO, f"{self.hello} where HELLO was due")
        return self

    def receive(self) -> Answer:
        """The next frame, and with a DENY or at the end nothing behind it."""
        try:
            head = wire.Reader(self.tls.receive(6))
        except tls12.Closed:
            return Answer(0, b"")
        length, kind, version = head.number(4), head.number(1), head.number(1)
        wire.require(2 <= length <= 262144 and version == 1, "a frame has a malformed header")
        answer = Answer(kind, self.tls.receive(length - 2))
        if kind in (wire.DENY, wire.ACK):
            wire.require(self.tls.end() == tls12.CLOSE_NOTIFY,
                         f"no close_notify behind {answer}")
        return answer

    def send(self, kind: int, body: bytes, each: int = 16384):
        self.tls.send(wire.frame(kind, body), each)

    def ask(self, kind: int, body: bytes) -> Answer:
        self.send(kind, body)
        return self.receive()

    # Evidence.

    @functools.cached_property
    def mlkem(self) -> tuple[bytes, bytes]:
        """Its other key, public and private."""
        return mlkem.generate(self.node.source.randbytes(32), self.node.source.randbytes(32))

    def claims(self, **changes) -> bytes:
        f = {"version": b"independent 1", "disk_id": self.node.disk_id,
             "contents": self.node.contents, "ak_pub": self.node.tpm.ak_pub,
             "ek_pub": self.node.tpm.ek_pub, "kem_pub": p256.point(self.kem),
             "mlkem_pub": self.mlkem[0], **changes}
        self.hybrid = f["mlkem_pub"] != b""
        return wire.put_claims(**f)

    def evidence(self, **changes) -> dict:
        """
        The fields of EVIDENCE. `changes` names a field to replace, or one of claim, rd and quote:
        a dictionary of what is to be changed inside before it is signed.
        """
        e = {"purpose": 1, "nonce_a": self.node.source.randbytes(32), "type": 1,
             "wants_service_evidence": 0, "event_log": b"", "certificates": [],
             "claims": self.claims(**changes.pop("claim", {}))}
        inside, quote = changes.pop("rd", {}), changes.pop("quote", {})
        e.update(changes)
        self.rd = derive.sha256(wire.rd_input(**{
            "role": 1, "purpose": e["purpose"], "spki_self": self.tls.own_spki,
            "spki_peer": self.tls.peer_spki, "binder": self.binder,
            "nonce_v": self.hello.nonce, "nonce_a": e["nonce_a"], "claims": e["claims"], **inside}))
        own, hello = self.node.tpm, self.hello
        e.setdefault("pcr_values", own.values(hello.bank, hello.mask))
        e.setdefault("attest", tpm.attest(
            self.rd, hello.bank, hello.mask, own.values(hello.bank, hello.mask), **quote))
        e.setdefault("signature", tpm.sign(own.ak, e["attest"]))
        return e

    def present(self, **changes) -> Answer:
        """Sends evidence and gives the first answer to it."""
        return self.ask(wire.EVIDENCE, wire.put_evidence(self.evidence(**changes)))

    def prove(self, challenge: Answer) -> Answer:
        return self.ask(wire.PROOF, wire.lp(self.node.tpm.activate(challenge)))

    def join(self, **changes) -> Answer:
        """Up to a GRANT or DENY; the grant is opened and checked."""
        answer = self.present(**changes)
        self.challenged = answer.kind == wire.CHALLENGE
        if self.challenged:
            answer = self.prove(answer)
        if answer.kind == wire.GRANT:
            self.take(answer)
        return answer

    def unwrap(self, rd: bytes, aad: bytes, wrapped: bytes) -> bytes:
        if self.hybrid:
            return derive.unwrap_hybrid(self.kem, self.mlkem[1], rd, aad, wrapped)
        return derive.unwrap(self.kem, rd, aad, wrapped)

    def take(self, grant: Answer):
        opened = self.unwrap(self.rd, wire.grant_aad(grant), grant.wrapped)
        self.grant = grant
        grant.__dict__.update(wire.read_grant_secrets(opened).__dict__)

    def mac(self, generation: int) -> bytes:
        return derive.header_mac(
            self.grant.disk_key, self.node.disk_id, generation, self.node.header)

    def prepare(self):
        """What a node does with its disk before it commits."""
        if self.grant.action == wire.OPEN:
            wire.require(self.mac(self.grant.generation) == self.grant.header_mac,
                         "the header is not the one that was committed")
        else:
            self.node.write_header()

    def commit(self, **changes) -> Answer:
        after = self.grant.generation + 1
        f = {"action": self.grant.action, "generation": after,
             "key_version": self.grant.key_version, "header_mac": self.mac(after),
             **changes}
        return self.ask(wire.COMMIT, wire.put_commit(**f))

    def close(self):
        self.tls.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def boot(service, node: Node, **changes) -> Answer:
    """One whole boot: the ACK, or what came in its place. `grant` is what was granted."""
    with Connection(service, node) as c:
        answer = c.open().join(**changes)
        if answer.kind != wire.GRANT:
            return answer
        c.prepare()
        done = c.commit()
        done.grant, done.challenged = c.grant, c.challenged
        return done
