# SPDX-License-Identifier: GPL-2.0-or-later
"""Section 7.2: a disk goes over to the key of another version, with two COMMITs."""

import contextlib

import derive
import wire
from service import policy
from suite import apart, case, check, expect
from wire import FORMAT, OPEN

ZEROS = bytes(32)
NO_NEXT = {"next_version": 0, "next_header_mac": ZEROS}


@contextlib.contextmanager
def rotated(world, name: str):
    """Another service with a node of version 1, whose current version is then 2."""
    with apart(world, f"rotation-{name}", policy(tenant="acme")) as other:
        who = other.known()
        operator(other, "rotate", "--kek")
        yield other, who


def operator(world, *words: str, wanted: int = 0):
    done = world.service.node(*words)
    check(done.returncode == wanted, f"{' '.join(words)}: {done.returncode}, {done.stderr}")


def versions(grant) -> tuple[int, int]:
    return grant.key_version, grant.next_version


@contextlib.contextmanager
def granted(world, who, wanted: tuple[int, int]):
    """A connection up to its GRANT of these two versions; the disk is ready to be committed."""
    with world.connect(who) as c:
        expect(c.join(), wire.GRANT)
        check(versions(c.grant) == wanted, f"versions {versions(c.grant)}")
        c.prepare()
        yield c


def begun(world, who):
    """The first COMMIT of a change is stored; the node hears nothing of it."""
    with granted(world, who, (1, 2)) as c:
        c.send_commit(c.first_commit())
        c.receive()


def keks(world) -> dict:
    """The keys of the service, by version."""
    lines = (world.service.state / "kek").read_text().split("\n")
    pairs = [line.split() for line in lines if line[:1].isdigit()]
    return {int(version): bytes.fromhex(key) for version, key in pairs}


@case("rotation: whole, and the keys are those of section 7")
def whole(world):
    with rotated(world, "whole") as (other, who):
        first = other.boot(who).grant
        check(versions(first) == (1, 2) and first.next_header_mac == ZEROS, "not the two versions")
        salt = bytes.fromhex(other.service.audit("grant")[-1]["salt"])
        for version, key in ((1, first.disk_key), (2, first.next_key)):
            check(key == derive.disk_key(keks(other)[version], b"acme", who.disk_id, version, salt),
                  f"the disk key of version {version} is not HMAC of its KEK")
        again = other.boot(who).grant
        check(versions(again) == (2, 0), "the version has not changed")
        check(again.generation == first.generation + 2, "two COMMITs are not two generations")
        check(again.disk_key == first.next_key, "another key than the next one")
        fresh = other.boot(other.fresh()).grant
        check(versions(fresh) == (2, 0) and fresh.action == FORMAT, "a new disk has an old version")


@case("rotation: cut off before the first COMMIT")
def before_first(world):
    with rotated(world, "before") as (other, who):
        with granted(other, who, (1, 2)) as c:
            key = c.grant.next_key
        again = other.boot(who).grant
        check((again.generation, again.next_header_mac) == (1, ZEROS), "a lost COMMIT counts")
        check(again.next_key == key, "another next key")


@case("rotation: the ACK between the COMMITs is lost")
def between(world):
    with rotated(world, "between") as (other, who):
        old = who.header
        begun(other, who)
        check(who.header == old, "the header is written before the ACK")
        with granted(other, who, (1, 2)) as c:
            check(c.grant.generation == 2 and c.mac(2) == c.grant.header_mac, "not the old header")
            check(c.grant.next_header_mac != ZEROS, "the record has not both MACs")
        other.boot(who)
        check(versions(other.boot(who).grant) == (2, 0), "the change has not ended")


def new_at_0(who):
    who.header = who.spare


def part_at_0(who):
    half = len(who.header) // 2
    who.header = who.spare[:half] + who.header[half:]


@case("rotation: cut off with the new header at 0, whole or in part")
def new_header(world):
    for name, write in (("whole-header", new_at_0), ("part-header", part_at_0)):
        with rotated(world, name) as (other, who):
            begun(other, who)
            write(who)
            with granted(other, who, (1, 2)) as c:
                check(who.header == who.spare, "the header is not made good")
                expect(c.commit(), wire.ACK)
                check(not c.goes_on and c.commit_fields["key_version"] == 2, "not the new version")
            check(versions(other.boot(who).grant) == (2, 0), "the change has not ended")


@case("rotation: the second COMMIT or its ACK is lost")
def after_second(world):
    for sent in (False, True):
        with rotated(world, f"second-{sent}") as (other, who):
            with granted(other, who, (1, 2)) as c:
                expect(c.commit(), wire.ACK)
                if sent:
                    c.send_commit(c.second_commit())
                    c.receive()
                else:
                    c.second_commit()  # the header is written
            grant = other.boot(who).grant
            check((versions(grant), grant.generation) ==
                  (((2, 0), 3) if sent else ((1, 2), 2)), "another state than the COMMITs left")
            check(versions(other.boot(who).grant) == (2, 0), "the change has not ended")


# Fields. Each row: what is changed, and the answer.

BAD_FIRST = {
    "as if nothing were to change": (NO_NEXT, 616),
    "a higher next version": ({"next_version": 3}, 616),
    "the new version, which is not on record": ({"key_version": 2, **NO_NEXT}, 616),
    "a version of nobody": ({"key_version": 3, **NO_NEXT}, 616),
    "version 0": ({"key_version": 0}, 616),
    "the granted generation": ({"generation": 1}, 616),
    "the granted generation plus 2": ({"generation": 3}, 616),
    "a MAC of zeros": ({"header_mac": ZEROS}, 616),
    "another action": ({"action": FORMAT, **NO_NEXT}, 616),
    "format with a next version": ({"action": FORMAT}, 601),
    "a next version that is not above": ({"next_version": 1}, 601),
    "a next version without its MAC": ({"next_header_mac": ZEROS}, 601),
    "a MAC of no next version": ({"next_version": 0}, 601),
}
BAD_SECOND = {
    "the old version": ({"key_version": 1}, 616),
    "the first COMMIT over again": ({"key_version": 1, "next_version": 2,
                                     "next_header_mac": b"m" * 32}, 616),
    "a version above": ({"key_version": 3}, 616),
    "another change at once": ({"next_version": 3, "next_header_mac": b"m" * 32}, 616),
    "the generation of the first": ({"generation": 2}, 616),
    "a generation too far": ({"generation": 4}, 616),
    "a MAC of zeros": ({"header_mac": ZEROS}, 616),
    "another action": ({"action": FORMAT}, 616),
    "a MAC of no next version": ({"next_header_mac": b"m" * 32}, 601),
}


@case("rotation: each field of the first COMMIT")
def bad_first(world):
    with rotated(world, "first-fields") as (other, who):
        for name, (changes, wanted) in BAD_FIRST.items():
            with granted(other, who, (1, 2)) as c:
                expect(c.commit(**changes), wanted, name)
        grant = other.boot(who).grant
        check((grant.generation, grant.next_header_mac) == (1, ZEROS), "a refused COMMIT counts")


@case("rotation: each field of the second COMMIT")
def bad_second(world):
    for name, (changes, wanted) in BAD_SECOND.items():
        with rotated(world, f"second-{'-'.join(name.split())}") as (other, who):
            with granted(other, who, (1, 2)) as c:
                expect(c.commit(), wire.ACK, name)
                expect(c.commit_next(**changes), wanted, name)
            grant = other.boot(who).grant
            check((versions(grant), grant.generation) == ((1, 2), 2), f"{name} counts")


@case("rotation: what is due between the COMMITs")
def due_between(world):
    with rotated(world, "due") as (other, who):
        for kind, body in ((wire.PROOF, wire.lp(b"s")), (wire.EVIDENCE, b"")):
            with granted(other, who, (1, 2)) as c:
                expect(c.commit(), wire.ACK)
                expect(c.ask(kind, body), 601)
        with granted(other, who, (1, 2)) as c:
            expect(c.commit(), wire.ACK)
            c.goes_on = False
            expect(c.ask(wire.ABORT, wire.u16(530)), 0)
        with granted(other, who, (1, 2)) as c:
            expect(c.commit(), wire.ACK)
            expect(c.commit_next(), wire.ACK)
            expect(c.ask(wire.COMMIT, wire.put_commit(**c.second_commit())), 0)
        check(versions(other.boot(who).grant) == (2, 0), "the change has not ended")


@case("rotation: bytes behind the first COMMIT, which is stored")
def bytes_behind(world):
    with rotated(world, "behind") as (other, who):
        with granted(other, who, (1, 2)) as c:
            first, second = (wire.frame(wire.COMMIT, wire.put_commit(**f))
                             for f in (c.first_commit(), c.second_commit()))
            c.tls.send(first + second)
            expect(c.receive(), 601)
        grant = other.boot(who).grant
        check((versions(grant), grant.generation) == ((1, 2), 2), "another state than one COMMIT's")


@case("rotation: of two grants the first COMMIT ends the other, and nothing comes again")
def replayed(world):
    with rotated(world, "two") as (other, who):
        with granted(other, who, (1, 2)) as one, granted(other, who, (1, 2)) as two:
            first = one.first_commit()
            expect(one.commit(), wire.ACK)
            expect(one.commit_next(), wire.ACK)
            expect(two.ask(wire.COMMIT, wire.put_commit(**first)), 616)
        for old in (first, one.commit_fields):
            with granted(other, who, (2, 0)) as c:
                expect(c.ask(wire.COMMIT, wire.put_commit(**old)), 616)
        check(versions(other.boot(who).grant) == (2, 0), "an old COMMIT counts")


@case("rotation: on top of one that was begun")
def on_top(world):
    with rotated(world, "top") as (other, who):
        begun(other, who)
        operator(other, "rotate", "--kek")
        operator(other, "retire", "2", wanted=1)
        check(versions(other.boot(who).grant) == (1, 2), "another next version than that begun")
        check(versions(other.boot(who).grant) == (2, 3), "no next version any more")


@case("rotation: the next version is retired between GRANT and COMMIT")
def retired(world):
    with rotated(world, "retired") as (other, who):
        operator(other, "retire", "1", wanted=1)
        with granted(other, who, (1, 2)) as c:
            operator(other, "rotate", "--kek")
            operator(other, "retire", "2")
            expect(c.commit(), 616)
        check(versions(other.boot(who).grant) == (1, 3), "the retired version is granted")
        operator(other, "retire", "1")
        check(versions(other.boot(who).grant) == (3, 0), "the change has not ended")


@case("rotation: the node is revoked between the COMMITs")
def revoked_between(world):
    with rotated(world, "revoked") as (other, who):
        with granted(other, who, (1, 2)) as c:
            expect(c.commit(), wire.ACK)
            operator(other, "revoke", "disk", who.disk_id.hex())
            expect(c.commit_next(), 614)
        operator(other, "unrevoke", "disk", who.disk_id.hex())
        grant = other.boot(who).grant
        check((grant.action, versions(grant)) == (OPEN, (1, 2)), "the refused COMMIT counts")
