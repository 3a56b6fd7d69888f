#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What cmake --install leaves, in a folder: the files, a program that finds its own stub and PID 1
from wherever it is called and no others, a unit in which systemd finds nothing wrong, examples that
work. Without root, what needs a second user is not shown, and that is said.
usage: installed.py BUILD PROTOSTAR STUB
"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import image

REPO = Path(__file__).resolve().parents[2]
BUILD = Path()
TIMEOUT = 120
FILES = ["bin/protostar", "libexec/protostar/protostar-early",
         "libexec/protostar/protostar-stub.efi", "lib/systemd/system/protostar.service",
         "lib/systemd/system/protostar-attest.service",
         "lib/systemd/system/protostar-keys.service", "lib/systemd/system/protostar-keys.socket",
         "lib/sysusers.d/protostar.conf", "lib/tmpfiles.d/protostar.conf",
         "etc/logrotate.d/protostar-serve", "share/bash-completion/completions/protostar",
         "share/zsh/site-functions/_protostar", "share/doc/protostar/LICENSE",
         "share/doc/protostar/copyright", "share/doc/protostar/CHANGELOG.md",
         "share/doc/protostar/SECURITY.md", "share/doc/protostar/examples/make-image",
         "share/doc/protostar/examples/attest-tcp.conf",
         "share/doc/protostar-serve/examples/policy.json",
         "share/doc/protostar-serve/examples/kek-credential.conf",
         "share/doc/protostar-serve/examples/keys-socket.conf",
         "share/doc/protostar-serve/examples/keys-token.conf",
         *(f"share/man/man{page.suffix[1:]}/{page.name}"
           for page in sorted((REPO / "tools" / "man").glob("*.[1-8]")))]
MADE_PAGE = "protostar-errors.7"  # by the build
NOBODY = 65534
# Of systemd-analyze security: 0 is best, 10 is worst. A node's proof is root's, for the TPM.
EXPOSURE_MOST = {"protostar": 1.5, "protostar-keys": 0.6, "protostar-attest": 2.1}


def run(words: list, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=TIMEOUT, check=False, **more)


def access_list(users: list[int]) -> bytes:
    """Of a file that only its owner and these users read, as Linux keeps it."""
    entries = [(0x01, 4, -1), *((0x02, 4, user) for user in users), (0x04, 0, -1), (0x10, 4, -1),
               (0x20, 0, -1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-installed-")
        cls.folder = Path(cls.place.name)
        cls.prefix = cls.folder / "prefix"
        done = run(["cmake", "--install", BUILD, "--prefix", cls.prefix])
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.program = cls.prefix / "bin" / "protostar"
        cls.private = cls.prefix / "libexec" / "protostar"
        (cls.folder / "bench").mkdir()
        cls.bench = image.Bench(cls.folder / "bench")

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def words(self, name: str, **changes) -> list[str]:
        given = {"early": None, "stub": None, "out": self.folder / name, **changes}
        return self.bench.words(**given)

    def build(self, name: str, program=None, cwd=None, env=None, **changes):
        return run([program or self.program, "build", *self.words(name, **changes)],
                   cwd=cwd or self.folder, env=env)

    def must(self, result: subprocess.CompletedProcess) -> str:
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def manifest(self, name: str) -> str:
        return (self.folder / name / "manifest.json").read_text()

    @staticmethod
    def serves(words: list) -> tuple[int, str]:
        """A service that is told to end once it listens: its exit code and its complaints."""
        with subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as service:
            for line in service.stdout:
                if line.startswith("listening on "):
                    service.terminate()
            _, errors = service.communicate(timeout=TIMEOUT)
        return service.returncode, errors

    def test_files(self):
        files = set(FILES)
        if (BUILD / MADE_PAGE).exists():
            files.add(f"share/man/man7/{MADE_PAGE}")
        self.assertEqual([f for f in files if not (self.prefix / f).is_file()], [])
        there = {str(p.relative_to(self.prefix)) for p in self.prefix.rglob("*") if p.is_file()}
        self.assertEqual(there - files - {"share/doc/protostar-serve/README.Debian",
                                          "share/doc/protostar-serve/copyright"}, set())
        for name in ("protostar-early", "protostar-stub.efi"):
            self.assertEqual((self.private / name).read_bytes(), (BUILD / name).read_bytes())
        for path in self.prefix.rglob("*"):
            self.assertFalse(path.stat().st_mode & 0o022, path)

    def test_defaults(self):
        """The same image as with both files named; the program of the build folder, too."""
        self.must(self.build("named", early=self.private / "protostar-early",
                             stub=self.private / "protostar-stub.efi"))
        self.must(self.build("found"))
        self.assertEqual(self.manifest("found"), self.manifest("named"))
        self.must(self.build("from-build-folder", program=BUILD / "protostar"))
        self.assertEqual(self.manifest("from-build-folder"), self.manifest("named"))

    def test_only_its_own(self):
        """Neither the current folder nor PATH, HOME or a link leads to other files."""
        self.must(self.build("plain"))
        decoys = self.folder / "decoys"
        (decoys / "libexec" / "protostar").mkdir(parents=True)
        (decoys / "bin").mkdir()
        for place in (decoys, decoys / "bin", decoys / "libexec" / "protostar"):
            for name in ("protostar-early", "protostar-stub.efi"):
                (place / name).write_bytes(b"another")
        (decoys / "bin" / "protostar").symlink_to(self.program)
        env = {**os.environ, "PATH": f"{decoys}/bin:{os.environ['PATH']}", "HOME": str(decoys)}
        for number, (program, cwd) in enumerate(
                [(self.program, decoys), (decoys / "bin" / "protostar", decoys / "bin"),
                 ("protostar", decoys), ("bin/protostar", decoys)]):
            self.must(self.build(f"decoyed-{number}", program=program, cwd=cwd, env=env))
            self.assertEqual(self.manifest(f"decoyed-{number}"), self.manifest("plain"))

    def test_options_override(self):
        other = self.folder / "other-early"
        other.write_bytes(image.make_early(b"other"))
        self.must(self.build("plain-early"))
        self.must(self.build("overridden", early=other))
        self.assertNotEqual(self.manifest("overridden"), self.manifest("plain-early"))
        result = self.build("bad-stub", stub="/bin/true")
        self.assertIn("--stub /bin/true is no EFI image", result.stderr)

    def moved(self) -> Path:
        """A copy of what is installed, to be changed."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copytree(self.prefix, place, dirs_exist_ok=True)
        return place

    def refused(self, place: Path, says: str) -> None:
        result = self.build("refused", program=place / "bin" / "protostar")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, says)
        self.assertFalse((self.folder / "refused").exists())

    def test_moved_and_broken(self):
        place = self.moved()
        self.must(self.build("moved", program=place / "bin" / "protostar"))
        early = place / "libexec" / "protostar" / "protostar-early"
        early.chmod(0o777)
        self.refused(place, "everybody may write to .*protostar-early.*--early")
        early.unlink()
        self.refused(place, "protostar-early: No such file.*give it with --early")
        (place / "libexec" / "protostar" / "protostar-stub.efi").unlink()
        self.refused(place, "protostar-stub.efi: No such file.*give it with --stub")

    @unittest.skipIf(os.geteuid() != 0, "only root gives files away")
    def test_another_users(self):
        """As in /tmp, where anybody can put a file beside the program."""
        place = self.moved()
        os.chown(place / "libexec" / "protostar" / "protostar-early", 12345, -1)
        self.refused(place, "belongs to another user")
        os.chown(place / "bin" / "protostar", 12345, -1)
        self.must(self.build("own", program=place / "bin" / "protostar"))

    def test_reproduce(self):
        """It takes its own stub and PID 1, and sees when they are not the recipe's."""
        self.must(self.build("to-reproduce"))
        inputs = self.folder / "inputs"
        inputs.mkdir()
        shutil.copy(self.bench.kernel, inputs)
        shutil.copytree(self.bench.modules, inputs / image.VERSION)
        words = ["reproduce", self.folder / "to-reproduce", "--recipe",
                 self.folder / "to-reproduce" / "recipe.json", "--inputs", inputs,
                 f"--input=root={self.bench.root}"]
        self.must(run([self.program, *words]))
        place = self.moved()
        (place / "libexec" / "protostar" / "protostar-early").write_bytes(image.make_early())
        result = run([place / "bin" / "protostar", *words])
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("early protostar-early", result.stdout + result.stderr)

    def unit(self, drop_in: str = "", name: str = "protostar") -> Path:
        text = (self.prefix / f"lib/systemd/system/{name}.service").read_text()
        path = Path(tempfile.mkdtemp(dir=self.folder)) / f"{name}.service"
        for given in ("ExecStart=", drop_in):
            self.assertIn(given, text + drop_in)
        own = {path.name: text + drop_in}
        if "protostar-keys.socket" in text + drop_in:
            for needed in ("protostar-keys.socket", "protostar-keys.service"):
                installed = self.prefix / "lib/systemd/system" / needed
                own.setdefault(needed, installed.read_text())
        for file, said in own.items():
            (path.parent / file).write_text(said.replace("ExecStart=protostar",
                                                         f"ExecStart={self.program}"))
        return path

    def test_unit(self):
        for name, most in EXPOSURE_MOST.items():
            unit = self.unit(name=name)
            verified = run(["systemd-analyze", "--man=no", "verify", unit])
            self.assertEqual((verified.returncode, verified.stderr), (0, ""))
            said = self.must(run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                                  unit]))
            exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", said)[1])
            print(f"systemd-analyze security: {name} {exposure}")
            self.assertLessEqual(exposure, most)

    def test_drop_ins(self):
        for package, example, name in (
                ("protostar-serve", "kek-credential", "protostar"),
                ("protostar-serve", "keys-socket", "protostar"),
                ("protostar-serve", "keys-token", "protostar-keys"),
                ("protostar", "attest-tcp", "protostar-attest")):
            drop_in = self.prefix / f"share/doc/{package}/examples/{example}.conf"
            unit = self.unit(drop_in.read_text(), name)
            verified = run(["systemd-analyze", "--man=no", "verify", unit])
            self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    @unittest.skipIf(os.geteuid() != 0, "only root gives files to a service")
    def test_credential_is_read(self):
        """As systemd gives it: root's, with an access list that names the service's user."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        for folder in (self.folder, place):
            folder.chmod(0o755)
        state, kek, policy = place / "state", place / "kek", place / "policy.json"
        os.chown(place, NOBODY, NOBODY)
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                     self.program, "serve", "--state", state]
        self.must(run([*as_nobody, "--init"]))
        shutil.move(state / "kek", kek)
        os.chown(kek, 0, 0)
        shutil.copy(self.prefix / "share/doc/protostar-serve/examples/policy.json", policy)
        words = [*as_nobody, "--kek", kek, "--policy", policy, "--listen", "127.0.0.1:0"]
        for mode, users, starts in ((0o400, [], False), (0o440, [NOBODY], True),
                                    (0o440, [NOBODY, 1], False)):
            kek.chmod(mode)
            if users:
                os.setxattr(kek, "system.posix_acl_access", access_list(users))
            code, errors = self.serves(words)
            self.assertEqual(code == 0, starts, errors)

    def test_user_and_folder(self):
        """What systemd makes of the two snippets, in a folder."""
        root = self.folder / "system"
        (root / "etc").mkdir(parents=True)
        for program, kind in (("systemd-sysusers", "sysusers"), ("systemd-tmpfiles", "tmpfiles")):
            words = [program, f"--root={root}", self.prefix / f"lib/{kind}.d/protostar.conf"]
            if kind == "tmpfiles" and os.geteuid() == 0:
                self.must(run([*words, "--create"]))
            elif kind == "sysusers":
                self.must(run(words))
        self.assertRegex((root / "etc" / "passwd").read_text(),
                         r"(?m)^protostar:.*:/var/lib/protostar:/usr/sbin/nologin$")
        if os.geteuid() == 0:
            self.assertEqual((root / "var/lib/protostar").stat().st_mode & 0o7777, 0o700)

    def test_policy(self):
        """The service starts with it; README's example is the same."""
        shipped = self.prefix / "share/doc/protostar-serve/examples/policy.json"
        text = (REPO / "tools" / "serve" / "README.md").read_text()
        example = re.search(r"^    \{\n(    .*\n)*    \}\n", text, re.MULTILINE)[0]
        self.assertEqual(json.loads(shipped.read_text()), json.loads(example))
        state = self.folder / "state"
        self.must(run([self.program, "serve", "--state", state, "--init"]))
        code, errors = self.serves([self.program, "serve", "--state", state, "--policy", shipped,
                                    "--listen", "127.0.0.1:0"])
        self.assertEqual(code, 0, errors)


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    image.PROTOSTAR, image.STUB = map(os.path.abspath, sys.argv[2:4])
    unittest.main(argv=sys.argv[:1], verbosity=2)
