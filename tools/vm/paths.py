# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things lie: the repository, its build, the firmware, and the cache of downloads."""

import os
import shutil
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / "build"

FIRMWARE_DIRS = ["/usr/share/OVMF", "/usr/share/edk2/x64", "/usr/share/edk2/ovmf"]
CODE_NAMES = ["OVMF_CODE_4M.fd", "OVMF_CODE.4m.fd", "OVMF_CODE.fd"]
VARS_NAMES = ["OVMF_VARS_4M.fd", "OVMF_VARS.4m.fd", "OVMF_VARS.fd"]


class MissingError(Exception):
    """Something this machine should have is not there; the text says what to install."""


def firmware() -> tuple[Path, Path]:
    """The firmware's code and its variables' template, of the same folder and size class."""
    for folder in map(Path, FIRMWARE_DIRS):
        for code, variables in zip(CODE_NAMES, VARS_NAMES):
            if (folder / code).exists() and (folder / variables).exists():
                return folder / code, folder / variables
    raise MissingError("no OVMF firmware found: install the package ovmf")


def program(name: str) -> str:
    """The path of a program of the system, sbin folders included."""
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found = shutil.which(name, path=path)
    if not found:
        raise MissingError(f"no program {name}: run tools/deps")
    return found


def cache() -> Path:
    """Downloads that several clones may share; PROTOSTAR_CACHE overrides where."""
    given = os.environ.get("PROTOSTAR_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "protostar"
