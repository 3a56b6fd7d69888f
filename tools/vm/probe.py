# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which accelerator to use. That /dev/kvm exists says nothing: where the host emulates it badly,
guests hang in the middle of the firmware. So the probe boots the firmware to its boot manager and
believes KVM only when that worked. Otherwise TCG, which always works.
"""

import json
import os
import tempfile
from pathlib import Path

from .console import Timeout
from .paths import BUILD
from .qemu import Machine

PROBE_SECONDS = 10.0
MARKER = r"BdsDxe|UEFI Interactive Shell|Shell>"


def _works(accel: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(folder=Path(folder), disks=[], accel=accel, network=False)
        with machine:
            try:
                machine.start().wait(MARKER, PROBE_SECONDS)
                return True
            except (Timeout, OSError):
                return False


def accelerator(say=lambda text: None) -> str:
    """`kvm` or `tcg`. The answer is kept for as long as this machine runs."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    kept = BUILD / "accelerator.json"
    try:
        answer = json.loads(kept.read_text())
        if answer["boot_id"] == boot_id and answer["accel"] in ("kvm", "tcg"):
            return answer["accel"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    say("there is a /dev/kvm: trying whether it can boot the firmware")
    accel = "kvm" if _works("kvm") else "tcg"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"boot_id": boot_id, "accel": accel}))
    return accel
