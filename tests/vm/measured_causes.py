# SPDX-License-Identifier: GPL-2.0-or-later
"""
Fresh logs held against something else than what booted: `measure check` names what is different.
Each row: the case whose log it is, what is done, and the cause that must be among those named.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from measured import CMDLINE, OSREL, uki
from vm.releases import Release

OVERRIDE = "console=ttyS0 quiet panic=-1 no_timer_check test=hostile"

# "Exit Boot Services Returned with Success" with a digest of each of the four banks.
LAST_EVENT = 12 + sum(2 + length for length in (20, 32, 48, 64)) + 4 + 40


@dataclass(frozen=True)
class Misfit:
    text: str
    cause: str
    words: Callable  # (boot) -> the words for check, the log's file among them
    shows: str = ""  # what people are told


def _image(one, **changes: bytes) -> Path:
    """Another UKI of the same stub and kernel; changes: sections by name, without the dot."""
    sections = {f".{name}": contents for name, contents in changes.items()}
    return uki(one.build, one.stub, one.folder / "other.efi", {**one.case.sections, **sections})


def _with_image(one, image: Path) -> list:
    """What is known of the machine, and another image in place of its own."""
    return ["--log", one.log, *one.words()[:-1], image]


def _other_cmdline(one) -> list:
    return _with_image(one, _image(one, cmdline=CMDLINE.replace("genuine", "another").encode()))


def _other_osrel(one) -> list:
    return _with_image(one, _image(one, osrel=OSREL.replace("boot", "BOOT").encode()))


def _longer_cmdline(one) -> list:
    return _with_image(one, _image(one, cmdline=CMDLINE.encode() + bytes(8)))


def _other_initrd(one) -> list:
    image = bytearray(_image(one).read_bytes())
    at = image.rindex(b"measured: failed")
    image[at] ^= 0x20
    (one.folder / "other.efi").write_bytes(image)
    return _with_image(one, one.folder / "other.efi")


def _cut_log(one) -> list:
    cut = one.folder / "cut.evlog"
    cut.write_bytes(one.log.read_bytes()[:-LAST_EVENT])
    return ["--log", cut, *one.words()]


def _other_firmware(one) -> list:
    other = Release("trixie", one.build / "vm" / "measured").firmware(False)
    return ["--log", one.log, "--firmware", other.code, "--vars", other.variables, one.words()[-1]]


MISFITS = {
    "252": [
        Misfit("another command line in the image", "kernel-command-line", _other_cmdline),
        Misfit("another os-release in the image", "section-differs", _other_osrel),
        Misfit("a section with zeros behind it", "section-padded", _longer_cmdline),
        Misfit("one bit of the initrd", "initrd-differs", _other_initrd),
        Misfit("a stub of another version", "stub-version",
               lambda one: ["--log", one.log, "--dialect", "systemd-254", *one.words()]),
        Misfit("a log cut short", "log-truncated", _cut_log),
        Misfit("another release of OVMF", "firmware-version", _other_firmware),
    ],
    "252-option": [
        Misfit("a boot attempt that was not expected", "extra-boot-attempt",
               lambda one: ["--log", one.log, "--firmware", one.firmware.code, "--vars",
                            one.before, one.words()[-1]]),
    ],
    "252-secure": [
        Misfit("Secure Boot off", "secure-boot",
               lambda one: ["--log", one.log, "--secure-boot", "off", one.words()[-1]]),
    ],
    "252-overridden": [
        Misfit("a command line from outside", "command-line-overridden",
               lambda one: ["--log", one.log, *one.words()], shows=OVERRIDE),
    ],
}
