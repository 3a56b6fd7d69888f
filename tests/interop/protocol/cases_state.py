# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections 5 to 8: policy, activation, what is bound when, grants and commits."""

import signal

from cryptography.exceptions import InvalidTag

import derive
import mlkem
import p256
import tpm
import wire
from service import FIRST_USE, Service, policy, policy_set
from suite import World, case, check, each, expect
from wire import FORMAT, OPEN, OVERWRITE


def grant_of(world, who, wanted: int = wire.GRANT, **changes):
    """A join without a COMMIT: its answer."""
    with world.connect(who) as c:
        answer = c.join(**changes)
        expect(answer, wanted)
        answer.challenged = c.challenged
        return answer


class reloaded:
    """`with reloaded(world, ...)`: another policy while the block runs."""

    def __init__(self, world, contents: dict):
        self.world, self.contents = world, contents

    def __enter__(self):
        self.world.service.reload(self.contents)

    def __exit__(self, *_):
        self.world.service.reload(policy())


# The whole way.


@case("whole: first join, commit, rejoin")
def whole(world):
    who = world.fresh()
    first = world.boot(who).grant
    check((first.action, first.generation, first.role, first.epoch) == (FORMAT, 0, "worker", 1),
          "the first grant is not to format")
    check(first.join_material == b"", "join material that nobody gave")
    for generation in (1, 2, 3):
        again = world.boot(who)
        check(not again.challenged, "a known node is challenged")
        check((again.grant.action, again.grant.generation) == (OPEN, generation), "not opened")
        check(again.grant.disk_key == first.disk_key, "another disk key")


@case("whole: two disks have two keys")
def two_keys(world):
    keys = {grant_of(world, world.fresh()).disk_key for _ in range(3)}
    check(len(keys) == 3, "two disks have one key")


@case("whole: the grant opens for nothing else")
def grant_bound(world):
    with world.connect() as c:
        grant = c.join()
        expect(grant, wire.GRANT)
        good = wire.grant_aad(grant)
        for rd, aad in ((bytes(32), good), (c.rd, good[:-1] + b"x"), (c.rd, b"\2" + good[1:])):
            try:
                c.unwrap(rd, aad, grant.wrapped)
            except InvalidTag:
                continue
            check(False, "a grant opens with another rd or other fields")


@case("whole: with one half broken the grant stays sealed")
def half_broken(world):
    with world.connect() as c:
        grant = c.join()
        expect(grant, wire.GRANT)
        aad, other = wire.grant_aad(grant), p256.private(7)
        zeros, stranger = bytes(32), mlkem.generate(bytes(32), bytes(32))[1]
        heads, sealed = grant.wrapped[:1153], grant.wrapped[1153:]
        z, shared = p256.agree(c.kem, heads[:65]), mlkem.decapsulate(c.mlkem[1], heads[65:])

        def by_secrets(secrets):
            key = derive.hybrid_key(c.rd, secrets, heads, p256.point(c.kem), c.mlkem[0])
            return derive.open_with(key, sealed, aad)

        check(by_secrets(z + shared) == c.unwrap(c.rd, aad, grant.wrapped), "not the grant")
        classical = derive.wrap_key(c.rd, z, heads[:65], p256.point(c.kem))
        for what, attempt in {
            "P-256 and another ML-KEM key":
                lambda: derive.unwrap_hybrid(c.kem, stranger, c.rd, aad, grant.wrapped),
            "ML-KEM and another P-256 key":
                lambda: derive.unwrap_hybrid(other, c.mlkem[1], c.rd, aad, grant.wrapped),
            "P-256 alone": lambda: derive.open_with(classical, sealed, aad),
            "z and zeros": lambda: by_secrets(z + zeros),
            "zeros and the shared secret": lambda: by_secrets(zeros + shared),
            "z": lambda: by_secrets(z),
        }.items():
            try:
                attempt()
            except InvalidTag:
                continue
            check(False, f"the grant opens with {what}")


@case("whole: a node without ML-KEM, and what policy says of it")
def classical_node(world):
    who = world.fresh()
    grant_of(world, who, 610, claim={"mlkem_pub": b""})
    with reloaded(world, policy(wrap="classical")):
        first = grant_of(world, who, claim={"mlkem_pub": b""})
        check(len(first.wrapped) == 65 + 40 + 16, "another form than the classical")
        check(grant_of(world, who).disk_key == first.disk_key, "another disk key")
    kinds = [line["wrap"] for line in world.service.audit("grant")[-2:]]
    check(kinds == ["classical", "hybrid"], f"recorded as {kinds}")
    grant_of(world, who, 610, claim={"mlkem_pub": b""})


@case("whole: SHA-384, join material, role of no length")
def other_bank(world):
    material = world.service.folder / "material"
    material.write_bytes(bytes(range(256)) * 64)
    material.chmod(0o600)
    one = {**policy_set(bank=wire.SHA384), "role": ""}
    with reloaded(world, {**FIRST_USE, "sets": [one], "bank": "sha384",
                          "join_material_file": str(material)}):
        who = world.fresh()
        with world.connect(who) as c:
            check(c.hello.bank == wire.SHA384, "another bank than policy's")
        grant = world.boot(who).grant
        check(grant.join_material == material.read_bytes(), "other join material")
        check(grant.role == "", "a role that nobody gave")
        log = tpm.log_header(((wire.SHA384, 48),))
        log += tpm.log_event(4, [(wire.SHA384, bytes(48))])
        grant_of(world, who, 607, event_log=log)
        grant_of(world, world.fresh(), 605, quote={"bank": wire.SHA256})


@case("event log: PCR 17 begins with ones")
def ones(world):
    value = tpm.replay(wire.SHA256, [b"\1" * 32], b"\xff" * 32)
    one = policy_set()
    one["measurements"]["17"] = {"expected": value.hex()}
    log = tpm.log_header() + tpm.log_event(17, [(wire.SHA256, b"\1" * 32)])
    with reloaded(world, {**FIRST_USE, "sets": [one]}):
        who = world.fresh()
        who.tpm.pcrs[17] = value
        world.boot(who, event_log=log)
        who.tpm.pcrs[17] = tpm.replay(wire.SHA256, [b"\1" * 32])
        grant_of(world, who, 607, event_log=log)
        grant_of(world, who, 608)


# Policy.


@case("policy: epoch")
def epoch(world):
    who, other = world.known(), world.known()
    with reloaded(world, policy(3)):
        check(world.boot(who).grant.epoch == 3, "another epoch than policy's")
        grant_of(world, other)  # granted under 3, not committed
    with reloaded(world, policy(2)):
        grant_of(world, who, 609)
        world.boot(other)


@case("policy: of two sets that match the higher epoch counts")
def two_sets(world):
    who = world.fresh()
    with reloaded(world, {**FIRST_USE, "sets": [policy_set("old", 1), policy_set("new", 5)]}):
        world.boot(who)
    grant_of(world, who, 609)


@each("policy: revoked", [
    ("node", lambda who: {"nodes": [who.name]}),
    ("disk", lambda who: {"disks": [who.disk_id.hex()]}),
    ("set", lambda who: {"sets": ["demo"]})])
def revoked(world, what):
    who, other = world.known(), world.fresh()
    with reloaded(world, policy(revoked=what(who))):
        grant_of(world, who, 614)
        if "sets" not in what(who):
            grant_of(world, other)
    world.boot(who)


@case("policy: revocation before binding, measurements before revocation")
def revoked_order(world):
    who, other = world.known(), world.known()
    with reloaded(world, policy(revoked={"nodes": [who.name]})):
        who.disk_id, mine = other.disk_id, who.disk_id
        grant_of(world, who, 614)
        who.tpm.pcrs[4] = bytes(32)
        grant_of(world, who, 608)
    who.tpm.pcrs.clear()
    grant_of(world, who, 612)
    who.disk_id = mine
    world.boot(who)


@case("policy: number of nodes")
def limit(world):
    who = world.known()
    with reloaded(world, policy(max_nodes=1)):
        grant_of(world, world.fresh(), 618)
        grant_of(world, world.fresh(), 618, claim={"contents": wire.NOT_BLANK})
        world.boot(who)


@case("policy: read between HELLO and EVIDENCE")
def reload_before_evidence(world):
    for changes, wanted in (({}, 602), ({"purpose": 2}, 615), ({"purpose": 9}, 601),
                            ({"claim": {"contents": 9}}, 602), ({"signature": b"\0"}, 602)):
        with world.connect() as c:
            world.service.reload(policy())
            expect(c.present(**changes), wanted)


@case("policy: read between CHALLENGE and PROOF")
def reload_before_proof(world):
    for secret, wanted in ((None, 602), (bytes(32), 611), (bytes(33), 601)):
        with world.connect() as c:
            challenge = c.present()
            world.service.reload(policy())
            body = wire.lp(c.node.tpm.activate(challenge) if secret is None else secret)
            expect(c.ask(wire.PROOF, body), wanted)


@case("policy: read between GRANT and COMMIT")
def reload_before_commit(world):
    with world.connect() as c:
        expect(c.join(), wire.GRANT)
        with reloaded(world, policy(9)):
            c.prepare()
            expect(c.commit(), wire.ACK)


@case("policy: revokes the node between GRANT and COMMIT")
def revoked_before_commit(world):
    with world.connect() as c:
        expect(c.join(), wire.GRANT)
        with reloaded(world, policy(revoked={"nodes": [c.node.name]})):
            c.prepare()
            expect(c.commit(), 614)


@each("revocation: by an operator between GRANT and COMMIT", [
    ("node", "node", lambda who: who.name), ("disk", "disk", lambda who: who.disk_id.hex()),
    ("set", "set", lambda who: "demo"), ("epoch", "epoch", lambda who: "2")])
def revoked_by_operator(world, kind, value_of):
    who = world.known()
    value = value_of(who)
    with world.connect(who) as c:
        expect(c.join(), wire.GRANT)
        done = world.service.node("revoke", kind, value)
        check(done.returncode == 0, f"revoke: {done.stderr}")
        c.prepare()
        expect(c.commit(), 614)
        grant_of(world, who, 614)
    done = world.service.node("unrevoke", kind, value)
    check(done.returncode == 0, f"unrevoke: {done.stderr}")
    check(world.boot(who).grant.generation == 1, "the refused COMMIT counts")


@case("policy: pinned AK")
def pinned(world):
    who = world.known()
    with reloaded(world, policy(pin_ak=True)):
        world.boot(who)
        who.tpm.new_ak(who.source)
        grant_of(world, who, 613)
    check(grant_of(world, who).challenged, "a new AK is not challenged")
    with reloaded(world, policy(pin_ak=True)):
        world.boot(who)  # the AK that was proven at the last grant


# Activation.


@each("activation: the secret", [
    ("another", lambda secret: bytes(32), 611),
    ("with a bit turned", lambda secret: bytes([secret[0] ^ 1]) + secret[1:], 611),
    ("a byte less", lambda secret: secret[:-1], 611),
    ("one byte", lambda secret: secret[:1], 611),
    ("a byte more", lambda secret: secret + b"\0", 601),
    ("none", lambda secret: b"", 601)])
def secret(world, change, wanted):
    with world.connect() as c:
        opened = c.node.tpm.activate(c.present())
        expect(c.ask(wire.PROOF, wire.lp(change(opened))), wanted)
        world.boot(c.node)  # nothing was bound


@case("activation: the challenge's form")
def challenge_form(world):
    with world.connect() as c:
        challenge = c.present()
        check((len(challenge.credential), len(challenge.encrypted_secret)) == (68, 68),
              "fields of another length")
        opened = c.node.tpm.activate(challenge)
    with world.connect() as c:
        check(c.node.tpm.activate(c.present()) != opened, "the secret comes again")


@case("activation: of another TPM's AK")
def chimera(world):
    victim, thief = world.known(), world.fresh()
    victim.tpm.ak, victim.tpm.ak_pub = thief.tpm.ak, thief.tpm.ak_pub
    with world.connect(victim) as c:
        challenge = c.present()
        expect(challenge, wire.CHALLENGE)
        try:  # the thief's TPM has not the EK that it is sealed to
            thief.tpm.activate(challenge)
            check(False, "the credential opens without the EK")
        except ValueError:
            pass
        expect(c.ask(wire.PROOF, wire.lp(bytes(32))), 611)


@case("activation: a new AK, once")
def new_ak(world):
    who = world.known()
    who.tpm.new_ak(who.source)
    check(world.boot(who).challenged, "a new AK is not challenged")
    check(not world.boot(who).challenged, "a proven AK is challenged again")


@case("activation: a proof of another connection")
def proof_of_another(world):
    with world.connect() as one, world.connect(one.node) as two:
        first, second = one.present(), two.present()
        expect(two.ask(wire.PROOF, wire.lp(one.node.tpm.activate(first))), 611)
        expect(one.ask(wire.PROOF, wire.lp(one.node.tpm.activate(second))), 611)


# Binding.


@case("binding: made at the GRANT")
def bound_at_grant(world):
    who, other = world.fresh(), world.fresh()
    grant_of(world, who)
    other.disk_id = who.disk_id
    grant_of(world, other, 612)
    mine, who.disk_id = who.disk_id, world.fresh().disk_id
    grant_of(world, who, 612)
    who.disk_id = mine
    world.boot(who)


@case("binding: not made by a denial or a challenge")
def not_bound(world):
    who, other = world.fresh(), world.fresh()
    world.first(wire.CHALLENGE, who)
    other.disk_id = who.disk_id
    world.boot(other)
    grant_of(world, who, 612)


@case("binding: two first joins for one disk at once")
def race(world):
    one, two = world.fresh(), world.fresh()
    two.disk_id = one.disk_id
    with world.connect(one) as a, world.connect(two) as b:
        first, second = a.present(), b.present()
        expect(second, wire.CHALLENGE)
        expect(a.prove(first), wire.GRANT)
        expect(b.prove(second), 612)


@case("binding: one AK under two EKs")
def one_ak_two_eks(world):
    who, other = world.known(), world.fresh()
    other.tpm.ak, other.tpm.ak_pub = who.tpm.ak, who.tpm.ak_pub
    grant_of(world, other, 613)
    other.tpm.new_ak(other.source)
    world.boot(other)
    other.tpm.ak, other.tpm.ak_pub = who.tpm.ak, who.tpm.ak_pub
    grant_of(world, other, 613)


@case("binding: the order of its denials")
def binding_order(world):
    who, other, new = world.known(), world.known(), world.fresh()
    new.tpm.ak, new.tpm.ak_pub = who.tpm.ak, who.tpm.ak_pub
    new.contents = wire.NOT_BLANK
    with reloaded(world, policy(max_nodes=1)):
        grant_of(world, new, 613)  # before 618 and 619
        new.tpm.new_ak(new.source)
        grant_of(world, new, 618)  # before 619
        own, new.disk_id = new.disk_id, who.disk_id
        new.tpm.ak, new.tpm.ak_pub = who.tpm.ak, who.tpm.ak_pub
        grant_of(world, new, 612)  # before 613
    new.disk_id = own
    own_ak = other.tpm.ak, other.tpm.ak_pub
    other.tpm.pcrs[0] = bytes(32)
    other.tpm.ak, other.tpm.ak_pub = who.tpm.ak, who.tpm.ak_pub
    grant_of(world, other, 613)  # before 620
    other.tpm.ak, other.tpm.ak_pub = own_ak
    grant_of(world, other, 620)


# Contents and actions.


@case("contents: an unknown disk that is not blank")
def unknown_not_blank(world):
    who = world.fresh()
    who.contents = wire.NOT_BLANK
    grant_of(world, who, 619)
    who.contents = wire.BLANK
    check(grant_of(world, who).challenged, "the denial was stored")


@case("contents: a formatting that was cut short")
def cut_short(world):
    who = world.fresh()
    check(grant_of(world, who).action == FORMAT, "not format")
    who.contents = wire.NOT_BLANK
    check(grant_of(world, who).action == OVERWRITE, "not overwrite")
    who.contents = wire.BLANK
    check(grant_of(world, who).action == FORMAT, "not format again")
    who.contents = wire.NOT_BLANK
    grant = world.boot(who).grant
    check((grant.action, grant.generation) == (OVERWRITE, 0), "not overwrite at the end")
    check(world.boot(who).grant.action == OPEN, "not open")


@case("contents: an active disk that is blank")
def active_blank(world):
    who = world.known()
    who.contents = wire.BLANK
    check(grant_of(world, who).action == OPEN, "an active disk is not opened")


@case("contents: a disk that an operator released")
def released(world):
    who = world.fresh()
    who.contents = wire.NOT_BLANK
    grant_of(world, who, 619)
    done = world.service.node("allow-format", who.disk_id.hex())
    check(done.returncode == 0, f"allow-format: {done.stderr}")
    grant = world.boot(who).grant
    check((grant.action, grant.generation) == (OVERWRITE, 0), "not overwrite")
    check(world.boot(who).grant.action == OPEN, "not open")


# Commits.


@each("commit", [
    ("another action", {"action": OVERWRITE}), ("open in place of format", {"action": OPEN}),
    ("the granted generation plus 2", {"generation": 2}),
    ("the highest generation", {"generation": 2 ** 64 - 1}),
    ("a MAC of zeros", {"header_mac": bytes(32)})])
def bad_commit(world, changes):
    with world.connect() as c:
        expect(c.join(), wire.GRANT)
        c.prepare()
        expect(c.commit(**changes), 616)
        who = c.node
    check(grant_of(world, who).action == OVERWRITE, "the refused commit was stored")


@each("commit of an open disk", [
    ("another action", {"action": FORMAT}), ("the granted generation", {"generation": 1}),
    ("the granted generation plus 2", {"generation": 3}),
    ("a MAC of zeros", {"header_mac": bytes(32)})])
def bad_open_commit(world, changes):
    who = world.known()
    with world.connect(who) as c:
        expect(c.join(), wire.GRANT)
        c.prepare()
        expect(c.commit(**changes), 616)
    world.boot(who)


@case("commit: of two grants to format the latest alone")
def latest_format(world):
    who = world.fresh()
    with world.connect(who) as early, world.connect(who) as late:
        expect(early.join(), wire.GRANT)
        expect(late.join(), wire.GRANT)
        late.prepare()
        expect(early.commit(), 616)
        expect(late.commit(), wire.ACK)
    world.boot(who)


@case("commit: of two grants to open the first COMMIT alone")
def first_open(world):
    who = world.known()
    with world.connect(who) as one, world.connect(who) as two:
        expect(one.join(), wire.GRANT)
        expect(two.join(), wire.GRANT)
        check(one.grant.generation == two.grant.generation, "two generations")
        expect(one.commit(), wire.ACK)
        expect(two.commit(), 616)
    world.boot(who)


@case("commit: a grant to format after another's COMMIT")
def format_after_commit(world):
    who = world.fresh()
    with world.connect(who) as early:
        expect(early.join(), wire.GRANT)
        world.boot(who)
        expect(early.commit(), 616)
    world.boot(who)


@case("commit: an older open after a COMMIT of a newer epoch")
def newer_epoch(world):
    who = world.known()
    with world.connect(who) as old:
        expect(old.join(), wire.GRANT)
        with reloaded(world, policy(7)):
            world.boot(who)
            expect(old.commit(), 616)
            world.boot(who)


@case("commit: lost on its way")
def lost_commit(world):
    who = world.known()
    with world.connect(who) as c:
        expect(c.join(), wire.GRANT)
        c.prepare()
    check(world.boot(who).grant.generation == 1, "a lost COMMIT counts")


@case("commit: acknowledged, and the ACK lost")
def lost_ack(world):
    who = world.known()
    with world.connect(who) as c:
        expect(c.join(), wire.GRANT)
        c.prepare()
        after = c.grant.generation + 1
        c.send(wire.COMMIT, wire.put_commit(OPEN, after, 1, c.mac(after)))
        c.tls.receive(6)
    grant = world.boot(who).grant
    check(grant.generation == after, "an acknowledged COMMIT does not count")


@case("commit: kept over a restart")
def restart(world):
    who, half = world.known(), world.fresh()
    grant_of(world, half)
    world.service.restart()
    check(world.boot(who).grant.generation == 1, "the commit is gone")
    half.contents = wire.NOT_BLANK
    check(world.boot(half).grant.action == OVERWRITE, "the grant is gone")


# What firmware measured.


@each("firmware: PCR changed", [(str(n), n) for n in (0, 1, 7)])
def firmware(world, n):
    who, other = world.fresh(), tpm.digest_of(wire.SHA256, b"other firmware")
    grant_of(world, who)
    who.tpm.pcrs[n] = other  # before the first COMMIT nothing is recorded
    who.contents = wire.NOT_BLANK
    world.boot(who)
    grant_of(world, who)
    del who.tpm.pcrs[n]
    grant_of(world, who, 620)
    who.tpm.new_ak(who.source)
    grant_of(world, who, 620)
    with reloaded(world, policy(accepted={str(n): [tpm.pcr(wire.SHA256, n).hex()]})):
        grant_of(world, who)
    grant_of(world, who, 620)
    with reloaded(world, policy(may_change=[n])):
        grant_of(world, who)


@case("firmware: what the matched set names is the set's affair")
def firmware_named(world):
    value = tpm.digest_of(wire.SHA256, b"another firmware")
    strict = policy_set()
    strict["measurements"]["0"] = {"expected": tpm.pcr(wire.SHA256, 0).hex()}
    newer = {**policy_set("newer", 2), "measurements": {
        **policy_set()["measurements"], "0": {"expected": value.hex()}}}
    who = world.known()
    with reloaded(world, {**FIRST_USE, "sets": [strict, newer]}):
        who.tpm.pcrs[0] = bytes(32)
        grant_of(world, who, 608)
        who.tpm.pcrs[0] = value
        world.boot(who)
    with reloaded(world, policy(2)):
        world.boot(who)  # it is the recorded one now
        del who.tpm.pcrs[0]
        grant_of(world, who, 620)


@case("firmware: accepted by an operator")
def accepted(world):
    who = world.known()
    who.tpm.pcrs[0] = bytes(32)
    grant_of(world, who, 620)
    done = world.service.node("accept", who.name)
    check(done.returncode == 0, f"accept: {done.stderr}")
    world.boot(who)
    world.boot(who)
    who.tpm.pcrs[0] = b"\1" * 32
    grant_of(world, who, 620)


# The operator's hand.


@case("operator: forgets a disk")
def forget(world):
    who, other = world.known(), world.fresh()
    first = world.boot(who).grant
    with world.connect(who) as open_grant:
        expect(open_grant.join(), wire.GRANT)
        done = world.service.node("forget", who.disk_id.hex())
        check(done.returncode == 0, f"forget: {done.stderr}")
        expect(open_grant.commit(), 616)
    other.disk_id = who.disk_id
    grant = world.boot(other).grant
    check(grant.action == FORMAT and grant.disk_key != first.disk_key,
          "the next owner gets the key of the last")
    grant_of(world, who, 612)


@case("operator: gives a disk to another node")
def rebind(world):
    who, heir = world.known(), world.fresh()
    key = world.boot(who).grant.disk_key
    done = world.service.node("rebind", who.disk_id.hex(), heir.name)
    check(done.returncode == 0, f"rebind: {done.stderr}")
    heir.disk_id, heir.header, heir.contents = who.disk_id, who.header, who.contents
    grant_of(world, who, 612)
    done = world.boot(heir)
    check(done.challenged, "the new node is not challenged")
    check((done.grant.action, done.grant.disk_key) == (OPEN, key), "the disk is not opened")


@case("operator: a service started from a backup")
def backup(world):
    active, half, blank = world.known(), world.fresh(), world.fresh()
    grant_of(world, half)
    grant_of(world, blank)
    folder = world.service.folder / "copy"
    folder.mkdir()
    done = world.service.node("backup", str(folder / "state"))
    check(done.returncode == 0, f"backup: {done.stderr}")
    after = world.known()  # what the copy does not know
    restored = Service(world.service.program, folder)
    restored.start(policy())
    try:
        other = World(restored)
        half.contents = wire.NOT_BLANK
        grant_of(other, half, 619)
        check(grant_of(other, blank).action == FORMAT, "a blank disk is not formatted")
        grant_of(other, after, 619)
        check(other.boot(active).grant.action == OPEN, "an active disk is not opened")
    finally:
        check(restored.stop() == 0, "not an orderly end")


@case("end: the service ends on SIGTERM, and what it stored is there")
def end(world):
    who = world.known()
    world.service.process.send_signal(signal.SIGTERM)
    check(world.service.process.wait(60) == 0, "not an orderly end")
    world.service.restart()
    world.boot(who)
