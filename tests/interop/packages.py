#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The Debian packages of a build: the same bits each time, nothing that lintian warns of, and in a
fresh Debian all that packages_inside shows. That Debian is this machine's release, or the SUITE
that is named; mmdebstrap makes it, works in a folder of its own and leaves nothing.
usage: packages.py BUILD [SUITE]
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))

from vm import roots  # noqa: E402
from vm.debian import Archive  # noqa: E402
from vm.paths import program  # noqa: E402

PACK_SECONDS = 300
DEBIAN_SECONDS = 1500


def must(words: list, seconds: float, **more) -> str:
    done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}\nended with {done.returncode}:\n"
                             f"{done.stdout[-4000:]}")
    return done.stdout


def pack(build: Path, folder: Path) -> list[Path]:
    """The packages, made twice."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    for name in ("packages", "again"):
        must([REPO / "tools" / "packages", "--out", folder / name, build], PACK_SECONDS,
             env=environment)
    packages = sorted((folder / "packages").iterdir())
    assert [re.match(r"(protostar(-serve)?)_\d.*~deb\d+_(amd64|all)\.deb$", p.name)[1]
            for p in packages] == ["protostar-serve", "protostar"], packages
    for package in packages:
        again = folder / "again" / package.name
        assert again.read_bytes() == package.read_bytes(), f"{package.name} differs"
    print("shown: the packages have the same bits when they are made again")
    return packages


def lint(packages: list[Path]) -> None:
    as_nobody = ["--allow-root"] if os.geteuid() == 0 else []
    said = must([program("lintian"), *as_nobody, "--info", "--fail-on", "error,warning",
                 *packages], PACK_SECONDS)
    assert not re.search(r"^[EW]: ", said, re.MULTILINE), said
    print("shown: lintian accepts them, without a warning")


def version() -> str:
    text = (REPO / "CMakeLists.txt").read_text()
    return re.search(r"project\(protostar VERSION (\S+)", text)[1]


def given(build: Path, suite: str, folder: Path) -> Archive:
    """What packages_inside needs beside the packages: a kernel and a small root file system."""
    archive = Archive(suite=suite)
    parts = build / "vm" / "packages-parts" / archive.suite
    parts.mkdir(parents=True, exist_ok=True)
    small = roots.small(archive, parts)
    must(["tar", "-C", small, "-cf", folder / "root.tar", "."], PACK_SECONDS)
    (folder / "kernel.deb").write_bytes(archive.kernel().read_bytes())
    (folder / "version").write_text(version() + "\n")
    return archive


def in_fresh_debian(archive: Archive, folder: Path) -> None:
    sources = folder.parent / "sources.list"
    sources.write_text("\n".join(archive.lines) + "\n")
    inside = Path(__file__).with_name("packages_inside")
    said = must([program("mmdebstrap"), "--variant=minbase", "--format=null",
                 f"--customize-hook=copy-in {folder} {inside} /srv",
                 f'--customize-hook=chroot "$1" /srv/packages_inside /srv/{folder.name}',
                 archive.suite, "/dev/null", sources], DEBIAN_SECONDS)
    shown = re.findall(r"^shown: .*", said, re.MULTILINE)
    print(*shown, sep="\n")
    assert len(shown) == inside.read_text().count("\nshown \""), said[-4000:]


def main() -> None:
    build, suite = Path(sys.argv[1]).resolve(), (sys.argv[2:] or [None])[0]
    with tempfile.TemporaryDirectory(prefix="protostar-packages-") as place:
        folder = Path(place) / "given"
        folder.mkdir()
        packages = pack(build, folder)
        lint(packages)
        in_fresh_debian(given(build, suite, folder), folder)


if __name__ == "__main__":
    main()
