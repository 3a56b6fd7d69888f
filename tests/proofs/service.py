# SPDX-License-Identifier: GPL-2.0-or-later
"""
A service's session, from ClientHello to ACK (PROTOCOL.md sections 1, 5, 6.4, 7), and its store.

As in node.py each function yields every message that the attacker can bring the service to accept:
(what happened, the session's next state, the store's next state, what is sent, events).
"""

from collections import namedtuple
from itertools import product

import messages as m
from node import holds_keys, said
from terms import const, power, public, sign

Host = namedtuple("Host", "name key ak")
Draw = namedtuple("Draw", "host index sr ecdhe nonce secret eph mlkem")
Session = namedtuple("Session", "stage hs master nonce_a claims kinds granted chip",
                     defaults=(None,) * 7)
# A disk's record: which node it belongs to, and what was committed last.
Record = namedtuple("Record", "disk ek ak generation active mac header latest")
Store = namedtuple("Store", "records pending approved")

IDLE, WAITS_FLIGHT, WAITS_EVIDENCE, WAITS_PROOF, WAITS_COMMIT, ENDED = range(6)


def steps(world, know, draw, session, store):
    function = (start, hear_flight, hear_evidence, hear_proof, hear_commit, None)[session.stage]
    return function(world, know, draw, session, store) if function else ()


def start(world, know, draw, _session, store):
    for cr in know.atoms("random"):
        if cr not in world.client_randoms:
            continue
        gy = public(draw.ecdhe)
        hs = m.Handshake(cr, draw.sr, public(draw.host.key), gy, None, None)
        sent = (draw.sr, gy, sign(draw.host.key, m.key_exchange(cr, draw.sr, gy)))
        yield (f"answers {cr}", Session(WAITS_FLIGHT, hs), store, sent, ())


def hear_flight(world, know, draw, session, store):
    """Any client certificate will do; its holder has to sign (section 1). Then Finished, HELLO."""
    has = world.has
    for gx, client in product(world.shares(know), world.client_keys):
        hs = session.hs._replace(gx=gx, client=client)
        master = m.master_secret(has, hs, power(gx, draw.ecdhe))
        if not (know.derives(sign(client.args[0], m.certificate_verify(hs)))
                and know.derives(m.finished(hs, master, "client"))):
            continue
        hello = m.hello(world.nonce_of(draw), world.named_kinds())
        sent = (m.finished(hs, master, "server"), m.record(hs, master, "s1", hello))
        yield (f"ends the handshake with {client}, share {gx}",
               Session(WAITS_EVIDENCE, hs, master), store, sent, ())


def hear_evidence(world, know, draw, session, store):
    """Section 6.4, in its order as far as it matters."""
    has, hs, master = world.has, session.hs, session.master
    nonce_v = world.nonce_of(draw)
    for nonce_a, claims in _claimed(world, know, session):
        value = m.node_rd(has, hs, master, nonce_v, nonce_a, claims)
        for items, chip in _items(world, know, claims, value):
            content = m.evidence(nonce_a, claims, items)
            if not know.derives(m.record(hs, master, "n1", content)):
                continue
            kinds = tuple(kind for kind, _ in items)
            after = session._replace(nonce_a=nonce_a, claims=claims, kinds=kinds, chip=chip)
            yield from _judge(world, draw, after, store, value)


def _claimed(world, know, session):
    """Nonce and claims that can be in an EVIDENCE: those that others sent, or any at all."""
    heard = said(know, session.hs, session.master, "n1")
    found = [(content.args[2], m.Claims(*content.args[3].args)) for content in heard
             if content.args[0] is const("EVIDENCE")]
    if holds_keys(know, session.hs, session.master):
        found += [(nonce, claims) for claims in world.every_claims
                  for nonce in world.nonces_with(know, claims)]
    return dict.fromkeys(found)


def _items(world, know, claims, value):
    """Every choice of kinds that could be judged good, with the signed things as they must be."""
    has = world.has
    ak = claims.ak.args[0]
    quotes = [m.quote(ak, value)] + ([] if has("selection") else [m.quote(ak, value, m.OTHER)])
    launches = [m.LAUNCH] + ([] if has("launch") else [m.LAUNCH_OTHER])
    reports = [(m.report(has, chip, value, launch), chip)
               for chip in world.chips for launch in launches]
    for kinds in world.kind_choices():
        if has("every_kind") and not any(set(s) <= set(kinds) for s in world.sets):
            continue
        if "snp" not in kinds:
            yield from (([("tpm", one)], None) for one in quotes)
        else:
            yield from (([("snp", signed), ("tpm", one)], chip)
                        for one in quotes for signed, chip in reports)


def _judge(world, draw, session, store, value):
    """Identity, keys, binding; then CHALLENGE or GRANT."""
    has, claims = world.has, session.claims
    if has("ak_form") and claims.ak in world.unrestricted_aks:
        return
    mine = [r for r in store.records if r.ek is claims.ek]
    its = [r for r in store.records if r.disk is claims.disk]
    if has("binding") and (any(r.disk is not claims.disk for r in mine)
                           or any(r.ek is not claims.ek for r in its)):
        return  # 612
    if any(r.ak is claims.ak and r.ek is not claims.ek for r in store.records):
        return  # 613
    if not mine and not _admitted(world, store, claims):
        if world.approval and claims.ek not in store.pending:
            after = store._replace(pending=store.pending | {claims.ek})
            yield (f"records {claims.ek} as pending", Session(ENDED), after, (), ())
        return  # 621, 622
    if has("activation") and not any(r.ak is claims.ak for r in mine):
        content = m.challenge(has, claims.ek, claims.ak, draw.secret)
        sent = m.record(session.hs, session.master, "s2", content)
        yield (f"challenges {claims.ek} with {claims.ak}", session._replace(stage=WAITS_PROOF),
               store, (sent,), ())
        return
    yield from _grant(world, draw, session, store, "s2")


def _admitted(world, store, claims):
    if world.approval:
        return claims.ek in store.approved
    return not world.has("identity") or claims.ek in world.certified_eks


def hear_proof(world, know, draw, session, store):
    if know.derives(m.record(session.hs, session.master, "n2", m.proof(draw.secret))):
        yield from _grant(world, draw, session, store, "s3")


def _grant(world, draw, session, store, number):
    """Section 7: bind, choose the action, seal the key."""
    has, claims, hs = world.has, session.claims, session.hs
    old = next((r for r in store.records if r.disk is claims.disk), None)
    mine = [r for r in store.records if r.ek is claims.ek]
    if has("binding") and ((old and old.ek is not claims.ek)
                           or any(r.disk is not claims.disk for r in mine)):
        return
    action = m.FORMAT if not old else m.OPEN if old.active else m.OVERWRITE
    base = old or Record(claims.disk, claims.ek, claims.ak, 0, False, m.ZERO, None, None)
    new = base._replace(ak=claims.ak, latest=base.latest if base.active else draw.index)
    value = m.node_rd(has, hs, session.master, world.nonce_of(draw), session.nonce_a, claims)
    own = m.NONE
    if world.wants_evidence:
        data = m.service_rd(has, hs, session.master, world.nonce_of(draw), session.nonce_a, claims)
        own = m.quote(draw.host.ak, data, pcrs=world.service_pcrs)
    terms = m.Terms(action, base.generation, base.mac, world.role, own)
    disk_key = world.disk_key(draw.host, claims.disk)
    heads, wrapped = m.wrapped_for(has, terms, disk_key, value, draw, claims)
    sent = m.record(hs, session.master, number, m.grant(terms, heads, wrapped))
    event = ("granted", draw.host.name, draw.index, claims, value, disk_key, terms, session.kinds,
             session.chip)
    yield (f"grants {action} of {claims.disk} to {claims.ek}, generation {base.generation}",
           session._replace(stage=WAITS_COMMIT, granted=(terms, value, disk_key)),
           _put(store, new), (heads, sent) if heads is not m.NONE else (sent,), (event,))


def _put(store, record):
    others = [r for r in store.records if r.disk is not record.disk]
    return store._replace(records=tuple(sorted((*others, record), key=lambda r: r.disk.rank)))


def hear_commit(world, know, draw, session, store):
    """Section 7.1. The header in the record is for the properties: the service sees the MAC."""
    has, claims = world.has, session.claims
    terms, value, disk_key = session.granted
    record = next(r for r in store.records if r.disk is claims.disk)
    if has("one_commit") and record.generation != terms.generation:
        return  # another connection has committed since
    if has("one_commit") and terms.action is not m.OPEN and record.latest != draw.index:
        return  # a later grant was given
    generation = terms.generation + 1
    macs = {c.args[3] for c in said(know, session.hs, session.master, "n3")
            if c.args[0] is const("COMMIT")}
    if holds_keys(know, session.hs, session.master):
        macs |= {m.header_mac(disk_key, generation, h) for h in know.atoms("header")}
    for mac in sorted(macs, key=lambda t: t.rank):
        content = m.commit(terms.action, generation, mac)
        if not know.derives(m.record(session.hs, session.master, "n3", content)):
            continue
        after = record._replace(generation=generation, active=True, mac=mac, header=mac.args[-1])
        event = ("recorded", draw.host.name, draw.index, claims, value, disk_key, terms, mac)
        yield (f"records generation {generation} of {claims.disk}", Session(ENDED, session.hs),
               _put(store, after), (m.record(session.hs, session.master, "s4", m.ACK),), (event,))
