#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The project's own artefacts are the same bits from two builds in different surroundings: stub,
PID 1 and the `protostar` program are built again from a copy of the sources, then each `protostar`
makes images (plain and signed) of inputs of its own, in its own surroundings.

Where BUILD is used, what it was made of is looked at before the two are compared: when sources,
headers or compilers have changed since (an upgrade of packages), both builds are made here.

usage: two_builds.py BUILD SOURCES    BUILD is a finished build, SOURCES its third-party tarballs
       two_builds.py --all SOURCES    both builds are made here, one once more out of ccache's store

What the second build has otherwise: folder, order of files in folders, user and group, umask,
locale, time zone, clock, host name, home, number of jobs, compiler cache, address layout. Without
root, user and host name stay as they are; that is said. tools/check-reproducible runs all of it,
and reprotest.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import image
from image import OUTPUTS, VERSION

REPO = Path(__file__).resolve().parents[2]
PROGRAMS = ["protostar", "protostar-stub.efi", "protostar-early"]
TARGETS = ["protostar", "protostar-stub", "protostar-early"]
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
STRANGER = 12345
IS_ROOT = os.geteuid() == 0
BUILD = None
SOURCES = Path()


def say(text: str) -> None:
    print(f"two_builds: {text}", file=sys.stderr, flush=True)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy_sources(target: Path, backwards: bool) -> None:
    """The repository without what was built, its files made in one order or the other."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={REPO}", "-C", str(REPO), "ls-files", "-z", "--cached",
         "--others", "--exclude-standard"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        check=False)
    names = [n for n in listed.stdout.decode().split("\0") if n] if listed.returncode == 0 else [
        str(p.relative_to(REPO)) for p in REPO.rglob("*")
        if p.is_file() and not {"build", ".git"} & set(p.relative_to(REPO).parts)]
    for name in sorted(names, reverse=backwards):
        if (REPO / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, target / name)


def packages_of(paths: list[str]) -> list[str]:
    """The packages that these files are of, with their versions; files of none as they are."""
    found = set()
    for path in paths:
        said = subprocess.run(["dpkg-query", "-S", path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False).stdout
        name = said.split(": ")[0].split(",")[0] if ": " in said else ""
        version = subprocess.run(
            ["dpkg-query", "-W", "-f=${Package} ${Version}", name], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, check=False).stdout if name else ""
        found.add(version or path)
    return sorted(found)


def compilers_of(build: Path) -> set[str]:
    """The programs that turned sources into this build, and what they call."""
    names = set()
    for line in (build / "CMakeCache.txt").read_text().splitlines():
        key, _, value = line.partition("=")
        if key.split(":")[0] in ("CMAKE_C_COMPILER", "CMAKE_AR", "CMAKE_LINKER",
                                 "PROTOSTAR_EFI_CLANG", "PROTOSTAR_EFI_LINK"):
            names.add(value)
    for name in [n for n in names if "cc" in Path(n).name]:
        for part in ("cc1", "as", "ld", "lto1", "collect2"):
            said = subprocess.run([name, f"-print-prog-name={part}"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, check=False).stdout
            names.add(shutil.which(said.strip()) or "")
    return {os.path.realpath(n) for n in names if n and os.path.exists(n)}


def changed_since(build: Path, targets: list[str]) -> list[str]:
    """
    What a finished build was given and is no longer so: sources, by ninja's word, and files of the
    system, which a package manager replaces by others with an older date: their inodes are newer
    than the objects made of them.
    """
    planned = subprocess.run(["ninja", "-C", str(build), "-n", *targets], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False).stdout
    changes = [] if "no work to do" in planned else ["the sources"]
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], stdout=subprocess.PIPE,
                            text=True, check=True).stdout
    made, oldest, files = 0.0, float("inf"), set()
    for line in listed.splitlines():
        if line and not line.startswith(" "):
            target = build / line.split(": #deps")[0]
            made = target.stat().st_mtime if target.exists() else float("inf")
            oldest = min(oldest, made)
        elif line.startswith("    /") and not line.strip().startswith(f"{REPO}/"):
            path = Path(line.strip())
            if not path.exists() or path.stat().st_ctime > made:
                files.add(str(path))
    files |= {p for p in compilers_of(build) if os.stat(p).st_ctime > oldest}
    return changes + packages_of(sorted(files))


class Surroundings:
    """A folder, and how programs are run in it."""

    def __init__(self, folder: Path, strange: bool):
        self.folder, self.strange = folder, strange
        self.prefix: list[str] = []
        self.env = {"PATH": PATH, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C",
                    "TZ": "UTC"}
        self.umask, self.jobs = 0o022, os.cpu_count() or 1
        folder.mkdir(parents=True)
        if strange:
            self.become_strange()

    def become_strange(self) -> None:
        self.umask, self.jobs = 0o077, 3
        self.env.update(
            LC_ALL="C.UTF-8", LANG="de_DE.UTF-8", LANGUAGE="de", TZ="Asia/Kathmandu",
            HOME="/nonexistent", USER="stranger", HOSTNAME="strange", CCACHE_DIR=str(
                self.folder / "ccache"), SOURCE_DATE_EPOCH="1700000000", LS_COLORS="x",
            TMPDIR=str(self.folder / "tmp"))
        (self.folder / "tmp").mkdir()
        if IS_ROOT:
            self.prefix += ["unshare", "--uts", "sh", "-c", 'hostname strange.test; exec "$@"',
                            "sh", "setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}",
                            "--clear-groups"]
            os.chown(self.folder, STRANGER, STRANGER)
            os.chown(self.folder / "tmp", STRANGER, STRANGER)
        else:
            say("not root: user and host name are the same in both builds")
        self.prefix += ["setarch", "-R"]
        self.prefix += ["faketime", "-f", "+1825d"]

    def own(self) -> None:
        """What was copied here belongs to who builds here."""
        if self.strange and IS_ROOT:
            subprocess.run(["chown", "-R", f"{STRANGER}:{STRANGER}", str(self.folder)], check=True)

    def run(self, *words, cwd: Path) -> str:
        result = subprocess.run([*self.prefix, *(str(w) for w in words)], cwd=cwd, env=self.env,
                                umask=self.umask, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if result.returncode != 0:
            raise AssertionError(f"{words[0]} failed:\n{result.stdout[-4000:]}")
        return result.stdout

    def build(self, source: Path, build: Path, tarballs: Path) -> None:
        say(f"building in {'strange' if self.strange else 'plain'} surroundings")
        cache = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if self.strange else []
        self.run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 "-DBUILD_TESTING=OFF", f"-DPROTOSTAR_DISTDIR={tarballs}", *cache, cwd=self.folder)
        self.run("cmake", "--build", build, "--parallel", self.jobs, "--target", *TARGETS,
                 cwd=self.folder)

    def build_copy(self) -> Path:
        """Sources and tarballs copied here, and built; where the programs are."""
        source = self.folder / ("quite/another/path" if self.strange else "here")
        copy_sources(source, backwards=self.strange)
        shutil.copytree(SOURCES, self.folder / "tarballs")
        self.own()
        build = self.folder / "out" if self.strange else source / "build" / "release"
        self.build(source, build, self.folder / "tarballs")
        return build


class TwoBuilds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-two-")
        top = Path(cls.place.name)
        top.chmod(0o755)
        cls.plain = Surroundings(top / "a", strange=False)
        cls.strange = Surroundings(top / "somewhere" / "else", strange=True)
        cls.there = cls.strange.build_copy()
        cls.here = cls.choose(BUILD)

    @classmethod
    def choose(cls, finished) -> Path:
        """The finished build where it was given what the other one was; otherwise a new one."""
        changes = changed_since(finished, TARGETS) if finished else []
        if not finished or not changes:
            return finished or cls.plain.build_copy()
        if all(sha256(finished / n) == sha256(cls.there / n) for n in PROGRAMS):
            return finished
        say(f"{finished} was made before these changed, so both are built here: " +
            ", ".join(changes))
        return cls.plain.build_copy()

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def same(self, one: Path, two: Path) -> None:
        self.assertEqual(sha256(one), sha256(two), f"{one.name} depends on where it is built")
        say(f"{one.name}: {sha256(one)} twice")

    def test_programs(self):
        for name in PROGRAMS:
            with self.subTest(name):
                self.same(self.here / name, self.there / name)

    def test_compiler_cache(self):
        """Objects out of the cache make the same programs as those of the compiler."""
        again = self.strange.folder / "again"
        self.strange.build(self.strange.folder / "quite/another/path", again,
                           self.strange.folder / "tarballs")
        said = self.strange.run("ccache", "--show-stats", cwd=self.strange.folder)
        self.assertRegex(said, r"Hits: +[1-9]\d\d")
        for name in PROGRAMS:
            self.same(self.there / name, again / name)

    def image(self, where: Surroundings, build: Path, *more) -> Path:
        """Makes inputs and an image of them."""
        place = where.folder / ("inputs" + "".join(more)).replace("--sign", "-signed")
        place.mkdir()
        out = place / "image"
        image.make_root(place / "root", reverse=where.strange)
        image.make_modules(place / VERSION)
        (place / "vmlinuz").write_bytes(image.pe_kernel())
        words = ["--kernel", "vmlinuz", "--modules-dir", VERSION, "--root", "root", "--early",
                 build / "protostar-early", "--stub", build / "protostar-stub.efi", "--service",
                 "10.0.2.2:9000", "--pin", image.PIN, "--out", "image"]
        if more:
            for name in ("db.key", "db.pem"):
                shutil.copy(self.plain.folder / name, place / name)
            words += ["--sign-key", "db.key", "--sign-cert", "db.pem"]
        where.own()
        where.run(build / "protostar", "build", *words, cwd=place)
        return out

    def test_images(self):
        self.plain.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                       "db.key", "-out", "db.pem", "-days", "3650", "-subj", "/CN=Test",
                       cwd=self.plain.folder)
        for more in ((), ("--sign",)):
            one = self.image(self.plain, self.here, *more)
            two = self.image(self.strange, self.there, *more)
            self.assertEqual(sorted(p.name for p in two.iterdir()), OUTPUTS)
            for name in OUTPUTS:
                with self.subTest(name + "".join(more)):
                    self.same(one / name, two / name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    BUILD = None if sys.argv[1] == "--all" else Path(sys.argv[1]).resolve()
    SOURCES = Path(sys.argv[2]).resolve()
    if BUILD:
        del TwoBuilds.test_compiler_cache  # the first build was not made here
    unittest.main(argv=sys.argv[:1])
