# SPDX-License-Identifier: GPL-2.0-or-later
"""
A measured boot on real parts: any stub, Debian's kernel and a guest that only says what the TPM
holds (tests/guest/measured.c). The prediction is made before, from the files alone.
"""

import base64
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm import gpt, roots, tamper  # noqa: E402
from vm.debian import Archive  # noqa: E402
from vm.paths import program  # noqa: E402
from vm.product import Product  # noqa: E402
from vm.qemu import Disk, Machine  # noqa: E402
from vm.releases import Firmware  # noqa: E402
from vm.tpm import Tpm  # noqa: E402
from vm.uki import make_initrd, make_uki  # noqa: E402
from vm.variables import Variables, join_option  # noqa: E402

BANKS = ("sha1", "sha256", "sha384", "sha512")
CMDLINE = "console=ttyS0 quiet panic=-1 no_timer_check test=genuine"
OSREL = 'ID=protostar-test\nPRETTY_NAME="A measured boot"\n'
REMOVABLE, INSTALLED = "EFI/BOOT/BOOTX64.EFI", "EFI/Linux/measured.efi"
ESP_FIRST, ESP_MIB = 2048, 64
ODD_SECTOR = 4096
BOOT_SECONDS, OFF_SECONDS = 300, 60
DONE = re.compile(r"^measured: (done|failed.*)$|(No bootable option|^Shell>)")
PCR = re.compile(r"^measured: pcr (\S+) (\d+) ([0-9A-Fa-f]+)$")
LOG = re.compile(r"^measured: log ([A-Za-z0-9+/=]+)$")
KERNEL_CMDLINE = re.compile(r"^measured: cmdline (.*)$")


@dataclass
class Found:
    """What the guest saw."""

    pcrs: dict[str, dict[int, str]]  # by bank
    log: bytes
    cmdline: str


def kernel(build: Path) -> Path:
    folder = build / "vm" / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    return roots.kernel(Archive(), folder)[0]


def uki(build: Path, stub: Path, out: Path, more: dict[str, bytes], padded: bool = False) -> Path:
    """
    The stub, the kernel and the guest; more: sections beside them. padded: .linux is as large in
    memory as the kernel itself says it will be, which ukify 257.0 to 257.2 made it.
    """
    image = kernel(build)
    sections = {
        ".osrel": OSREL.encode(), ".cmdline": CMDLINE.encode(), **more,
        ".linux": image.read_bytes(), ".initrd": make_initrd(build / "tests" / "guest_measured")}
    header = int.from_bytes(sections[".linux"][60:64], "little")
    size = int.from_bytes(sections[".linux"][header + 80:header + 84], "little")
    return make_uki(stub, sections, out, {".linux": size} if padded else None)


def make_odd_disk(files: dict[str, Path], out: Path) -> Path:
    """As some clouds' disks and some tools' images are: large sectors, 56 entries, a FAT12."""
    fat = gpt.make_fat(files, out.with_name("esp.img"), 60, 12, ODD_SECTOR, 4 * ODD_SECTOR)
    gpt.make_disk(fat, out, ODD_SECTOR, count=56)
    fat.unlink()
    return out


def sign(image: Path, snakeoil: tuple[Path, Path]) -> None:
    """By the key that the firmware's snakeoil variables trust; its passphrase is no secret."""
    key = image.with_suffix(".key")
    subprocess.run([program("openssl"), "pkey", "-in", str(snakeoil[0]), "-passin",
                    "pass:snakeoil", "-out", str(key)], check=True, timeout=60)
    subprocess.run([program("sbsign"), "--key", str(key), "--cert", str(snakeoil[1]), "--output",
                    str(image), str(image)], check=True, timeout=60, stderr=subprocess.DEVNULL)
    key.unlink()


def make_disk(files: dict[str, Path], out: Path) -> Path:
    """A GPT disk with an EFI system partition that holds these files."""
    tamper.blank(out, ESP_MIB + 2)
    subprocess.run(
        [program("sfdisk"), "--quiet", str(out)], check=True, timeout=60, text=True,
        input=f"label: gpt\nstart={ESP_FIRST}, size={ESP_MIB}MiB, type={tamper.ESP}\n")
    subprocess.run([program("mkfs.vfat"), "-F", "32", f"--offset={ESP_FIRST}", str(out),
                    str(ESP_MIB * 1024)], check=True, timeout=60, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    where = f"{out}@@{ESP_FIRST * tamper.SECTOR}"
    folders = {parent for name in files for parent in Path(name).parents if parent.name}
    for folder in sorted(folders):
        subprocess.run([program("mmd"), "-i", where, f"::/{folder}"], check=True, timeout=60)
    for name, path in files.items():
        subprocess.run([program("mcopy"), "-i", where, str(path), f"::/{name}"], check=True,
                       timeout=60)
    return out


def add_boot_option(variables: Path, disk: Path, path: str, data: bytes = b"") -> None:
    """A boot option for a file of the disk's system partition, last in the boot order."""
    store = Variables(variables)
    order = store.boot_order()
    number = max(order, default=0) + 1
    store.set(f"Boot{number:04X}", join_option(1, f"measured {number}",
                                               tamper.esp_path(disk, path), data))
    store.set_boot_order(order + [number])
    store.write()


def boot(folder: Path, disk: Path, firmware: Firmware, memory_mib: int, removable: bool,
         sector: int = tamper.SECTOR) -> Found:
    """One boot; the folder's vars.fd is what the firmware's variables are."""
    sizes = [word for kind in ("logical", "physical")
             for word in ("-global", f"virtio-blk-device.{kind}_block_size={sector}")]
    tpm = Tpm(folder / "tpm").create(",".join(BANKS))
    machine = Machine(folder, [Disk(disk, "system", readonly=True, boot=removable)], tpm=tpm,
                      memory_mib=memory_mib, network=False, firmware=firmware, extra=sizes)
    with machine:
        console = machine.start()
        said = console.wait(DONE.pattern, BOOT_SECONDS)
        if said[1] != "done":
            raise RuntimeError(f"the boot ended with {said[0]!r}")
        machine.wait_off(OFF_SECONDS)
    pcrs: dict[str, dict[int, str]] = {}
    for match in console.find(PCR.pattern):
        pcrs.setdefault(match[1], {})[int(match[2])] = match[3].lower()
    log = b"".join(base64.b64decode(m[1]) for m in console.find(LOG.pattern))
    return Found(pcrs, log, console.find(KERNEL_CMDLINE.pattern)[0][1])


def keep(found: Found, folder: Path) -> tuple[Path, Path]:
    """The event log as the firmware gives it, and the PCRs, a line each: BANK NUMBER HEX."""
    log, pcrs = folder / "boot.evlog", folder / "boot.pcrs"
    log.write_bytes(found.log)
    pcrs.write_text("".join(f"{bank} {number} {value}\n" for bank, values in found.pcrs.items()
                            for number, value in sorted(values.items())))
    return log, pcrs


def fresh(folder: Path, firmware: Firmware) -> Path:
    """An empty folder with the firmware's variables as they come; their path."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    variables = folder / "vars.fd"
    shutil.copyfile(firmware.variables, variables)
    return variables
