# SPDX-License-Identifier: GPL-2.0-or-later
"""
Stubs and firmware of Debian's releases: what this machine has installed where it is of that
release, else what its packages hold, fetched once into the cache.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from .debian import Archive, unpack
from .paths import MissingError

STUBS = "usr/lib/systemd/boot/efi"
FIRMWARE = "usr/share/OVMF"
SNAKEOIL = "usr/share/ovmf/PkKek-1-snakeoil"  # the key pair in the *.snakeoil.fd variables


@dataclass(frozen=True)
class Firmware:
    """A build of OVMF: its code, and the file that a machine's variables begin as."""

    code: Path
    variables: Path
    secure: bool = False  # its variables are protected by SMM


class Release:
    """One release of Debian, by its code name."""

    def __init__(self, suite: str, folder: Path, mirror: str = None):
        self._archive = Archive(mirror, suite)
        self._folder = folder / suite

    def _file(self, package: str, path: str) -> Path:
        if self._archive.is_host and (Path("/") / path).is_file():
            return Path("/") / path
        target = self._folder / package
        if not (target / path).is_file():
            try:
                archive = self._archive.package(package)
            except MissingError as error:
                raise MissingError(f"{package} of Debian {self._archive.suite} is neither "
                                   f"installed nor in the cache: {error}") from None
            shutil.rmtree(target, ignore_errors=True)
            unpack(archive, target)
        if not (target / path).is_file():
            raise MissingError(f"{package} of Debian {self._archive.suite} has no /{path}")
        return target / path

    def stub(self) -> Path:
        return self._file("systemd-boot-efi", f"{STUBS}/linuxx64.efi.stub")

    def boot_loader(self) -> Path:
        return self._file("systemd-boot-efi", f"{STUBS}/systemd-bootx64.efi")

    def firmware(self, secure_boot: bool) -> Firmware:
        """With Secure Boot on its variables trust the snakeoil key."""
        code, variables = "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"
        if secure_boot:
            code, variables = "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd"
        return Firmware(self._file("ovmf", f"{FIRMWARE}/{code}"),
                        self._file("ovmf", f"{FIRMWARE}/{variables}"), secure_boot)

    def snakeoil(self) -> tuple[Path, Path]:
        """The key, protected with the word "snakeoil", and its certificate."""
        return self._file("ovmf", SNAKEOIL + ".key"), self._file("ovmf", SNAKEOIL + ".pem")
