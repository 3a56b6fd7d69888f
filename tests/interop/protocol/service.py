# SPDX-License-Identifier: GPL-2.0-or-later
"""`protostar serve` as a process with a folder of its own, on a free port of the loopback."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import tpm
import wire

WAIT_S = 120  # generous: only a service that hangs or has ended is waited for so long
FIRST_USE = {"identity": {"first_use": True}}
ENFORCED = (2, 3, 4, 11, 12, 15)  # what policy must name at least


def policy_set(name: str = "demo", epoch: int = 1, bank: int = 0x000B, changes=None) -> dict:
    """A set that every tpm.Tpm is in whose `pcrs` are `changes`."""
    values = {n: (changes or {}).get(n, tpm.pcr(bank, n)) for n in ENFORCED}
    return {"name": name, "epoch": epoch, "role": "worker", "measurements": {
        str(n): {"expected": value.hex(), "warnOnly": False} for n, value in values.items()}}


def policy(epoch: int = 1, **more) -> dict:
    return {**FIRST_USE, "epoch": epoch, "sets": [policy_set(epoch=epoch)], **more}


class Service:
    """Start, stop, reload; `port` and `pin` while it runs."""

    purpose = wire.JOIN

    def __init__(self, program: str, folder: Path):
        self.program, self.folder = program, folder
        self.state, self.policy_file, self.log = (
            folder / "state", folder / "policy.json", folder / "log")
        self.process = None
        self.port, self.pin = 0, b""

    def _environment(self) -> dict:
        # The leak check of the address sanitizer cannot trace a process that forbids core dumps.
        return {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}

    def command(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.program, *words], capture_output=True, text=True, check=False,
                              env=self._environment(), timeout=WAIT_S)

    def write_policy(self, contents: dict):
        self.policy_file.write_text(json.dumps(contents))
        self.policy_file.chmod(0o600)

    def start(self, contents: dict):
        if not self.state.exists():
            made = self.command("serve", "--state", str(self.state), "--init")
            if made.returncode:
                raise RuntimeError(f"serve --init failed: {made.stderr}")
        self.write_policy(contents)
        self._run()

    def _run(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", "--state", str(self.state), "--policy",
                 str(self.policy_file), "--listen", "127.0.0.1:0", "--json"],
                stdout=log, stderr=log, env=self._environment())
        started = self._wait(lambda: next(iter(self.events("started")), None))
        self.port = int(started["address"].rpartition(":")[2])
        self.pin = bytes.fromhex(started["pin"])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), WAIT_S)

    def events(self, kind: str) -> list:
        """The log's lines of one event, whole lines only."""
        lines = self.log.read_text().split("\n")[:-1]
        parsed = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in parsed if entry.get("event") == kind]

    def _wait(self, found):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            got = found()
            if got:
                return got
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise RuntimeError(f"the service ended or hangs: {self.log.read_text()[-2000:]}")

    def reload(self, contents: dict):
        before = len(self.events("policy-reloaded"))
        self.write_policy(contents)
        self.process.send_signal(signal.SIGHUP)
        self._wait(lambda: len(self.events("policy-reloaded")) > before or
                   bool(self.events("policy-kept")))
        if self.events("policy-kept"):
            raise RuntimeError(f"the policy was refused: {self.events('policy-kept')[-1]}")

    def node(self, *words: str) -> subprocess.CompletedProcess:
        return self.command("node", *words, "--state", str(self.state))

    def audit(self, kind: str) -> list:
        lines = (self.state / "audit.jsonl").read_text().split("\n")
        parsed = [json.loads(line) for line in lines if line]
        return [entry for entry in parsed if entry["event"] == kind]

    def restart(self):
        self.stop()
        self._run()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(WAIT_S)
