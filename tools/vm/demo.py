#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The story that tools/demo tells; tools/demo has built everything before it calls this."""

import argparse
import fcntl
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vm import boot, cluster, probe, roots, story, tamper  # noqa: E402
from vm.console import Line, Timeout  # noqa: E402
from vm.debian import Archive  # noqa: E402
from vm.paths import BUILD, MissingError  # noqa: E402
from vm.product import CommandError, Image, Product, Service, build_image  # noqa: E402
from vm.qemu import Machine  # noqa: E402
from vm.run import RunNode  # noqa: E402
from vm.tpm_ca import TpmCa  # noqa: E402

FOLDER = BUILD / "demo"
# What each attack is, and the error that must stop it.
ATTACKS = {
    "cmdline": ("one word of the measured command line is another", ["DENY_MEASUREMENTS"]),
    "initrd": ("one byte of the initrd is another", ["DENY_MEASUREMENTS"]),
    "uki": ("one byte of the UKI's description is another", ["DENY_MEASUREMENTS"]),
    "root": ("one bit of the root file system is another", ["VERITY_", "ROOT_"]),
    "server-key": ("another service, with another key, answers", ["TLS_PIN"]),
    "header": ("one bit of the state disk's header is another", ["HEADER_MAC"]),
    "driver": ("a driver of the host's runs before the UKI", ["DENY_MEASUREMENTS"]),
    "rom": ("code of the host's comes in a device's option ROM", ["DENY_MEASUREMENTS"]),
    "disk-swap": ("two nodes' state disks are swapped", ["DENY_NODE_DISK"]),
}
DEMO_WORD, TAMPERED_WORD = "demo=genuine", "demo=hostile"
SWAP_LABEL = "state"


class Failure(Exception):
    """The demo did not show what it set out to show."""


def say(text: str = "") -> None:
    print(text, flush=True)


def show(line: Line) -> None:
    """One console line: steps at the margin, what PID 1 says about itself indented."""
    step = boot.step_of(line)
    if step:
        say(f"{step:<60} {line.seconds:6.1f} s")
    elif line.text.startswith("protostar") and not boot.PCR.search(line.text):
        say(f"    {line.text}")


class Demo:
    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        self.product = Product()
        self.work = FOLDER / "run"
        self.accel = probe.accelerator(say)
        self.port = story.free_port()
        self.image: Image
        self.service = Service(self.product, self.work / "service")
        self.ca = TpmCa(self.work / "tpm-ca")

    # --- preparation ------------------------------------------------------------------------------

    def prepare(self, options: tuple[str, ...] = ()) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        archive = Archive(self.arguments.mirror, self.arguments.suite, say)
        kernel = roots.kernel(archive, FOLDER)
        say(f"kernel: {kernel[1].name}")
        if self.arguments.small:
            root = roots.small(archive, FOLDER)
        else:
            root = roots.full(archive, FOLDER, say)
        say(f"root file system: {root.relative_to(BUILD.parent)}")
        say("making the CA that certifies the machines' TPMs")
        self.ca.create()
        pin = self.service.init()
        say(f"join service: its key has the pin {pin}")
        say("building the image")
        # Without the word Linux panics where a busy machine makes QEMU's timer late.
        started = time.monotonic()
        self.image = build_image(
            self.product, self.work / "image", kernel, root,
            f"{story.GUEST_HOST}:{self.port}", [pin], options=options,
            cmdline=f"console=ttyS0 panic=-1 no_timer_check {DEMO_WORD}")
        size = self.image.disk.stat().st_size / 2**20
        say(f"image: {size:.0f} MiB in {time.monotonic() - started:.1f} s")
        self.service.policy = story.write_policy([self.image], self.work / "policy.json",
                                                 ca=self.ca)
        self.service.start(self.port)
        say(f"join service: listening, admits this image alone; QEMU's accelerator: {self.accel}")

    def node(self, name: str) -> story.Node:
        return story.Node(self.work / name, self.image.disk, accel=self.accel, watcher=show,
                          memory_mib=self.memory_mib(), ca=self.ca)

    def memory_mib(self) -> int:
        return 768 if self.arguments.small else 1024

    def plain_node(self, name: str) -> RunNode:
        """A node without anything that `protostar run` does not have."""
        return RunNode(self.work / name, self.image.disk, accel=self.accel, watcher=show,
                       memory_mib=self.memory_mib(), product=self.product, ca=self.ca)

    # --- a good boot ------------------------------------------------------------------------------

    def good_boot(self, node: story.Node, title: str, steps: list[str]):
        say()
        say(f"== {title}")
        machine, refusal = node.boot()
        if refusal:
            raise Failure(f"the boot was refused: {refusal}")
        for step in steps:
            if not boot.said(machine.console, step):
                raise Failure(f"the console never said: {step}")
        differences = story.pcr_differences(self.product, self.image, machine, "booted")
        if differences:
            raise Failure("the prediction is wrong:\n  " + "\n  ".join(differences))
        say("the TPM's PCRs are those that `protostar measure predict` gave for the image")
        return machine

    def tell(self) -> None:
        """The main story: first boot, then the same machine again."""
        self.prepare()
        node = self.plain_node("node").create(story.STATE_MIB)
        first = self.good_boot(node, "first boot: a blank state disk", [
            "measured", "joined", "state disk formatted", "init started", "marker written"])
        again = self.good_boot(node, "second boot: the same machine, the same disk", [
            "measured", "rejoined", "init started", "marker survived"])
        self.timelines(first, again)
        self.files(node)

    def timelines(self, first, again) -> None:
        say()
        say(f"{'timeline, in ms':<44}{'first boot':>12}{'second boot':>12}")
        one, two = boot.timeline(first.console), dict(boot.timeline(again.console))
        names = [name for name, _ in one]
        one = dict(one)
        for name in names + [name for name in two if name not in one]:
            cells = [f"{row[name]:12.0f}" if name in row else " " * 12 for row in (one, two)]
            say(f"{name:<44}{''.join(cells)}")
        totals = [boot.boot_time(m.console) * 1000 for m in (first, again)]
        say(f"{'power-on to init':<44}{totals[0]:12.0f}{totals[1]:12.0f}")

    def files(self, node: story.Node) -> None:
        say()
        if not self.arguments.keep:
            say("nothing is left running; --keep would keep the disks, TPM and service's state")
            return
        say("kept:")
        for what, path in [
                ("image, UKI and measurements", self.image.folder),
                ("policy", self.service.policy), ("the service's state and log", self.work),
                ("state disk, TPM, consoles", node.folder)]:
            say(f"  {what:<32} {path.relative_to(BUILD.parent)}")

    # --- attacks ----------------------------------------------------------------------------------

    def expect_refusal(self, node: story.Node, attack: str) -> Machine:
        text, names = ATTACKS[attack]
        say()
        say(f"== attack: {text}")
        machine, refusal = node.boot()
        if refusal is None or boot.said(machine.console, "init started"):
            raise Failure("it was not refused")
        codes = [c for n, c in story.error_codes().items() if n.startswith(tuple(names))]
        if refusal.code not in codes:
            raise Failure(f"it was refused, but not with one of the codes {codes}")
        say("that is the refusal which this attack must meet")
        return machine

    def attack(self, attack: str) -> None:
        options = (f"protostar.state=partlabel:{SWAP_LABEL}",) if attack == "disk-swap" else ()
        self.prepare(options)
        getattr(self, "attack_" + attack.replace("-", "_"))()
        say()
        say("nothing is left running")

    def _tampered_image(self, attack: str, change) -> None:
        node = self.node("node").create()
        node.disk = tamper.copy(self.image.disk, self.work / "tampered.img")
        change(node.disk)
        self.expect_refusal(node, attack)

    def attack_cmdline(self) -> None:
        change = tamper.change_cmdline(DEMO_WORD.encode(), TAMPERED_WORD.encode())
        self._tampered_image("cmdline", lambda disk: tamper.edit_uki(disk, change))

    def attack_initrd(self) -> None:
        self._tampered_image("initrd", lambda disk: tamper.edit_uki(disk, tamper.change_initrd))

    def attack_uki(self) -> None:
        self._tampered_image("uki", lambda disk: tamper.edit_uki(disk, tamper.change_osrel))

    def attack_root(self) -> None:
        self._tampered_image("root", tamper.corrupt_root)

    def _host_code(self, node: story.Node, attack: str) -> None:
        """The host's code changes a word of the command line that has been measured."""
        machine = self.expect_refusal(node, attack)
        if not machine.console.find(f"Kernel command line: .*{TAMPERED_WORD}"):
            raise Failure("the host's code did not run: nothing was shown")
        say(f"the kernel ran with {TAMPERED_WORD}, though {DEMO_WORD} was measured: PCR 2 "
            "alone tells of the host's code")

    def attack_driver(self) -> None:
        node = self.node("node").create()
        node.disk = tamper.copy(self.image.disk, self.work / "tampered.img")
        driver = self.product.find("attack-boot_service_driver.efi")
        tamper.add_driver(node.machine().make_variables(),
                          tamper.put_file(node.disk, driver, "host.efi"))
        self._host_code(node, "driver")

    def attack_rom(self) -> None:
        node = self.node("node").create()
        node.extra = tamper.rom_device(
            self.product.find("attack-boot_service_driver.efi"), self.work / "host.rom")
        self._host_code(node, "rom")

    def attack_server_key(self) -> None:
        self.service.stop()
        self.service = Service(self.product, self.work / "other-service",
                               self.service.policy)
        self.service.init()
        self.service.start(self.port)
        self.expect_refusal(self.node("node").create(), "server-key")

    def attack_header(self) -> None:
        node = self.node("node").create()
        self.good_boot(node, "first boot: a blank state disk", ["state disk formatted"])
        tamper.flip(node.state, tamper.header_places(node.state)["json"])
        self.expect_refusal(node, "header")

    def attack_disk_swap(self) -> None:
        nodes = [self.node(name).create() for name in ("node-a", "node-b")]
        for node in nodes:
            tamper.partitioned(node.state, SWAP_LABEL)
            self.good_boot(node, f"first boot of {node.folder.name}", ["state disk formatted"])
        spare = nodes[0].folder / "spare.img"
        nodes[0].state.rename(spare)
        nodes[1].state.rename(nodes[0].state)
        spare.rename(nodes[1].state)
        self.expect_refusal(nodes[0], "disk-swap")

    def end(self) -> None:
        self.service.stop()
        if not self.arguments.keep:
            shutil.rmtree(self.work, ignore_errors=True)


def tell_cluster(arguments: argparse.Namespace) -> None:
    folder = FOLDER / "run"
    cluster.tell(Product(), folder, FOLDER, Archive(arguments.mirror, say=say), say)
    say()
    if arguments.keep:
        say(f"kept: disks, TPMs, consoles and the bundle in {folder.relative_to(BUILD.parent)}")
        return
    shutil.rmtree(folder)
    say("nothing is left running")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/demo")
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--tamper", choices=sorted(ATTACKS))
    parser.add_argument("--mirror")
    parser.add_argument("--suite")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = open(FOLDER / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("tools/demo: another demo of this clone is running")
        return 1
    demo = None
    try:
        if arguments.cluster:
            tell_cluster(arguments)
            return 0
        demo = Demo(arguments)
        if arguments.tamper:
            demo.attack(arguments.tamper)
        else:
            demo.tell()
        return 0
    except (Failure, cluster.ClusterFailure, Timeout, CommandError, MissingError,
            subprocess.SubprocessError, RuntimeError) as error:
        arguments.keep = True
        say(f"tools/demo: {error}")
        say(f"tools/demo: consoles and logs are in {FOLDER / 'run'}")
        return 1
    except KeyboardInterrupt:
        say("tools/demo: interrupted")
        return 1
    finally:
        if demo:
            demo.end()


if __name__ == "__main__":
    sys.exit(main())
