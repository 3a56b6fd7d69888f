# SPDX-License-Identifier: GPL-2.0-or-later
"""Section 6: what binds evidence to its connection, and the order of judgement."""

import itertools

import p256
import tpm
import wire
from suite import case, check, each, expect


# What rd is made of.


@each("rd", [
    ("as it should be", {}, wire.CHALLENGE),
    ("role of a service", {"role": 2}, 604),
    ("another purpose", {"purpose": 3}, 604),
    ("another key of the node", {"spki_self": p256.spki(p256.point(p256.private(5)))}, 604),
    ("another key of the service", {"spki_peer": p256.spki(p256.point(p256.private(5)))}, 604),
    ("another binder", {"binder": bytes(32)}, 604),
    ("another nonce of the service", {"nonce_v": bytes(32)}, 604),
    ("another nonce of the node", {"nonce_a": bytes(32)}, 604),
    ("no claims", {"claims": b""}, 604),
])
def part_of_rd(world, changes, wanted):
    world.first(wanted, rd=changes)


@case("rd: the two keys swapped")
def swapped(world):
    with world.connect() as c:
        expect(c.present(rd={"spki_self": c.tls.peer_spki, "spki_peer": c.tls.own_spki}), 604)


@each("rd: after signing, another", [
    ("nonce_a", lambda e: {"nonce_a": bytes(32)}),
    ("disk", lambda e: {"claims": e["claims"][:17] + bytes([e["claims"][17] ^ 1]) +
                        e["claims"][18:]}),
    ("contents", lambda e: {"claims": e["claims"][:33] + b"\2" + e["claims"][34:]}),
    ("wrapping key", lambda e: {"claims": e["claims"][:-1253] + p256.point(p256.private(5)) +
                                e["claims"][-1188:]}),
    ("its ML-KEM half", lambda e: {"claims": e["claims"][:-32] + bytes(32)}),
])
def after_signing(world, change):
    with world.connect() as c:
        e = c.evidence()
        e.update(change(e))
        expect(c.ask(wire.EVIDENCE, wire.put_evidence(e)), 604)


@case("relay: evidence of another connection")
def relay(world):
    with world.connect() as mine, world.connect() as other:
        e = wire.put_evidence(mine.evidence())
        expect(other.ask(wire.EVIDENCE, e), 604)
        expect(mine.ask(wire.EVIDENCE, e), wire.CHALLENGE)


@case("relay: with the node's own TLS key in both")
def relay_same_key(world):
    key = p256.make(world.source)
    with world.connect(key=key) as mine, world.connect(key=key) as other:
        check(mine.binder != other.binder, "two connections have one binder")
        expect(other.ask(wire.EVIDENCE, wire.put_evidence(mine.evidence())), 604)


@case("replay: evidence that was good once")
def replay(world):
    who = world.fresh()
    with world.connect(who) as c:
        e = wire.put_evidence(c.evidence())
        expect(c.ask(wire.EVIDENCE, e), wire.CHALLENGE)
    with world.connect(who) as c:
        expect(c.ask(wire.EVIDENCE, e), 604)


# The order: each check's failure, and that of every pair the earlier one answers.

OTHER_AREA = tpm.ak_area(p256.point(p256.private(5)), curve=4)


def quote(**fields):
    return lambda e: {"quote": {**e.get("quote", {}), **fields}}


def claim(**fields):
    return lambda e: {"claim": {**e.get("claim", {}), **fields}}


FAULTS = [
    ("type", 601, lambda e: {"type": 2}),
    ("purpose", 615, lambda e: {"purpose": 2}),
    ("claims", 601, claim(disk_id=bytes(16))),
    ("AK", 610, claim(ak_pub=OTHER_AREA)),
    ("EK", 610, claim(ek_pub=OTHER_AREA)),
    ("kem_pub", 610, claim(kem_pub=b"\4" + bytes(64))),
    ("mlkem_pub", 610, claim(mlkem_pub=b"")),
    ("signature", 603, lambda e: {"signature": bytes(72)}),
    ("extra data", 604, quote(extra=bytes(32))),
    ("selection", 605, quote(bank=12)),
    ("digest", 606, quote(digest=bytes(32))),
    ("event log", 607, lambda e: {"event_log": b"\0"}),
    ("measurements", 608, None),  # another PCR 4, below
    ("contents", 619, claim(contents=wire.NOT_BLANK)),
]


def answer_to(world, faults, wanted):
    who, changes = world.fresh(), {}
    for _, _, change in faults:
        if change is None:
            who.tpm.pcrs[4] = bytes(32)
        else:
            changes.update(change(changes))
    world.first(wanted, who, **changes)


@each("order", [(f[0], f) for f in FAULTS])
def alone(world, fault):
    answer_to(world, [fault], fault[1])


@each("order", [(f"{a[0]} before {b[0]}", a, b) for a, b in itertools.combinations(FAULTS, 2)])
def pair(world, first, second):
    answer_to(world, [first, second], first[1])


@case("order: everything wrong at once")
def all_at_once(world):
    answer_to(world, FAULTS, 601)


# Random bytes: nothing but what the page names, and never a grant.

REFUSALS = {601, 603, 604, 605, 606, 607, 608, 610, 612, 615, 619}


@each("random: a bit of EVIDENCE turned, round", [(str(i), i) for i in range(60)])
def turned_bit(world, _round):
    with world.connect() as c:
        body = bytearray(wire.put_evidence(c.evidence(event_log=tpm.log_header())))
        bit = world.source.randrange(8 * len(body))
        body[bit // 8] ^= 1 << bit % 8
        answer = c.ask(wire.EVIDENCE, bytes(body))
        check(answer.code in REFUSALS or
              answer.kind == wire.CHALLENGE and free_of_meaning(body, bit // 8),
              f"{answer} after bit {bit}")


def free_of_meaning(body: bytearray, at: int) -> bool:
    """The event log's header has bytes that may be anything."""
    log = bytes(tpm.log_header())
    start = len(body) - 1 - len(log)
    return start <= at < start + len(log) and at - start not in range(4, 8)


@each("random: bytes as EVIDENCE, round", [(str(i), i) for i in range(20)])
def random_bytes(world, _round):
    with world.connect() as c:
        body = world.source.randbytes(world.source.randrange(2000))
        expect(c.ask(wire.EVIDENCE, body), 601)


@each("random: bytes as a frame, round", [(str(i), i) for i in range(20)])
def random_frame(world, _round):
    with world.connect() as c:
        c.tls.send(world.source.randbytes(6 + world.source.randrange(200)))
        expect(c.receive(), 601)
