# SPDX-License-Identifier: GPL-2.0-or-later
"""
A node's run, from the handshake to the mounted disk (PROTOCOL.md sections 1, 5, 7).

Each function takes what the attacker knows and yields every message that it can bring the node to
accept: (what happened, the run's next state, what the node sends, events).
"""

from collections import namedtuple
from itertools import product

import messages as m
from terms import const, kdf, power, public, seal, sign

# What is given: keys of the machine, and what this run draws.
Machine = namedtuple("Machine", "name ek ak chip disk kinds")
Draw = namedtuple("Draw", "machine index cr ecdhe key kem mlkem nonce header")
# Where the run stands. `taken`: an operator made the connection, not this node.
Run = namedtuple("Run", "stage hs master nonce_v kinds accepted taken purpose",
                 defaults=(None,) * 7)

CONNECTS, WAITS_HELLO, WAITS_ANSWER, WAITS_GRANT, WAITS_ACK, MOUNTED = range(6)


def claims_of(draw):
    machine = draw.machine
    return m.Claims(const(machine.disk), public(machine.ak), public(machine.ek),
                    m.both_keys(draw.kem, draw.mlkem))


def steps(world, know, draw, run):
    function = (connect, hear_hello, hear_answer, hear_answer, hear_ack, None)[run.stage]
    return function(world, know, draw, run) if function else ()


def connect(world, know, draw, run):
    """The service's flight: certificate, share, signature; the answer is the client's flight."""
    has = world.has
    for (server, taken), sr, gy in product(world.servers_of_a_node(), know.atoms("random"),
                                           world.shares(know)):
        signed = sign(server.args[0], m.key_exchange(draw.cr, sr, gy))
        if sr is draw.cr or not know.derives(signed):
            continue
        hs = m.Handshake(draw.cr, sr, server, gy, public(draw.ecdhe), public(draw.key))
        master = m.master_secret(has, hs, power(gy, draw.ecdhe))
        if not world.can_finish(know, hs, master):
            continue
        sent = (hs.gx, hs.client, sign(draw.key, m.certificate_verify(hs)),
                m.finished(hs, master, "client"))
        what = "is reached by" if taken else "takes"
        yield (f"{what} {server} with share {gy}", Run(WAITS_HELLO, hs, master, taken=taken), sent,
               ())


def said(know, hs, master, number):
    """Contents of the record that others made for this place."""
    key = kdf("traffic", master, hs.cr, hs.sr)
    return [one.args[1] for one in know.by_op.get("seal", ())
            if one.args[0] is key and one.args[2] is const(number)]


def holds_keys(know, hs, master):
    """The attacker is an end of this connection, or has broken it."""
    return know.derives(kdf("traffic", master, hs.cr, hs.sr))


def hear_hello(world, know, draw, run):
    """Finished and HELLO; the answer is EVIDENCE."""
    hs, master = run.hs, run.master
    if not know.derives(m.finished(hs, master, "server")):
        return
    hellos = {tuple(content.args[1:]) for content in said(know, hs, master, "s1")
              if content.args[0] is const("HELLO")}
    offers = world.kind_choices()
    if holds_keys(know, hs, master):
        hellos |= {(nonce, const("+".join(k)), purpose) for nonce in know.atoms("nonce")
                   for k in offers for purpose in world.purposes}
    if not world.has("kinds_in_tls"):
        hellos = {(nonce, const("+".join(k)), purpose) for nonce, _, purpose in hellos
                  for k in offers}
    for nonce_v, wanted, purpose in sorted(hellos, key=lambda h: tuple(one.rank for one in h)):
        if world.has("purpose_by_connection") and (purpose is m.JOIN) == bool(run.taken):
            continue
        served = run._replace(purpose=purpose)
        yield from _give_evidence(world, draw, served, nonce_v, wanted.args[0].split("+"))


def _give_evidence(world, draw, run, nonce_v, wanted):
    has, hs, machine, claims = world.has, run.hs, draw.machine, claims_of(draw)
    kinds = tuple(kind for kind in machine.kinds if kind in wanted)
    value = m.node_rd(has, hs, run.master, nonce_v, draw.nonce, claims, run.purpose)
    items = [("snp", m.report(has, machine.chip, value)) if kind == "snp"
             else ("tpm", m.quote(machine.ak, value)) for kind in kinds]
    sent = m.record(hs, run.master, "n1", m.evidence(draw.nonce, claims, items, run.purpose))
    event = ("evidence", machine.name, draw.index, hs.server, value, kinds)
    yield (f"gives evidence of {'+'.join(kinds)} for {nonce_v}",
           run._replace(stage=WAITS_ANSWER, nonce_v=nonce_v, kinds=kinds), (sent,), (event,))


def hear_answer(world, know, draw, run):
    if run.stage == WAITS_ANSWER:
        yield from hear_challenge(world, know, draw, run)
    yield from hear_grant(world, know, draw, run)


def hear_challenge(world, know, draw, run):
    """The TPM opens a credential for its EK that names its AK (6.5)."""
    has, hs, claims = world.has, run.hs, claims_of(draw)
    seen = [*know.by_op.get("credential", ())] + [
        content.args[1] for content in said(know, hs, run.master, "s2")
        if content.args[0] is const("CHALLENGE")]
    secrets = {one.args[2] for one in seen} | set(know.atoms("secret"))
    for secret in sorted(secrets, key=lambda t: t.rank):
        content = m.challenge(has, claims.ek, claims.ak, secret)
        if know.derives(m.record(hs, run.master, "s2", content)):
            sent = m.record(hs, run.master, "n2", m.proof(secret))
            yield (f"proves {secret}", run._replace(stage=WAITS_GRANT), (sent,), ())


def hear_grant(world, know, draw, run):
    """GRANT comes second without a challenge, third with one."""
    number = "s2" if run.stage == WAITS_ANSWER else "s3"
    has, hs, claims = world.has, run.hs, claims_of(draw)
    value = m.node_rd(has, hs, run.master, run.nonce_v, draw.nonce, claims, run.purpose)
    for disk_key, heads, key in _wraps(world, know, draw, run, value, number):
        for terms, header in _terms(world, know, draw, run, disk_key, number):
            wrapped = seal(key, disk_key, m.grant_aad(has, terms)) if key else disk_key
            if (has("recover_opens") and run.purpose is m.RECOVER
                    and terms.action is not m.OPEN):
                continue
            content = m.grant(terms, heads, wrapped)
            if know.derives(m.record(hs, run.master, number, content)):
                yield _accept(world, draw, run, value, disk_key, terms, header)


def _wraps(world, know, draw, run, value, number):
    """Disk keys that some wrapped key can bring: made by others, or by the attacker."""
    has, claims = world.has, claims_of(draw)
    forged = holds_keys(know, run.hs, run.master)
    grants = [content for content in said(know, run.hs, run.master, number)
              if content.args[0] is const("GRANT")]
    if not has("wrap"):
        keys = {content.args[-1] for content in grants}
        keys |= set(know.atoms("disk key")) if forged else set()
        return [(one, m.NONE, None) for one in sorted(keys, key=lambda t: t.rank)]
    sealed = [content.args[-1] for content in grants] + know.by_op.get("seal", [])
    found = []
    for heads in world.wrap_heads(know):
        secrets = m.shared_secrets(heads, draw.kem, draw.mlkem)
        key = m.wrap_key(has, secrets, value, heads, claims.kem)
        found += [(one.args[1], heads, key) for one in sealed if one.args[0] is key]
        if forged and know.derives(key):
            found += [(one, heads, key) for one in know.atoms("disk key")]
    return list(dict.fromkeys(found))


def _terms(world, know, draw, run, disk_key, number):
    """The other fields of a GRANT, and the header that is on the disk: the host's choice."""
    has = world.has
    own = _own_evidence(world, draw, run)
    honest = [tuple(c.args[1:6]) for c in said(know, run.hs, run.master, number)
              if c.args[0] is const("GRANT")]
    if holds_keys(know, run.hs, run.master):
        roles = (m.WORKER, m.ADMIN)
        shapes = [(a, g, r) for a in (m.FORMAT, m.OVERWRITE, m.OPEN) for g in (0, 1, 2)
                  for r in roles]
    else:
        shapes = [(a, g.args[0], r) for a, g, _, r, _ in honest]
    for (action, generation, role), evidence in product(dict.fromkeys(shapes), own):
        if action is not m.OPEN:
            yield m.Terms(action, generation, m.ZERO, role, evidence), draw.header
            continue
        for header in know.atoms("header"):
            if has("header_mac"):
                mac = m.header_mac(disk_key, generation, header)
                yield m.Terms(action, generation, mac, role, evidence), header
            else:
                for mac in [t[2] for t in honest] or [m.ZERO]:
                    yield m.Terms(action, generation, mac, role, evidence), header


def _own_evidence(world, draw, run):
    """Section 6.6: the service's evidence, by a key that the measured option names."""
    if not world.wants_evidence:
        return [m.NONE]
    value = m.service_rd(world.has, run.hs, run.master, run.nonce_v, draw.nonce, claims_of(draw))
    return [m.quote(ak, value, pcrs=world.service_pcrs) for ak in world.trusted_service_aks()]


def _accept(world, draw, run, value, disk_key, terms, header):
    """Writes or opens the disk, then COMMIT. The host can read the header."""
    mac = m.header_mac(disk_key, terms.generation + 1, header)
    sent = m.record(run.hs, run.master, "n3", m.commit(terms.action, terms.generation + 1, mac))
    accepted = (value, disk_key, terms, header, mac)
    events = (("accepted", draw.machine.name, draw.index, run.hs.server, *accepted),)
    return (f"takes {terms.action}, generation {terms.generation}, key {disk_key}, {header}",
            run._replace(stage=WAITS_ACK, accepted=accepted), (sent, header), events)


def hear_ack(world, know, draw, run):
    if know.derives(m.record(run.hs, run.master, "s4", m.ACK)):
        event = ("mounted", draw.machine.name, draw.index, run.hs.server, *run.accepted)
        sent = world.after_hand_over(draw.machine)
        yield ("mounts the disk", run._replace(stage=MOUNTED), sent, (event,))
