#!/usr/bin/env python3
"""
README's "Boot your own image", followed to the letter, gives a node that has joined and whose
network manager says that the link is configured. The link is one that udev renames.

The shell lines are README's. What they fetch and make first, kernel and root file system, is kept
in the build folder; the rest runs in namespaces of its own, so that the port which README names is
free and nothing goes on when the test ends.
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

from vm import boot, probe, story  # noqa: E402
from vm.console import Console  # noqa: E402
from vm.paths import program  # noqa: E402
from vm.product import Product  # noqa: E402

SECTION = "## Boot your own image\n"
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


def blocks() -> list[str]:
    """The shell lines of README's section up to its first subsection, block by block."""
    section = (REPO / "README.md").read_text().split(SECTION)[1].split("\n###")[0]
    found = re.findall(r"(?:^    .*\n|(?<=\n)\n(?=    ))+", section, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n") + "\n" for block in found]


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
        self.environment = {**os.environ, "B": str(self.build),
                            "ACCEL": probe.accelerator(print)}

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

    def start(self, script: str) -> subprocess.Popen:
        """The other blocks; the last command is the machine, whose console is the output."""
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        errors = open(self.folder / "errors.log", "wb")
        process = subprocess.Popen(
            [program("setpriv"), "--pdeathsig", "KILL", "unshare", *as_root, *AT_HOME,
             "bash", "-euc", f". ./variables\n{program('ip')} link set lo up\n{script}"],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors)
        errors.close()
        return process

    def run(self) -> None:
        first, *rest = blocks()
        check(len(rest) == 2, "README has three blocks of shell lines")
        check("ifnames" not in "".join(rest), "the kernel's names for links are not asked for")
        self.make_parts(first)
        self.prepare()
        process = self.start("\n".join(rest))
        console = Console(process.stdout, open(self.folder / "console.log", "wb"), None)
        try:
            self.watch(console)
        finally:
            end(process)

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
        self.ask_service()

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
        for log in ("errors.log", "console.log", "serve.log"):
            path = newcomer.folder / log
            if path.exists():
                print(f"--- {path}", path.read_text(errors="replace")[-4000:], sep="\n")
        raise
    shutil.rmtree(newcomer.folder)


if __name__ == "__main__":
    main()
