# SPDX-License-Identifier: GPL-2.0-or-later
"""What the demo and the VM tests share: an image with its policy, and nodes that boot it."""

import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from explain.error_tables import TABLES, rows

from . import boot, tamper
from .console import Line
from .product import Image, Product, predict
from .qemu import Disk, Machine
from .releases import Firmware
from .tpm import Tpm
from .tpm_ca import TpmCa

BOOT_SECONDS = 300  # emulated, on a machine that does other things as well
OFF_SECONDS = 120
STATE_MIB = 128
ALWAYS_KNOWN = {2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15}  # of our own images, from files
GUEST_HOST = "10.0.2.2"  # this machine, as a guest on QEMU's user network sees it


def error_codes() -> dict[str, int]:
    """Every error's name and number, from the tables."""
    return {row.name: row.code for _, path, *_ in TABLES for row in rows(path)}


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measurements(image: Image) -> dict[str, dict]:
    """What the image's builder predicted, as policies have it: by PCR."""
    return json.loads(image.measurements.read_text())["measurements"]


def certified_by(ca: TpmCa) -> dict:
    """The identity rule that admits the machines whose TPMs this CA certifies."""
    return {"ek_certificate": {"roots": [str(ca.roots)]}}


def write_policy(images: list[Image], path: Path, without: tuple[int, ...] = (),
                 ca: Optional[TpmCa] = None, of_set: Optional[dict] = None, **members) -> Path:
    """
    The join service's policy that admits exactly these images, by the measurements that their
    builder predicted. without: PCRs that it leaves out by name; of_set, members: more members of
    each set and of the policy. ca: who certifies the TPMs of the machines that may come; without
    one, and without an `identity`, whoever comes first.
    """
    members.setdefault("identity", certified_by(ca) if ca else {"first_use": True})
    sets = []
    for image in images:
        named = measurements(image)
        for number in without:
            del named[str(number)]
        allowed = {"allow_missing": list(without)} if without else {}
        sets.append({"name": image.folder.name, "epoch": 1, **allowed, **(of_set or {}),
                     "measurements": named})
    path.write_text(json.dumps({**members, "sets": sets}, indent=2) + "\n")
    path.chmod(0o644)  # the service takes no policy that others may write to
    return path


@dataclass
class Node:
    """
    One machine with a TPM and a state disk of its own, all in a folder; `disk` is the image, which
    is never written.
    """

    folder: Path
    disk: Path
    accel: str = "tcg"
    banks: str = "sha256"
    with_tpm: bool = True
    serial: str = "state"
    forward: tuple = ()
    reach: tuple = ()
    cut_off: bool = False  # it reaches nobody
    watcher: Optional[Callable[[Line], None]] = None
    memory_mib: int = 768
    firmware: Optional[Firmware] = None  # else this machine's own
    order_by_qemu: bool = True  # the image's disk is booted, whatever the variables say
    extra: tuple = ()  # words for QEMU
    bus: str = "virtio"  # what its disks are attached to: a name in qemu.BUSES
    card: str = "virtio-net-pci"
    ca: Optional[TpmCa] = None  # what certifies its TPM; None: nobody

    def create(self, state_mib: int = STATE_MIB) -> "Node":
        """A fresh TPM and a blank state disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.with_tpm:
            Tpm(self.folder / "tpm").create(self.banks, self.ca)
        tamper.blank(self.state, state_mib)
        return self

    @property
    def state(self) -> Path:
        return self.folder / "state.img"

    def machine(self) -> Machine:
        disks = [Disk(self.disk, "system", readonly=True, boot=self.order_by_qemu, bus=self.bus),
                 Disk(self.state, self.serial, bus=self.bus)]
        more = {"firmware": self.firmware} if self.firmware else {}
        return Machine(folder=self.folder, disks=disks, accel=self.accel,
                       tpm=Tpm(self.folder / "tpm") if self.with_tpm else None,
                       memory_mib=self.memory_mib, forward=list(self.forward),
                       reach=list(self.reach), cut_off=self.cut_off, watcher=self.watcher,
                       extra=list(self.extra), card=self.card, **more)

    def boot(self, timeout: float = BOOT_SECONDS) -> tuple[Machine, Optional[boot.Refusal]]:
        """
        Powers on and waits until the root's init has reported or the boot was refused, then until
        the machine is off: after a refusal the guest powers itself off.
        """
        machine = self.machine()
        with machine:
            refusal = boot.outcome(machine.start(), timeout)
            machine.wait_off(OFF_SECONDS)
        return machine, refusal


def pcr_differences(product: Product, image: Image, machine: Machine, phase: str) -> list[str]:
    """Where the TPM and `protostar measure predict` disagree, a line each, in every active bank."""
    lines = []
    known = predict(product, image, phase, machine.firmware.code, machine.variables)
    for bank in boot.BANKS:
        real = boot.pcrs(machine.console, bank)
        if real or bank == boot.BANKS[0]:
            lines += boot.differences(known[bank], real)
            lines += [f"PCR {n} is not predicted" for n in ALWAYS_KNOWN - set(known[bank])]
    return lines


def wait_for(condition: Callable[[], bool], timeout: float) -> bool:
    """Polls until the condition holds; false when it did not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
