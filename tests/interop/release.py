#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tools/release gives the same bits wherever the commit lies, with checksums and a bill of materials
that are right; what is in it builds without a repository; what is no release is refused.
usage: release.py STUB TARBALLS
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

import spdx

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "audit"))
from common import name, tracked  # noqa: E402

STUB = TARBALLS = Path()
TIMEOUT = 600
NOBODY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
          **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
             (("NAME", "Test"), ("EMAIL", "test@example.org"), ("DATE", "1700000000 +0000"))}}


def run(words: list, cwd: Path, env=None, umask: int = 0o022) -> subprocess.CompletedProcess:
    return subprocess.run([str(w) for w in words], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=umask,
                          timeout=TIMEOUT, check=False, env={**os.environ, **NOBODY, **(env or {})})


def must(words: list, cwd: Path, **more) -> str:
    done = run(words, cwd, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A repository of the files that are here, and a release of it."""
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-release-")
        cls.folder = Path(cls.place.name)
        cls.repo = cls.folder / "repo"
        for path in tracked():
            target = cls.repo / name(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        must(["git", "init", "-q"], cls.repo)
        must(["git", "add", "-A", "-f"], cls.repo)
        must(["git", "commit", "-q", "-m", "Release"], cls.repo)
        cls.out = cls.folder / "out"
        must([cls.repo / "tools" / "release", "--draft", "--out", cls.out], cls.folder)
        cls.version = re.search(r"VERSION (\S+)", (REPO / "CMakeLists.txt").read_text()
                                .split("project(protostar ")[1])[1]
        cls.tarball = cls.out / f"protostar-{cls.version}.tar.xz"

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def clone(self, where: str) -> Path:
        must(["git", "clone", "-q", "--no-hardlinks", self.repo, where], self.folder, umask=0o077)
        return self.folder / where

    def test_same_bits_elsewhere(self):
        other = self.clone("elsewhere/with a blank")
        for path in other.rglob("*"):
            os.utime(path, (1_500_000_000, 1_500_000_000), follow_symlinks=False)
        must(["tools/release", "--draft"], other, umask=0o077,
             env={"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"})
        made = other / "build" / f"release-{self.version}"
        self.assertEqual(sorted(p.name for p in made.iterdir()),
                         sorted(p.name for p in self.out.iterdir()))
        for path in self.out.iterdir():
            self.assertEqual(path.read_bytes(), (made / path.name).read_bytes(), path.name)

    def test_checksums(self):
        said = must(["sha256sum", "--strict", "-c", "SHA256SUMS"], self.out)
        self.assertEqual(said.splitlines(), [f"protostar-{self.version}.spdx.json: OK",
                                             f"{self.tarball.name}: OK"])

    def test_contents(self):
        with tarfile.open(self.tarball) as tar:
            for entry in tar:
                self.assertEqual((entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime),
                                 (0, 0, "", "", 1_700_000_000), entry.name)
                path = self.repo / entry.name.split("/", 1)[1]
                self.assertEqual(tar.extractfile(entry).read(), path.read_bytes())
                self.assertEqual(entry.mode, 0o755 if os.access(path, os.X_OK) else 0o644)
            self.assertEqual(len(tar.getnames()), len(tracked()))

    def test_bill(self):
        document = json.loads((self.out / f"protostar-{self.version}.spdx.json").read_text())
        spdx.check(document)
        own, *others = document["packages"]
        self.assertEqual(own["checksums"][0]["checksumValue"],
                         hashlib.sha256(self.tarball.read_bytes()).hexdigest())
        pinned = {(row.split()[3], row.split()[2]) for row in
                  (REPO / "third_party" / "sources.lock").read_text().splitlines()
                  if row and not row.startswith("#")}
        self.assertEqual({(o["packageFileName"], o["checksums"][0]["checksumValue"])
                          for o in others}, pinned)
        self.assertEqual(len(document["files"]), len(tracked()))

    def test_it_builds(self):
        """Without a repository around it: the stub has the bits of the stub that is here."""
        with tarfile.open(self.tarball) as tar:
            tar.extractall(self.folder / "built")
        source = self.folder / "built" / f"protostar-{self.version}"
        must(["cmake", "-S", source, "-B", source / "out", "-G", "Ninja", "-DBUILD_TESTING=OFF",
              f"-DPROTOSTAR_DISTDIR={TARBALLS}", "-DPROTOSTAR_GUEST=OFF"], self.folder)
        must(["cmake", "--build", source / "out", "--target", "protostar-stub"], self.folder)
        self.assertEqual((source / "out" / "protostar-stub.efi").read_bytes(), STUB.read_bytes())
        self.assertEqual(must(["tools/source-date"], source).strip(), "1700000000")
        done = run(["tools/release", "--draft"], source)
        self.assertEqual((done.returncode, "git repository" in done.stderr), (1, True))

    def refused(self, repo: Path, says: str, *words: str) -> None:
        done = run(["tools/release", *words], repo)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertFalse((repo / "build").exists())

    def test_refused(self):
        repo = self.clone("changed")
        page = repo / "CHANGELOG.md"
        text = re.sub(r"(?m)^## .*\n", f"## {self.version} (unreleased)\n", page.read_text(), 1)
        page.write_text(text + "\n")
        self.refused(repo, "not committed", "--draft")
        must(["git", "commit", "-q", "-a", "-m", "a"], repo)
        self.refused(repo, "is unreleased: write its date")
        page.write_text(text.replace(f"## {self.version} ", "## 99.0.0 "))
        must(["git", "commit", "-q", "-a", "-m", "b"], repo)
        self.refused(repo, f'no heading "## {self.version} (DATE)"')
        (repo / "link").symlink_to("README.md")
        must(["git", "add", "link"], repo)
        must(["git", "commit", "-q", "-m", "c"], repo)
        self.refused(repo, "neither a file nor a program", "--draft")
        must(["git", "rm", "-q", "link"], repo)
        page.write_text(text.replace("(unreleased)", "(2026-01-31)", 1))
        must(["git", "commit", "-q", "-a", "-m", "d"], repo)
        must(["tools/release"], repo)

    def test_version(self):
        """One place has it; the changelog's first heading is of it."""
        self.assertRegex((REPO / "CHANGELOG.md").read_text(),
                         rf"(?m)\A# Changelog\n(?:(?!## ).*\n)*## {re.escape(self.version)} \(")


if __name__ == "__main__":
    STUB, TARBALLS = (Path(word).resolve() for word in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
