# SPDX-License-Identifier: GPL-2.0-or-later
"""
A machine that `protostar run` starts. It serves where an image is booted as it was built; machines
with devices of a test's own, or with files that the program would refuse, are qemu.Machine's.
"""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

from .console import Console, Timeout
from .paths import firmware as installed_firmware
from .product import Product
from .releases import Firmware
from .story import Node

END_SECONDS = 60  # it gives QEMU ten seconds, and a busy machine takes its time


@dataclass
class RunMachine:
    """
    The image's folder, and the folder in which the program keeps the machine; the logs of consoles
    are put there too. The same calls as qemu.Machine's.
    """

    product: Product
    image: Path
    folder: Path
    accel: str = "tcg"
    memory_mib: int = 768
    watcher: Optional[Callable] = None
    options: tuple = ()
    firmware: Firmware = field(default_factory=lambda: Firmware(*installed_firmware()))

    def __post_init__(self):
        self.console: Optional[Console] = None
        self.process: Optional[subprocess.Popen] = None

    @property
    def variables(self) -> Path:
        """The firmware's, as the last boot left them."""
        return self.folder / ("vars-secure.fd" if "--secure-boot" in self.options else "vars.fd")

    @property
    def errors(self) -> Path:
        """What the program itself says."""
        return self.folder.with_name(self.folder.name + "-run.log")

    def command(self) -> list[str]:
        return [str(self.product.find("protostar")), "run", str(self.image), "--state",
                str(self.folder), "--accelerator", self.accel, "--memory", f"{self.memory_mib}M",
                *self.options]

    def start(self) -> Console:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        boots = len(list(self.folder.glob("console-*.log")))
        log = open(self.folder / f"console-{boots + 1}.log", "wb")
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=errors)
        self.console = Console(self.process.stdout, log, self.watcher)
        return self.console

    def wait_off(self, timeout: float) -> int:
        """Waits until the program has ended; its exit code, which tells how the boot went."""
        try:
            self.console.wait_end(timeout)
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            raise Timeout(f"protostar run did not end in {timeout:.0f} s") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """A kill of the program, with which its children end; harmless when it has ended."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.console.wait_end(END_SECONDS)
            self.process.stdout.close()
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


@dataclass
class RunNode(Node):
    """A node whose image lies in the folder that `protostar build` wrote."""

    product: Product = field(default_factory=Product)
    options: tuple = ()

    def create(self, state_mib: int = 0) -> "RunNode":
        """TPM and state disk are made by the program, at the first boot."""
        if self.ca:
            self.options += ("--tpm-setup", str(self.ca.setup))
        if state_mib:
            self.options += ("--disk", f"{state_mib}M")
        return self

    def machine(self) -> RunMachine:
        return RunMachine(self.product, self.disk.parent, self.folder, accel=self.accel,
                          memory_mib=self.memory_mib, watcher=self.watcher, options=self.options)
