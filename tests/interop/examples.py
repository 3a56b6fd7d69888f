#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The examples of READMEs and manual pages are taken as they stand: every `protostar` command line is
run, the policy is served, the unit is verified. What they name lies in a folder that is made first;
the few absolute paths and addresses in them are replaced by such of this folder, in one table.
(README's "Boot your own image" is run by tests/vm/newcomer.py.)
usage: examples.py PROTOSTAR STUB
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import image
from container_maker import Image, saved, to_tar

REPO = Path(__file__).resolve().parents[2]
OVMF = Path("/usr/share/OVMF")
TIMEOUT = 120
READMES = [REPO / "README.md", *sorted(REPO.glob("[a-z]*/README.md")),
           *sorted(REPO.glob("tools/**/README.md"))]
PAGES = sorted((REPO / "tools" / "man").glob("*.1"))
# What stands in an example, and what is there instead.
PLACES = {"/boot/vmlinuz-": "boot/vmlinuz-", "/lib/modules/": "lib/modules/",
          "/sys/class/tpm/": "sys/class/tpm/", "/var/lib/protostar": "state",
          "/etc/protostar/": "etc/", "[::]:7443": "127.0.0.1:0", "192.0.2.1:7444": "127.0.0.1:1"}
NEWCOMER = "## Boot your own image"  # tests/vm/newcomer.py runs it
POLICY_README = REPO / "tools" / "serve" / "README.md"


def joined(lines: list[str]) -> list[str]:
    """Lines that end with a backslash go on in the next one."""
    return re.sub(r"\\\n\s*", "", "\n".join(lines)).split("\n")


def from_readme(path: Path) -> list[str]:
    text = re.sub(f"^{NEWCOMER}$.*?^## ", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"^    (\$ )?", "", line) for line in text.split("\n")
             if line.startswith("    ")]
    return [c.strip() for c in joined(lines) if re.match(r"protostar [a-z]", c)]


def from_page(path: Path) -> list[str]:
    section = path.read_text().split(".Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
    blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", section, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\e", "\\").split("\n")
    return [c.strip() for c in joined(lines) if c.strip()]


def example_policy() -> str:
    text = POLICY_README.read_text()
    return re.search(r'^    \{\n(    .*\n)*    \}\n', text, re.MULTILINE)[0]


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-examples-")
        cls.folder = Path(cls.place.name)
        cls.environment = {**image.ENV, "V": image.VERSION, "PIN": image.PIN,
                           "PATH": f"{cls.folder}/bin:{image.ENV['PATH']}"}
        (cls.folder / "bin").mkdir()
        (cls.folder / "bin" / "protostar").symlink_to(image.PROTOSTAR)
        cls.make_inputs()

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    @classmethod
    def must(cls, line: str) -> str:
        result = cls.shell(line)
        if result.returncode != 0:
            raise AssertionError(f"{line}\nended with {result.returncode}: {result.stderr}")
        return result.stdout

    @classmethod
    def shell(cls, line: str) -> subprocess.CompletedProcess:
        return subprocess.run(["bash", "-uc", line], cwd=cls.folder, env=cls.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False)

    @classmethod
    def make_inputs(cls):
        """Images, firmware, a machine's log and registers, under the names of the examples."""
        (cls.folder / "bench").mkdir()
        bench = image.Bench(cls.folder / "bench")
        (cls.folder / "boot").mkdir()
        shutil.copy(bench.kernel, cls.folder / "boot" / f"vmlinuz-{image.VERSION}")
        shutil.copytree(bench.modules, cls.folder / "lib" / "modules" / image.VERSION)
        shutil.copy(bench.early, cls.folder / "protostar-early")
        shutil.copy(image.STUB, cls.folder / "protostar-stub.efi")
        cls.must("tar -cf rootfs.tar -C bench/root .")
        layer = (cls.folder / "rootfs.tar").read_bytes()
        tree = saved(cls.folder / "bench" / "saved", [(Image(layer), ["localhost/node:latest"])])
        to_tar(tree, cls.folder / "node.tar")
        for target in (".", "image", "old", "new", "node", "web"):
            shutil.copytree(bench.out, cls.folder / target, dirs_exist_ok=True)
        bench.must(bench.words(cmdline="console=ttyS0 hostile", out=cls.folder / "bench" / "other"))
        shutil.copytree(cls.folder / "bench" / "other", cls.folder / "db")
        shutil.copy(cls.folder / "db" / "uki.efi", cls.folder / "tampered.efi")
        shutil.copy(OVMF / "OVMF_CODE_4M.fd", cls.folder)
        for name in ("vars.fd", "before.fd", "node/vars.fd", "web.fd", "db.fd"):
            shutil.copy(OVMF / "OVMF_VARS_4M.fd", cls.folder / name)
        for log in ("boot.evlog", "binary_bios_measurements"):
            cls.must(f"protostar measure predict --format tcg2 image/disk.img > {log}")
        bank = cls.folder / "sys" / "class" / "tpm" / "tpm0" / "pcr-sha256"
        bank.mkdir(parents=True)
        known = json.loads(cls.must("protostar measure predict --json image/disk.img"))
        for pcr in range(24):
            value = known["measurements"].get(str(pcr), {}).get("expected", "0" * 64)
            (bank / str(pcr)).write_text(value + "\n")
        (cls.folder / "policy.json").write_text(example_policy())
        (cls.folder / "etc").mkdir()
        for secret in ("words", "etc/passphrase"):
            (cls.folder / secret).touch(mode=0o600)
            (cls.folder / secret).write_text("correct horse battery staple\n")
        for folder in ("ca", "svc", "state"):
            cls.must(f"protostar serve --state {folder} --init")
        shutil.copy(cls.folder / "ca" / "node-ca.pem", cls.folder)
        (cls.folder / "statement").write_bytes(b"of no machine")

    @staticmethod
    def place_here(line: str) -> str:
        for there, here in PLACES.items():
            line = line.replace(there, here)
        return line

    def serve(self, line: str) -> None:
        """It runs until it is told to end."""
        line += "" if "--listen" in line else " --listen 127.0.0.1:0"
        process = subprocess.Popen(["bash", "-uc", f"exec {line}"], cwd=self.folder,
                                   env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            for said in process.stdout:
                if said.startswith("listening on "):
                    process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=TIMEOUT)
            self.assertEqual(process.returncode, 0, f"{line}\n{errors}")
        finally:
            process.kill()
            process.wait()

    def refused(self, line: str) -> None:
        """No machine has joined here, as in test_serve_attest: the line is read and goes as far."""
        why = {"attest": "attest: the TPM: ", "verify": "Connection refused|no statement",
               "serve": "the TPM: |/run/protostar/join-material: |FILE: No such file",
               "init": "Connection refused", "recover": "node7.bundle: ",
               "node": "000b5f1c|node7.bundle.uses: "}
        line = re.sub(r"^protostar attest .*", r"\g<0> --tcti device:/nonexistent", line)
        line = re.sub(r"^protostar (init|recover) .*", r"\g<0> --wait 0", line)
        line = line.replace("--evidence tpm", "--evidence tpm:device:/nonexistent")
        result = self.shell(line)
        self.assertEqual(result.returncode, 1, f"{line}\n{result.stderr}")
        self.assertRegex(result.stdout + result.stderr, why[line.split()[1]], line)

    def run_examples(self, lines: list[str]) -> None:
        for line in map(self.place_here, lines):
            print(line, flush=True)
            if re.match(r"protostar serve .*--policy", line):
                self.serve(line)
                continue
            if re.match(r"protostar (attest|verify|serve .*(--evidence-option|--found|--bundle)|"
                        r"(init|recover) .*--node|node (export|recovered))", line):
                self.refused(line)
                continue
            # No machine starts here: tests/vm/run_command.py has them.
            result = self.shell(re.sub(r"^protostar run .*", r"\g<0> --dry-run", line))
            # check and diff say by 1 that something is different.
            good = (0, 1) if re.match(r"protostar measure (check|diff)", line) else (0,)
            self.assertIn(result.returncode, good, f"{line}\n{result.stderr}")

    def test_manual_pages(self):
        for page in PAGES:
            lines = from_page(page)
            self.assertTrue(lines, page)
            shutil.rmtree(self.folder / "image", ignore_errors=True)
            shutil.copytree(self.folder / "bench" / "out", self.folder / "image")
            if any(" --out image" in line for line in lines):
                shutil.rmtree(self.folder / "image")
            self.run_examples(lines)

    def test_readmes(self):
        lines = [line for path in READMES for line in from_readme(path)]
        self.assertGreaterEqual(len(lines), 7)
        self.run_examples(lines)

    def test_every_place_is_used(self):
        lines = [line for path in READMES for line in from_readme(path)]
        lines += [line for page in PAGES for line in from_page(page)]
        for there in PLACES:
            self.assertTrue(any(there in line for line in lines), there)

    def test_unit(self):
        """systemd finds nothing wrong with the unit, once the program is where it says."""
        unit = (REPO / "tools" / "package" / "protostar.service").read_text()
        self.assertIn("ExecStart=protostar serve ", unit)
        path = self.folder / "protostar.service"
        path.write_text(unit.replace("ExecStart=protostar", f"ExecStart={image.PROTOSTAR}"))
        result = self.shell(f"systemd-analyze --man=no verify {path}")
        self.assertEqual((result.returncode, result.stderr), (0, ""))


if __name__ == "__main__":
    image.PROTOSTAR, image.STUB = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
