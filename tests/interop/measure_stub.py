#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `protostar measure predict` says of UKIs made by other people's programs around systemd's own
stubs (252 of this machine, 257 of Debian's next release), beside what other programs compute:
systemd-measure for PCR 11; sbsign, sbverify and osslsigncode for Authenticode; mkfs.vfat and mcopy
for the disk that a UKI is read from.
usage: measure_stub.py PROTOSTAR BUILD
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from image import pe_kernel  # noqa: E402
from vm.releases import Release  # noqa: E402
from vm.uki import make_uki  # noqa: E402

PROTOSTAR = ""
BUILD = Path()
BANKS = ("sha1", "sha256", "sha384", "sha512")
ENV = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/lib/systemd")
SECTIONS = {".osrel": b"ID=test\n", ".cmdline": b"console=ttyS0 quiet", ".uname": b"6.1.0-test",
            ".linux": pe_kernel(), ".initrd": b"no archive, and not padded"}
ESP_FIRST, SECTOR = 2048, 512


def run(*words, **more) -> bytes:
    return subprocess.run([str(w) for w in words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, env=ENV, **more).stdout


class StubTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-stub-")
        cls.folder = Path(cls.place.name)
        parts = BUILD / "interop"  # not that of the VM tests, which may run beside
        cls.stubs = {252: Release("bookworm", parts).stub(),
                     257: Release("trixie", parts).stub()}
        cls.ukis = {release: make_uki(stub, SECTIONS, cls.folder / f"uki{release}.efi")
                    for release, stub in cls.stubs.items()}

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def predict(self, image, *words) -> dict:
        return json.loads(run(PROTOSTAR, "measure", "predict", "--format", "full", "--bank", "all",
                              *words, image))

    def register(self, said: dict, pcr: int) -> dict[str, str]:
        return said["registers"][pcr]["values"]

    def events(self, said: dict, rule: str) -> list[dict]:
        return [event for event in said["events"] if event["rule"] == rule]


class Sections(StubTest):
    def measured_by_systemd(self, sections: dict[str, bytes]) -> dict[str, str]:
        """PCR 11 before any boot phase, by bank. This machine's tool knows what 252 measures."""
        words = ["systemd-measure", "calculate", "--phase="]
        for name, contents in sections.items():
            path = self.folder / f"section{name}"
            path.write_bytes(contents)
            words.append(f"--{name[1:]}={path}")
        said = run(*words, *(f"--bank={bank}" for bank in BANKS)).decode()
        found = dict(line[3:].split("=") for line in said.splitlines() if line.startswith("11:"))
        self.assertEqual(sorted(found), sorted(BANKS))
        return found

    def test_pcr_11_is_that_of_systemd_measure(self):
        """Which leaves .uname and .sbat out, as 252 does."""
        known = {n: c for n, c in SECTIONS.items() if n != ".uname"}
        wanted = self.measured_by_systemd(known)
        self.assertEqual(self.register(self.predict(self.ukis[252]), 11), wanted)
        self.assertEqual(self.register(self.predict(self.ukis[257], "--dialect", "252"), 11),
                         wanted)
        self.assertNotEqual(self.register(self.predict(self.ukis[257]), 11), wanted)

    def test_every_section_of_252(self):
        more = {".splash": b"BM picture", ".dtb": b"tree", ".pcrpkey": b"key"}
        known = {n: c for n, c in SECTIONS.items() if n != ".uname"}
        image = make_uki(self.stubs[257], {**SECTIONS, **more}, self.folder / "more.efi")
        self.assertEqual(self.register(self.predict(image, "--dialect", "253"), 11),
                         self.measured_by_systemd({**known, **more}))

    def test_image_made_with_objcopy(self):
        """As UKIs were made before ukify: addresses given by hand, the stub's symbols kept."""
        image, at, words = self.folder / "objcopy.efi", 0x30000, ["objcopy"]
        for name, contents in SECTIONS.items():
            path = self.folder / f"objcopy{name}"
            path.write_bytes(contents)
            words += ["--add-section", f"{name}={path}", "--change-section-vma", f"{name}={at:#x}"]
            at += 0x10000
        run(*words, self.stubs[252], image)
        said, plain = self.predict(image), self.predict(self.ukis[252])
        for pcr in (9, 11):
            self.assertEqual(self.register(said, pcr), self.register(plain, pcr))
        self.assertNotEqual(self.register(said, 4), self.register(plain, 4))

    def test_initrd_as_cpio_reads_it(self):
        """257 hands os-release on: the archive that we hash is one that cpio takes."""
        initrd = self.events(self.predict(self.ukis[257]), "kernel-initrd")[0]
        handed = SECTIONS[".initrd"].ljust(28, b"\0") + self.archive()
        self.assertEqual(initrd["digests"]["sha256"], hashlib.sha256(handed).hexdigest())
        listed = run("cpio", "-t", "--quiet", input=self.archive()).decode().split()
        self.assertEqual(listed, [".extra", ".extra/os-release"])

    @staticmethod
    def archive() -> bytes:
        def entry(inode: int, mode: int, name: bytes, data: bytes = b"") -> bytes:
            numbers = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
            head = b"070701" + b"".join(b"%08x" % n for n in numbers) + name + b"\0"
            return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

        end = entry(0, 0, b"TRAILER!!!").replace(b"0000000b", b"0000000B")
        return (entry(1, 0o40555, b".extra") +
                entry(2, 0o100444, b".extra/os-release", SECTIONS[".osrel"]) + end)


class Authenticode(StubTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key, cls.cert = cls.folder / "key.pem", cls.folder / "cert.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
            "-keyout", cls.key, "-out", cls.cert)

    def digest(self, image, *words) -> dict[str, str]:
        return self.events(self.predict(image, *words), "efi-application")[0]["digests"]

    def test_signed_and_not_signed_are_the_same(self):
        for release, image in self.ukis.items():
            signed, plain = self.folder / f"signed{release}.efi", self.digest(image)
            run("sbsign", "--key", self.key, "--cert", self.cert, "--output", signed, image)
            run("sbverify", "--cert", self.cert, signed)
            self.assertEqual(self.digest(signed), plain)
            # The signature holds the digest as DER: OCTET STRING of 32 bytes.
            self.assertIn(b"\x04\x20" + bytes.fromhex(plain["sha256"]), signed.read_bytes())

    def test_osslsigncode_agrees(self):
        for release, image in self.ukis.items():
            for bank in BANKS:
                signed = self.folder / f"signed{release}.{bank}.efi"
                run("osslsigncode", "sign", "-h", bank, "-certs", self.cert, "-key", self.key,
                    "-in", image, "-out", signed)
                self.assertIn(bytes.fromhex(self.digest(image)[bank]), signed.read_bytes())
                self.assertEqual(self.digest(signed), self.digest(image))

    def test_the_kernel_that_firmware_loads(self):
        """252 and 257 have it loaded, so its own hash is there; sbsign computes it too."""
        kernel, signed = self.folder / "kernel.efi", self.folder / "kernel.signed"
        kernel.write_bytes(SECTIONS[".linux"])
        run("sbsign", "--key", self.key, "--cert", self.cert, "--output", signed, kernel)
        for image in self.ukis.values():
            inner = self.events(self.predict(image), "inner-kernel")
            self.assertEqual(len(inner), 1)
            self.assertIn(b"\x04\x20" + bytes.fromhex(inner[0]["digests"]["sha256"]),
                          signed.read_bytes())
            self.assertEqual(self.events(self.predict(image, "--dialect", "258"), "inner-kernel"),
                             [])


class Disks(StubTest):
    NAME = "EFI/Linux/a kernel with a long name-6.1.0+3-2.efi"

    def make_disk(self) -> Path:
        disk = self.folder / "disk.img"
        with open(disk, "wb") as stream:
            stream.truncate(68 << 20)
        run("sfdisk", "--quiet", disk, input=f"label: gpt\nstart={ESP_FIRST}, size=64MiB, type="
            "C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n".encode())
        run("mkfs.vfat", "-F", "32", f"--offset={ESP_FIRST}", disk, 64 * 1024)
        where = f"{disk}@@{ESP_FIRST * SECTOR}"
        run("mmd", "-i", where, "::/EFI", "::/EFI/Linux", "::/EFI/BOOT")
        run("mcopy", "-i", where, self.ukis[257], f"::/{self.NAME}")
        run("mcopy", "-i", where, self.ukis[252], "::/EFI/BOOT/BOOTX64.EFI")
        return disk

    def test_files_of_a_disk(self):
        disk = self.make_disk()
        default, other = self.predict(disk), self.predict(f"{disk}:{self.NAME.upper()}")
        for said, release in ((default, 252), (other, 257)):
            plain = self.predict(self.ukis[release])
            for pcr in (4, 9, 11):
                self.assertEqual(self.register(said, pcr), self.register(plain, pcr))
            self.assertTrue(said["registers"][5]["known"])
            self.assertFalse(plain["registers"][5]["known"])

    def test_files_of_a_folder(self):
        folder = self.folder / "esp"
        for name, release in (("EFI/BOOT/BOOTX64.EFI", 252), (self.NAME, 257)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(self.ukis[release].read_bytes())
        for path, release in ((folder, 252), (f"{folder}:{self.NAME}", 257)):
            self.assertEqual(self.register(self.predict(path), 11),
                             self.register(self.predict(self.ukis[release]), 11))

    def test_what_is_not_there(self):
        for path in (f"{self.make_disk()}:EFI/none.efi", self.folder, f"{self.folder}:none"):
            result = subprocess.run([PROTOSTAR, "measure", "predict", str(path)], check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assertIn(str(path).split(":", maxsplit=1)[0].encode(), result.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    PROTOSTAR, BUILD = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1])
