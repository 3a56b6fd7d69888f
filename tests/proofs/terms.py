# SPDX-License-Identifier: GPL-2.0-or-later
"""
Messages as terms, and what a Dolev-Yao attacker makes of them.

The attacker owns the network: it has every message that was sent, takes apart what it can and puts
together anything else from the parts. It breaks no cryptography: hashes are one-way, signatures and
ciphers are perfect.

A term exists once (equal terms are one object), so comparing and hashing cost nothing.
"""


class Term:
    __slots__ = ("op", "args", "rank")

    def __init__(self, op, args, rank):
        self.op, self.args, self.rank = op, args, rank

    def __repr__(self):
        if self.op in ("atom", "const"):
            return str(self.args[-1])
        if self.op == "exp":
            return "g^" + "*".join(map(str, self.args))
        if self.op == "kdf":
            return f"{self.args[0]}(..)"
        return f"{self.op}({', '.join(map(str, self.args))})"


_pool = {}


def term(op, *args):
    key = (op, *args)
    found = _pool.get(key)
    if found is None:
        found = _pool[key] = Term(op, args, len(_pool))
    return found


def atom(kind, name):
    """A secret, nonce or key that its maker drew. By its `kind` a receiver can tell it apart."""
    return term("atom", kind, name)


def const(name):
    """A value that everybody knows: labels, numbers, names."""
    return term("const", name)


def tup(*parts):
    """An encoding from which the parts can be read back (PROTOCOL.md section 3)."""
    return term("tup", *parts)


def kdf(label, *inputs):
    """A hash, MAC or key derivation: nothing can be read back."""
    return term("kdf", const(label), *inputs)


def sign(private, message):
    return term("sign", private, message)


def seal(key, plain, aad):
    """An AEAD. `aad` is authenticated, not hidden."""
    return term("seal", key, plain, aad)


def credential(ek, name, secret):
    """TPM2_MakeCredential: opens only in the TPM of `ek`, and only if it holds the key `name`."""
    return term("credential", ek, name, secret)


# A point that multiplies to the same thing whatever the scalar: what a curve without a check of
# points, or with a small subgroup, gives an attacker.
WEAK = const("weak point")


def power(base, scalar):
    """Diffie-Hellman: `base` is g^a^b.., in any order of the exponents."""
    if base is WEAK:
        return WEAK
    return term("exp", *sorted((*base.args, scalar), key=lambda t: t.rank))


def public(private):
    return term("exp", private)


class Knowledge:
    """All that the attacker can read. Grows only; equal knowledge is one object."""
    _known = {}

    def __init__(self, terms):
        self.terms = terms
        self.by_op = {}
        for one in terms:
            self.by_op.setdefault(one.op, []).append(one)
        self.can = {}
        self.grown = {}
        self.listed = {}

    @classmethod
    def of(cls, terms):
        terms = frozenset(terms)
        found = cls._known.get(terms)
        if found is None:
            found = cls._known[terms] = cls(terms)
        return found

    @classmethod
    def forget_all(cls):
        cls._known.clear()

    def atoms(self, kind):
        """The atoms of a kind, in a fixed order."""
        if kind not in self.listed:
            self.listed[kind] = sorted((t for t in self.by_op.get("atom", ())
                                        if t.args[0] == kind), key=lambda t: t.rank)
        return self.listed[kind]

    def points(self):
        """The group elements seen so far that are public keys."""
        if "points" not in self.listed:
            self.listed["points"] = sorted(
                (t for t in self.by_op.get("exp", ()) if len(t.args) == 1), key=lambda t: t.rank)
        return self.listed["points"]

    def derives(self, wanted):
        known = self.can.get(wanted)
        if known is None:
            known = self.can[wanted] = wanted in self.terms or self._builds(wanted)
        return known

    def _builds(self, wanted):
        if wanted.op == "const":
            return True
        if wanted.op == "atom":
            return False
        if wanted.op == "exp":
            return self._builds_power(wanted)
        if wanted.op == "sign" and self._machine_signs(wanted):
            return True
        return all(self.derives(part) for part in wanted.args)

    def _builds_power(self, wanted):
        """From g or from an element that was seen, with scalars that are known."""
        unknown = [s for s in wanted.args if not self.derives(s)]
        if not unknown:
            return True
        for seen in self.by_op.get("exp", ()):
            rest = list(wanted.args)
            for scalar in seen.args:
                if scalar not in rest:
                    break
                rest.remove(scalar)
            else:
                if all(self.derives(scalar) for scalar in rest):
                    return True
        return False

    def _machine_signs(self, wanted):
        """
        Machines whose key the attacker has not, but which sign for it: ("signs", key, shape) is the
        permission to have any `message` signed that shape(message) allows.
        """
        private, message = wanted.args
        return any(right.args[0] is private and SHAPES[right.args[1].args[0]](message, right)
                   and all(self.derives(part) for part in message.args)
                   for right in self.by_op.get("signs", ()))

    def add(self, *terms):
        new = tuple(t for t in terms if t not in self.terms)
        if not new:
            return self
        found = self.grown.get(new)
        if found is None:
            found = self.grown[new] = self._analysed(new)
        return found

    def _analysed(self, new):
        terms, work = set(self.terms), list(new)
        while work:
            while work:
                one = work.pop()
                if one not in terms:
                    terms.add(one)
                    if one.op == "tup":
                        work += one.args
                    elif one.op in ("sign", "seal"):
                        work += one.args[1 if one.op == "sign" else 2:]
            here = Knowledge.of(terms)
            for one in terms:
                for part in here._opens(one):
                    if part not in terms:
                        work.append(part)
        return Knowledge.of(terms)

    def _opens(self, one):
        if one.op == "seal" and self.derives(one.args[0]):
            return one.args[1:2]
        if one.op == "credential":
            ek, name, secret = one.args
            if self.derives(ek.args[0]) or term("activates", ek, name) in self.terms:
                return (secret,)
        return ()


# What a machine signs for whom it does not belong to, by name: (message, permission) -> bool.
SHAPES = {}


def shape(function):
    SHAPES[function.__name__] = function
    return function


def may_sign(private, allowed, *details):
    return term("signs", private, const(allowed), *details)
