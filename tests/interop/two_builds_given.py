#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What two_builds.py does before it compares: a finished build that was given other headers, compilers
or sources than the second one is noticed, and made again rather than blamed on its folder.
"""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import two_builds

PLAN = """rule cc
  command = {cc} -MD -MF $out.d -I{system} -c $in -o $out
  depfile = $out.d
  deps = gcc
build program.o: cc {source}
"""


class Given(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="protostar-given-")
        self.addCleanup(place.cleanup)
        self.top = Path(place.name)
        self.system, self.build = self.top / "include", self.top / "build"
        self.system.mkdir()
        self.build.mkdir()
        self.header, self.source = self.system / "lib.h", self.top / "program.c"
        self.compiler = self.top / "cc"
        real = shutil.which("cc")
        self.compiler.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
        self.compiler.chmod(0o755)
        self.header.write_text("#define VERSION 1\n")
        self.source.write_text("#include <lib.h>\nint version = VERSION;\n")
        for path in (self.header, self.source, self.compiler):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        (self.build / "build.ninja").write_text(PLAN.format(
            cc=self.compiler, system=self.system, source=self.source))
        (self.build / "CMakeCache.txt").write_text(
            f"CMAKE_C_COMPILER:FILEPATH={self.compiler}\nCMAKE_AR:FILEPATH=\n")
        self.make()

    def make(self) -> None:
        subprocess.run(["ninja", "-C", str(self.build)], check=True, stdout=subprocess.DEVNULL)

    def upgrade(self, path: Path, text: str) -> None:
        """As dpkg does it: a new file with an old date takes the place."""
        new = path.with_suffix(".dpkg-new")
        new.write_text(text)
        new.chmod(path.stat().st_mode & 0o777)
        os.utime(new, (1_000_000_001, 1_000_000_001))
        new.rename(path)

    def changes(self) -> list[str]:
        return two_builds.changed_since(self.build, ["program.o"])

    def test_nothing(self):
        self.assertEqual(self.changes(), [])

    def test_header(self):
        self.upgrade(self.header, "#define VERSION 2\n")
        self.assertEqual(self.changes(), [str(self.header)])

    def test_compiler(self):
        self.upgrade(self.compiler, self.compiler.read_text() + "# another\n")
        self.assertEqual(self.changes(), [str(self.compiler)])

    def test_source(self):
        self.source.write_text("int version = 3;\n")
        self.assertIn("the sources", self.changes())

    def test_packages_are_named(self):
        said = two_builds.packages_of(["/usr/include/stdio.h", "/nonexistent"])
        self.assertRegex(" ".join(said), r"/nonexistent libc6-dev \d")

    def chosen(self) -> list[str]:
        """Which build is compared, of one whose program differs from the second one's."""
        made = []

        class Plain:
            @staticmethod
            def build_copy():
                made.append("again")
                return Path("again")

        class Case(two_builds.TwoBuilds):
            plain, there = Plain, self.top / "there"

        (self.top / "there").mkdir(exist_ok=True)
        for name in two_builds.PROGRAMS:
            (self.build / name).write_text("one")
            (self.top / "there" / name).write_text("two")
        two_builds.TARGETS, before = ["program.o"], two_builds.TARGETS
        try:
            return [str(Case.choose(self.build)), *made]
        finally:
            two_builds.TARGETS = before

    def test_choice(self):
        self.assertEqual(self.chosen(), [str(self.build)])  # the folder is to blame
        self.upgrade(self.header, "#define VERSION 2\n")
        self.assertEqual(self.chosen(), ["again", "again"])


if __name__ == "__main__":
    unittest.main()
