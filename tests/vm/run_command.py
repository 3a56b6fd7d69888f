#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
`protostar run` boots what `protostar build` wrote, against a service of this machine's.
usage: run_command.py BUILD CASE, where CASE is the name of a function below that begins with case_
"""

import os
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import termios
import time
from pathlib import Path

from harness import World, check

from vm import boot, paths, roots, story, tamper  # noqa: E402 (harness says where it is)
from vm.debian import Archive  # noqa: E402
from vm.product import Image, Service, build_image  # noqa: E402
from vm.run import RunMachine  # noqa: E402

CMDLINE = "console=ttyS0 panic=-1 no_timer_check"
GONE_SECONDS = 60
REFUSED, MISUSE = 1, 2


class Try:
    """One image and its service, both made anew for this test, and a machine in a folder."""

    def __init__(self, build: str, case: str, options: tuple = (), admitted: bool = True):
        self.world = World(build, f"run-{case}")
        self.folder, self.product = self.world.folder, self.world.product
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.service = Service(self.product, self.folder / "service")
        pin, self.port = self.service.init(), story.free_port()
        archive = Archive()
        # A path with what QEMU and shells take for more than a path.
        self.image = build_image(
            self.product, self.folder / "an image, 'quoted'",
            roots.kernel(archive, self.world.base), roots.small(archive, self.world.base),
            f"{story.GUEST_HOST}:{self.port}", [pin], cmdline=CMDLINE, extra=options)
        self.service.policy = story.write_policy(
            [self.image] if admitted else [self.world.image], self.folder / "policy.json",
            ca=self.world.ca)
        self.service.start(self.port)

    def machine(self, *options: str) -> RunMachine:
        return RunMachine(self.product, self.image.folder, self.folder / "node, one",
                          accel=self.world.accel,
                          options=("--disk", "128M", "--tpm-setup", str(self.world.ca.setup),
                                   *options))

    def boot(self, machine: RunMachine) -> int:
        """The exit code of a boot that was waited for."""
        with machine:
            machine.start()
            return machine.wait_off(story.BOOT_SECONDS)

    def run(self, *words, **more) -> subprocess.CompletedProcess:
        """The program with these words, for what must end at once."""
        return subprocess.run(
            [str(self.product.find("protostar")), "run", *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", timeout=story.BOOT_SECONDS, check=False, **more)

    def left(self, folder: Path) -> list[str]:
        """What of the machine still runs: programs that name its folder, or run in it."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().decode(errors="replace")
                where = os.readlink(process / "cwd")
            except OSError:
                continue
            if ("qemu-system" in words or "swtpm" in words) and \
                    (str(folder).replace(",", ",,") in words or where.startswith(str(folder))):
                found.append(words.replace("\0", " "))
        return found

    def check_clean(self, folder: Path) -> None:
        check(story.wait_for(lambda: not self.left(folder), GONE_SECONDS),
              f"nothing of the machine runs on {self.left(folder)}")
        check(not (folder / "tpm" / "tpm.sock").exists(), "no socket is left")
        check(stat.S_IMODE(folder.stat().st_mode) == 0o700, "the folder is the caller's alone")

    def end(self) -> None:
        self.service.stop()
        for path in self.folder.rglob("*.img"):
            path.unlink()


def case_twice(build: str) -> None:
    """The first run joins, the second is the same machine."""
    one = Try(build, "twice")
    try:
        machine = one.machine("--service", f"127.0.0.1:{one.port}", "--log",
                              str(one.folder / "copy"))
        code = one.boot(machine)
        for step in ("measured", "joined", "state disk formatted", "marker written"):
            check(boot.said(machine.console, step), f"the first run says: {step}")
        check(code == 0, f"it ends with 0 ({code})")
        console = (machine.folder / "console-1.log").read_bytes()
        check((one.folder / "copy").read_bytes() == console, "--log has the console")
        one.check_clean(machine.folder)
        differences = story.pcr_differences(one.product, one.image, machine, "booted")
        check(not differences, f"the TPM holds the predicted PCRs {differences}")
        again = one.machine()
        code = one.boot(again)
        for step in ("rejoined", "state disk opened", "marker survived"):
            check(boot.said(again.console, step), f"the second run says: {step}")
        check(code == 0, f"it ends with 0 ({code})")
        check(len(one.service.nodes()) == 1, "the service knows one node")
        check((machine.folder / "state.img").stat().st_blocks * 512 < 100 << 20,
              "the state disk is sparse")
    finally:
        one.end()


def case_denied(build: str) -> None:
    """An image that policy does not name, on a machine that is thrown away."""
    one = Try(build, "denied", admitted=False)
    temporary = one.folder / "tmp"
    temporary.mkdir()
    try:
        said = one.run(one.image.folder, "--once", "--accelerator", one.world.accel, "--memory",
                       "768M", "--tpm-setup", str(one.world.ca.setup),
                       env={**os.environ, "TMPDIR": str(temporary)})
        check(said.returncode == REFUSED and "did not boot: E608 " in said.stderr,
              f"exit code 1 ({said.returncode}), and the code is named: {said.stderr}")
        check(list(temporary.iterdir()) == [] and not one.left(temporary), "nothing is left of it")
    finally:
        one.end()


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, command: list[str]):
        self.master, slave = os.openpty()
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self.said = b""
        # setsid -c makes the terminal the controlling one, as a shell's is.
        self.process = subprocess.Popen([paths.program("setsid"), "-c", *command],
                                        stdin=slave, stdout=slave, stderr=slave)

    def until(self, text: bytes) -> None:
        deadline = time.monotonic() + story.BOOT_SECONDS
        while text not in self.said:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"{text!r} never came: {self.said[-2000:]!r}")
            self.read(1)

    def read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.said += os.read(self.master, 65536)
        return True

    def end(self) -> int:
        """Waits for the end of the program, reading all the time; its exit code."""
        deadline = time.monotonic() + story.BOOT_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.2)
        while self.read(0.2):
            pass
        return self.process.wait(1)

    def child(self, name: str) -> int:
        """The program's child of this name."""
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if name in Path(f"/proc/{child}/comm").read_text():
                return int(child)
        raise AssertionError(f"there is no {name}")

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def is_restored(self) -> bool:
        return termios.tcgetattr(self.slave) == self.before


def ended_by(one: Try, act, code: int, text: bytes) -> None:
    """Starts the machine on a terminal, acts on it in the middle of the boot."""
    machine = one.machine()
    terminal = Terminal(machine.command())
    try:
        terminal.until(b"BdsDxe")
        check(terminal.is_raw(), "the terminal is raw while it is the guest's")
        act(terminal)
        got = terminal.end()
        check(got == code, f"the program ends with {code} ({got})")
        check(text in terminal.said, f"and says {text!r}: {terminal.said[-300:]!r}")
        if code >= 0:
            check(terminal.is_restored(), "the terminal is as it was")
    finally:
        terminal.process.kill()
    one.check_clean(machine.folder)


def case_ends(build: str) -> None:
    """Every way out of a machine that runs: nothing is left of it."""
    one = Try(build, "ends")
    try:
        ended_by(one, lambda t: os.write(t.master, b"\x01x"), REFUSED, b"ended by Ctrl-A X, before")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            ended_by(one, lambda t, n=number: os.kill(t.process.pid, n), REFUSED,
                     b"ended by the signal")
        for name, text in (("qemu", b"QEMU failed"), ("swtpm", b"swtpm failed")):
            ended_by(one, lambda t, n=name: os.kill(t.child(n), signal.SIGKILL), REFUSED, text)
        ended_by(one, lambda t: t.process.kill(), -signal.SIGKILL, b"")
    finally:
        one.end()


def case_secure_boot(build: str) -> None:
    """A signed image boots with Secure Boot on; another, or one for another key, is not started."""
    folder = Path(build) / "vm" / "run-keys"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("mine", "other"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
                        "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out",
                        folder / f"{name}.pem"], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    key, mine, other = (folder / name for name in ("mine.key", "mine.pem", "other.pem"))
    one = Try(build, "secure-boot", ("--sign-key", key, "--sign-cert", mine, "--format", "qcow2"))
    try:
        unsigned = one.run(one.world.image.folder, "--secure-boot", "--sign-cert", mine)
        check(unsigned.returncode == REFUSED and "not signed" in unsigned.stderr,
              f"an unsigned image is refused: {unsigned.stderr}")
        machine = one.machine("--secure-boot", "--sign-cert", str(mine))
        code = one.boot(machine)
        check(bool(machine.console.find("UEFI Secure Boot is enabled")), "the kernel sees it on")
        check(boot.said(machine.console, "joined") and code == 0, f"the node joins ({code})")
        changed = one.run(one.image.folder, "--state", machine.folder, "--secure-boot",
                          "--sign-cert", other)
        check(changed.returncode == REFUSED and "another certificate" in changed.stderr,
              f"a machine keeps its keys: {changed.stderr}")
        with one.machine("--secure-boot", "--sign-cert", str(other)) as wrong:
            wrong.folder = one.folder / "wrong"
            wrong.start().wait("Access Denied|Security Violation", story.BOOT_SECONDS)
            check(not wrong.console.find("protostar-stub"),
                  "firmware does not start the image of another key")
    finally:
        one.end()


def case_forms(build: str) -> None:
    """What is built for Google's and Azure's import boots here too."""
    for form in ("gcp", "vhd"):
        one = Try(build, f"form-{form}", ("--format", form))
        try:
            machine = one.machine()
            code = one.boot(machine)
            check(boot.said(machine.console, "joined") and code == 0, f"{form} boots ({code})")
            check(not (machine.folder / "system.img").exists(), "no unpacked disk is left")
        finally:
            one.end()


def refuses(one: Try, text: str, *words, code: int = REFUSED, **more) -> None:
    said = one.run(*words, **more)
    check(said.returncode == code and re.search(text, said.stderr) is not None,
          f"exit code {code} ({said.returncode}) with {text!r}: {said.stderr.strip()}")


def copy_image(one: Try) -> Path:
    copy = one.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(one.image.folder, copy, ignore=shutil.ignore_patterns("*.img"))
    tamper.copy(one.image.disk, copy / "disk.img")
    return copy


def refuse_folders(one: Try) -> None:
    """Folders that build did not leave so."""
    copy = copy_image(one)
    manifest = copy / "manifest.json"
    genuine = manifest.read_text()
    with open(copy / "disk.img", "ab") as disk:
        disk.write(b"\0" * 512)
    refuses(one, "not the file of", copy)
    # A qcow2 file in the raw disk's place, which may name any file of this machine as its base.
    size = one.image.disk.stat().st_size
    (copy / "disk.img").write_bytes(b"QFI\xfb\0\0\0\3" + bytes(64))
    os.truncate(copy / "disk.img", size)
    refuses(one, "not of the form raw", copy)
    (copy / "disk.img").write_bytes(b"")
    os.truncate(copy / "disk.img", size)
    refuses(one, "disk.img", copy)
    tamper.copy(one.image.disk, copy / "disk.img")
    for text, wanted in [("{}", "outputs"), ("[", "manifest"),
                         (genuine.replace('"disk.img"', '"disk.vmdk"'), "no disk image"),
                         (genuine.replace('"initrd.img"', '"disk.vhd"'), "two disk images"),
                         (re.sub(r'("uki.efi": {"sha256": ")....', r"\g<1>0000", genuine),
                          "another image")]:
        manifest.write_text(text)
        refuses(one, wanted, copy)
    manifest.unlink()
    refuses(one, "no manifest.json", copy)
    refuses(one, "is no folder", one.image.disk)
    refuses(one, "cannot open", one.folder / "nothing")


def case_refused(build: str) -> None:
    """What is refused before anything runs, and what a dry run shows."""
    one = Try(build, "refused")
    image = one.image.folder
    try:
        refuses(one, r"apt-get install qemu-system-x86\n.*apt-get install swtpm", image,
                code=MISUSE, env={**os.environ, "PATH": "/nonexistent"})
        refuses(one, "--firmware", image, "--firmware", "/nonexistent", "--vars", "/nonexistent",
                code=MISUSE)
        for words in (["--memory", "1K"], ["--cpus", "0"], ["--serial", "a,b"], ["--disk", "1M"],
                      ["--forward", "1:2,x"], ["--secure-boot"], ["--accelerator", "xen"], ["b"],
                      ["--once", "--state", "s"], ["--firmware", "f"]):
            refuses(one, ".", image, *words, code=MISUSE)
        refuses(one, ".", code=MISUSE)
        refuses(one, f"127.0.0.1:{one.port}", image, "--service", "127.0.0.1:1")
        refuse_folders(one)
        shown = one.run(image, "--dry-run", "--accelerator", "tcg")
        check(shown.returncode == 0 and "truncate -s 1024M" in shown.stdout,
              "a dry run shows the commands")
        check("an image,, " in shown.stdout, "a comma in a path is QEMU's doubled one")
        check(not image.with_name(image.name + ".machine").exists(), "and makes nothing")
    finally:
        one.end()


if __name__ == "__main__":
    globals()["case_" + sys.argv[2].replace("-", "_")](str(Path(sys.argv[1]).resolve()))
