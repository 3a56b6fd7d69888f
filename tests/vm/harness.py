# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the VM tests share. The test `vm-first-boot` prepares the base: an image, a service that admits
it, and a node that has joined once. Every other test works on its own copy of the base, with its
own service, so that tests run side by side.
"""

import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm import boot, probe, roots, story, tamper  # noqa: E402
from vm.debian import Archive  # noqa: E402
from vm.product import Image, Product, Service, build_image  # noqa: E402
from vm.tpm_ca import TpmCa  # noqa: E402

SERVICE_ADDRESS = "10.0.2.100:7443"  # in the image; each test forwards it to its own service
WORD, OTHER_WORD = "test=genuine", "test=hostile"
SWAP_LABEL = "state"
CODES = story.error_codes()
RELAY = Path(story.__file__).with_name("relay.py")


def check(condition: bool, text: str) -> None:
    """What the test claims; the claim is printed, so that a log tells what was shown."""
    if not condition:
        raise AssertionError(f"not so: {text}")
    print(f"shown: {text}", flush=True)


class World:
    """One test's folder: image, service, node."""

    def __init__(self, build: str, name: str):
        self.product = Product(Path(build))
        self.base = Path(build) / "vm" / "base"
        self.folder = Path(build) / "vm" / name
        self.accel = probe.accelerator(print)
        self.image = Image(self.base / "image")
        self.service = Service(self.product, self.folder / "service", self.base / "policy.json")
        self.swap_image = Image(self.base / "image-partition")
        self.ca = TpmCa(self.base / "tpm-ca")

    # --- the base ---------------------------------------------------------------------------------

    def make_base(self) -> None:
        """Image, policy, and a service without any node."""
        shutil.rmtree(self.base, ignore_errors=True)
        self.base.mkdir(parents=True)
        self.ca.create()
        archive = Archive()
        kernel = roots.kernel(archive, self.base)
        root = roots.small(archive, self.base)
        service = Service(self.product, self.base / "new-service")
        pin = service.init()
        # On a busy machine QEMU's timer is late, and Linux panics when it misses a few ticks of it.
        cmdline = f"console=ttyS0 panic=-1 no_timer_check {WORD}"
        for image, options in ((self.image, ()),
                               (self.swap_image, (f"protostar.state=partlabel:{SWAP_LABEL}",))):
            build_image(self.product, image.folder, kernel, root, SERVICE_ADDRESS, [pin],
                        options=options, cmdline=cmdline)
        story.write_policy([self.image, self.swap_image], self.base / "policy.json", ca=self.ca)

    def copy_base(self, with_node: bool = True) -> None:
        """A copy of the node that has joined and its service, or of the service before that."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        shutil.copytree(self.base / ("service" if with_node else "new-service"),
                        self.folder / "service")
        if with_node:
            shutil.copytree(self.base / "node", self.folder / "node",
                            ignore=shutil.ignore_patterns("*.log", "socket", "*.img"))
            tamper.copy(self.base / "node" / "state.img", self.folder / "node" / "state.img")

    def keep_as_base(self) -> None:
        """Makes this world's service and node the base of the tests that follow."""
        for part in ("service", "node"):
            shutil.rmtree(self.base / part, ignore_errors=True)
            shutil.move(self.folder / part, self.base / part)

    def clean(self) -> None:
        """After success only the consoles and logs are worth their space."""
        for path in self.folder.rglob("*.img"):
            path.unlink()

    # --- parts ------------------------------------------------------------------------------------

    def node(self, name: str = "node", **options) -> story.Node:
        forward = ((SERVICE_ADDRESS, f"{sys.executable} -S -E {RELAY} {self.service.port}"),)
        options.setdefault("disk", self.image.disk)
        options.setdefault("ca", self.ca)
        return story.Node(self.folder / name, accel=self.accel, forward=forward, **options)

    @contextmanager
    def unused_service(self, policy: Path):
        """In place of the service: one with its key that knows no node, and with this policy."""
        known = self.service
        known.stop()
        shutil.copytree(self.base / "new-service", self.folder / "unused-service")
        self.service = Service(self.product, self.folder / "unused-service", policy)
        try:
            self.service.start()
            yield
        finally:
            self.service.stop()
            self.service = known

    def pin(self) -> str:
        """The service's key, as the base's images have it."""
        line = (self.image.folder / "cmdline").read_text()
        return re.search(r"protostar\.pin=([0-9a-f]{64})", line)[1]

    def tampered_disk(self, change) -> Path:
        disk = tamper.copy(self.image.disk, self.folder / "tampered.img")
        change(disk)
        return disk

    # --- claims -----------------------------------------------------------------------------------

    def boots(self, node: story.Node, *steps: str, image=None):
        """The node boots to its init, says these steps, and its PCRs are the predicted ones."""
        machine, refusal = node.boot()
        check(refusal is None, f"the boot is not refused ({refusal})")
        for step in steps:
            check(boot.said(machine.console, step), f"the node says: {step}")
        differences = story.pcr_differences(self.product, image or self.image, machine, "booted")
        check(not differences, f"the TPM holds the predicted PCRs {differences}")
        return machine

    def refuses(self, node: story.Node, *names: str):
        """
        The boot is refused with one of these errors, before the state disk or the service's record
        has changed and before the root's init has run.
        """
        disk, record = tamper.digest(node.state), self.service.nodes()
        machine, refusal = node.boot()
        wanted = {CODES[name] for name in names}
        check(refusal is not None and refusal.code in wanted,
              f"the boot is refused with one of {sorted(wanted)}: {refusal}")
        check(not boot.said(machine.console, "init started"), "the root's init did not run")
        check(tamper.digest(node.state) == disk, "the state disk is unchanged")
        check(self.service.nodes() == record, "the service's record is unchanged")
        return machine


def main(test, name: str) -> None:
    """Runs test(world) of a script that is called with the build folder."""
    world = World(sys.argv[1], name)
    try:
        with world.service:
            test(world)
    except Exception:
        for log in sorted(world.folder.rglob("console-*.log")):
            print(f"--- {log}", log.read_text(errors="replace")[-3000:], sep="\n", flush=True)
        for log in sorted(world.folder.glob("service.*")):
            if log.is_file():
                print(f"--- {log}", log.read_text(errors="replace")[-3000:], sep="\n", flush=True)
        raise
    world.clean()
