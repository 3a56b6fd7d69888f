#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tools/deps on a machine whose apt is in use: the real apt-get and dpkg-query, on a folder in place
of the machine, with a repository of empty packages and a dpkg that only notes what it is called
for. So the machine itself stays as it is.
usage: deps.py TOOLS_DEPS
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DEPS = Path()
LOCKS = ("var/lib/apt/lists/lock", "var/lib/dpkg/lock-frontend", "var/cache/apt/archives/lock")
FOLDERS = ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
           "etc/apt/trusted.gpg.d", "var/lib/apt/lists/partial", "var/lib/dpkg/updates",
           "var/cache/apt/archives/partial", "var/log/apt", "repository", "bin")


class Deps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="protostar-deps-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        self.called = self.root / "dpkg-was-called"
        self.tool("dpkg", f'case " $* " in *" --assert-"*|*" --print-"*) exit 0 ;; esac\n'
                          f'echo "$@" >>"{self.called}"\n')
        self.tool("sudo", 'exec "$@"\n')
        self.repository()
        settings = {"Dir": self.root, "Dir::State::status": self.root / "var/lib/dpkg/status",
                    "Dir::Bin::dpkg": self.root / "bin/dpkg", "APT::Sandbox::User": "root",
                    "Acquire::Languages": "none", "DPkg::Pre-Install-Pkgs": "",
                    "APT::Architecture": "amd64"}
        config = self.root / "apt.conf"
        config.write_text("".join(f'{k} "{v}";\n' for k, v in settings.items()))
        self.env = {"PATH": f"{self.root / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin",
                    "APT_CONFIG": str(config), "DPKG_ADMINDIR": str(self.root / "var/lib/dpkg"),
                    "PROTOSTAR_APT_WAIT": "600"}

    def tool(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)

    def repository(self) -> None:
        """Empty packages of all names, and where to find them."""
        place = self.root / "repository"
        names = subprocess.run([DEPS, "--list"], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.split()
        index = ""
        for name in dict.fromkeys(names):
            data = name.encode()
            (place / f"{name}.deb").write_bytes(data)
            index += (f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody\n"
                      f"Filename: ./{name}.deb\nSize: {len(data)}\n"
                      f"SHA256: {hashlib.sha256(data).hexdigest()}\nDescription: empty\n\n")
        (place / "Packages").write_text(index)
        (self.root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{place} ./\n")

    def start(self, **env) -> subprocess.Popen:
        return subprocess.Popen([DEPS, "build"], env={**self.env, **env}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def call(self, **env) -> tuple[int, str]:
        with self.start(**env) as process:
            said = process.communicate()[0]
        return process.returncode, said

    def test_installs(self):
        code, said = self.call()
        self.assertEqual(code, 0, said)
        self.assertIn("tools/deps: installed", said)
        self.assertNotIn("waiting", said)
        self.assertIn("cmake", self.called.read_text())

    def test_waits_for_each_lock(self):
        for name in LOCKS:
            with self.subTest(lock=name):
                lists = self.root / "var/lib/apt/lists"
                for file in lists.glob("*Packages*"):
                    file.unlink()
                self.called.unlink(missing_ok=True)
                with open(self.root / name, "w", encoding="ascii") as lock:
                    fcntl.lockf(lock, fcntl.LOCK_EX)
                    process = self.start()
                    self.addCleanup(process.stdout.close)
                    self.addCleanup(process.wait)
                    self.addCleanup(process.kill)
                    said = ""
                    for line in process.stdout:
                        said += line
                        if "waiting" in line:
                            break
                    self.assertIn(f"apt is in use, waiting: Could not get lock {self.root}/{name}",
                                  said)
                    self.assertFalse(self.called.exists())
                said += process.stdout.read()
                self.assertEqual(process.wait(), 0, said)
                self.assertIn("tools/deps: installed", said)
                self.assertNotIn("no network", said)
                self.assertIn("cmake", self.called.read_text())

    def test_gives_up_in_the_end(self):
        with open(self.root / LOCKS[0], "w", encoding="ascii") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            code, said = self.call(PROTOSTAR_APT_WAIT="3")
        self.assertEqual(code, 1)
        self.assertRegex(said, r"apt is still in use after \d+ s: Could not get lock .*lists/lock")
        self.assertIn("cloud-init status --wait", said)
        self.assertNotIn("no network", said)

    def test_other_failures_are_said_at_once(self):
        (self.root / "repository/Packages").unlink()
        code, said = self.call()
        self.assertEqual(code, 1)
        self.assertNotIn("waiting", said)
        self.assertIn("Unable to locate package cmake", said)
        self.assertIn("could not install (no network?). Missing: build-essential cmake", said)


if __name__ == "__main__":
    DEPS = Path(sys.argv[1]).resolve()
    os.umask(0o022)
    unittest.main(argv=sys.argv[:1], verbosity=2)
