#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
README's "Boot your own image", followed by somebody who has nothing but Debian and the packages: in
a fresh Debian of this machine's release the two packages and what a VM needs are installed, an
ordinary user types README's lines, and the machine that they start joins.

The Debian is a folder in the build folder, which is its / (no chroot: mmdebstrap, as that user,
wants user namespaces); mounts, processes and the network end with the namespaces that they are in.
Needs root.
usage: newcomer_packages.py BUILD
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))

from newcomer import end  # noqa: E402
from vm import boot, probe, story  # noqa: E402
from vm.console import Console  # noqa: E402
from vm.debian import Archive  # noqa: E402
from vm.paths import program  # noqa: E402

SECTION = "## Boot your own image\n"
MACHINE = "protostar run "
# Beside the packages. All are in tools/deps --list.
WANTED = ["mmdebstrap", "ovmf", "qemu-system-x86", "swtpm", "swtpm-tools", "uidmap"]
MAKE_SECONDS = 2400
CONFIGURED = r"\benp\d+s\d+ +ether +routable +configured\b"
HOME = "/srv/newcomer"
EXAMPLE = """
pin=$(protostar serve --state example-state --init | sed 's/pin: //')
/usr/share/doc/protostar/examples/make-image 192.0.2.1:7443 "$pin" example
protostar measure predict --pcrs 11 example/disk.img
"""
# The new / is $1, the rest is what runs there.
INSIDE = r"""
set -e
root=$1
shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
cd "$root"
mkdir -p old
pivot_root . old
umount -l old
exec "$@"
"""


def check(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(f"not so: {text}")
    print(f"shown: {text}", flush=True)


def must(words: list, log: Path, **more) -> None:
    with open(log, "wb") as stream:
        done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=stream,
                              stderr=stream, timeout=MAKE_SECONDS, check=False, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}")


def blocks() -> list[str]:
    """README's shell lines, block by block, up to those that start the machine."""
    section = (REPO / "README.md").read_text().split(SECTION)[1].split("\n## ")[0]
    found = re.findall(r"(?:^    .*\n|(?<=\n)\n(?=    ))+", section, re.MULTILINE)
    taken = []
    for block in found:
        taken.append(re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n") + "\n")
        if MACHINE in block:
            return taken
    raise AssertionError("README starts no machine")


class Newcomer:
    def __init__(self, build: Path):
        self.build = build.resolve()
        self.folder = self.build / "vm" / "newcomer-packages"
        self.root = self.folder / "root"
        self.accelerator = probe.accelerator(print)

    def in_there(self, words: list, network: bool) -> list:
        """The words that run others in the fresh Debian, whose processes end with this one."""
        script = INSIDE if network else f"{program('ip')} link set lo up\n{INSIDE}"
        return [program("setpriv"), "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork",
                "--kill-child", *([] if network else ["--net"]), "sh", "-c", script, "sh",
                self.root, *words]

    def as_newcomer(self, script: str) -> list:
        # B is the folder of the program, where the lines name one.
        return ["runuser", "-u", "newcomer", "--", "env", "-C", HOME, f"HOME={HOME}", "B=/usr/bin",
                f"ACCEL={self.accelerator}", "PATH=/usr/bin:/bin", "bash", "-euc", script]

    def make_debian(self) -> None:
        must([REPO / "tools" / "packages", "--out", self.folder / "packages", self.build],
             self.folder / "packages.log")
        archive = Archive()
        sources = self.folder / "sources.list"
        sources.write_text("\n".join(archive.lines) + "\n")
        must([program("mmdebstrap"), "--variant=minbase", f"--include={','.join(WANTED)}",
              archive.suite, self.root, sources], self.folder / "mmdebstrap.log")
        shutil.copytree(self.folder / "packages", self.root / "srv" / "packages")
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        must(self.in_there(
            ["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-ec",
             "apt-get update -qq\n"
             "apt-get install -qq -y --no-install-recommends /srv/packages/*.deb\n"
             f"useradd --key HOME_MODE=0755 --create-home --home-dir {HOME} newcomer\n"
             "usermod --add-subuids 200000-265535 --add-subgids 200000-265535 newcomer\n"], True),
             self.folder / "install.log")
        print("shown: a fresh Debian has the packages, and what a VM needs", flush=True)

    def run(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        first, *rest = blocks()
        check(not re.search(r"--(stub|early)\b", "".join(rest)),
              "README's lines name neither stub nor PID 1")
        self.make_debian()
        must(self.in_there(self.as_newcomer(EXAMPLE), True), self.folder / "example.log")
        check(True, "an ordinary user makes an image by the example's recipe")
        must(self.in_there(self.as_newcomer(first + "declare -p M V > variables\n"), True),
             self.folder / "first.log")
        check(True, "an ordinary user makes a kernel and a root file system by README's lines")
        with open(self.folder / "rest.log", "wb") as log:
            process = subprocess.Popen(
                [str(w) for w in self.in_there(
                    self.as_newcomer(". ./variables\n" + "\n".join(rest)), False)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        console = Console(process.stdout, open(self.folder / "console.log", "wb"), None)
        try:
            self.watch(console)
        finally:
            end(process)

    def watch(self, console: Console) -> None:
        # The image is built before.
        console.wait(f"({boot.FAILURE.pattern})|({CONFIGURED})", 2 * story.BOOT_SECONDS)
        refusal = boot.refusal(console)
        check(refusal is None, f"the boot is not refused ({refusal})")
        check(boot.said(console, "joined"), "the node joined")
        check(boot.said(console, "state disk formatted"), "its state disk was formatted")
        console.wait(r"/run/state +\S+ +ext4", story.BOOT_SECONDS)
        check(True, "the state disk is mounted")


def main() -> None:
    newcomer = Newcomer(Path(sys.argv[1]))
    try:
        newcomer.run()
    except Exception:
        for path in sorted(newcomer.folder.glob("*.log")):
            print(f"--- {path}", path.read_text(errors="replace")[-3000:], sep="\n")
        raise
    finally:
        shutil.rmtree(newcomer.root, ignore_errors=True)
    shutil.rmtree(newcomer.folder)


if __name__ == "__main__":
    main()
