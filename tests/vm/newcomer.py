#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
README's "Boot your own image", followed to the letter, prints what README shows, and gives a node
that has joined and whose network manager says that the link is configured. The link is one that
udev renames.

The shell lines are README's. What the first block fetches and makes, kernel and root file system,
is kept in the build folder. The rest runs in namespaces of its own, so that the port which README
names is free and nothing goes on when the test ends.
usage: newcomer.py BUILD
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))

import shown  # noqa: E402
from vm import boot, story  # noqa: E402
from vm.console import Console  # noqa: E402
from vm.paths import program  # noqa: E402
from vm.product import Product  # noqa: E402

SECTION = "## Boot your own image\n"
MACHINE = "protostar run "
MAKE_SECONDS = 1500
END_SECONDS = 60
BOOT_SECONDS = 2 * story.BOOT_SECONDS  # the image is built before
RENAMED = r"\benp\d+s\d+ +ether +routable +configured\b"
# Without a change of /: in a chroot it may be no mount point.
AT_HOME = ["--net", "--pid", "--fork", "--kill-child", "--propagation", "unchanged",
           "--mount-proc"]


def check(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(f"not so: {text}")
    print(f"shown: {text}", flush=True)


def steps() -> tuple[shown.Step, list[shown.Step], shown.Step, list[shown.Step]]:
    """README's steps: what is fetched, what comes before the machine, the machine, what follows."""
    section = (REPO / "README.md").read_text().split(SECTION)[1].split("\n## ")[0]
    first, *rest = shown.steps(section)
    machine = next(i for i, step in enumerate(rest) if MACHINE in step.commands)
    return first, rest[:machine], rest[machine], rest[machine + 1:]


def end(process: subprocess.Popen) -> None:
    """Ends the first process of the namespace: its parent returns when nothing is left in there."""
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    try:
        process.wait(END_SECONDS)
    finally:
        process.kill()
        process.wait()


class Newcomer:
    def __init__(self, build: Path):
        self.build = build.resolve()
        self.product = Product(self.build)
        self.folder = self.build / "vm" / "newcomer"
        self.parts = self.build / "vm" / "newcomer-parts"
        self.environment = {**os.environ, "B": str(self.build)}

    def make_parts(self, script: str) -> None:
        """The first block, once: kernel, root file system, and the variables that it leaves."""
        suite = Path("/etc/os-release").read_text()
        key = hashlib.sha256((script + suite).encode()).hexdigest()
        stamp = self.parts / "key"
        if stamp.exists() and stamp.read_text() == key:
            return
        shutil.rmtree(self.parts, ignore_errors=True)
        self.parts.mkdir(parents=True)
        with open(self.parts / "log", "wb") as log:
            made = subprocess.run(
                ["bash", "-euc", script + "declare -p M V > variables\n"], cwd=self.parts,
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                timeout=MAKE_SECONDS, check=False)
        if made.returncode != 0:
            tail = (self.parts / "log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"README's first block fails (no network?):\n{tail}")
        stamp.write_text(key)

    def prepare(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name in ("kernel", "root.tar", "variables"):
            (self.folder / name).symlink_to(self.parts / name)

    def start(self, before: list[shown.Step], machine: shown.Step) -> subprocess.Popen:
        """The machine's console is the output; what the steps before it print is kept by step."""
        script = "exec 3>&1\n"
        for number, step in enumerate(before):
            script += f"exec > step-{number}.log 2>&1\n{step.commands}"
        script += f"exec >&3 2> machine.log\n{machine.commands}"
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        with open(self.folder / "errors.log", "wb") as errors:
            return subprocess.Popen(
                [program("setpriv"), "--pdeathsig", "KILL", "unshare", *as_root, *AT_HOME,
                 "bash", "-euc", f". ./variables\n{program('ip')} link set lo up\n{script}"],
                cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors)

    def run(self) -> None:
        first, before, machine, after = steps()
        for step in [*before, machine, *after]:
            check(bool(step.shown) or "serve.log" in step.commands,
                  f"README shows what this prints: {step.commands.splitlines()[0]}")
        check("ifnames" not in "".join(step.commands for step in before),
              "the kernel's names for links are not asked for")
        self.make_parts(first.commands)
        self.prepare()
        process = self.start(before, machine)
        console = Console(process.stdout, open(self.folder / "console.log", "wb"), None)
        try:
            self.watch(console)
            self.compare(before, machine, console)
            self.follow(after)
            self.ask_service()
        finally:
            end(process)

    def compare(self, before: list[shown.Step], machine: shown.Step, console: Console) -> None:
        for number, step in enumerate(before):
            printed = (self.folder / f"step-{number}.log").read_text().splitlines()
            self.hold(step, shown.missing(step.shown, printed))
        self.hold(machine, shown.missing(machine.shown, [line.text for line in console.lines],
                                         gaps=True))

    @staticmethod
    def hold(step: shown.Step, problems: list[str]) -> None:
        check(not problems, "README shows what was printed by "
              f"{step.commands.splitlines()[0]} ({'; '.join(problems) or 'all of it'})")

    def follow(self, after: list[shown.Step]) -> None:
        """What README does from another terminal while the machine runs."""
        environment = {**self.environment, "PATH": f"{self.build}:{os.environ['PATH']}"}
        for step in after:
            done = subprocess.run(["bash", "-euc", step.commands], cwd=self.folder,
                                  env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=END_SECONDS, check=False)
            self.hold(step, shown.missing(step.shown, done.stdout.splitlines()))
            check(done.returncode == 0, f"it succeeds: {step.commands.splitlines()[0]}")

    def watch(self, console: Console) -> None:
        done = f"({boot.FAILURE.pattern})|({RENAMED})"
        console.wait(done, BOOT_SECONDS)
        refusal = boot.refusal(console)
        check(refusal is None, f"the boot is not refused ({refusal})")
        check(boot.said(console, "joined"), "the node joined")
        check(boot.said(console, "state disk formatted"), "its state disk was formatted")
        check(bool(console.find(RENAMED)),
              "udev has renamed the link and networkd has configured it")
        check(bool(console.find(r'"action":"format".*"stateMount":"/run/state"')),
              "boot.json is there")
        console.wait(r"/run/state +\S+ +ext4", BOOT_SECONDS)
        check(True, "the state disk is mounted")

    def ask_service(self) -> None:
        """What an operator asks for while the service runs."""
        state = self.folder / "svc"
        pin = self.product.run("serve", "--state", state, "--pin").strip()
        line = (self.folder / "image" / "cmdline").read_text()
        check(pin == "pin: " + re.search(r"protostar\.pin=([0-9a-f]{64})", line)[1],
              "a service that runs tells its pin, and it is the image's")
        listed = self.product.run("node", "list", "--state", state, "--full")
        check(len(re.findall(r"^[0-9a-f]{68} .* active .* server-1$", listed, re.MULTILINE)) == 1,
              "the service lists the node by its whole name, active")


def main() -> None:
    newcomer = Newcomer(Path(sys.argv[1]))
    try:
        newcomer.run()
    except Exception:
        for path in sorted(newcomer.folder.glob("*.log")):
            print(f"--- {path}", path.read_text(errors="replace")[-4000:], sep="\n")
        raise
    shutil.rmtree(newcomer.folder)


if __name__ == "__main__":
    main()
