# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the benchmarks share: the build, an image of the tiny root file system with a small addition, a
service that admits it, and nodes that boot it. Everything lies in build/bench.
"""

import re
import shutil
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm import boot, probe, roots, story, tamper  # noqa: E402,F401
from vm.debian import Archive  # noqa: E402
from vm.paths import BUILD  # noqa: E402
from vm.product import Image, Product, Service, build_image  # noqa: E402
from vm.qemu import Disk, Machine  # noqa: E402

HERE = Path(__file__).resolve().parent
FOLDER = BUILD / "bench"
CIPHERS = ("aegis128-random", "aes-xts-hmac-sha256")
APPLETS = ["mkdir"]
LABEL = "state"
FIGURE = re.compile(r"^protostar-bench: (\S+) ([0-9.]+)$")
END = r"^protostar-bench: (done|failed)"


class BenchError(Exception):
    """A benchmark did not run to its end; the text says why."""


def say(text: str) -> None:
    """Progress; the tables alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


class Setting:
    """Made on first use: `sizes` and `predict` need the image, only boots need the service."""

    def __init__(self, rounds: int):
        self.rounds = rounds
        self.product = Product()
        self.accel = probe.accelerator(say)
        self._images: dict[str, Image] = {}
        self._service: Service = None

    def program(self, name: str) -> Path:
        path = self.product.build / "tests" / name
        if not path.is_file():
            raise BenchError(f"{name} is not built")
        return path

    def prepare(self) -> None:
        """One image for each cipher, the same in all else, and the service that admits both."""
        if self._images:
            return
        shutil.rmtree(FOLDER / "run", ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        say("building the images")
        self.archive = Archive(say=say)
        kernel = roots.kernel(self.archive, FOLDER)
        root = self._root()
        self._service = Service(self.product, FOLDER / "run" / "service")
        pin = self._service.init()
        self._port = story.free_port()
        for cipher in CIPHERS:
            self._images[cipher] = build_image(
                self.product, FOLDER / "run" / f"image-{cipher}", kernel, root,
                f"{story.GUEST_HOST}:{self._port}", [pin],
                options=(f"protostar.state.cipher={cipher}", f"protostar.state=partlabel:{LABEL}"),
                cmdline="console=ttyS0 panic=-1")
        self._service.policy = story.write_policy(list(self._images.values()),
                                                  FOLDER / "run" / "policy.json")
        self._service.start(self._port)
        self.kernel = kernel

    def image(self, cipher: str = CIPHERS[0]) -> Image:
        self.prepare()
        return self._images[cipher]

    def end(self) -> None:
        if self._service:
            self._service.stop()

    def _root(self) -> Path:
        """The demo's tiny root file system with another init and the measuring program."""
        root = FOLDER / "run" / "root"
        shutil.copytree(roots.small(self.archive, FOLDER), root, symlinks=True)
        shutil.copy(HERE / "guest" / "init", root / "usr" / "sbin" / "init")
        shutil.copy(self.program("bench_state_io"), root / "usr" / "bin" / "state_io")
        for name in APPLETS:
            (root / "usr" / "bin" / name).symlink_to("busybox")
        return root

    # --- boots ------------------------------------------------------------------------------------

    def node(self, name: str, disk: Path, state_mib: int = story.STATE_MIB) -> story.Node:
        """A new node; what an earlier one of that name left is removed."""
        shutil.rmtree(FOLDER / "run" / name, ignore_errors=True)
        node = story.Node(FOLDER / "run" / name, disk, accel=self.accel).create(state_mib)
        # A partition has an identity of its own, so that one service can admit node after node.
        tamper.partitioned(node.state, LABEL)
        return node


def run_machine(machine: Machine):
    """Boots until the benchmarks' init has ended; the console."""
    with machine:
        console = machine.start()
        match = console.wait(f"({boot.FAILURE.pattern})|({END})", story.BOOT_SECONDS)
        if not match[0].endswith("done"):
            raise BenchError(f"a boot failed: {match[0]} (console: {machine.folder})")
        machine.wait_off(story.OFF_SECONDS)
    return console


def stages(console) -> dict[str, float]:
    """Milliseconds of each of early's stages, as early measured them."""
    return {m[1]: float(m[2]) for m in console.find(boot.STAGE.pattern)}


def figures(console) -> dict[str, float]:
    """What the guest measured; the mean where it did so more than once."""
    found: dict[str, list[float]] = {}
    for match in console.find(FIGURE.pattern):
        found.setdefault(match[1], []).append(float(match[2]))
    return {name: statistics.mean(values) for name, values in found.items()}


def kernel_ms(console, text: str) -> float:
    """When the kernel's clock said that a line came, in ms since the kernel began."""
    found = console.find(r"^\[ *([0-9]+\.[0-9]+)\] " + text)
    if not found:
        raise BenchError(f"the console lacks the kernel's line: {text}")
    return float(found[0][1]) * 1000
