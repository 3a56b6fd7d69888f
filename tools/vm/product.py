# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the product's own programs: what a person would type, nothing else."""

import json
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from .paths import BUILD

COMMAND_TIMEOUT = 300


class CommandError(Exception):
    """A program of the product failed; the text is what it said."""


@dataclass
class Product:
    """The artefacts of one build."""

    build: Path = BUILD / "release"

    def find(self, name: str) -> Path:
        for folder in ("bin", "tools", "tools/command", "efi", "early", "."):
            path = self.build / folder / name
            if path.is_file():
                return path
        raise CommandError(f"{name} is not in {self.build}: build it first")

    def run(self, *words, timeout: float = COMMAND_TIMEOUT) -> str:
        """`protostar` with these words; its standard output."""
        command = [str(self.find("protostar")), *map(str, words)]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, timeout=timeout, check=False)
        if result.returncode != 0:
            raise CommandError(
                f"protostar {words[0]} ended with {result.returncode}: {result.stderr.strip()}")
        return result.stdout


@dataclass
class Image:
    """What `protostar build` made."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.img"

    @property
    def measurements(self) -> Path:
        return self.folder / "measurements.json"


def build_image(product: Product, out: Path, kernel: tuple[Path, Path], root: Path,
                service: Optional[str], pins: list[str], options: tuple[str, ...] = (),
                cmdline: str = "", extra: tuple = ()) -> Image:
    """service: None, with an operator alone; options: PID 1's settings; extra: more words."""
    words = ["build", "--kernel", kernel[0], "--modules-dir", kernel[1], "--root", root,
             "--early", product.find("protostar-early"), "--stub",
             product.find("protostar-stub.efi")]
    if service:
        words += ["--service", service]
    for pin in pins:
        words += ["--pin", pin]
    for option in options:
        words += ["--option", option]
    if cmdline:
        words += ["--cmdline", cmdline]
    product.run(*words, *extra, "--out", out)
    return Image(out)


def predict(product: Product, image: Image, phase: str, firmware: Path,
            variables: Path) -> dict[str, dict[int, str]]:
    """
    All registers that files determine, by bank: PCR number to lower-case hex, as `protostar measure
    predict` says; variables: the firmware's, as the boot leaves them.
    """
    text = product.run("measure", "predict", "--phase", phase, "--bank", "all", "--format", "full",
                       "--firmware", firmware, "--vars", variables, image.disk)
    known: dict[str, dict[int, str]] = {}
    for register in json.loads(text)["registers"]:
        for bank, value in register.get("values", {}).items():
            known.setdefault(bank, {})[register["pcr"]] = value
    return known


@dataclass
class Service:
    """
    `protostar serve` with its state in a folder. init() makes keys and state once and returns the
    pin; start() and stop() as often as wanted. options: more words for it.
    """

    product: Product
    state: Path
    policy: Optional[Path] = None
    options: tuple[str, ...] = ()
    _process: Optional[subprocess.Popen] = field(default=None, repr=False)
    port: int = 0

    def init(self) -> str:
        self.state.mkdir(parents=True, exist_ok=True)
        said = self.product.run("serve", "--state", self.state, "--init")
        match = re.search(r"pin: ([0-9a-f]{64})", said)
        if not match:
            raise CommandError(f"protostar serve --init named no pin: {said!r}")
        return match[1]

    def start(self, port: int = 0) -> int:
        """Starts it on 127.0.0.1; port 0 takes a free one. Returns the port."""
        log = open(self.log, "ab")
        self._process = subprocess.Popen(
            [str(self.product.find("protostar")), "serve", "--state", str(self.state), "--policy",
             str(self.policy), "--listen", f"127.0.0.1:{port}", *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        # Its output goes on for as long as it runs, so somebody must read it.
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self._process.stdout, ready),
                         daemon=True).start()
        deadline = time.monotonic() + 20
        while not ready.wait(0.05):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = self.log.read_text(errors="replace")[-800:]
                raise CommandError(f"protostar serve did not start: {said}")
        return self.port

    def _listen(self, stream, ready: threading.Event) -> None:
        with open(self.out, "a") as out:
            for line in stream:
                out.write(line)
                out.flush()
                match = re.search(r"listening on \S+:(\d+)", line)
                if match:
                    self.port = int(match[1])
                    ready.set()

    @property
    def out(self) -> Path:
        """The service's log, as it prints it."""
        return self.state.with_name(self.state.name + ".out")

    @property
    def log(self) -> Path:
        """What the program complains of."""
        return self.state.with_name(self.state.name + ".log")

    def stop(self) -> int:
        """Asks it to end, as an administrator would; its exit code."""
        if not self._process:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code

    def nodes(self) -> list:
        """What the service has on record."""
        return json.loads(self.product.run("node", "list", "--state", self.state, "--json"))

    def node(self, verb: str, *words) -> str:
        """An operator's `protostar node VERB`; the service may be running."""
        return self.product.run("node", verb, "--state", self.state, *words)

    def refused_disk(self) -> str:
        """The identifier of the disk of the last node that was refused, as the log tells it."""
        found = re.findall(r" denied .* disk=([0-9a-f]{32}) ", self.out.read_text())
        if not found:
            raise CommandError(f"the service's log names no disk that was refused: {self.out}")
        return found[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
