# SPDX-License-Identifier: GPL-2.0-or-later
"""One QEMU machine: q35, OVMF, an optional TPM, disks, a user network, a serial console."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

from .console import Console, Timeout
from .paths import firmware as installed_firmware
from .paths import program
from .releases import Firmware
from .tpm import Tpm


# A disk's device by what it is attached to; {drive} and {serial} are the disk's own.
BUSES = {
    "virtio": "virtio-blk-pci,drive={drive},serial={serial}",
    "scsi": "scsi-hd,bus=scsi0.0,drive={drive},serial={serial}",
    "scsi-name": "scsi-hd,bus=scsi0.0,drive={drive},device_id={serial}",  # page 83h, as Google
    "nvme": "nvme,drive={drive},serial={serial}",
}


@dataclass
class Disk:
    """
    failing: an offset in bytes; the host answers a read of it with an error. bus: a name in BUSES.
    """

    path: Path
    serial: str
    readonly: bool = False
    boot: bool = False
    failing: Optional[int] = None
    bus: str = "virtio"

    def drive(self) -> str:
        """Its format and file, as QEMU's -drive takes them."""
        if self.failing is None:
            return f"format=raw,file={self.path.resolve()}"
        rule = "file.inject-error.0"
        return (f"format=raw,file.driver=blkdebug,file.image.filename={self.path.resolve()},"
                f"{rule}.event=read_aio,{rule}.sector={self.failing // 512}")

    def device(self, drive: str) -> str:
        """It as a device, as QEMU's -device takes it."""
        return BUSES[self.bus].format(drive=drive, serial=self.serial)


@dataclass
class Machine:
    """
    folder: where the console's log and the firmware's variables lie; kept between boots.
    forward: (guest address:port, command) pairs; QEMU runs the command for each connection that the
    guest makes to that address and joins it to the command's standard input and output.
    reach: (port of this machine's 127.0.0.1, port of the guest) pairs: the way to the guest.
    cut_off: the guest reaches nobody; it is still reached.
    """

    folder: Path
    disks: list[Disk]
    tpm: Optional[Tpm] = None
    tpm_device: str = "tpm-crb"  # or tpm-tis
    accel: str = "tcg"
    memory_mib: int = 768
    cpus: int = 2
    network: bool = True
    card: str = "virtio-net-pci"  # QEMU's name of the network device
    forward: list[tuple[str, str]] = field(default_factory=list)
    reach: list[tuple[int, int]] = field(default_factory=list)
    cut_off: bool = False
    watcher: Optional[Callable] = None
    extra: list[str] = field(default_factory=list)
    firmware: Firmware = field(default_factory=lambda: Firmware(*installed_firmware()))

    def __post_init__(self):
        self.console: Optional[Console] = None
        self.process: Optional[subprocess.Popen] = None
        self.boots = 0

    @property
    def variables(self) -> Path:
        return self.folder / "vars.fd"

    def command(self) -> list[str]:
        accel = "tcg,thread=multi" if self.accel == "tcg" else self.accel
        code = self.firmware.code.resolve()
        words = [
            program("qemu-system-x86_64"), "-accel", accel, "-cpu", "max",
            "-smp", str(self.cpus), "-m", str(self.memory_mib), "-nodefaults", "-no-reboot",
            "-display", "none", "-serial", "stdio",
            "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,unit=1,file={self.variables.resolve()}",
        ]
        if self.firmware.secure:
            words += ["-machine", "q35,smm=on", "-global",
                      "driver=cfi.pflash01,property=secure,value=on"]
        else:
            words += ["-machine", "q35"]
        if any(disk.bus.startswith("scsi") for disk in self.disks):
            words += ["-device", "virtio-scsi-pci,id=scsi0"]
        for index, disk in enumerate(self.disks):
            drive = f"if=none,id=d{index},{disk.drive()}"
            device = disk.device(f"d{index}")
            drive += ",readonly=on" if disk.readonly else ""
            device += ",bootindex=0" if disk.boot else ""
            words += ["-drive", drive, "-device", device]
        if self.tpm:
            words += ["-chardev", "socket,id=tpm,path=socket", "-tpmdev",
                      "emulator,id=tpm0,chardev=tpm", "-device",
                      f"{self.tpm_device},tpmdev=tpm0"]
        if self.network:
            netdev = "user,id=n0" + (",restrict=on" if self.cut_off else "")
            for address, command in self.forward:
                netdev += f",guestfwd=tcp:{address}-cmd:{command}"
            for own, guest in self.reach:
                netdev += f",hostfwd=tcp:127.0.0.1:{own}-:{guest}"
            # An option ROM would run before the stub and change PCR 2.
            words += ["-netdev", netdev, "-device", f"{self.card},netdev=n0,romfile="]
        return words + self.extra

    def make_variables(self) -> Path:
        """The firmware's variables: those of the last boot, else as they come."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.variables.exists():
            shutil.copyfile(self.firmware.variables, self.variables)
        return self.variables

    def start(self) -> Console:
        """Powers on. The console's log of this boot is console-N.log in the folder."""
        self.make_variables()
        self.boots += 1
        if self.tpm:
            self.tpm.start()
        log = open(self.folder / f"console-{self.boots}.log", "wb")
        errors = open(self.folder / "qemu.log", "ab")
        try:
            self.process = subprocess.Popen(
                self.command(), cwd=self.tpm.folder if self.tpm else self.folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        except OSError:
            if self.tpm:
                self.tpm.stop()
            raise
        finally:
            errors.close()
        self.console = Console(self.process.stdout, log, self.watcher)
        return self.console

    def wait_off(self, timeout: float) -> None:
        """Waits until the guest powers itself off; when it does not, raises and kills."""
        try:
            self.console.wait_end(timeout)
            if self.process.wait(10) != 0:
                raise RuntimeError(f"QEMU failed: see {self.folder / 'qemu.log'}")
        except (Timeout, subprocess.TimeoutExpired):
            raise Timeout(f"the guest was not off after {timeout:.0f} s") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """The power cut: no flush, no warning. Also the clean-up; harmless when already off."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.console.wait_end(10)
            self.process.stdout.close()
            self.process = None
        if self.tpm:
            self.tpm.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
