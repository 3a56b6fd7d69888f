# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections 4 and 6.1 to 6.3: every field of the evidence, and what each spoilt one gets."""

import p256
import tpm
import wire
from suite import case, each, expect
from wire import SHA256, u16

GOOD = wire.CHALLENGE  # what a node that nobody knows is answered with


# The body of EVIDENCE.


@each("evidence: purpose", [
    ("0", 0, 601), ("1", 1, GOOD), ("2", 2, 615), ("3", 3, 615), ("4", 4, 615), ("5", 5, 601),
    ("255", 255, 601)])
def purpose(world, value, wanted):
    world.first(wanted, purpose=value)


@each("evidence: type", [("0", 0), ("2", 2), ("256", 256), ("65535", 65535)])
def kind(world, value):
    world.first(601, type=value)


@each("evidence: field", [
    (f"{name} of {length} bytes", name, length) for name, length in (
        ("claims", 0), ("claims", 4097), ("attest", 0), ("attest", 1025), ("signature", 0),
        ("signature", 1025), ("pcr_values", 0), ("pcr_values", 1537), ("event_log", 131073))])
def field(world, name, length):
    world.first(601, **{name: bytes(length)})


@each("evidence: longest field", [
    ("attest", {"attest": bytes(1024)}, 604), ("signature", {"signature": bytes(1024)}, 603),
    ("pcr_values", {"pcr_values": bytes(1536)}, 606),
    ("event_log", {"event_log": bytes(131072)}, 607),
    ("certificate", {"certificates": [bytes(4096)]}, GOOD),
    ("certificates", {"certificates": [bytes(4096)] * 6}, GOOD)])
def longest_field(world, changes, wanted):
    world.first(wanted, **changes)


@each("evidence: certificates", [
    ("of no bytes", [b""], 601), ("of 4097 bytes", [bytes(4097)], 601),
    ("of one byte", [b"\0"], GOOD), ("seven", [b"\0"] * 7, 601)])
def certificates(world, ones, wanted):
    world.first(wanted, certificates=ones)


@each("evidence: wants_service_evidence", [("1", 1, 615), ("2", 2, 601), ("255", 255, 601)])
def wants(world, value, wanted):
    world.first(wanted, wants_service_evidence=value)


REPORT = bytes(1184)
OTHER_ITEMS = {
    "type 2": (2, REPORT + wire.lp(b"")), "type 3": (3, wire.lp(b"q")),
    "type 4": (4, wire.lp(b"r") + wire.lp(b"")),
    "type 5": (5, REPORT + wire.lp(b"") + wire.lp(b"m"))}


def with_items(world, wanted, change, count=None):
    """change: of the list that has the right item of type 1 alone."""
    with world.connect() as c:
        e = c.evidence()
        e.update(items=change([(1, wire.put_tpm_quote(e))]), count=count)
        expect(c.ask(wire.EVIDENCE, wire.put_evidence(e)), wanted)


@each("evidence: items beside the quote", [
    ("nothing", lambda items: items, GOOD),
    *((f"{name}, which policy does not name", lambda items, one=one: items + [one], GOOD)
      for name, one in OTHER_ITEMS.items()),
    *((f"{name} with a byte less", lambda items, one=one: items + [(one[0], one[1][:-1])], 601)
      for name, one in OTHER_ITEMS.items()),
    *((f"{name} with a byte more", lambda items, one=one: items + [(one[0], one[1] + b"x")], 601)
      for name, one in OTHER_ITEMS.items()),
    ("the quote again", lambda items: items * 2, 601),
    ("a type below", lambda items: [OTHER_ITEMS["type 3"]] + items, 601),
    ("a type that nobody knows", lambda items: items + [(6, b"x")], 601),
    ("an empty item", lambda items: items + [(3, b"")], 601),
    ("all kinds: five items", lambda items: items + list(OTHER_ITEMS.values()), 601)])
def items_beside(world, change, wanted):
    with_items(world, wanted, change)


@each("evidence: number of items", [("0", 0, 601), ("2", 2, 601), ("5", 5, 601), ("255", 255, 601)])
def item_count(world, count, wanted):
    with_items(world, wanted, lambda items: items, count)


@each("evidence: no item of a kind that policy names", [
    (name, one, 625) for name, one in OTHER_ITEMS.items()])
def other_kinds(world, one, wanted):
    with_items(world, wanted, lambda _: [one])


def body_of(c) -> bytes:
    return wire.put_evidence(c.evidence())


@each("evidence: body cut to", [(f"{n} thirtieths", n) for n in range(30)])
def cut_body(world, part):
    with world.connect() as c:
        body = body_of(c)
        expect(c.ask(wire.EVIDENCE, body[:len(body) * part // 30]), 601)


@case("evidence: a byte less, a byte more")
def one_byte(world):
    for change in (lambda body: body[:-1], lambda body: body + b"\0"):
        with world.connect() as c:
            expect(c.ask(wire.EVIDENCE, change(body_of(c))), 601)


@case("evidence: a length that reaches past the body")
def long_length(world):
    with world.connect() as c:
        body = body_of(c)
        expect(c.ask(wire.EVIDENCE, body[:-4] + wire.u32(1)), 601)


# The claims.


@each("claims", [
    ("version empty", {"version": b""}, 601),
    ("version of 1", {"version": b"v"}, GOOD),
    ("version of 64", {"version": b"v" * 64}, GOOD),
    ("version of 65", {"version": b"v" * 65}, 601),
    ("version with 0x1f", {"version": b"a\x1f"}, 601),
    ("version with 0x20 and 0x7e", {"version": b" ~"}, GOOD),
    ("version with 0x7f", {"version": b"a\x7f"}, 601),
    ("version with NUL", {"version": b"a\0"}, 601),
    ("version with 0xe4", {"version": b"\xe4"}, 601),
    ("disk_id of zeros", {"disk_id": bytes(16)}, 601),
    ("contents 0", {"contents": 0}, 601),
    ("contents 2", {"contents": 2}, 619),
    ("contents 3", {"contents": 3}, 601),
    ("contents 255", {"contents": 255}, 601),
    ("ak_pub empty", {"ak_pub": b""}, 610),
    ("ak_pub of 1024", {"ak_pub": bytes(1024)}, 610),
    ("ak_pub of 1025", {"ak_pub": bytes(1025)}, 601),
    ("ek_pub empty", {"ek_pub": b""}, 610),
    ("ek_pub of 1024", {"ek_pub": bytes(1024)}, 610),
    ("ek_pub of 1025", {"ek_pub": bytes(1025)}, 601),
    ("kem_pub begins with 2", {"kem_pub": b"\2" + bytes(64)}, 601),
    ("kem_pub begins with 0", {"kem_pub": bytes(65)}, 601),
    ("kem_pub off the curve", {"kem_pub": b"\4" + bytes(63) + b"\1"}, 610),
    ("kem_pub of zeros", {"kem_pub": b"\4" + bytes(64)}, 610),
    ("kem_pub beyond the field", {"kem_pub": b"\4" + b"\xff" * 64}, 610),
    ("kem_pub short", {"kem_pub": b"\4" + bytes(63)}, 601),
    ("kem_pub long", {"kem_pub": b"\4" + bytes(65)}, 601),
    ("mlkem_pub empty", {"mlkem_pub": b""}, 610),
    ("mlkem_pub of 1", {"mlkem_pub": bytes(1)}, 601),
    ("mlkem_pub short", {"mlkem_pub": bytes(1183)}, 601),
    ("mlkem_pub long", {"mlkem_pub": bytes(1185)}, 601),
    ("mlkem_pub of zeros", {"mlkem_pub": bytes(1184)}, GOOD),
    ("mlkem_pub of greatest coefficients", {"mlkem_pub": b"\0\x0d\xd0" * 384 + bytes(32)}, GOOD),
    ("mlkem_pub with q for the first", {"mlkem_pub": b"\1\x0d" + bytes(1182)}, 610),
    ("mlkem_pub with q for the last", {"mlkem_pub": bytes(1150) + b"\x10\xd0" + bytes(32)}, 610),
    ("mlkem_pub of ones", {"mlkem_pub": b"\xff" * 1184}, 610),
])
def claims(world, changes, wanted):
    world.first(wanted, claim=changes)


@each("claims: cut to", [(f"{n} twentieths", n) for n in range(1, 20)])
def cut_claims(world, part):
    with world.connect() as c:
        whole = c.claims()
        expect(c.present(claims=whole[:len(whole) * part // 20]), 601)


# Keys. Each row: what is changed, what an AK and what an EK like that get.

FORMS = [
    ("as it should be", {}, GOOD, GOOD),
    ("another type", {"type": 1}, 610, 610),
    ("name_alg SHA-1", {"name_alg": 4}, 610, 610),
    ("name_alg SHA-384", {"name_alg": 12}, 610, 610),
    ("policy of 0", {"policy": b""}, GOOD, GOOD),
    ("policy of 32", {"policy": bytes(range(32))}, GOOD, GOOD),
    ("policy of 20", {"policy": bytes(20)}, 610, 610),
    ("policy of 31", {"policy": bytes(31)}, 610, 610),
    ("policy of 33", {"policy": bytes(33)}, 610, 610),
    ("policy of 64", {"policy": bytes(64)}, 610, 610),
    ("symmetric NULL", {"symmetric": u16(0x10)}, GOOD, 610),
    ("symmetric AES-128-CFB", {"symmetric": u16(6) + u16(128) + u16(0x43)}, 610, GOOD),
    ("symmetric AES-256-CFB", {"symmetric": u16(6) + u16(256) + u16(0x43)}, 610, 610),
    ("symmetric AES-128-CBC", {"symmetric": u16(6) + u16(128) + u16(0x42)}, 610, 610),
    ("symmetric SM4", {"symmetric": u16(0x13) + u16(128) + u16(0x43)}, 610, 610),
    ("symmetric NULL with bits", {"symmetric": u16(0x10) + u16(128) + u16(0x43)}, 610, 610),
    ("scheme NULL", {"scheme": u16(0x10)}, 610, GOOD),
    ("scheme ECDSA, SHA-256", {"scheme": u16(0x18) + u16(0x0B)}, GOOD, 610),
    ("scheme ECDSA, SHA-384", {"scheme": u16(0x18) + u16(0x0C)}, 610, 610),
    ("scheme ECDSA, SHA-1", {"scheme": u16(0x18) + u16(0x04)}, 610, 610),
    ("scheme ECDAA", {"scheme": u16(0x1A) + u16(0x0B) + u16(0)}, 610, 610),
    ("scheme ECDH", {"scheme": u16(0x19) + u16(0x0B)}, 610, 610),
    ("curve P-384", {"curve": 4}, 610, 610),
    ("curve 0", {"curve": 0}, 610, 610),
    ("kdf", {"kdf": 0x20}, 610, 610),
    ("kdf with a hash", {"kdf": 0x22, "rest": b""}, 610, 610),
    ("x empty", {"x": b""}, 610, 610),
    ("x of 33", {"x": bytes(33)}, 610, 610),
    ("y empty", {"y": b""}, 610, 610),
    ("y of 33", {"y": bytes(33)}, 610, 610),
    ("off the curve", {"y": bytes(31) + b"\1"}, 610, 610),
    ("a byte behind", {"rest": b"\0"}, 610, 610),
]
FORMS += [(f"attribute {bit} turned", {"turned": 1 << bit},
           GOOD if tpm.FREE >> bit & 1 else 610, GOOD if tpm.FREE >> bit & 1 else 610)
          for bit in range(32)]


def form(world, which: str, changes: dict, wanted: int):
    who, changes = world.fresh(), dict(changes)
    make, key, own = {"ak_pub": (tpm.ak_area, who.tpm.ak, tpm.AK_ATTRIBUTES),
                      "ek_pub": (tpm.ek_area, who.tpm.ek, tpm.EK_ATTRIBUTES)}[which]
    changes["attributes"] = own ^ changes.pop("turned", 0)
    setattr(who.tpm, which, make(p256.point(key), **changes))
    if wanted == GOOD:  # and the whole way, since activation seals to the Name
        world.boot(who)
    else:
        world.first(wanted, who)


@each("AK", [(title, changes, wanted) for title, changes, wanted, _ in FORMS])
def ak_form(world, changes, wanted):
    form(world, "ak_pub", changes, wanted)


@each("EK", [(title, changes, wanted) for title, changes, _, wanted in FORMS])
def ek_form(world, changes, wanted):
    form(world, "ek_pub", changes, wanted)


@case("keys: one in place of the other")
def swapped(world):
    who = world.fresh()
    who.tpm.ak_pub, who.tpm.ek_pub = who.tpm.ek_pub, who.tpm.ak_pub
    world.first(610, who)


@case("keys: one key for both")
def same_key(world):
    who = world.fresh()
    who.tpm.ek = who.tpm.ak
    who.tpm.ek_pub = tpm.ek_area(p256.point(who.tpm.ak))
    world.boot(who)


def key_with_zero(source, coordinate: int):
    """A key whose x (0) or y (1) begins with a zero byte."""
    while True:
        key = p256.make(source)
        if p256.point(key)[1 + 32 * coordinate] == 0:
            return key


@each("keys: zeros in front left out of", [("x", 0), ("y", 1)])
def short_coordinate(world, coordinate):
    who = world.fresh()
    name = "xy"[coordinate]
    for kind_of in ("ak", "ek"):
        key = key_with_zero(world.source, coordinate)
        part = p256.point(key)[1 + 32 * coordinate:33 + 32 * coordinate].lstrip(b"\0")
        make = tpm.ak_area if kind_of == "ak" else tpm.ek_area
        setattr(who.tpm, kind_of, key)
        setattr(who.tpm, f"{kind_of}_pub", make(p256.point(key), **{name: part}))
    world.boot(who)


@each("keys: area cut to", [(f"{n} fifteenths", n) for n in range(1, 15)])
def cut_area(world, part):
    for which in ("ak_pub", "ek_pub"):
        who = world.fresh()
        whole = getattr(who.tpm, which)
        setattr(who.tpm, which, whole[:len(whole) * part // 15])
        world.first(610, who)


# The quote.


@each("quote", [
    ("as it should be", {}, GOOD),
    ("another magic", {"magic": 0xFF544348}, 604),
    ("a certification", {"type": 0x8017}, 604),
    ("no signer", {"signer": b""}, GOOD),
    ("a signer of 66", {"signer": bytes(66)}, GOOD),
    ("a signer of 67", {"signer": bytes(67)}, 604),
    ("clock, resets, firmware", {"clock": 2 ** 64 - 1, "resets": 2 ** 32 - 1,
                                 "restarts": 2 ** 32 - 1, "firmware": 2 ** 64 - 1}, GOOD),
    ("safe 0", {"safe": 0}, GOOD),
    ("safe 2", {"safe": 2}, 604),
    ("safe 255", {"safe": 255}, 604),
    ("no extra data", {"extra": b""}, 604),
    ("extra data of 31", {"extra": bytes(31)}, 604),
    ("extra data of 33", {"extra": bytes(33)}, 604),
    ("extra data of 64", {"extra": bytes(64)}, 604),
    ("extra data of 65", {"extra": bytes(65)}, 604),
    ("other extra data", {"extra": bytes(32)}, 604),
    ("no selection", {"selections": 0}, 605),
    ("two selections", {"selections": 2}, 605),
    ("bank SHA-384", {"bank": 12}, 605),
    ("bank SHA-1", {"bank": 4}, 605),
    ("select_len 0", {"select_len": 0}, 604),
    ("select_len 1", {"select_len": 1}, 604),
    ("select_len 2", {"select_len": 2}, 604),
    ("select_len 4", {"select_len": 4}, GOOD),
    ("select_len 5", {"select_len": 5}, 604),
    ("a digest of 31", {"digest": bytes(31)}, 606),
    ("no digest", {"digest": b""}, 606),
    ("a digest of 48", {"digest": bytes(48)}, 606),
    ("a digest of 65", {"digest": bytes(65)}, 604),
    ("another digest", {"digest": bytes(32)}, 606),
    ("a byte behind", {"rest": b"\0"}, 604),
])
def quote(world, changes, wanted):
    world.first(wanted, quote=changes)


@each("quote: PCR turned in the selection", [(f"PCR {n}", n) for n in (0, 2, 4, 8, 15, 23)])
def selection(world, n):
    with world.connect() as c:
        expect(c.present(quote={"mask": c.hello.mask ^ 1 << n}), 605)


@case("quote: bit 24 of a selection of four bytes")
def fourth_byte(world):
    with world.connect() as c:
        expect(c.present(quote={"mask": c.hello.mask | 1 << 24, "select_len": 4}), 605)


@each("quote: cut to", [(f"{n} twentieths", n) for n in range(1, 20)])
def cut_quote(world, part):
    with world.connect() as c:
        whole = c.evidence()["attest"]
        cut = whole[:len(whole) * part // 20]
        expect(c.present(attest=cut), 604)


# The signature.


def signed(make):
    """A case whose signature is make(key, attest)."""
    def act(world, wanted):
        with world.connect() as c:
            e = c.evidence()
            e["signature"] = make(c.node.tpm.ak, e["attest"])
            expect(c.ask(wire.EVIDENCE, wire.put_evidence(e)), wanted)
    return act


def of(change):
    """A signature whose r and s go through `change` before they are written."""
    def make(key, attest):
        r, s = change(*p256.sign(key, attest))
        return tpm.signature(r, s)
    return make


def as_bytes(r: int, s: int):
    return tpm.number(r), tpm.number(s)


def short(key, attest):
    """A signature whose r begins with a zero byte that is left out."""
    while True:
        r, s = as_bytes(*p256.sign(key, attest))
        if r[0] == 0:
            return tpm.signature(r.lstrip(b"\0"), s)


@each("signature", [
    ("(r, n - s)", of(lambda r, s: as_bytes(r, p256.ORDER - s)), GOOD),
    ("zeros in front left out", short, GOOD),
    ("s changed", of(lambda r, s: as_bytes(r, s ^ 1)), 603),
    ("r changed", of(lambda r, s: as_bytes(r ^ 1, s)), 603),
    ("r and s swapped", of(lambda r, s: as_bytes(s, r)), 603),
    ("r zero", of(lambda r, s: as_bytes(0, s)), 603),
    ("s zero", of(lambda r, s: as_bytes(r, 0)), 603),
    ("r of n", of(lambda r, s: as_bytes(p256.ORDER, s)), 603),
    ("s of n", of(lambda r, s: as_bytes(r, p256.ORDER)), 603),
    ("r empty", of(lambda r, s: (b"", tpm.number(s))), 603),
    ("r of 33", of(lambda r, s: (tpm.number(r, 33), tpm.number(s))), 603),
    ("s of 33", of(lambda r, s: (tpm.number(r), tpm.number(s, 33))), 603),
    ("another scheme", lambda k, a: tpm.signature(*as_bytes(*p256.sign(k, a)), scheme=0x14), 603),
    ("another hash", lambda k, a: tpm.signature(*as_bytes(*p256.sign(k, a)), digest=0x0C), 603),
    ("of other bytes", lambda k, a: tpm.sign(k, a + b"x"), 603),
    ("a byte behind", lambda k, a: tpm.sign(k, a) + b"\0", 603),
    ("a byte less", lambda k, a: tpm.sign(k, a)[:-1], 603),
    ("one byte", lambda k, a: b"\0", 603),
    ("in DER", lambda k, a: bytes(70), 603),
])
def signature(world, make, wanted):
    signed(make)(world, wanted)


@case("signature: of the EK's key")
def by_ek(world):
    with world.connect() as c:
        e = c.evidence()
        e["signature"] = tpm.sign(c.node.tpm.ek, e["attest"])
        expect(c.ask(wire.EVIDENCE, wire.put_evidence(e)), 603)


# PCR values.


@each("pcr_values", [
    ("a byte less", lambda v: v[:-1]), ("a byte more", lambda v: v + b"\0"),
    ("a value less", lambda v: v[:-32]), ("a value more", lambda v: v + bytes(32)),
    ("a bit turned", lambda v: bytes([v[0] ^ 1]) + v[1:]), ("one byte", lambda v: b"\0"),
    ("in another order", lambda v: v[32:64] + v[:32] + v[64:])])
def values(world, change):
    with world.connect() as c:
        whole = c.node.tpm.values(c.hello.bank, c.hello.mask)
        expect(c.present(pcr_values=change(whole)), 606)


# The event log. Each event extends PCR 4 or 0 with 32 times its first byte.


def event(pcr: int, fill: int, kind_of: int = 13, **changes) -> bytes:
    return tpm.log_event(pcr, [(SHA256, bytes([fill]) * 32)], kind_of, **changes)


PCR_4 = tpm.replay(SHA256, [b"\1" * 32, b"\2" * 32])
TWO = event(4, 1) + event(4, 2)
LOCALITY = b"StartupLocality\0"
SHA1 = (4, 20)
BOTH = tpm.log_event(4, [(4, bytes(20)), (SHA256, b"\1" * 32)])


def hashed(world, log: bytes, wanted: int):
    """A node whose PCR 4 is what TWO leads to, with this log."""
    who = world.fresh()
    who.tpm.pcrs[4] = PCR_4
    # Policy does not know this PCR 4: a log that is taken is followed by 608, the next check.
    world.first(wanted, who, event_log=log)


TAKEN = 608


@each("event log", [
    ("leads there", tpm.log_header() + TWO, TAKEN),
    ("leads elsewhere", tpm.log_header() + event(4, 1), 607),
    ("in another order", tpm.log_header() + event(4, 2) + event(4, 1), 607),
    ("of other PCRs alone", tpm.log_header() + event(5, 9), TAKEN),
    ("of no event", tpm.log_header(), TAKEN),
    ("with EV_NO_ACTION between", tpm.log_header() + event(4, 1) + event(4, 9, 3) + event(4, 2),
     TAKEN),
    ("EV_NO_ACTION without a digest of the bank", tpm.log_header((SHA1, (SHA256, 32))) +
     event(4, 1) + tpm.log_event(4, [(4, bytes(20))], 3) + event(4, 2), TAKEN),
    ("EV_NO_ACTION of PCR 2^32 - 1", tpm.log_header() + event(2 ** 32 - 1, 9, 3) + TWO, TAKEN),
    ("an event of PCR 2^32 - 1", tpm.log_header() + event(2 ** 32 - 1, 9) + TWO, 607),
    ("PCR 23", tpm.log_header() + event(23, 9) + TWO, TAKEN),
    ("PCR 24", tpm.log_header() + event(24, 9) + TWO, 607),
    ("EV_NO_ACTION of PCR 24", tpm.log_header() + event(24, 9, 3) + TWO, 607),
    ("data", tpm.log_header() + event(4, 1, data=b"x" * 999) + event(4, 2), TAKEN),
    ("a header of another PCR", tpm.log_header(pcr=7) + TWO, TAKEN),
    ("a header of another type", tpm.log_header(kind=4) + TWO, 607),
    ("a header of another name", tpm.log_header(signature=b"Spec ID Event02\0") + TWO, 607),
    ("a header of another major version", tpm.log_header(major=1) + TWO, 607),
    ("vendor information", tpm.log_header(vendor=b"v" * 255) + TWO, TAKEN),
    ("a byte behind the header", tpm.log_header(rest=b"\0") + TWO, 607),
    ("no algorithm", tpm.log_header(()) + TWO, 607),
    ("an algorithm twice", tpm.log_header(((SHA256, 32), (SHA256, 32))) + TWO, 607),
    ("a wrong digest length", tpm.log_header(((SHA256, 31),)) + TWO, 607),
    ("an algorithm that nobody knows", tpm.log_header(((SHA256, 32), (0x99, 64))) + TWO, TAKEN),
    ("such a digest of 65", tpm.log_header(((SHA256, 32), (0x99, 65))) + TWO, 607),
    ("such a digest of 0", tpm.log_header(((SHA256, 32), (0x99, 0))) + TWO, 607),
    ("eight algorithms", tpm.log_header([(SHA256, 32)] + [(0x90 + i, 8) for i in range(7)]) + TWO,
     TAKEN),
    ("nine algorithms", tpm.log_header([(SHA256, 32)] + [(0x90 + i, 8) for i in range(8)]) + TWO,
     607),
    ("more algorithms than there are", tpm.log_header(count=2) + TWO, 607),
    ("two banks", tpm.log_header((SHA1, (SHA256, 32))) + BOTH + event(4, 2), TAKEN),
    ("another bank alone", tpm.log_header((SHA1,)) + tpm.log_event(4, [(4, bytes(20))]), 607),
    ("an event without the bank", tpm.log_header((SHA1, (SHA256, 32))) + TWO +
     tpm.log_event(5, [(4, bytes(20))]), 607),
    ("an event without a digest", tpm.log_header() + TWO + tpm.log_event(5, []), 607),
    ("a digest twice", tpm.log_header((SHA1, (SHA256, 32))) + TWO +
     tpm.log_event(5, [(SHA256, bytes(32))] * 2), 607),
    ("a digest the header does not name", tpm.log_header() + TWO +
     tpm.log_event(5, [(4, bytes(20))]), 607),
    ("cut inside the header", tpm.log_header()[:40], 607),
    ("cut inside an event", tpm.log_header() + TWO[:-3], 607),
    ("data that reaches past the end", tpm.log_header() + event(4, 1) + event(4, 2, length=1), 607),
    ("a byte behind", tpm.log_header() + TWO + b"\0", 607),
    ("ones behind", tpm.log_header() + TWO + b"\xff" * 32, TAKEN),
    ("zeros behind", tpm.log_header() + TWO + bytes(4096), TAKEN),
    ("too few ones behind", tpm.log_header() + TWO + b"\xff" * 7, 607),
    ("other bytes behind zeros", tpm.log_header() + TWO + bytes(64) + b"\1", 607),
    ("text", b"this is no event log", 607),
    ("one byte", b"\0", 607),
])
def event_log(world, log, wanted):
    hashed(world, log, wanted)


def short_events(count: int) -> bytes:
    """So many events in little room: 4096 with SHA-256 would not fit into EVIDENCE."""
    return tpm.log_header(((0x99, 1), (SHA256, 32))) + \
        tpm.log_event(4, [(0x99, b"\0")], 3) * count


@each("event log: events that fit", [("many", 2000)])
def many_events(world, count):
    hashed(world, short_events(count) + TWO, TAKEN)


@each("event log: start-up locality", [
    (f"{byte}", byte, wanted) for byte, wanted in ((0, GOOD), (3, GOOD), (4, GOOD), (1, 607),
                                                   (2, 607), (5, 607), (255, 607))])
def locality(world, byte, wanted):
    who = world.fresh()
    who.tpm.pcrs[0] = tpm.replay(SHA256, [b"\1" * 32], bytes(31) + bytes([byte]))
    said = event(0, 0, 3, data=LOCALITY + bytes([byte]))
    world.first(wanted, who, event_log=tpm.log_header() + said + event(0, 1))


@each("event log: start-up locality", [
    ("not said", b"", 607), ("after the first event", None, 607),
    ("of 18 bytes: no locality", LOCALITY + b"\3\0", 607)])
def no_locality(world, data, wanted):
    who = world.fresh()
    who.tpm.pcrs[0] = tpm.replay(SHA256, [b"\1" * 32], bytes(31) + b"\3")
    said = event(0, 0, 3, data=LOCALITY + b"\3" if data is None else data)
    events = event(0, 1) + said if data is None else said + event(0, 1)
    world.first(wanted, who, event_log=tpm.log_header() + events)
