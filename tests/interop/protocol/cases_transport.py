# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections 1 and 2: the handshake, certificates, records, the end of a connection."""

import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import node
import p256
import tls12
import wire
from suite import case, check, each, expect
from tls12 import Closed, Offer, extension, vector


FATAL = b"\2"


def fails(world, steps, alert: bytes = FATAL, **options):
    """steps(tls) must meet a fatal alert before the service says anything."""
    connection = node.Connection(world.service, world.fresh(), **options)
    try:
        steps(connection.tls)
        connection.tls.finish()
    except Closed as closed:
        check(closed.alert.startswith(alert), str(closed))
    else:
        check(False, "the service took it")
    finally:
        connection.tls.socket.close()
    world.first(wire.CHALLENGE)  # and goes on serving others


def works(world, who=None, **options):
    with world.connect(who, **options) as c:
        expect(c.present(), wire.CHALLENGE)


@case("transport: HELLO")
def hello(world):
    with world.connect() as c:
        check(c.hello.bank == wire.SHA256 and c.hello.types & 1, "another bank or no quotes")
        for n in (0, 1, 2, 3, 4, 7, 11, 12, 15):
            check(c.hello.mask >> n & 1, f"PCR {n} is not asked for")
        check(c.hello.epoch == 1, "another epoch than policy's")
    with world.connect() as other:
        check(other.hello.nonce != c.hello.nonce, "the nonce comes again")


GOOD_OFFERS = [
    ("other suites before and behind", {"suites": [0xC02B, 0xC030, 0xC02C, 0x00FF]}),
    ("other groups too", {"groups": [29, 24, 23]}),
    ("other signatures too", {"signatures": [0x0804, 0x0503, 0x0403, 0x0401]}),
    ("another protocol first", {"protocols": [b"h2", b"protostar/1"]}),
    ("another protocol behind", {"protocols": [b"protostar/1", b"protostar/2"]}),
    ("a session to resume", {"session_id": bytes(range(32))}),
    ("a session ticket", {"more": extension(35, bytes(200))}),
    ("extended master secret", {"more": extension(23, b"")}),
    ("a server name", {"more": extension(0, vector(b"\0" + vector(b"service.example", 2), 2))}),
    ("compression", {"compression": b"\1\0"}),
    ("an unknown extension", {"more": extension(0xFAFA, bytes(1000))}),
    ("TLS 1.3 among the versions", {"more": extension(43, b"\4\3\4\3\3")}),
]


@each("transport: offered besides", GOOD_OFFERS)
def good_offer(world, changes):
    with world.connect(offer=Offer(**changes)) as c:
        body = c.tls.server_hello
        check(body[34] == 0, "ServerHello has a session id though nothing resumes")
        kinds, at = [], 35 + 3 + 2
        while at < len(body):
            kinds.append(struct.unpack(">H", body[at:at + 2])[0])
            at += 4 + struct.unpack(">H", body[at + 2:at + 4])[0]
        check(not {23, 35, 43} & set(kinds), f"ServerHello has the extensions {kinds}")
        expect(c.present(), wire.CHALLENGE)


BAD_OFFERS = [
    ("TLS 1.1", {"version": 0x0302}),
    ("another suite alone", {"suites": [0xC02B]}),
    ("no suite that exists", {"suites": [0xFAFA]}),
    ("secp384r1 alone", {"groups": [24]}),
    ("x25519 alone", {"groups": [29]}),
    ("SHA-384 signatures alone", {"signatures": [0x0503]}),
    ("RSA signatures alone", {"signatures": [0x0401, 0x0804]}),
    ("no protocol", {"protocols": []}),
    ("another protocol", {"protocols": [b"h2"]}),
    ("a protocol that begins alike", {"protocols": [b"protostar/10", b"protostar/"]}),
]
NO_APPLICATION_PROTOCOL = b"\2\x78"


@each("transport: refused", BAD_OFFERS)
def bad_offer(world, changes):
    alert = NO_APPLICATION_PROTOCOL if changes.get("protocols") else FATAL
    fails(world, lambda tls: tls.hello(), alert, offer=Offer(**changes))


def last_flight(**changes):
    def steps(tls):
        tls.hello()
        tls.raw(tls.last_flight(**changes))
    return steps


@each("transport: certificate refused", [
    ("none", vector(b"", 3)),
    ("an empty one", vector(vector(b"", 3), 3)),
    ("no message", None),
])
def no_certificate(world, body):
    fails(world, last_flight(certificate=body))


def certificates(key) -> dict:
    good = p256.certificate(key)
    at = good.find(p256.SPKI_HEAD)
    head, tail = good[:at], good[at + p256.SPKI_LEN:]
    point = p256.point(key)
    return {
        "4096 bytes": p256.certificate_of(key, 4096),
        "4097 bytes": p256.certificate_of(key, 4097),
        "a byte behind": good + b"\0",
        "cut": good[:-1],
        "signed by another": p256.certificate(key, signer=p256.private(7)),
        "point off the curve": head + p256.spki(point[:-1] + bytes([point[-1] ^ 1])) + tail,
        "no DER": b"certificate",
        "a length not in its shortest form": b"\x30\x83\0" + good[2:],
    }


@each("transport: certificate taken", [
    (name, name) for name in ("4096 bytes", "signed by another")])
def good_certificate(world, name):
    key = p256.make(world.source)
    works(world, key=key, certificate=certificates(key)[name])


@each("transport: certificate refused", [
    (name, name) for name in ("4097 bytes", "a byte behind", "cut", "point off the curve",
                              "no DER", "a length not in its shortest form")])
def bad_certificate(world, name):
    key = p256.make(world.source)
    fails(world, last_flight(), key=key, certificate=certificates(key)[name])


@each("transport: certificate refused", [
    ("P-384", lambda: ec.generate_private_key(ec.SECP384R1())),
    ("secp256k1", lambda: ec.generate_private_key(ec.SECP256K1())),
    ("RSA", lambda: rsa.generate_private_key(65537, 2048)),
])
def other_key(world, make):
    key = make()
    fails(world, last_flight(), key=key, certificate=p256.certificate(key))


@case("transport: a chain of two")
def chain(world):
    def steps(tls):
        tls.chain = tls.chain * 2
        last_flight()(tls)
    fails(world, steps)


def verify_body(signature: bytes, algorithm: int = tls12.ECDSA_SHA256) -> bytes:
    return struct.pack(">H", algorithm) + vector(signature, 2)


def long_integers(signature: bytes) -> bytes:
    """The same r and s with a zero byte in front of r that no sign asks for."""
    size = signature[3]
    return (b"\x30" + bytes([signature[1] + 1]) + b"\2" + bytes([size + 1]) + b"\0" +
            signature[4:])


@each("transport: proof of the key refused", [
    ("none", lambda tls: None),
    ("of another key", lambda tls: verify_body(
        p256.private(9).sign(tls.transcript, ec.ECDSA(hashes.SHA256())))),
    ("of another handshake", lambda tls: verify_body(
        tls.key.sign(tls.transcript + b"x", ec.ECDSA(hashes.SHA256())))),
    ("with SHA-384", lambda tls: verify_body(
        tls.key.sign(tls.transcript, ec.ECDSA(hashes.SHA384())), 0x0503)),
    ("in lax DER", lambda tls: verify_body(
        long_integers(tls.key.sign(tls.transcript, ec.ECDSA(hashes.SHA256()))))),
    ("empty", lambda tls: verify_body(b"")),
])
def bad_verify(world, make):
    def steps(tls):
        tls.hello()
        # The transcript that is to be signed is only there once the two messages before are made.
        before = tls.transcript
        chain_body = vector(b"".join(vector(c, 3) for c in tls.chain), 3)
        own = p256.point(p256.private(11))
        tls.transcript += tls12.message(tls12.CERTIFICATE, chain_body)
        tls.transcript += tls12.message(tls12.CLIENT_KEY_EXCHANGE, vector(own, 1))
        body = make(tls)
        tls.transcript = before
        tls.raw(tls.last_flight(certificate=chain_body, exchange=vector(own, 1), verify=body))
    fails(world, steps)


@case("transport: a wrong Finished")
def bad_finished(world):
    def steps(tls):
        tls.hello()
        plain = b"".join(tls.flight())
        tls.raw(tls.records(tls12.HANDSHAKE, plain) + tls.finished(wrong=True))
    fails(world, steps)


@case("transport: a point off the curve")
def bad_point(world):
    fails(world, last_flight(exchange=vector(b"\4" + bytes(63) + b"\1", 1)))


@each("records: last flight as", [(f"{n} records", n) for n in range(3, 41)])
def flight_records(world, count):
    connection = node.Connection(world.service, world.fresh())
    with connection as c:
        c.tls.hello()
        c.tls.raw(c.tls.last_flight(count))  # one segment
        c.tls.finish()
        c.greet()
        expect(c.present(), wire.CHALLENGE)


@case("records: last flight in records of one byte")
def flight_of_bytes(world):
    with node.Connection(world.service, world.fresh()) as c:
        c.tls.hello()
        plain = b"".join(c.tls.flight())
        c.tls.raw(c.tls.records(tls12.HANDSHAKE, plain, 1) + c.tls.finished())
        c.tls.finish()
        c.greet()


@case("records: ClientHello in records of one byte")
def hello_of_bytes(world):
    with node.Connection(world.service, world.fresh()) as c:
        c.tls.hello(1)
        c.tls.raw(c.tls.last_flight())
        c.tls.finish()
        c.greet()


@case("records: empty ones between")
def empty_records(world):
    with world.connect() as c:
        data = wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence()))
        empty = lambda: c.tls.record(tls12.DATA, b"")
        out = empty() + empty()
        for at in range(0, len(data), 100):
            out += c.tls.record(tls12.DATA, data[at:at + 100]) + empty()
        c.tls.raw(out)
        expect(c.receive(), wire.CHALLENGE)


@each("records: evidence in records of", [
    (f"{n} bytes", n) for n in (1, 2, 3, 5, 6, 7, 63, 64, 65, 500, 16384)])
def evidence_records(world, size):
    with world.connect() as c:
        c.send(wire.EVIDENCE, wire.put_evidence(c.evidence()), size)
        expect(c.receive(), wire.CHALLENGE)


@case("records: evidence of the longest fields")
def long_evidence(world):
    with world.connect() as c:
        log = b"\1" * 131072
        longest = c.evidence(event_log=log, certificates=[bytes(4096)] * 6)
        c.send(wire.EVIDENCE, wire.put_evidence(longest))
        expect(c.receive(), 607)


@case("records: more plaintext than a record may hold")
def long_record(world):
    with world.connect() as c:
        c.tls.raw(c.tls.record(tls12.DATA, bytes(16385)))
        check(c.tls.end()[:1] == FATAL, "no fatal alert")


@case("records: one that does not open")
def spoiled_record(world):
    with world.connect() as c:
        record = c.tls.record(tls12.DATA, b"x")
        c.tls.raw(record[:-1] + bytes([record[-1] ^ 1]))
        check(c.tls.end() == FATAL + b"\x14", "another alert than bad_record_mac")


@case("transport: renegotiation")
def renegotiation(world):
    with world.connect() as c:
        again = tls12.message(tls12.CLIENT_HELLO, Offer().body(bytes(32)))
        c.tls.raw(c.tls.records(tls12.HANDSHAKE, again))
        check(c.tls.end()[:1] == FATAL, "no fatal alert")
    world.first(wire.CHALLENGE)


@case("transport: the node's close_notify")
def node_closes(world):
    with world.connect() as c:
        c.tls.raw(c.tls.record(tls12.ALERT, tls12.CLOSE_NOTIFY))
        check(c.tls.end() in (tls12.CLOSE_NOTIFY, b""), "no close_notify")


@case("transport: cut in the middle of a frame")
def cut(world):
    c = world.connect()
    c.tls.send(wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence()))[:100])
    c.tls.socket.close()
    world.first(wire.CHALLENGE)


@case("transport: silence after HELLO")
def silence(world):
    with world.connect() as c:
        c.tls.end()
