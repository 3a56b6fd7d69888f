# SPDX-License-Identifier: GPL-2.0-or-later
"""
The story of `tools/demo --cluster`: three nodes and an operator, and no service of this machine's.

first     has no service at its first boot: `protostar init` makes it the service
worker    joins there; later it is cut off from everybody and recovered by the operator
standby   joins there, too, and takes the service over: a sealed bundle of the first's, which the
          cluster's passphrase opens that each member gets with its grant

Machines end by power cuts alone. Two of them run at a time where memory or cores are short.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable

from . import boot, cluster_root, probe, roots, story, tamper
from .console import Console, Line
from .debian import Archive
from .paths import program
from .product import Image, Product, build_image
from .qemu import Machine
from .tpm_ca import TpmCa

LISTEN, SERVE, ASK = 7444, 7443, 8080  # the guest's ports: for its operator, nodes, and questions
STATE_LABEL = "state"  # a partition has an identity of its own; QEMU's disks have but serials
MEMORY_MIB = 768
BOOT_SECONDS = 600
CORES_FOR_THREE = 4
MEMORY_FOR_THREE_MIB = 4 * MEMORY_MIB
# What PID 1 and the service say that the story is about.
TOLD = re.compile(r"^protostar: (listening|operator|not the operator)|^protostar-demo: (the|this) |"
                  r" (founded|granted|committed|denied|stopped) |^listening on ")


class ClusterFailure(Exception):
    """It did not show what it set out to show."""


def has_room_for_three() -> bool:
    """Whether three emulated machines do not keep each other waiting."""
    text = Path("/proc/meminfo").read_text()
    available = int(re.search(r"MemAvailable:\s+(\d+)", text)[1]) // 1024
    return len(os.sched_getaffinity(0)) >= CORES_FOR_THREE and available >= MEMORY_FOR_THREE_MIB


class Member:
    """One node: its ports on this machine, and the machine that runs now."""

    def __init__(self, name: str, node: story.Node, ports: dict[int, int]):
        self.name, self.node, self.ports = name, node, ports
        self.machine: Machine

    def power_on(self, cut_off: bool = False) -> Console:
        self.node.cut_off = cut_off
        self.machine = self.node.machine()
        return self.machine.start()

    def power_cut(self) -> None:
        self.machine.kill()

    def said(self, *steps: str) -> None:
        for step in steps:
            if not boot.said(self.machine.console, step):
                raise ClusterFailure(f"{self.name} never said: {step}")

    def ask(self, what: str, data: bytes = None) -> bytes:
        """A question over HTTP; what it means is in guest/cluster-cgi."""
        url = f"http://127.0.0.1:{self.ports[ASK]}/cgi-bin/cluster?{what}"
        try:
            with urllib.request.urlopen(url, data, timeout=120) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError) as error:
            raise ClusterFailure(f"{self.name} did not answer {what}: {error}") from None


class Cluster:
    """
    folder: everything is in it but kernel and tiny root file system, which are kept in parts.
    end() stops what runs.
    """

    def __init__(self, product: Product, folder: Path, parts: Path, say: Callable[[str], None]):
        self.product, self.folder, self.parts, self.say = product, folder, parts, say
        self.accel = probe.accelerator(say)
        self.three = has_room_for_three()
        self.ca = TpmCa(folder / "tpm-ca")
        self.operator_key, self.operator_pem = folder / "operator.der", folder / "operator.pem"
        self.state = folder / "first-service"
        self.members: dict[str, Member] = {}

    # --- preparation ------------------------------------------------------------------------------

    def prepare(self, archive: Archive) -> None:
        self.say("two machines run at a time: memory or cores are short" if not self.three
                 else "three machines run at a time")
        self.say("making the CA that certifies the machines' TPMs")
        self.ca.create()
        operator = self._pin("init", "--pin", "--key", self.operator_key)
        self.say(f"operator: the key has the pin {operator}")
        subprocess.run([program("openssl"), "ec", "-inform", "DER", "-in", self.operator_key,
                        "-pubout", "-out", self.operator_pem], check=True, timeout=60,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pin = self._pin("serve", "--init", "--state", self.state)
        self.say(f"the service that the first node will be: its key has the pin {pin}")
        ports = {name: {guest: story.free_port() for guest in (LISTEN, SERVE, ASK)}
                 for name in ("first", "standby", "worker")}
        images = self._images(archive, operator, pin, ports)
        self.policy = self._write_policy(images)
        for name, image in (("first", "service"), ("standby", "service"), ("worker", "worker")):
            node = story.Node(self.folder / name, images[image].disk, accel=self.accel,
                              watcher=self._watcher(name), memory_mib=MEMORY_MIB, ca=self.ca,
                              reach=tuple((own, guest) for guest, own in ports[name].items()))
            tamper.partitioned(node.create().state, STATE_LABEL)
            self.members[name] = Member(name, node, ports[name])

    def _pin(self, *words) -> str:
        return re.search(r"pin: ([0-9a-f]{64})", self.product.run(*words))[1]

    def _images(self, archive: Archive, operator: str, pin: str,
                ports: dict[str, dict[int, int]]) -> dict[str, Image]:
        """Of nodes that may be the service, and of workers: a word makes the difference."""
        kernel = roots.kernel(archive, self.parts)
        root = cluster_root.make(roots.small(archive, self.parts), self.product, self.folder,
                                 self.operator_pem)
        services = [f"{story.GUEST_HOST}:{ports[name][SERVE]}" for name in ("first", "standby")]
        images = {}
        for role in ("service", "worker"):
            started = time.monotonic()
            images[role] = build_image(
                self.product, self.folder / role, kernel, root, services[0], [pin],
                options=(f"protostar.state=partlabel:{STATE_LABEL}", "protostar.net.keep=yes",
                         "protostar.listen.after=2", "protostar.join.timeout=1800"),
                cmdline="console=ttyS0 panic=-1 no_timer_check demo.role=" + role +
                f" demo.first={story.GUEST_HOST}:{ports['first'][ASK]}",
                extra=("--service", services[1], "--operator", operator, "--listen", LISTEN))
            self.say(f"image of a {role} node: {time.monotonic() - started:.1f} s")
        return images

    def _write_policy(self, images: dict[str, Image]) -> Path:
        """With the files that it names beside it: it goes to the nodes with them."""
        path = story.write_policy(list(images.values()), self.folder / "policy.json", ca=self.ca)
        policy = json.loads(path.read_text())
        shutil.copyfile(self.ca.roots, self.folder / "roots.pem")
        passphrase = self.folder / "cluster.passphrase"
        with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(secrets.token_hex(24))
        policy["identity"] = {"ek_certificate": {"roots": ["roots.pem"]}}
        policy["join_material_file"] = passphrase.name
        for one in policy["sets"]:
            one["role"] = one["name"]
        path.write_text(json.dumps(policy, indent=2) + "\n")
        return path

    def _watcher(self, name: str) -> Callable[[Line], None]:
        def watch(line: Line) -> None:
            step = boot.step_of(line)
            if step:
                self.say(f"{name:<9}{step:<51} {line.seconds:6.1f} s")
            elif TOLD.search(line.text):
                # The service's lines have a time, and a peer that is QEMU's network here.
                text = re.sub(r"^\S+Z |peer=\S+ ", "", line.text)
                self.say(f"{name:<9}    {text[:100]}")
        return watch

    # --- the story --------------------------------------------------------------------------------

    def tell(self) -> None:
        self.first_node()
        self.worker_joins()
        self.standby_takes_over()
        self.first_comes_back()
        self.worker_is_cut_off()
        self.worker_comes_back()

    def _title(self, text: str) -> None:
        self.say("")
        self.say(f"== {text}")

    def _operator(self, verb: str, member: Member, *words) -> None:
        said = self.product.run(
            verb, "--node", f"127.0.0.1:{member.ports[LISTEN]}", "--key", self.operator_key,
            "--wait", BOOT_SECONDS, *words, timeout=2 * BOOT_SECONDS)
        for line in said.strip().splitlines():
            self.say(f"operator     {line}")

    def first_node(self) -> None:
        self._title("the first node: no service answers, its operator does (protostar init)")
        first = self.members["first"]
        console = first.power_on()
        console.wait(rf"protostar: listening for the operator on port {LISTEN}", BOOT_SECONDS)
        self._operator("init", first, "--state", self.state, "--policy", self.policy)
        console.wait(r"^listening on ", BOOT_SECONDS)
        first.said("joined", "state disk formatted", "marker written")
        shutil.rmtree(self.state)
        self.say("the operator erases the copy of the service's keys: the first node has them")

    def worker_joins(self) -> None:
        self._title("a worker joins at the first node")
        worker = self.members["worker"]
        worker.power_on().wait(r"^protostar-demo: this node is a member", BOOT_SECONDS)
        worker.said("joined", "state disk formatted", "marker written")
        if not self.three:
            self._power_cut(worker)

    def standby_takes_over(self) -> None:
        self._title("a standby joins at the first node, and takes the service over: the bundle "
                    "comes sealed over plain HTTP")
        standby = self.members["standby"]
        standby.power_on().wait(r"^listening on ", BOOT_SECONDS)
        standby.said("joined", "state disk formatted", "marker written")
        self._power_cut(self.members["first"])
        self.bundle = self.folder / "worker.bundle"
        self.bundle.write_bytes(standby.ask("recovery"))
        self.say(f"the operator keeps {self.bundle.name}, sealed to the operator's key, for the "
                 "day that the service is away")

    def first_comes_back(self) -> None:
        self._title("the first node is powered on again: the standby is the service")
        first = self.members["first"]
        first.power_on().wait(r"^protostar-demo: the service is elsewhere now", BOOT_SECONDS)
        first.said("rejoined", "state disk opened", "marker survived")
        if not self.three:
            self._power_cut(first)

    def worker_is_cut_off(self) -> None:
        self._title("the worker is cut off: it reaches no service, and its operator reaches it "
                    "(protostar recover)")
        worker = self.members["worker"]
        worker.power_cut()
        console = worker.power_on(cut_off=True)
        console.wait(rf"protostar: listening for the operator on port {LISTEN}", BOOT_SECONDS)
        self._operator("recover", worker, "--bundle", self.bundle)
        console.wait(r"^protostar-demo: this node is a member", BOOT_SECONDS)
        worker.said("state disk opened", "marker survived")
        self._power_cut(worker)
        ledger = self.bundle.with_name(self.bundle.name + ".uses")
        said = self.members["standby"].ask("recovered", ledger.read_bytes())
        self.say(f"standby      audit record: {said.decode().strip()}")

    def worker_comes_back(self) -> None:
        self._title("the worker reaches the service again, and needs no operator")
        worker = self.members["worker"]
        worker.power_on().wait(r"^protostar-demo: this node is a member", BOOT_SECONDS)
        worker.said("rejoined", "state disk opened", "marker survived")
        self._title("what the service has on record")
        for line in self.members["standby"].ask("nodes").decode().rstrip().splitlines():
            self.say(line)

    def _power_cut(self, member: Member) -> None:
        member.power_cut()
        self.say(f"{member.name:<9}power cut")

    def end(self) -> None:
        for member in self.members.values():
            if hasattr(member, "machine"):
                member.power_cut()


def tell(product: Product, folder: Path, parts: Path, archive: Archive,
         say: Callable[[str], None] = print) -> None:
    """The whole story, in a folder that is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cluster = Cluster(product, folder, parts, say)
    try:
        cluster.prepare(archive)
        cluster.tell()
    finally:
        cluster.end()
