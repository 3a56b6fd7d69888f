# SPDX-License-Identifier: GPL-2.0-or-later
"""A software TPM for a machine. It is the host's own, so it proves nothing: development only."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from .paths import program
from .tpm_ca import SECONDS, TpmCa


START_TIMEOUT = 120  # seconds; a machine that does much else is slow, and only a failure waits


def _listens(path: Path) -> bool:
    # By way of its folder, since a socket's own path may be longer than connect() takes.
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"/proc/self/fd/{folder}/{path.name}")
        return True
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    finally:
        os.close(folder)


def wait_listening(process: subprocess.Popen, *sockets: Path) -> bool:
    """
    Until the swtpm takes connections at each of its sockets, which lie there before that. False
    when it has ended, or the time is up.
    """
    deadline = time.monotonic() + START_TIMEOUT
    for path in sockets:
        while not _listens(path):
            if process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    return True


class Tpm:
    """
    One TPM with its state in a folder. create() once, then start() for every boot; swtpm ends by
    itself when QEMU lets go of it. The folder may be copied while the TPM is not running.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        # A Unix socket's path is at most 107 bytes and a build folder's may be longer, so swtpm
        # and QEMU run inside the folder and name the socket relative to it.
        self.socket = folder / "socket"
        self._process: Optional[subprocess.Popen] = None

    def create(self, banks: str = "sha256", ca: Optional[TpmCa] = None) -> "Tpm":
        """
        Makes new state with the given PCR banks active (comma-separated), and with certificates of
        its endorsement keys when there is a CA.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        certified = ["--create-ek-cert", "--config", str(ca.setup), "--write-ek-cert-files",
                     str(self.folder)] if ca else []
        done = subprocess.run(
            [program("swtpm_setup"), "--tpm2", "--tpm-state", str(self.folder), *certified,
             "--pcr-banks", banks, "--logfile", str(self.folder / "setup.log")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=SECONDS, check=False)
        if done.returncode:
            raise RuntimeError(f"swtpm_setup failed: see {self.folder / 'setup.log'}")
        return self

    def certificate(self, kind: str = "secp384r1") -> Path:
        """Of its endorsement key of this kind: as its maker gives it to who buys the machine."""
        return self.folder / f"ek-{kind}.crt"

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        log = open(self.folder / "swtpm.log", "ab")
        self._process = subprocess.Popen(
            [program("swtpm"), "socket", "--tpm2", "--tpmstate", "dir=.",
             "--ctrl", "type=unixio,path=socket", "--terminate"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        if not wait_listening(self._process, self.socket):
            self.stop()
            raise RuntimeError(f"swtpm did not start: see {self.folder / 'swtpm.log'}")

    @contextmanager
    def listening(self):
        """Listens for programs of this host, at the socket "tpm", while no machine has the TPM."""
        sockets = [self.folder / "tpm", self.folder / "tpm.ctrl"]
        with open(self.folder / "swtpm.log", "ab") as log:
            self._process = subprocess.Popen(
                [program("swtpm"), "socket", "--tpm2", "--tpmstate", "dir=.", "--server",
                 "type=unixio,path=tpm", "--ctrl", "type=unixio,path=tpm.ctrl", "--flags",
                 "not-need-init,startup-clear"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            if not wait_listening(self._process, *sockets):
                raise RuntimeError(f"swtpm did not start: see {self.folder / 'swtpm.log'}")
            yield
        finally:
            self._process.terminate()
            self.stop()
            for path in sockets:
                path.unlink(missing_ok=True)

    def tool(self, name: str, *words: str) -> None:
        """Runs a program of tpm2-tools on the TPM, which listens."""
        subprocess.run([program(name), "-T", "swtpm:path=tpm", *words], cwd=self.folder,
                       stdin=subprocess.DEVNULL, check=True, timeout=START_TIMEOUT)

    def administer(self, tool: str, *words: str) -> None:
        """The same, where it does not listen yet."""
        with self.listening():
            self.tool(tool, *words)

    def stop(self) -> None:
        """Waits for swtpm, which follows QEMU, and ends it when it does not."""
        if not self._process:
            return
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
