# SPDX-License-Identifier: GPL-2.0-or-later
"""
Root file systems for guests. Both hold Debian's own mkfs.ext4 for the state disk and the same
report script (guest/report); the tiny one has nothing else but BusyBox, the full one is a Debian
with systemd. They are made again only when what they are made of has changed.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Callable

from .debian import Archive, unpack
from .paths import MissingError, program

GUEST = Path(__file__).resolve().parent / "guest"
SMALL_PACKAGES = ["busybox-static", "e2fsprogs"]
FULL_PACKAGES = ["systemd", "systemd-sysv", "dbus", "e2fsprogs", "kmod", "iproute2"]
APPLETS = ["sh", "cat", "echo", "grep", "ls", "mount", "umount", "sync", "poweroff", "sleep"]
MERGED = ["bin", "sbin", "lib", "lib64"]
EMPTY_DIRS = ["dev", "proc", "sys", "run", "tmp", "etc", "var", "mnt"]
NOT_NEEDED = ["usr/share", "usr/lib/x86_64-linux-gnu/gconv", "usr/lib/x86_64-linux-gnu/audit"]
# Nothing of these helps a guest that reports and powers off; each costs seconds under emulation.
MASKED = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer",
          "e2scrub_all.timer", "e2scrub_reap.service", "systemd-tmpfiles-clean.timer",
          "systemd-logind.service", "systemd-update-utmp.service", "console-getty.service",
          "serial-getty@ttyS0.service", "getty@tty1.service"]


def _key(names: list[str]) -> str:
    digest = hashlib.sha256(json.dumps(names).encode())
    for path in [Path(__file__), *sorted(GUEST.iterdir())]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _fresh(target: Path, key: str) -> bool:
    stamp = target.with_name(target.name + ".key")
    return target.exists() and stamp.exists() and stamp.read_text() == key


def _stamp(target: Path, key: str) -> None:
    target.with_name(target.name + ".key").write_text(key)


def kernel(archive: Archive, folder: Path, flavour: str = "cloud-amd64") -> tuple[Path, Path]:
    """Debian's kernel: the image and its folder lib/modules/VERSION, with modules.dep."""
    package = archive.kernel(flavour)
    target = folder / "kernel"
    key = _key([package.name])
    if not _fresh(target, key):
        shutil.rmtree(target, ignore_errors=True)
        unpack(package, target)
    modules = target / "lib" / "modules"
    if not modules.is_dir():
        modules = target / "usr" / "lib" / "modules"
    version = next(modules.iterdir()).name
    base = modules.parents[1]
    if not _fresh(target, key):
        subprocess.run([program("depmod"), "-b", str(base), version], check=True, timeout=120)
        _stamp(target, key)
    return target / "boot" / f"vmlinuz-{version}", modules / version


def small(archive: Archive, folder: Path) -> Path:
    """A folder with the tiny root file system."""
    packages = archive.with_dependencies(SMALL_PACKAGES)
    target = folder / "root-small"
    key = _key([p.name for p in packages])
    if _fresh(target, key):
        return target
    shutil.rmtree(target, ignore_errors=True)
    # Packages of one release lie in /lib and of the next in /usr/lib: join them as Debian does.
    for name in MERGED:
        (target / "usr" / name).mkdir(parents=True)
        (target / name).symlink_to(f"usr/{name}")
    for package in packages:
        unpack(package, target)
    for name in NOT_NEEDED:
        shutil.rmtree(target / name, ignore_errors=True)
    for name in EMPTY_DIRS:
        (target / name).mkdir(exist_ok=True)
    for name in APPLETS:
        link = target / "usr" / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to("busybox")
    report = target / "usr" / "lib" / "protostar-demo"
    report.mkdir()
    shutil.copy(GUEST / "report", report / "report")
    init = target / "usr" / "sbin" / "init"
    init.unlink(missing_ok=True)
    shutil.copy(GUEST / "init", init)
    _stamp(target, key)
    return target


def _mmdebstrap(archive: Archive, out: Path, say: Callable[[str], None]) -> None:
    if not archive.lines:
        raise MissingError(f"no apt sources for Debian {archive.suite}: give --mirror URL")
    sources = out.with_suffix(".list")
    sources.write_text("\n".join(archive.lines) + "\n")
    log = out.with_suffix(".log")
    command = [program("mmdebstrap"), "--variant=minbase", f"--include={','.join(FULL_PACKAGES)}",
               "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
               "--dpkgopt=path-exclude=/usr/share/locale/*",
               "--format=tar", archive.suite, str(out), str(sources)]
    started = time.monotonic()
    with open(log, "wb") as stream:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        try:
            while True:
                try:
                    process.wait(15)
                    break
                except subprocess.TimeoutExpired:
                    spent = time.monotonic() - started
                    say(f"  mmdebstrap works since {spent:.0f} s")
                    if spent > 1800:
                        raise
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode != 0:
        out.unlink(missing_ok=True)
        tail = log.read_text(errors="replace").strip().splitlines()[-8:]
        raise MissingError("mmdebstrap failed (no network?):\n  " + "\n  ".join(tail))


def _tar_add(tar: tarfile.TarFile, name: str, data: bytes = b"", link: str = "",
             mode: int = 0o644) -> None:
    info = tarfile.TarInfo(name)
    info.mode = mode
    info.mtime = 0
    if link:
        info.type, info.linkname = tarfile.SYMTYPE, link
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def full(archive: Archive, folder: Path, say: Callable[[str], None]) -> Path:
    """A tar with a Debian that boots systemd and then the report; a minute or two, once."""
    target = folder / "root-full.tar"
    key = _key([archive.suite, *FULL_PACKAGES, *MASKED])
    if _fresh(target, key):
        return target
    say(f"making a Debian {archive.suite} root file system with mmdebstrap")
    work = folder / "root-full.new.tar"
    _mmdebstrap(archive, work, say)
    with tarfile.open(work, "a") as tar:
        _tar_add(tar, "./usr/lib/protostar-demo/", mode=0o755)
        _tar_add(tar, "./usr/lib/protostar-demo/report", (GUEST / "report").read_bytes(),
                 mode=0o755)
        unit = "protostar-demo.service"
        _tar_add(tar, f"./etc/systemd/system/{unit}", (GUEST / unit).read_bytes())
        wants = "./etc/systemd/system/multi-user.target.wants"
        _tar_add(tar, f"{wants}/{unit}", link=f"../{unit}")
        for name in MASKED:
            _tar_add(tar, f"./etc/systemd/system/{name}", link="/dev/null")
    os.replace(work, target)
    _stamp(target, key)
    return target
