#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `protostar measure` says of a boot before it happens is what the TPM holds afterwards, in every
bank; the boot's event log replays to the same registers, and `measure check` finds no difference.

  measured_boot.py BUILD CASE    one of the cases below (what it needs: `parts`)
  measured_boot.py BUILD parts   fetches and unpacks kernel, stubs and firmware
  measured_boot.py BUILD --stub FILE [OPTION...]    any stub, any firmware; --help
"""

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness import check
from measured import (BANKS, CMDLINE, INSTALLED, ODD_SECTOR, REMOVABLE, Found, add_boot_option,
                      boot, fresh, keep, kernel, make_disk, make_odd_disk, sign, uki)
from measured_causes import MISFITS, OVERRIDE, Misfit
from vm import tamper
from vm.paths import MissingError
from vm.product import Product
from vm.releases import Firmware, Release

NOT_IN_LOG = 10  # Linux's own measurements; the firmware's log has none of them
# What must be known from files alone: the test fails too when the predictor gives up. PCR 0 follows
# the machine's memory (OVMF), PCR 1 its devices.
MUST_KNOW = {2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15}
EXTRA = {".uname": b"6.1.0-test", ".pcrsig": b"{}", ".pcrpkey": b"no key, but measured\n"}


@dataclass
class Case:
    stub: str                      # ours, the code name of a Debian release, or a file
    firmware: str = "bookworm"     # the code name of a Debian release
    secure_boot: bool = False
    removable: bool = True         # else: by a boot option for an installed file
    memory_mib: int = 512
    sections: dict = field(default_factory=dict)
    failing_option: bool = False   # a boot option for a file that is not there comes first
    override: str = ""             # load options of the boot option
    boot_loader: str = ""          # systemd-boot of this release of Debian is started first
    odd: bool = False              # 4096-byte sectors, 56 entries, FAT12; .linux padded in memory
    machine: bool = False          # PCR 1 may have ACPI or SMBIOS tables: not asked for



CASES = {
    "ours": Case("ours"),
    "ours-secure": Case("ours", secure_boot=True, removable=False, memory_mib=1024),
    "ours-2025": Case("ours", "trixie", memory_mib=1024, machine=True),
    "252": Case("bookworm", memory_mib=1024),
    "252-option": Case("bookworm", removable=False, failing_option=True),
    "252-secure": Case("bookworm", secure_boot=True),
    "252-overridden": Case("bookworm", removable=False, override=OVERRIDE),
    # The boot loader passes the command line on, and measures it; 252's stub once more.
    "252-loader": Case("bookworm", boot_loader="bookworm", sections={
        ".cmdline": f"{CMDLINE}\n".encode()}),
    "252-loader-secure": Case("bookworm", boot_loader="bookworm", secure_boot=True),
    "ours-loader": Case("ours", boot_loader="bookworm"),
    "odd": Case("trixie", odd=True),
    "257": Case("trixie", removable=False, memory_mib=1024, sections=EXTRA),
    "257-2025": Case("trixie", "trixie", boot_loader="trixie", machine=True),
    "257-secure": Case("trixie", "trixie", secure_boot=True, removable=False, memory_mib=1024,
                       machine=True),
}


class Boot:
    """One case in its folder: the files, the prediction, the boot, the comparison."""

    def __init__(self, build: Path, name: str, case: Case, firmware: Firmware, stub: Path,
                 keys: tuple[Path, Path]):
        self.product, self.build, self.case = Product(build), build, case
        self.folder = build / "vm" / f"measured-{name}"
        self.firmware, self.stub, self.keys = firmware, stub, keys
        self.loader: list[Path] = []

    def make(self, boot_loader: Path = None) -> None:
        """UKI, disk and the firmware's variables."""
        case = self.case
        self.variables = fresh(self.folder, self.firmware)
        self.uki = uki(self.build, self.stub, self.folder / "uki.efi", case.sections, case.odd)
        self.path = REMOVABLE if case.removable else INSTALLED
        files = {self.path: self.uki}
        if boot_loader:
            self.loader = [self.folder / "loader.efi"]
            self.loader[0].write_bytes(boot_loader.read_bytes())
            settings = self.folder / "loader.conf"
            settings.write_text("timeout 0\n")
            files = {REMOVABLE: self.loader[0], INSTALLED: self.uki,
                     "loader/loader.conf": settings}
        if case.secure_boot:
            shutil.copyfile(self.uki, self.folder / "unsigned.efi")
            for image in [self.uki, *self.loader]:
                sign(image, self.keys)
        make = make_odd_disk if case.odd else make_disk
        self.disk = make(files, self.folder / "disk.img")
        if case.failing_option:
            add_boot_option(self.variables, self.disk, "EFI/none.efi")
        if not case.removable:
            data = (case.override + "\0").encode("utf-16-le") if case.override else b""
            add_boot_option(self.variables, self.disk, INSTALLED, data)
        # The firmware writes into its own; whoever predicts or checks has them as they were.
        self.before = self.folder / "before.fd"
        shutil.copyfile(self.variables, self.before)

    def words(self, variables: Path = None) -> list:
        """The options that tell `protostar measure` of this boot all that files can tell."""
        words = ["--firmware", self.firmware.code, "--vars", variables or self.before]
        words += ["--boot-attempts", "2"] if self.case.failing_option else []
        words += ["--then", f"{self.disk}:{INSTALLED}"] if self.loader else []
        return words + [f"{self.disk}:{self.path}"]

    def predict(self, variables: Path = None) -> dict[str, dict[int, str]]:
        """The known registers, by bank."""
        words = self.words(variables)
        if self.case.override:
            words = ["--load-options", self.case.override, *words]
        text = self.product.run("measure", "predict", "--bank", "all", "--format", "full", *words)
        (self.folder / "predicted.json").write_text(text)
        known: dict[str, dict[int, str]] = {bank: {} for bank in BANKS}
        for register in json.loads(text)["registers"]:
            for bank, value in register.get("values", {}).items():
                known[bank][register["pcr"]] = value
        return known

    def boot(self) -> Found:
        found = boot(self.folder, self.disk, self.firmware, self.case.memory_mib,
                     self.case.removable, ODD_SECTOR if self.case.odd else tamper.SECTOR)
        self.log, self.pcrs = keep(found, self.folder)
        return found


def compare(known: dict[str, dict[int, str]], found: Found, must: set[int]) -> None:
    for bank in BANKS:
        check(len(found.pcrs.get(bank, {})) == 24, f"the TPM's {bank} bank is active")
        values = known[bank]
        check(must <= set(values), f"{bank}: known are {sorted(values)}")
        wrong = [f"PCR {number}: predicted {value}, the TPM holds {found.pcrs[bank][number]}"
                 for number, value in sorted(values.items()) if found.pcrs[bank][number] != value]
        check(not wrong, f"{bank}: every register that is known is what the TPM holds {wrong}")


def replay(one: Boot, found: Found) -> None:
    """The log that the firmware kept leads to what the TPM holds."""
    values = json.loads(one.product.run("measure", "replay", "--json", one.log))
    for bank in BANKS:
        wrong = [number for number, value in values[bank].items()
                 if int(number) != NOT_IN_LOG and found.pcrs[bank][int(number)] != value]
        check(values[bank] and not wrong, f"{bank}: the log replays to the TPM's registers {wrong}")


def measure(one: Boot, *words) -> tuple[int, str]:
    """Exit code and words of one command of `protostar measure`."""
    command = [one.product.find("protostar"), "measure", *words]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          check=False)
    return done.returncode, done.stdout


def name_cause(one: Boot, misfit: Misfit) -> None:
    code, said = measure(one, "check", "--all", "--json", *misfit.words(one))
    check(code == 1, f"{misfit.text}: check finds a difference")
    causes = [(found["cause"], found["certainty"]) for found in json.loads(said)["differences"]]
    check(misfit.cause in dict(causes), f"{misfit.text}: {misfit.cause} is among {causes}")
    if misfit.shows:
        check(misfit.shows in said, f"{misfit.text}: {misfit.shows!r} is shown")


def refuse_unsigned(one: Boot) -> None:
    """Firmware would not start it, so there is nothing to predict."""
    code, said = measure(one, "predict", *one.words()[:-1], one.folder / "unsigned.efi")
    check(code == 1 and "not signed" in said, f"the unsigned image is refused: {said.strip()}")


def run(one: Boot, boot_loader: Path = None, misfits: tuple = ()) -> None:
    case = one.case
    one.make(boot_loader)
    known = one.predict()
    if case.secure_boot:
        refuse_unsigned(one)
    found = one.boot()
    wanted = case.override or CMDLINE
    check(found.cmdline == wanted, f"the kernel's command line is {wanted}")
    compare(known, found, MUST_KNOW)
    # With the variables as the boot leaves them, boot options and all, PCR 1 is known too.
    known = one.predict(one.variables)
    compare(known, found, MUST_KNOW | (set() if case.machine else {1}))
    replay(one, found)
    if not case.override:
        code, said = measure(one, "check", "--log", one.log, *one.words())
        check(code == 0, f"check: the log is that of the image:\n{said}")
    for misfit in misfits:
        name_cause(one, misfit)
    for path in [*one.folder.glob("*.efi"), one.disk]:
        path.unlink()


def named(build: Path, name: str) -> None:
    case = CASES[name]
    parts = build / "vm" / "measured"
    firmware = Release(case.firmware, parts)
    own = case.stub == "ours"
    stub = Product(build).find("protostar-stub.efi") if own else Release(case.stub, parts).stub()
    loader = Release(case.boot_loader, parts).boot_loader() if case.boot_loader else None
    run(Boot(build, name, case, firmware.firmware(case.secure_boot), stub, firmware.snakeoil()),
        loader, MISFITS.get(name, ()))


def prepare(build: Path) -> None:
    """Everything that comes from elsewhere, so that the cases can run side by side."""
    check(kernel(build).is_file(), "Debian's kernel is there")
    for suite in {case.firmware for case in CASES.values()}:
        release = Release(suite, build / "vm" / "measured")
        for part in (release.stub(), release.boot_loader(), release.firmware(False).code,
                     release.firmware(True).variables, *release.snakeoil()):
            check(part.is_file(), f"{suite}: {part}")


def given(build: Path, words: argparse.Namespace) -> None:
    host = Release("bookworm", build / "vm" / "measured")
    firmware = host.firmware(words.secure_boot)
    if words.firmware:
        firmware = Firmware(words.firmware, words.variables, words.secure_boot)
    keys = (words.key, words.certificate) if words.key else host.snakeoil()
    case = Case("given", secure_boot=words.secure_boot, removable=not words.option,
                memory_mib=words.memory, machine=True)
    run(Boot(build, "given", case, firmware, words.stub, keys))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"cases: {' '.join(CASES)}")
    parser.add_argument("build", type=Path, help="the build folder, e.g. build/release")
    parser.add_argument("case", nargs="?", choices=[*CASES, "parts"], metavar="CASE")
    parser.add_argument("--stub", type=Path, help="a systemd-stub (linuxx64.efi.stub)")
    parser.add_argument("--firmware", type=Path, help="OVMF's code (default: Debian 12's)")
    parser.add_argument("--variables", type=Path, help="its variables, as it comes")
    parser.add_argument("--secure-boot", action="store_true",
                        help="the variables have Secure Boot on; the UKI is signed")
    parser.add_argument("--key", type=Path, help="to sign with (default: Debian 12's snakeoil)")
    parser.add_argument("--certificate", type=Path, help="the key's")
    parser.add_argument("--option", action="store_true",
                        help="started by a boot option, not by the removable path")
    parser.add_argument("--memory", type=int, default=512, metavar="MIB", help="default 512")
    words = parser.parse_args()
    if bool(words.case) == bool(words.stub):
        parser.error("name a case, or give a stub")
    if bool(words.firmware) != bool(words.variables) or bool(words.key) != bool(words.certificate):
        parser.error("--firmware and --variables, --key and --certificate go together")
    return words


def main() -> None:
    words = parse()
    try:
        if words.case == "parts":
            prepare(words.build)
        elif words.case:
            named(words.build, words.case)
        else:
            given(words.build, words)
    except MissingError as error:
        sys.exit(f"measured_boot.py: {error}")


if __name__ == "__main__":
    main()
