# SPDX-License-Identifier: GPL-2.0-or-later
"""
A scenario: who there is, what has leaked, which defences are missing, and which properties are
claimed. It has what explorer.explore() asks for.
"""

from collections import namedtuple
from itertools import chain, combinations, product

import messages as m
import node
import properties
import service
from defences import DEFENCES, EXTRAS
from terms import WEAK, Knowledge, atom, const, may_sign, power, public, term, tup

State = namedtuple("State", "know runs sessions stores events fault")


class World:
    """
    nodes     runs of each honest node: {"n1": 2}
    hosts     sessions of each honest service: {"S1": 2}
    claims    the properties that have to hold (properties.py)
    rogue     a compromised service R, whose key the attacker has, is among the pins
    insider   the attacker owns a machine n3 that policy admits, and can give its PCRs any value
    stranger  the attacker has a software TPM, whose EK no policy names
    leaks     "node key", "service key", "ecdhe node", "ecdhe service", "kem"; "p256" and "mlkem":
              what one half of a grant's seal rests on, on both sides
    operator  a compromised operator O, whose key the attacker has, is among the operators' pins
    sets      what each set of the policy demands
    approval  unknown nodes wait until the operator approves them
    thorough  the long form: also choices that can be seen to be useless to the attacker
    root      "mean": a node's running system is the attacker's after the hand-over;
              "attest": it is honest, and quotes for verifiers
    """

    def __init__(self, without=(), extra=(), nodes=None, hosts=None, claims=(), rogue=False,
                 insider=False, stranger=False, leaks=(), sets=(("tpm",),), kinds=("tpm",),
                 root=None, wants_evidence=False, service_trust="named", service_pcrs=None,
                 approval=False, thorough=False, operator=False):
        self.without, self.extra = frozenset(without), frozenset(extra)
        if self.without - set(DEFENCES) or self.extra - set(EXTRAS):
            raise ValueError("no such defence")
        self.claims, self.rogue, self.insider, self.stranger = claims, rogue, insider, stranger
        self.leaks, self.sets, self.root, self.approval = leaks, sets, root, approval
        self.thorough, self.operator = thorough, operator
        self.reached = set()
        self.wants_evidence, self.service_trust = wants_evidence, service_trust
        self.service_pcrs = service_pcrs or const("PCRs of the service")
        self.role = m.WORKER
        self.stale_nonce = atom("nonce", "nonce_v of always")
        nodes, hosts = nodes or {"n1": 1}, hosts or {"S1": 1}
        self.machines = [self._machine(name, kinds) for name in nodes]
        self.runs = [self._run(machine, i) for machine in self.machines
                     for i in range(nodes[machine.name])]
        self.hosts = [service.Host(name, atom("key", name), atom("key", "ak " + name))
                      for name in hosts]
        self.draws = [self._session(host, i) for host in self.hosts
                      for i in range(hosts[host.name])]
        self._attacker()
        self._domains()

    def has(self, defence):
        if defence in EXTRAS:
            return defence in self.extra
        if defence not in DEFENCES:
            raise ValueError(f"no such defence: {defence}")
        return defence not in self.without

    @staticmethod
    def _machine(name, kinds):
        number = name[1:]
        return node.Machine(name, atom("key", "ek" + number), atom("key", "ak" + number),
                            atom("key", "chip" + number), "disk" + number, kinds)

    @staticmethod
    def _run(machine, index):
        of = f"{machine.name}.{index}"
        return node.Draw(machine, index, atom("random", "cr " + of), atom("scalar", "x " + of),
                         atom("key", "tls " + of), atom("scalar", "kem " + of),
                         atom("scalar", "mlkem " + of),
                         atom("nonce", "nonce_a " + of), atom("header", "header " + of))

    @staticmethod
    def _session(host, index):
        of = f"{host.name}.{index}"
        return service.Draw(host, index, atom("random", "sr " + of), atom("scalar", "y " + of),
                            atom("nonce", "nonce_v " + of), atom("secret", "secret " + of),
                            atom("scalar", "eph " + of), atom("scalar", "encapsulated " + of))

    def _attacker(self):
        """One value of each kind is enough for an attacker: nobody checks that two differ."""
        self.own = {kind: atom(kind, "attacker's " + kind) for kind in
                    ("random", "scalar", "key", "nonce", "header", "secret", "disk key")}
        self.machine3 = self._machine("n3", ("tpm",))
        self.machine4 = self._machine("n4", ("tpm",))
        self.rogue_key = atom("key", "R")
        self.operator_key = atom("key", "O")
        self.purposes = (m.JOIN, m.RECOVER, m.INIT) if self.operator else (m.JOIN,)
        # A key of another form, made in the first node's TPM: it signs whatever it is given.
        self.unrestricted = {public(atom("key", "unrestricted " + machine.name)): machine
                             for machine in self.machines}

    def _owned(self):
        """Machines that are the attacker's, all keys and PCRs of them."""
        return [self.machine3] * self.insider + [self.machine4] * self.stranger

    def _domains(self):
        """What a field can hold that any check compares with anything: see README.md."""
        machines = self.machines + self._owned()
        self.servers = [public(host.key) for host in self.hosts]
        self.servers += [public(self.rogue_key)] if self.rogue else []
        self.pins = list(self.servers)
        self.operators = [public(self.operator_key)] if self.operator else []
        self.client_keys = [public(run.key) for run in self.runs] + [public(self.own["key"])]
        self.servers += self.client_keys
        self.client_randoms = {run.cr for run in self.runs} | {self.own["random"]}
        self.node_nonces = [run.nonce for run in self.runs] + [self.own["nonce"]]
        self.disks = [const(machine.disk) for machine in machines]
        self.aks = [public(machine.ak) for machine in machines]
        self.unrestricted_aks = set(self.unrestricted)
        if self.root == "mean":
            self.aks += self.unrestricted
        self.eks = [public(machine.ek) for machine in machines]
        self.certified_eks = {public(machine.ek) for machine in machines
                              if machine is not self.machine4}
        self.kems = [m.both_keys(run.kem, run.mlkem) for run in self.runs]
        self.kems.append(m.both_keys(self.own["scalar"], self.own["scalar"]))
        self.ecdhe = {one.ecdhe for one in (*self.runs, *self.draws)}
        self.heads = [m.both_keys(draw.eph, draw.mlkem) for draw in self.draws]
        self.heads.append(m.both_keys(self.own["scalar"], self.own["scalar"]))
        self.chips = [machine.chip for machine in self.machines]
        self.every_claims = [m.Claims(*one) for one in
                             product(self.disks, self.aks, self.eks, self.kems)]

    def can_finish(self, know, hs, master):
        """
        Finished covers the transcript. So either the attacker has the master secret, or the service
        saw this very handshake: its random goes with its share and its key.
        """
        if self.thorough or know.derives(master):
            return True
        return any(draw.sr is hs.sr and hs.gy is public(draw.ecdhe)
                   and hs.server is public(draw.host.key) for draw in self.draws)

    def nonces_with(self, know, claims):
        """An attacker who signs with a key of its own has no use for another's nonce."""
        if not self.thorough and know.derives(claims.ak.args[0]):
            return [self.own["nonce"]]
        return [nonce for nonce in self.node_nonces if know.derives(nonce)]

    def named_kinds(self):
        """Section 4: evidence_types has the kinds that some set names."""
        return tuple(sorted(set(chain(*self.sets))))

    def kind_choices(self):
        """Kinds that an EVIDENCE can hold; in this model there is always a TPM."""
        others = [kind for kind in self.named_kinds() if kind != "tpm"]
        return [tuple(sorted((*some, "tpm"))) for n in range(len(others) + 1)
                for some in combinations(others, n)]

    def nonce_of(self, draw):
        return draw.nonce if self.has("nonce_fresh") else self.stale_nonce

    @staticmethod
    def disk_key(host, disk):
        return atom("disk key", f"key of {disk} at {host.name}")

    def shares(self, know):
        """
        ECDHE shares to send: what others sent, and the attacker's own. The long form adds every
        other public key, and others' shares multiplied by the attacker's scalar.
        """
        others = [one for one in know.points() if one.args[0] in self.ecdhe]
        weak = [] if self.has("points") else [WEAK]
        if not self.thorough:
            return [*others, public(self.own["scalar"]), *weak]
        return know.points() + [power(one, self.own["scalar"]) for one in others] + weak

    def wrap_heads(self, know):
        """What was encapsulated for wrapped keys, likewise."""
        if self.thorough:
            return [tup(*pair) for pair in product(know.points(), repeat=2)]
        return [one for one in self.heads if know.derives(one)]

    def servers_of_a_node(self):
        """Whose keys a node takes: (key, whether on a connection that it did not make)."""
        servers = self.pins if self.has("pin") else self.servers
        if not self.operator:
            return [(one, False) for one in servers]
        if not self.has("pins_by_connection"):
            return list(product([*servers, *self.operators], (False, True)))
        return [(one, False) for one in servers] + [(one, True) for one in self.operators]

    def trusted_service_aks(self):
        """The keys that a node takes for the service's TPM."""
        named = [host.ak for host in self.hosts]
        if self.service_trust == "named" and self.has("service_ak"):
            return named
        genuine = named + [machine.ak for machine in self.machines]
        return genuine if self.has("service_ak") else genuine + [self.own["key"]]

    def after_hand_over(self, machine):
        """What the attacker gets when the node's root file system runs."""
        pcrs = m.CAPPED if self.has("seal") else m.GOOD
        if self.root == "attest":
            return (may_sign(machine.ak, "attests_to_verifiers", pcrs),)
        if self.root != "mean":
            return ()
        ak, ek = public(machine.ak), public(machine.ek)
        free = next(key for key, its in self.unrestricted.items() if its is machine)
        return (may_sign(machine.ak, "quotes_after_hand_over", pcrs),
                term("activates", ek, ak), term("activates", ek, free), free.args[0])

    def _leaked(self):
        given = []
        for run in self.runs:
            given += [run.key] * ("node key" in self.leaks)
            given += [run.ecdhe] * ("ecdhe node" in self.leaks)
            given += [run.kem, run.mlkem] * ("kem" in self.leaks)
            given += [run.kem] * ("p256" in self.leaks) + [run.mlkem] * ("mlkem" in self.leaks)
        for draw in self.draws:
            given += [draw.ecdhe] * ("ecdhe service" in self.leaks)
            given += [draw.eph] * ("p256" in self.leaks) + [draw.mlkem] * ("mlkem" in self.leaks)
        for host in self.hosts:
            given += [host.key] * ("service key" in self.leaks)
        return given

    def initial(self):
        seen = [*self.own.values(), public(self.own["scalar"]), public(self.own["key"])]
        for run in self.runs:
            seen += [run.cr, public(run.ecdhe), public(run.key), public(run.kem), public(run.mlkem)]
        for machine in self.machines + self._owned():
            seen += [public(machine.ek), public(machine.ak)]
        for machine in self._owned():
            seen += [machine.ek, machine.ak]
        for host in self.hosts:
            seen += [public(host.key), public(host.ak)]
        if self.rogue:
            seen += [self.rogue_key, public(self.rogue_key)]
        if self.operator:
            seen += [self.operator_key, public(self.operator_key)]
        if "snp" in self.named_kinds():
            seen += [may_sign(chip, "reports_other_launch") for chip in self.chips]
        empty = service.Store((), frozenset(), frozenset())
        return State(Knowledge.of(()).add(*seen, *self._leaked()),
                     (node.Run(node.CONNECTS),) * len(self.runs),
                     (service.Session(service.IDLE),) * len(self.draws),
                     (empty,) * len(self.hosts), frozenset(), None)

    def steps(self, state):
        yield from self._node_steps(state)
        yield from self._service_steps(state)
        if self.approval:
            yield from self._operator_steps(state)

    def _node_steps(self, state):
        for i, (draw, run) in enumerate(zip(self.runs, state.runs)):
            for what, after, sent, events in node.steps(self, state.know, draw, run):
                runs = (*state.runs[:i], after, *state.runs[i + 1:])
                yield (f"{draw.machine.name}.{draw.index} {what}",
                       self._next(state._replace(runs=runs), sent, events))

    def _service_steps(self, state):
        for i, (draw, session) in enumerate(zip(self.draws, state.sessions)):
            if (session.stage == service.IDLE and draw.index
                    and state.sessions[i - 1].stage == service.IDLE):
                continue  # sessions of a service are alike: the first idle one is enough
            at = self.hosts.index(draw.host)
            for what, after, store, sent, events in service.steps(self, state.know, draw, session,
                                                                  state.stores[at]):
                sessions = (*state.sessions[:i], after, *state.sessions[i + 1:])
                stores = (*state.stores[:at], store, *state.stores[at + 1:])
                yield (f"{draw.host.name}.{draw.index} {what}",
                       self._next(state._replace(sessions=sessions, stores=stores), sent, events))

    def _operator_steps(self, state):
        """The operator approves a pending node whose EK name is on the list of machines bought."""
        for at, store in enumerate(state.stores):
            for ek in sorted(store.pending - store.approved, key=lambda t: t.rank):
                if self.has("inventory") and ek not in self.certified_eks:
                    continue
                after = store._replace(approved=store.approved | {ek})
                stores = (*state.stores[:at], after, *state.stores[at + 1:])
                yield f"the operator approves {ek}", state._replace(stores=stores)

    def _next(self, state, sent, events):
        self.reached.update(event[0] for event in events)
        state = state._replace(know=state.know.add(*sent), events=state.events | set(events))
        return state._replace(fault=properties.first_fault(self, state, events))

    @staticmethod
    def broken(state):
        return state.fault
