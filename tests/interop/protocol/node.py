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
        self.header, self.spare = bytes(MIB), bytes(MIB)  # the first MiB of the disk, and the next

    def new_header(self) -> bytes:
        return self.source.randbytes(1024) * (MIB // 1024)

    def write_header(self):
        self.header = self.new_header()
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
    """
    A connection of one node. open() goes up to HELLO. `service` is a service, or an operator who
    came: connect() gives a TCP connection, `pin` and `purpose` are what the node wants of it.
    """

    def __init__(self, service, node: Node, offer=None, key=None, certificate=None):
        self.node = node
        key = key or p256.make(node.source)
        self.tls = tls12.Tls(service.connect(), key, certificate or p256.certificate(key), offer)
        self.pin, self.purpose = service.pin, service.purpose
        self.goes_on = False  # whether the next ACK is not the last
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
        wire.require(self.hello.purpose == self.purpose, "HELLO serves another purpose")
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
        if kind == wire.DENY or kind == wire.ACK and not self.goes_on:
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
        e = {"purpose": self.purpose, "nonce_a": self.node.source.randbytes(32), "type": 1,
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

        wire.require((grant.next_version > 0) == (grant.next_key != b""),
                     "a next key where none can be, or none where one is due")

    def mac_of(self, key: bytes, generation: int, header: bytes) -> bytes:
        return derive.header_mac(key, self.node.disk_id, generation, header)

    def mac(self, generation: int) -> bytes:
        return self.mac_of(self.grant.disk_key, generation, self.node.header)

    def is_new(self, header: bytes) -> bool:
        """Section 7.2: whether this header is the one for the next version."""
        g = self.grant
        return g.next_header_mac != bytes(32) and \
            self.mac_of(g.next_key, g.generation, header) == g.next_header_mac

    def prepare(self):
        """What a node does with its disk before it commits."""
        node, grant = self.node, self.grant
        if grant.action != wire.OPEN:
            node.write_header()
        elif self.mac(grant.generation) == grant.header_mac:
            if grant.next_version:
                node.spare = node.new_header()
        else:
            if not self.is_new(node.header):
                wire.require(self.is_new(node.spare), "no header is one that was committed")
                node.header = node.spare

    def first_commit(self) -> dict:
        """What there is to commit once the disk is prepared."""
        g, node = self.grant, self.node
        after = g.generation + 1
        f = {"action": g.action, "generation": after, "key_version": g.key_version}
        if self.is_new(node.header):
            return {**f, "key_version": g.next_version,
                    "header_mac": self.mac_of(g.next_key, after, node.header)}
        f["header_mac"] = self.mac(after)
        if g.next_version:
            f.update(next_version=g.next_version,
                     next_header_mac=self.mac_of(g.next_key, after, node.spare))
        return f

    def second_commit(self) -> dict:
        """After an ACK that is not the last: the header for the next version is written to 0."""
        g, node = self.grant, self.node
        node.header = node.spare
        return {"action": wire.OPEN, "generation": g.generation + 2,
                "key_version": g.next_version,
                "header_mac": self.mac_of(g.next_key, g.generation + 2, node.header)}

    def send_commit(self, f: dict):
        self.goes_on, self.commit_fields = f.get("next_version", 0) > 0, f
        self.send(wire.COMMIT, wire.put_commit(**f))

    def commit(self, **changes) -> Answer:
        self.send_commit({**self.first_commit(), **changes})
        return self.receive()

    def commit_next(self, **changes) -> Answer:
        self.send_commit({**self.second_commit(), **changes})
        return self.receive()

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
        if done.kind == wire.ACK and c.goes_on:
            done = c.commit_next()
        done.grant, done.challenged = c.grant, c.challenged
        return done
