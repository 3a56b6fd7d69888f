# SPDX-License-Identifier: GPL-2.0-or-later
"""Purposes 2 and 4: an operator connects to the node, which is the client of TLS all the same."""

import contextlib
import itertools
import socket
import subprocess

import node
import service
import wire
from suite import case, check, each, expect
from wire import FORMAT, OPEN

NUMBERS = itertools.count()


class Operator:
    """A command that serves one node by hand. connect() is the node's side: it takes who comes."""

    def __init__(self, world, verb: str, purpose: int, *words: str):
        self.purpose, self.folder = purpose, world.service.folder
        key = str(self.folder / "operator.der")
        pin = world.service.command(verb, "--pin", "--key", key).stdout.split()[-1]
        self.pin = bytes.fromhex(pin)
        self.listener = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.process = subprocess.Popen(
            [world.service.program, verb, "--key", key, "--node", address, "--wait", "0", *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def connect(self) -> socket.socket:
        self.listener.settimeout(service.WAIT_S)
        return self.listener.accept()[0]

    def end(self) -> tuple[int, str]:
        text = self.process.communicate(timeout=service.WAIT_S)[0]
        self.listener.close()
        return self.process.returncode, text


def state(world) -> str:
    return str(world.service.folder / f"first-{next(NUMBERS)}")


@contextlib.contextmanager
def served(operator, who, wanted: int):
    """The node's connection up to HELLO; the command ends with `wanted`."""
    try:
        with node.Connection(operator, who) as c:
            yield c.open()
    finally:
        code, text = operator.end()
    check(code == wanted, f"the command ended with {code}: {text}")


def init(world, folder: str) -> Operator:
    return Operator(world, "init", wire.INIT, "--state", folder, "--policy",
                    str(world.service.policy_file))


def bundle_of(world, who) -> tuple[str, str]:
    """A bundle for this node's disk, and the file with the words that open it."""
    folder = world.service.folder
    words, out = folder / "words", folder / f"bundle-{next(NUMBERS)}"
    words.write_text("a long passphrase of eight words or so\n")
    words.chmod(0o600)
    done = world.service.node(
        "export", "--out", str(out), "--policy", str(world.service.policy_file), "--node",
        who.disk_id.hex(), "--uses", "9", "--passphrase-file", str(words))
    check(done.returncode == 0, f"export: {done.stderr}")
    return str(out), str(words)


def recover(world, bundle: tuple[str, str]) -> Operator:
    return Operator(world, "recover", wire.RECOVER, "--bundle", bundle[0], "--passphrase-file",
                    bundle[1])


def serving(world, purpose: int, who) -> Operator:
    if purpose == wire.INIT:
        return init(world, state(world))
    return recover(world, bundle_of(world, who))


@case("operator: init")
def first_node(world):
    who, folder = world.fresh(), state(world)
    with served(init(world, folder), who, 0) as c:
        expect(c.join(), wire.GRANT)
        check((c.grant.action, c.grant.generation) == (FORMAT, 0), "not format")
        check(c.grant.join_material != b"", "nothing to be the service with")
        c.prepare()
        expect(c.commit(), wire.ACK)
    with served(init(world, folder), who, 0) as c:
        expect(c.join(), wire.GRANT)
        check((c.grant.action, c.grant.generation) == (OPEN, 1), "not open")
        c.prepare()
        expect(c.commit(), wire.ACK)


@case("operator: recover")
def cut_off(world):
    who = world.known()
    key = world.boot(who).grant.disk_key
    with served(recover(world, bundle_of(world, who)), who, 0) as c:
        expect(c.join(), wire.GRANT)
        check((c.grant.action, c.grant.generation, c.grant.next_version) == (OPEN, 2, 0),
              "something else than open")
        check(c.grant.disk_key == key, "another disk key")
        c.prepare()
        expect(c.commit(), wire.ACK)


@each("operator: evidence made for another purpose", [
    ("init, join", wire.INIT, wire.JOIN), ("init, recover", wire.INIT, wire.RECOVER),
    ("init, verify", wire.INIT, wire.VERIFY), ("recover, join", wire.RECOVER, wire.JOIN),
    ("recover, init", wire.RECOVER, wire.INIT), ("recover, verify", wire.RECOVER, wire.VERIFY)])
def other_purpose(world, offered, shown):
    who = world.known()
    with served(serving(world, offered, who), who, 1) as c:
        expect(c.present(purpose=shown), 615)


@each("operator: evidence signed for another purpose", [
    ("init, join", wire.INIT, wire.JOIN), ("recover, join", wire.RECOVER, wire.JOIN),
    ("recover, init", wire.RECOVER, wire.INIT)])
def other_signed(world, offered, shown):
    who = world.known()
    with served(serving(world, offered, who), who, 1) as c:
        expect(c.present(rd={"purpose": shown}), 604)


@case("operator: a recovery formats nothing, and opens the disks of its bundle alone")
def opens_only(world):
    who, other = world.known(), world.known()
    bundle = bundle_of(world, who)
    for one, contents in ((world.fresh(), wire.BLANK), (other, wire.NOT_BLANK)):
        one.contents = contents
        with served(recover(world, bundle), one, 1) as c:
            answer = c.join()
            check(answer.kind == wire.DENY, f"{answer} to a node that the bundle does not name")


@case("operator: a key that the node has no pin of")
def wrong_key(world):
    by = init(world, state(world))
    by.pin = bytes(32)
    try:
        with node.Connection(by, world.fresh()) as c:
            c.open()
    except wire.Malformed as refused:
        check("pin" in str(refused), f"refused for {refused}")
    else:
        check(False, "the node took another key")
    check(by.end()[0] == 1, "an exchange that was not one counts")
