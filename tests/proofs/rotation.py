# SPDX-License-Identifier: GPL-2.0-or-later
"""
A disk that goes over to another key version (PROTOCOL.md 7.1 and 7.2), with power cuts. What a
connection is worth is not the matter here: each is a channel, in which messages are late or lost;
when it is broken the attacker sends the service what he likes.

A header is (name, version of its key). Its MAC is (version, generation, header): who has not the
key of a version makes no such MAC, so a broken channel has those that were sent, and a foreign one.
"""

from collections import namedtuple
from itertools import product

# What the service has on record, and the same as it was granted; `next` 0: none.
Record = namedtuple("Record", "generation version mac next next_mac")
Commit = namedtuple("Commit", "generation version mac next next_mac")
# The service's end: what was granted last, whether it waits for a COMMIT, what it has answered.
Session = namedtuple("Session", "granted waits acks")
# The node's end: its stage, what it has sent.
Boot = namedtuple("Boot", "stage sent")
State = namedtuple("State", "record current first spare sessions boots events fault")

STARTS, WAITS_FIRST, WRITES, TORN, WAITS_LAST, MOUNTED, STOPPED = range(7)
TORN_HEADER = ("torn", 0)
OLD = ("old", 1)
FOREIGN = "foreign mac"


def mac(version, generation, header):
    return (version, generation, header)


class RotationWorld:
    """
    boots   how often the node is booted; each boot is the power cut of the one before
    rotate  how often the operator makes a new version while all this goes on
    broken  the attacker sends the service COMMITs of his own, in every connection
    """

    def __init__(self, without=(), claims=(), boots=3, rotate=1, broken=False):
        self.without, self.claims = frozenset(without), claims
        self.most, self.last, self.broken_channel = boots, 2 + rotate, broken
        self.reached = set()

    def has(self, defence):
        return defence not in self.without

    def initial(self):
        record = Record(1, 1, mac(1, 1, OLD), 0, None)
        return State(record, 2, OLD, TORN_HEADER, (), (), frozenset(), None)

    def broken(self, state):
        return state.fault

    def steps(self, state):
        if state.current < self.last:
            yield "the operator makes a new version", state._replace(current=state.current + 1)
        if len(state.boots) < self.most:
            yield f"boot {len(state.boots)}", self._boot(state)
        if state.boots:
            yield from self._node(state)
        for i, session in enumerate(state.sessions):
            if session.waits:
                yield from self._service(state, i)

    @staticmethod
    def _boot(state):
        """Evidence is judged elsewhere: a boot has its grant. It ends the boot before."""
        r = state.record
        following = r.next or (state.current if state.current > r.version else 0)
        session = Session(r._replace(next=following), True, 0)
        return state._replace(sessions=(*state.sessions, session),
                              boots=(*state.boots, Boot(STARTS, ())))

    # The node: the last boot alone is under power.

    def _node(self, state):
        boot, granted = state.boots[-1], state.sessions[-1].granted
        acks = state.sessions[-1].acks
        if boot.stage == STARTS:
            yield self._opens(state, boot, granted)
        elif boot.stage == WAITS_FIRST and acks > 0:
            goes_on = boot.sent[-1].next
            yield ("has the first ACK" if goes_on else "mounts",
                   self._moved(state, WRITES if goes_on else MOUNTED))
        elif boot.stage == WRITES:
            yield "writes a part of the header", self._moved(state, TORN, first=TORN_HEADER)
        elif boot.stage == TORN:
            yield "has written the header", self._second(state, boot)
        elif boot.stage == WAITS_LAST and acks > 1:
            self.reached.add("rekeyed")
            yield "mounts", self._moved(state, MOUNTED)

    def _moved(self, state, stage, *sent, **fields):
        boot = Boot(stage, state.boots[-1].sent + sent)
        after = state._replace(boots=(*state.boots[:-1], boot), **fields)
        return self._checked(after, mounted=stage == MOUNTED)

    def _opens(self, state, boot, granted):
        """7.2, 1 to 3."""
        g, header = granted, state.first
        after = g.generation + 1
        if mac(g.version, g.generation, header) == g.mac:
            if not g.next:
                sent = Commit(after, g.version, mac(g.version, after, header), 0, None)
                return "opens", self._moved(state, WAITS_FIRST, sent)
            new = (f"new {len(state.boots)}", g.next)
            sent = Commit(after, g.version, mac(g.version, after, header), g.next,
                          mac(g.next, after, new))
            early = {} if self.has("header_after_ack") else {"first": new}
            return "opens the old header", self._moved(state, WAITS_FIRST, sent, spare=new, **early)
        if g.next_mac and self.has("spare_header") and mac(g.next, g.generation, header) != \
                g.next_mac and mac(g.next, g.generation, state.spare) == g.next_mac:
            header = state.spare
        if g.next_mac and mac(g.next, g.generation, header) == g.next_mac:
            sent = Commit(after, g.next, mac(g.next, after, header), 0, None)
            return "opens the new header", self._moved(state, WAITS_FIRST, sent, first=header)
        stopped = self._moved(state, STOPPED)
        return "finds no header", stopped._replace(fault="openable" if "openable" in self.claims
                                                   else stopped.fault)

    def _second(self, state, boot):
        first, header = boot.sent[0], state.spare
        sent = Commit(first.generation + 1, first.next,
                      mac(first.next, first.generation + 1, header), 0, None)
        return self._moved(state, WAITS_LAST, sent, first=header)

    # The service.

    def _service(self, state, i):
        for commit in self._arriving(state, i):
            after = self._takes(state, i, commit)
            if after:
                yield f"the service takes {tuple(commit[:2])}, next {commit.next}", after

    def _arriving(self, state, i):
        """What was sent in this connection and is due; with a broken one, anything."""
        sent = state.boots[i].sent
        due = sent[state.sessions[i].acks:state.sessions[i].acks + 1]
        if not self.broken_channel:
            return due
        seen = {c for boot in state.boots for c in boot.sent}
        macs = {c.mac for c in seen} | {c.next_mac for c in seen if c.next} | {FOREIGN}
        g = state.sessions[i].granted
        made = {Commit(g.generation + 1, version, one, following, FOREIGN if following else None)
                for version, following, one in product(range(1, self.last + 1),
                                                       range(self.last + 1), macs)
                if not following or following > version}
        return sorted({*due, *seen, *made}, key=repr)

    def _takes(self, state, i, commit):
        """7.1: None for a 616."""
        session, record = state.sessions[i], state.record
        g = session.granted
        if self.has("version_granted") and not self._version_fits(g, commit, session.acks):
            return None
        if self.has("one_commit") and not (record.generation == g.generation ==
                                           commit.generation - 1):
            return None
        new = Record(*commit)
        after = Session(new, bool(commit.next), session.acks + 1)
        sessions = (*state.sessions[:i], after, *state.sessions[i + 1:])
        state = state._replace(record=new, sessions=sessions)
        allowed = {(g.version, g.next)} | ({(g.next, 0)} if g.next_mac else set())
        return self._checked(state, commit=(record, new, (new.version, new.next) in allowed))

    @staticmethod
    def _version_fits(g, commit, acks):
        if acks and commit.next:
            return False
        if commit.version == g.version:
            return commit.next == g.next
        return bool(g.next_mac) and commit.version == g.next and not commit.next

    # What has to hold.

    def _checked(self, state, mounted=False, commit=None):
        fault = None
        if commit:
            before, new, allowed = commit
            if not allowed:
                fault = "version_granted"
            elif new.generation != before.generation + 1 or new.version < before.version:
                fault = "never_back"
        if mounted:
            self.reached.add("mounted")
        return state._replace(fault=fault if fault in self.claims else None)
