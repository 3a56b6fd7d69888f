# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections 3 to 5: frames, what is due, taking turns, malformed bodies."""

import node
import tls12
import wire
from suite import case, check, each, expect

ANYTHING = bytes(40)


def answered(world, data: bytes, wanted: int = 601):
    with world.connect() as c:
        c.tls.send(data)
        expect(c.receive(), wanted)


@each("frames: header", [
    ("length 0", wire.u32(0) + b"\2\1"),
    ("length 1", wire.u32(1) + b"\2\1"),
    ("length 262145", wire.u32(262145) + b"\2\1"),
    ("length 2^31", wire.u32(1 << 31) + b"\2\1"),
    ("length 2^32 - 1", wire.u32(2 ** 32 - 1) + b"\2\1"),
    ("version 0", wire.frame(wire.EVIDENCE, ANYTHING, 0)),
    ("version 2", wire.frame(wire.EVIDENCE, ANYTHING, 2)),
    ("version 255", wire.frame(wire.EVIDENCE, ANYTHING, 255)),
    ("type 0", wire.frame(0, ANYTHING)),
    ("type 10", wire.frame(10, ANYTHING)),
    ("type 255", wire.frame(255, ANYTHING)),
])
def header(world, data):
    answered(world, data)


@each("frames: not due after HELLO", [
    ("HELLO", wire.HELLO, 55), ("CHALLENGE", wire.CHALLENGE, 144), ("PROOF", wire.PROOF, 36),
    ("GRANT", wire.GRANT, 236), ("DENY", wire.DENY, 10), ("COMMIT", wire.COMMIT, 81),
    ("ACK", wire.ACK, 0), ("ABORT", wire.ABORT, 2)])
def not_due_at_first(world, kind, length):
    answered(world, wire.frame(kind, bytes(length)))


@case("frames: the longest body there is")
def longest(world):
    answered(world, wire.frame(wire.EVIDENCE, bytes(65534)))


@case("frames: refused by its header alone")
def by_header(world):
    answered(world, wire.frame(wire.COMMIT, bytes(41))[:6])


def challenged(world):
    c = world.connect()
    expect(c.present(), wire.CHALLENGE)
    return c


def granted(world, who=None):
    c = world.connect(who)
    expect(c.join(), wire.GRANT)
    return c


BODIES = {wire.EVIDENCE: 700, wire.PROOF: 36, wire.COMMIT: 81, wire.ABORT: 2, wire.HELLO: 55,
          wire.CHALLENGE: 144, wire.GRANT: 236, wire.DENY: 10, wire.ACK: 0}


@each("frames: not due after CHALLENGE", [
    (f"type {k}", k) for k in sorted(BODIES) if k not in (wire.PROOF, wire.ABORT)])
def not_due_in_challenge(world, kind):
    with challenged(world) as c:
        expect(c.ask(kind, bytes(BODIES[kind])), 601)


@each("frames: not due after GRANT", [
    (f"type {k}", k) for k in sorted(BODIES) if k not in (wire.COMMIT, wire.ABORT)])
def not_due_in_grant(world, kind):
    with granted(world) as c:
        expect(c.ask(kind, bytes(BODIES[kind])), 601)


@each("frames: malformed PROOF", [
    ("empty body", b""), ("empty secret", wire.lp(b"")), ("33 bytes", wire.lp(bytes(33))),
    ("a byte more", wire.lp(bytes(31)) + b"\0"), ("a byte less", wire.lp(bytes(32))[:-1]),
    ("37 bytes of body", bytes(37))])
def malformed_proof(world, body):
    with challenged(world) as c:
        expect(c.ask(wire.PROOF, body), 601)


COMMIT = wire.put_commit(1, 1, 1, bytes(range(32)))


@each("frames: malformed COMMIT", [
    ("empty body", b""), ("a byte less", COMMIT[:-1]), ("a byte more", COMMIT + b"\0"),
    ("action 0", b"\0" + COMMIT[1:]), ("action 4", b"\4" + COMMIT[1:]),
    ("action 255", b"\xff" + COMMIT[1:]), ("generation 0", wire.put_commit(1, 0, 1, bytes(32)))])
def malformed_commit(world, body):
    with granted(world) as c:
        expect(c.ask(wire.COMMIT, body), 601)


@each("frames: malformed ABORT", [
    ("code 0", b"\0\0"), ("one byte", b"\1"), ("empty", b""), ("three bytes", b"\0\1\0")])
def malformed_abort(world, body):
    for stage in (challenged, granted):
        with stage(world) as c:
            expect(c.ask(wire.ABORT, body), 601)


# Taking turns. The frames of a node that does not wait, as one segment.


def out_of_turn(c, *frames: bytes, one_record: bool, wanted: int = 601):
    if one_record:
        c.tls.send(b"".join(frames))
    else:
        c.tls.raw(b"".join(c.tls.records(tls12.DATA, f) for f in frames))
    expect(c.receive(), wanted)


TURNS = [("in one record", True), ("in records of their own", False)]


@each("turns: EVIDENCE and PROOF", TURNS)
def evidence_and_proof(world, one_record):
    with world.connect() as c:
        evidence = wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence()))
        out_of_turn(c, evidence, wire.frame(wire.PROOF, wire.lp(bytes(32))),
                    one_record=one_record)


@each("turns: EVIDENCE and one byte", TURNS)
def evidence_and_byte(world, one_record):
    with world.connect() as c:
        evidence = wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence()))
        out_of_turn(c, evidence, b"\0", one_record=one_record)


@each("turns: EVIDENCE and COMMIT of a known node", TURNS)
def evidence_and_commit(world, one_record):
    who = world.known()
    before = len(world.service.audit("grant"))
    with world.connect(who) as c:
        evidence = wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence()))
        commit = wire.frame(wire.COMMIT, wire.put_commit(2, 2, 1, bytes(32)))
        out_of_turn(c, evidence, commit, one_record=one_record)
    grants = world.service.audit("grant")[before:]
    check(not grants or world.service.audit("deny")[-1]["seq"] > grants[-1]["seq"],
          "the audit record ends with a grant that was never sent")
    world.boot(who)


@each("turns: PROOF and COMMIT", TURNS)
def proof_and_commit(world, one_record):
    with world.connect() as c:
        challenge = c.present()
        proof = wire.frame(wire.PROOF, wire.lp(c.node.tpm.activate(challenge)))
        out_of_turn(c, proof, wire.frame(wire.COMMIT, COMMIT), one_record=one_record)


@each("turns: COMMIT twice", TURNS)
def commit_twice(world, one_record):
    with granted(world) as c:
        c.prepare()
        commit = wire.frame(wire.COMMIT, wire.put_commit(1, 1, 1, c.mac(1)))
        out_of_turn(c, commit, commit, one_record=one_record, wanted=wire.ACK)


@case("turns: EVIDENCE twice")
def evidence_twice(world):
    with world.connect() as c:
        evidence = wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence()))
        out_of_turn(c, evidence, evidence, one_record=True)


@case("turns: EVIDENCE before HELLO")
def before_hello(world):
    with node.Connection(world.service, world.fresh()) as c:
        c.tls.hello()
        early = wire.frame(wire.EVIDENCE, ANYTHING)
        c.tls.raw(c.tls.last_flight() + c.tls.records(tls12.DATA, early))
        c.tls.finish()
        answer = c.receive()
        if answer.kind == wire.HELLO:  # it was on its way already
            answer = c.receive()
        expect(answer, 601)


@case("turns: what a denied node still sends is not answered")
def after_denial(world):
    with world.connect() as c:
        refused = wire.frame(wire.EVIDENCE, wire.put_evidence(c.evidence(purpose=2)))
        c.tls.send(refused)
        answer = wire.Reader(c.tls.receive(6))
        length, kind = answer.number(4), answer.number(1)
        check(kind == wire.DENY, f"type {kind} in place of DENY")
        c.tls.receive(length - 2)
        c.tls.send(refused)
        check(c.tls.end() == tls12.CLOSE_NOTIFY, "no close_notify")


@case("ABORT: recorded, not answered, changes nothing")
def abort(world):
    for stage, code, name in ((challenged, 530, "claimed_ek"), (granted, 65535, "node")):
        with stage(world) as c:
            who = c.node
            expect(c.ask(wire.ABORT, wire.u16(code)), 0)
        line = world.service.audit("abort")[-1]
        check((line["node_code"], line.get(name)) == (code, who.name), f"the record says {line}")
        who.contents = wire.BLANK
        world.boot(who)
