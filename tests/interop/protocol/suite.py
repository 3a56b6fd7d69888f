# SPDX-License-Identifier: GPL-2.0-or-later
"""How cases are written: a registry, and what all of them need."""

import contextlib
import random
import traceback

import node
import wire
from service import Service, policy

SEED = 20231  # of everything random here but TLS's own: a failure comes again

CASES = []


class Failed(Exception):
    """A case found something else than the page says."""


def case(title: str):
    """Registers f(world) as a case."""
    def register(f):
        CASES.append((title, f, ()))
        return f
    return register


def each(title: str, rows):
    """Registers f(world, *row[1:]) as one case a row, named by the row's first member."""
    def register(f):
        for row in rows:
            CASES.append((f"{title}: {row[0]}", f, row[1:]))
        return f
    return register


def check(good: bool, what: str):
    if not good:
        raise Failed(what)


def expect(answer, wanted: int, where: str = ""):
    """wanted: a type of frame, or the code of a denial, or 0 for the end without a word."""
    good = answer.code == wanted if wanted >= 600 else answer.kind == wanted
    check(good, f"{where}{': ' if where else ''}{answer}, expected "
                f"{f'DENY {wanted}' if wanted >= 600 else f'type {wanted}'}")


# Denials that are about a node and what is remembered of it, and not about its evidence.
OF_THE_NODE = (609, 612, 613, 614, 618, 619, 620, 622)


class World:
    """What cases act on: the service that runs, and a source of fresh nodes."""

    def __init__(self, service):
        self.service = service
        self.source = random.Random(SEED)

    def fresh(self) -> node.Node:
        """A node that nobody has seen."""
        return node.Node(random.Random(self.source.getrandbits(64)))

    def connect(self, who=None, **options) -> node.Connection:
        """A connection up to HELLO, to be used with `with`."""
        return node.Connection(self.service, who or self.fresh(), **options).open()

    def first(self, wanted: int, who=None, **changes):
        """The first answer to one evidence, expected; what is said of a node, once it is proven."""
        with self.connect(who) as c:
            expect((c.join if wanted in OF_THE_NODE else c.present)(**changes), wanted)

    def boot(self, who, wanted: int = wire.ACK, **changes):
        """One whole boot, expected to end with this."""
        answer = node.boot(self.service, who, **changes)
        expect(answer, wanted)
        return answer

    def known(self) -> node.Node:
        """A node that has joined and committed."""
        who = self.fresh()
        self.boot(who)
        return who


@contextlib.contextmanager
def apart(world: World, name: str, contents=None):
    """The world of another service, which ends with the block."""
    folder = world.service.folder / name
    folder.mkdir()
    served = Service(world.service.program, folder)
    served.start(contents or policy())
    try:
        yield World(served)
    finally:
        check(served.stop() == 0, "not an orderly end")


def run(world: World, only: str = "") -> int:
    """Runs all cases, one line each; how many failed."""
    failed = 0
    chosen = [c for c in CASES if only in c[0]]
    for title, f, row in chosen:
        try:
            f(world, *row)
            print(f"ok     {title}", flush=True)
        except Exception as error:  # whatever a case meets is its failure, and the next one runs
            failed += 1
            kind = "" if isinstance(error, Failed) else f"{type(error).__name__}: "
            print(f"FAILED {title}: {kind}{error}", flush=True)
            if not isinstance(error, (Failed, wire.Malformed, OSError)):
                traceback.print_exc()
    print(f"{len(chosen)} cases, {failed} failed")
    return failed if chosen else 1
