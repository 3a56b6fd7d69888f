# SPDX-License-Identifier: GPL-2.0-or-later
"""
What has to hold. Each function takes the world, a state and an event that just happened, and says
whether the property holds there; secrecy looks at every state.

Events:
    evidence  node, run, service, rd, kinds                     a node signed
    granted   service, session, claims, rd, key, terms, kinds, chip    a service let a key go
    accepted  node, run, service, rd, key, terms, header, mac   a node took a key and used the disk
    recorded  service, session, claims, rd, key, terms, mac     a service stored a COMMIT
    mounted   node, run, service, rd, key, terms, header, mac   a node has its ACK
"""

import messages as m
from node import claims_of
from terms import const, public


def _machine(world, ek):
    return next((one for one in world.machines if public(one.ek) is ek), None)


def _host(world, spki):
    return next((one for one in world.hosts if public(one.key) is spki), None)


def _all(state, kind):
    return (event for event in state.events if event[0] == kind)


def secrecy(world, state, _event):
    """A disk key granted to an honest node for its disk is not the attacker's."""
    return not any(state.know.derives(key) for _, _, _, claims, _, key, *_ in _all(state, "granted")
                   if _machine(world, claims.ek))


def node_agreement(world, state, event):
    """
    A service that grants to an honest node's EK does so to a run of this node, which signed for
    this service, purpose and role, and has the same connection, nonces and claims, whatever rd
    holds. One run is granted once.
    """
    if event[0] != "granted" or _machine(world, event[3].ek) is None:
        return True
    _, host, index, claims, *_ = event
    draw, session = _session_of(world, state, host, index)
    meant = [run for its, run in zip(world.runs, state.runs)
             if run.hs == session.hs and run.nonce_v is world.nonce_of(draw)
             and its.nonce is session.nonce_a and claims_of(its) == claims]
    signed = [one for one in _all(state, "evidence") if one[4] is event[4]]
    return bool(meant) and bool(signed) and no_replay(world, state, event)


def no_replay(world, state, event):
    """What one run of a node signed gets one grant."""
    if event[0] != "granted" or _machine(world, event[3].ek) is None:
        return True
    return not any(one[1:3] != event[1:3] and one[3] == event[3]
                   for one in _all(state, "granted"))


def service_meant(world, state, event):
    """A service that grants to an honest node is the one that this run of the node means."""
    if event[0] != "granted" or _machine(world, event[3].ek) is None:
        return True
    draw, _ = _session_of(world, state, *event[1:3])
    return any(run.hs and run.hs.server is public(draw.host.key) and claims_of(its) == event[3]
               for its, run in zip(world.runs, state.runs))


def _session_of(world, state, host, index):
    return next((d, s) for d, s in zip(world.draws, state.sessions)
                if d.host.name == host and d.index == index)


def _same_connection(world, state, accepted, granted):
    """The two ends of one handshake: the same randoms, shares and keys on both sides."""
    _, session = _session_of(world, state, *granted[1:3])
    return any(run.hs == session.hs for draw, run in zip(world.runs, state.runs)
               if (draw.machine.name, draw.index) == accepted[1:3])


def service_agreement(world, state, event):
    """
    A node takes a key only from a service that it means. If this is not a compromised one, a
    session of it granted this key, action, generation, MAC and role for this rd. Once.
    """
    if event[0] != "accepted":
        return True
    _, name, run, spki, value, key, terms, *_ = event
    host = _host(world, spki)
    if host is None:
        return spki in world.pins or spki in world.operators
    granted = [one for one in _all(state, "granted")
               if one[1] == host.name and one[4:7] == (value, key, terms)
               and _of_node(world, name, one[3]) and _same_connection(world, state, event, one)]
    again = [one for one in _all(state, "accepted") if one is not event and one[1:3] != (name, run)
             and one[4] is value]
    return bool(granted) and not again


def _of_node(world, name, claims):
    machine = _machine(world, claims.ek)
    return machine is not None and machine.name == name and claims.disk is const(machine.disk)


def purposes(world, state, event):
    """
    Services let join, on connections that the node made; operators recover and initialise, on
    connections that they made. To recover is to open.
    """
    if event[0] != "accepted":
        return True
    _, name, index, spki, _, _, terms, *_ = event
    run = next(run for draw, run in zip(world.runs, state.runs)
               if (draw.machine.name, draw.index) == (name, index))
    by_operator = spki in world.operators
    return (by_operator == bool(run.taken) and by_operator == (run.purpose is not m.JOIN)
            and (run.purpose is not m.RECOVER or terms.action is m.OPEN))


def true_key_agreement(world, state, event):
    """
    What is left of service_agreement when the attacker has broken the TLS connection: a key that is
    not the attacker's own is this node's, with the terms that the service gave it.
    """
    if event[0] != "accepted" or state.know.derives(event[5]):
        return True
    _, name, _, _, value, key, terms, *_ = event
    return any(one[4:7] == (value, key, terms) and _of_node(world, name, one[3])
               for one in _all(state, "granted"))


def commit_agreement(world, state, event):
    """What a service records, a node committed: same disk, action, generation, MAC. Once each."""
    if event[0] != "recorded":
        return True
    _, host, session, claims, value, key, terms, mac = event
    if _machine(world, claims.ek) is None:
        return True
    done = [one for one in _all(state, "accepted")
            if one[4:7] == (value, key, terms) and one[8] is mac]
    again = [one for one in _all(state, "recorded")
             if one[1] == host and one[2] != session and one[3].disk is claims.disk
             and one[6].generation == terms.generation]
    return bool(done) and not again


def mount_agreement(world, state, event):
    """A node that mounts has its COMMIT in the store of the service."""
    if event[0] != "mounted" or _host(world, event[3]) is None:
        return True
    return any(one[4:7] == event[4:7] and one[7] is event[8] for one in _all(state, "recorded"))


def right_header(world, state, event):
    """A node that opens a disk has the header of that disk's last COMMIT (or its MAC differs)."""
    if event[0] != "accepted" or event[6].action is not m.OPEN or _host(world, event[3]) is None:
        return True
    _, _, _, spki, _, _, terms, header, _ = event
    written = [one for one in _all(state, "recorded") if one[1] == _host(world, spki).name
               and one[6].generation + 1 == terms.generation]
    return any(one[7].args[-1] is header for one in written)


def admission(world, state, event):
    """Only what policy admits gets a key."""
    return event[0] != "granted" or event[3].ek in world.certified_eks


def kinds(world, state, event):
    """
    No downgrade: a grant rests on all kinds of some set, and with an honest node on all that the
    node can make among those that the service names. A hardware report is of this exchange.
    """
    if event[0] != "granted":
        return True
    _, _, _, claims, value, _, _, given, chip = event
    if not any(set(one) <= set(given) for one in world.sets):
        return False
    machine = _machine(world, claims.ek)
    if machine and set(given) != set(machine.kinds) & set(world.named_kinds()):
        return False
    return chip is None or any(one[4] is value and _chip_of(world, one[1]) is chip
                               for one in _all(state, "evidence"))


def _chip_of(world, name):
    return next(one.chip for one in world.machines if one.name == name)


def service_evidence(world, state, event):
    """A node that demanded the service's evidence and took it has it from a grant to itself."""
    if event[0] != "accepted":
        return True
    _, name, _, _, value, _, terms, *_ = event
    return any(one[4] is value and one[6].own_evidence is terms.own_evidence
               and _of_node(world, name, one[3]) and _same_connection(world, state, event, one)
               for one in _all(state, "granted"))


ALL = {one.__name__: one for one in (
    secrecy, node_agreement, no_replay, service_meant, service_agreement, true_key_agreement,
    commit_agreement, mount_agreement, right_header, admission, kinds, service_evidence,
    purposes)}


def first_fault(world, state, events):
    for name in world.claims:
        for event in events or (("sent",),):
            if not ALL[name](world, state, event):
                return name
    return None
