#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
`protostar measure diff` on files that other people's programs made: initrds of GNU cpio, gzip, xz,
zstd and lz4, signatures of osslsigncode, disks of sfdisk and mkfs.vfat, Debian's firmware; and on
files that somebody spoiled.
usage: measure_diff.py PROTOSTAR
"""

import json
import os
import pty
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROTOSTAR = ""
ENV = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
OVMF = Path("/usr/share/OVMF")
MEMORY = 3 << 29  # bytes of address space that a comparison of small files gets by with
DIALECT = ["--dialect", "systemd-258"]


def run(*words, **more) -> bytes:
    return subprocess.run([str(w) for w in words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, env=ENV, **more).stdout


def pe(sections: list[tuple[str, bytes]], stamp: int = 0) -> bytes:
    """A PE32+ image with these sections; the first one is code."""
    rows, body, address, offset = b"", b"", 0x1000, 0x400
    for index, (name, data) in enumerate(sections):
        raw = data + bytes(-len(data) % 512)
        flags = 0x40000040 if index else 0x60000020
        rows += struct.pack("<8sIIIIIIHHI", name.encode(), len(data), address, len(raw), offset,
                            0, 0, 0, 0, flags)
        body += raw
        address += -(-max(len(data), 1) // 4096) * 4096
        offset += len(raw)
    head = bytearray(b"MZ" + bytes(62))
    struct.pack_into("<I", head, 60, 64)
    head += struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, len(sections), stamp, 0, 0, 240, 0x22)
    head += struct.pack("<HBBIIIII", 0x20B, 0, 0, 512, 0, 0, 0x1000, 0x1000)
    head += struct.pack("<QIIHHHHHHIIIIHH", 0, 4096, 512, 0, 0, 3, 0, 0, 0, 0, address, 0x400, 0,
                        10, 0x100)
    head += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(128) + rows
    return bytes(head.ljust(0x400, b"\0") + body)


def kernel(version: str = "6.1.0-test") -> bytes:
    text = bytearray(1024)
    image = bytearray(pe([(".text", bytes(text))]))
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x20E, 0x300)
    image[0x500:0x500 + len(version) + 1] = version.encode() + b"\0"
    return bytes(image)


def uki(initrd: bytes = b"", cmdline: str = "console=ttyS0 quiet", version: str = "6.1.0-test",
        osrel: str = "ID=test\nVERSION_ID=1\n", stamp: int = 0) -> bytes:
    return pe([(".text", b"\xc3" * 100), (".osrel", osrel.encode()), (".cmdline", cmdline.encode()),
               (".uname", version.encode()), (".initrd", initrd), (".linux", kernel(version))],
              stamp)


def archive(folder: Path, *options: str) -> bytes:
    names = "\n".join(sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))) + "\n"
    return run("cpio", "-o", "-H", "newc", "--quiet", "--reproducible", *options, cwd=folder,
               input=names.encode())


def packed(data: bytes, how: list[str]) -> bytes:
    return run(*how, input=data)


PACKERS = {"gzip": ["gzip", "-nc"], "xz": ["xz", "--check=crc32", "-c"], "lzma": ["lzma", "-c"],
           "zstd": ["zstd", "-qc"], "lz4": ["lz4", "-lqc"]}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="measure-diff-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def call(self, *words) -> subprocess.CompletedProcess:
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        return subprocess.run([PROTOSTAR, "measure", "diff", *map(str, words)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False, env=ENV,
                              preexec_fn=limit)

    def diff(self, a: bytes, b: bytes, *words) -> dict:
        """The JSON of a comparison of two images, its exit code checked against it."""
        result = self.call("--json", *DIALECT, *words, self.file("a.efi", a),
                           self.file("b.efi", b))
        self.assertIn(result.returncode, (0, 1), result.stderr)
        said = json.loads(result.stdout)
        self.assertEqual(said["same"], result.returncode == 0)
        return said

    def found(self, said: dict) -> set[tuple]:
        return {("/".join(f["path"]), f["aspect"], f["change"]) for f in said["findings"]}

    def changed(self, said: dict) -> set[int]:
        return {r["pcr"] for r in said["registers"] if r["state"] == "changed"}


class Images(Case):
    def test_same(self):
        said = self.diff(uki(), uki())
        self.assertEqual((said["same"], said["findings"], said["events"]), (True, [], []))
        self.assertEqual(self.changed(said), set())

    def test_command_line(self):
        said = self.diff(uki(cmdline="root=/dev/sda quiet ro"), uki(cmdline="root=/dev/vda ro x"))
        self.assertEqual(self.found(said), {
            ("a.efi/.cmdline/root", "word", "changed"),
            ("a.efi/.cmdline/quiet", "word", "only in A"),
            ("a.efi/.cmdline/x", "word", "only in B")})
        self.assertEqual(self.changed(said), {4, 9, 11})

    def test_os_release_and_kernel(self):
        said = self.diff(uki(), uki(osrel="ID=test\nVERSION_ID=2\n", version="6.1.0-next"))
        found = self.found(said)
        for expected in [("a.efi/.osrel/VERSION_ID", "setting", "changed"),
                         ("a.efi/.uname", "text", "changed"),
                         ("a.efi/.linux", "version", "changed"),
                         ("a.efi/.linux", "Authenticode SHA-256", "changed")]:
            self.assertIn(expected, found)

    def test_header(self):
        said = self.diff(uki(), uki(stamp=1))
        self.assertEqual(self.found(said), {("a.efi/header", "TimeDateStamp", "changed")})
        self.assertEqual(self.changed(said), {4})

    def test_signature_is_in_no_register(self):
        key, cert = self.folder / "k.pem", self.folder / "c.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Diff Test",
            "-days", "30", "-keyout", key, "-out", cert)
        plain = self.file("plain.efi", uki())
        signed = self.folder / "signed.efi"
        run("osslsigncode", "sign", "-certs", cert, "-key", key, "-h", "sha256", "-in", plain,
            "-out", signed)
        said = self.diff(plain.read_bytes(), signed.read_bytes())
        self.assertFalse(said["same"])
        self.assertTrue(said["measuredSame"])
        self.assertTrue(all(not f["measured"] for f in said["findings"]), said["findings"])
        self.assertIn("CN=Diff Test", json.dumps(said["findings"]))
        self.assertTrue(self.diff(plain.read_bytes(), signed.read_bytes(), "--measured")["same"])

    def test_inserted_event(self):
        """A failed boot option before the one that boots makes no later event differ."""
        a = self.file("a.efi", uki())
        result = self.call("--json", *DIALECT, a, a, "--for-b", "--boot-attempts", "2")
        said = json.loads(result.stdout)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.changed(said), {4})
        self.assertEqual({e["state"] for e in said["events"]}, {"only in B"})
        self.assertEqual({e["pcr"] for e in said["events"]}, {4})

    def test_measurements(self):
        a, b = self.file("a.efi", uki()), self.file("b.efi", uki(cmdline="other"))
        files = {}
        for name, image in [("a", a), ("b", b)]:
            for form in ("full", "constellation"):
                text = run(PROTOSTAR, "measure", "predict", *DIALECT, "--bank", "sha384",
                           "--format", form, image)
                files[name, form] = self.file(f"{name}-{form}.json", text)
        for x, y, code in [(("a", "full"), ("a", "full"), 0), (("a", "full"), ("b", "full"), 1),
                           (("a", "constellation"), ("b", "constellation"), 1),
                           (("a", "full"), ("a", "constellation"), 0)]:
            result = self.call("--json", files[x], files[y])
            self.assertEqual(result.returncode, code, (x, y, result.stdout, result.stderr))
        for form in ("full", "constellation"):
            self.assertEqual(self.call(*DIALECT, a, files["a", form]).returncode, 0)
            self.assertEqual(self.call(*DIALECT, files["b", form], a).returncode, 1)
            result = self.call(*DIALECT, "--bank", "sha256", a, files["a", form])
            self.assertEqual(result.returncode, 2)
            self.assertIn(b"bank", result.stderr)
        said = json.loads(self.call("--json", files["a", "full"], files["b", "full"]).stdout)
        self.assertEqual({(e["pcr"], e["rule"]) for e in said["events"]},
                         {(4, "efi-application"), (9, "kernel-command-line"),
                          (11, "section-contents")})


class Initrds(Case):
    def tree(self, name: str, files: dict[str, str], mode: int = 0o644) -> Path:
        folder = self.folder / name
        for path, text in files.items():
            self.file(f"{name}/{path}", text.encode()).chmod(mode)
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (0, 0))
        return folder

    def early(self) -> bytes:
        """As distributions put microcode before everything else."""
        data = archive(self.tree("early", {"kernel/x86/microcode/GenuineIntel.bin": "microcode"}))
        return data + bytes(-len(data) % 512)

    def test_every_compression(self):
        early = self.early()
        one = archive(self.tree("one", {"etc/motd": "hello\n", "bin/a": "\x01\x02"}))
        two = archive(self.tree("two", {"etc/motd": "hello\nworld\n", "bin/a": "\x01\x02"}))
        for name, how in PACKERS.items():
            with self.subTest(name):
                said = self.diff(uki(early + packed(one, how)), uki(early + packed(two, how)))
                self.assertIn(("a.efi/.initrd/etc/motd", "line", "only in B"), self.found(said))
                self.assertNotIn("unreadable", json.dumps(said))
                self.assertFalse([f for f in said["findings"] if "bin/a" in f["path"]])

    def test_compression_alone(self):
        early, one = self.early(), archive(self.tree("one", {"etc/motd": "hello\n"}))
        kinds = [b"", *(early + packed(one, how) for how in PACKERS.values())]
        for a in kinds[1:]:
            for b in kinds[1:]:
                said = self.diff(uki(a), uki(b))
                # Where the sections behind lie, and what a header sums up, follows from it.
                found = {f for f in self.found(said) if f[0] == "a.efi/.initrd"}
                self.assertEqual(found, set() if a == b else
                                 {("a.efi/.initrd", "packing", "changed")})
                if a != b:
                    self.assertIn("only their compression", json.dumps(said["findings"]))

    def test_what_a_file_has(self):
        one, two = (self.tree(n, {"a": "x", "gone" if n == "one" else "new": "y", "d/e": "z"})
                    for n in ("one", "two"))
        (two / "a").chmod(0o755)
        os.utime(two / "d/e", (7, 7))
        (one / "link").symlink_to("a")
        (two / "link").symlink_to("d/e")
        for folder in (one, two):
            os.utime(folder / "link", (0, 0), follow_symlinks=False)
            os.utime(folder / "d", (0, 0))
        said = self.diff(uki(archive(one)), uki(archive(two, "-R", "0:7")))
        inside = {(p.removeprefix("a.efi/.initrd/"), aspect, change)
                  for p, aspect, change in self.found(said) if p.startswith("a.efi/.initrd/")}
        for expected in [("a", "mode", "changed"), ("a", "owner", "changed"),
                         ("d/e", "mtime", "changed"), ("gone", "file", "only in A"),
                         ("new", "file", "only in B"), ("link", "target", "changed")]:
            self.assertIn(expected, inside)

    def test_bomb(self):
        """3 GiB of zeros in a few hundred KiB: refused within the memory that call() allows."""
        bomb = self.folder / "bomb"
        with open(bomb, "wb") as out:
            zeros = subprocess.Popen(["head", "-c", "3G", "/dev/zero"], stdout=subprocess.PIPE)
            subprocess.run(["zstd", "-q", "-1", "-c"], stdin=zeros.stdout, stdout=out, check=True)
            zeros.stdout.close()
            zeros.wait()
        said = self.diff(uki(bomb.read_bytes()), uki(self.early()))
        self.assertIn("more than can be meant", json.dumps(said["findings"]))


class Machines(Case):
    def disk(self, name: str, guid: str, image: bytes) -> Path:
        boot = self.file(f"{name}.efi", image)
        esp, disk = self.folder / f"{name}.esp", self.folder / f"{name}.img"
        with open(esp, "wb") as out:
            out.truncate(40 << 20)
        run("mkfs.vfat", "-F", "32", "-i", "12345678", "--invariant", esp)
        run("mmd", "-i", esp, "::EFI", "::EFI/BOOT")
        run("mcopy", "-i", esp, boot, "::EFI/BOOT/BOOTX64.EFI")
        with open(disk, "wb") as out:
            out.truncate(44 << 20)
        run("sfdisk", "-q", disk, input=(
            f"label: gpt\nlabel-id: {guid}\nstart=2048, size=81920, "
            f"type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid={guid}, name=esp\n").encode())
        run("dd", f"if={esp}", f"of={disk}", "bs=1M", "seek=1", "conv=notrunc")
        return disk

    def test_disks(self):
        guids = [f"{n}2345678-1234-4321-8765-123456789abc" for n in (1, 2)]
        a = self.disk("one", guids[0], uki(cmdline="a b"))
        b = self.disk("two", guids[1], uki(cmdline="a c"))
        result = self.call("--json", *DIALECT, a, b)
        self.assertEqual(result.returncode, 1, result.stderr)
        said = json.loads(result.stdout)
        self.assertEqual(self.changed(said), {4, 5, 9, 11})
        file = "disk/partition 1/EFI/BOOT/BOOTX64.EFI/.cmdline/"
        self.assertEqual(self.found(said), {
            ("disk", "disk GUID", "changed"), ("disk/partition 1", "partition GUID", "changed"),
            (file + "b", "word", "only in A"), (file + "c", "word", "only in B")})
        self.assertEqual(self.call(*DIALECT, a, a).returncode, 0)
        inner = f"{b}:EFI/BOOT/BOOTX64.EFI"
        said = json.loads(self.call("--json", *DIALECT, a, inner).stdout)
        self.assertIn(("disk", "disk GUID", "changed"), self.found(said))
        self.assertIn(("BOOTX64.EFI/.cmdline/c", "word", "only in B"), self.found(said))

    def knows_secure_boot(self, firmware: Path, image: Path) -> bool:
        """Whether PCR 7 follows from the build alone: it can then not do Secure Boot."""
        command = [PROTOSTAR, "measure", "predict", *DIALECT, "--firmware", firmware, image]
        said = run(*command).decode()
        self.assertEqual(len(re.findall(r"^  7  ", said, re.MULTILINE)), 1, said)
        return "\n  7  unknown: " not in said

    def test_firmware(self):
        """Debian's two builds of OVMF, down to the file in the compressed volume."""
        plain, secure = OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_CODE_4M.secboot.fd"
        image = self.file("a.efi", uki())
        result = self.call("--json", *DIALECT, "--firmware", plain, image, image, "--for-b",
                           "--firmware", secure)
        self.assertEqual(result.returncode, 1, result.stderr)
        said = json.loads(result.stdout)
        wanted = {(0, "firmware-volume")}
        # Debian 12's both can do Secure Boot; of Debian 13's only the one whose name says it.
        self.assertFalse(self.knows_secure_boot(secure, image))
        if self.knows_secure_boot(plain, image):
            wanted.add((7, "secure-boot-variable"))
        self.assertEqual({(e["pcr"], e["rule"]) for e in said["events"]}, wanted)
        self.assertEqual(self.changed(said), set())
        files = [f["path"] for f in said["findings"] if len(f["path"]) == 3]
        self.assertTrue(any("unpacked" in p[1] and p[2].startswith("Tcg2Dxe fdff263d-5f68-4591")
                            for p in files), files)
        self.assertTrue(all(f["path"][0] == "firmware" for f in said["findings"]))
        self.assertEqual(self.call(*DIALECT, "--firmware", plain, image, image).returncode, 0)


class Printing(Case):
    def on_terminal(self, *words, **env) -> bytes:
        outer, inner = pty.openpty()
        process = subprocess.Popen([PROTOSTAR, "measure", "diff", *map(str, words)], stdout=inner,
                                   stderr=subprocess.DEVNULL, env={**ENV, "TERM": "xterm", **env})
        os.close(inner)
        text = b""
        while True:
            try:
                piece = os.read(outer, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(outer)
        process.wait(timeout=60)
        return text

    def test_colour(self):
        words = [*DIALECT, self.file("a.efi", uki()), self.file("b.efi", uki(cmdline="x"))]
        self.assertNotIn(b"\033", self.call(*words).stdout)
        self.assertIn(b"\033[", self.on_terminal(*words))
        self.assertNotIn(b"\033", self.on_terminal(*words, NO_COLOR="1"))
        self.assertNotIn(b"\033", self.on_terminal("--json", *words))

    def test_hostile_texts(self):
        evil = "\033]0;title\007\033[2J a=\xff\u202e"
        a = self.file("a.efi", uki(cmdline="a"))
        b = self.file("b.efi", uki(cmdline=evil, osrel="ID=\033[1m\n"))
        for words in ([], ["--json"], ["--events"]):
            shown = self.call(*words, *DIALECT, a, b).stdout
            self.assertTrue(all(c == 10 or 32 <= c < 127 for c in shown), words)


class Refusals(Case):
    def refuse(self, *words, says: str):
        result = self.call(*words)
        self.assertEqual(result.returncode, 2, (words, result.stdout, result.stderr))
        self.assertEqual(result.stdout, b"")
        self.assertIn(says, result.stderr.decode())

    def test_misuse(self):
        a = self.file("a.efi", uki())
        self.refuse(a, says="B is missing")
        self.refuse(a, a, a, says="one word too many")
        self.refuse("--no-such-option", a, a, says="no-such-option")
        self.refuse("--for-b", "--for-b", a, a, says="--for-b")
        self.refuse(*DIALECT, a, self.folder / "nothing", says="nothing")
        self.refuse(a, self.file("x.json", b'{"measurements": ['), says="x.json")
        self.refuse(*DIALECT, a, self.file("x.img", b"\0" * 100_000), says="x.img")
        self.refuse(*DIALECT, a, self.file("empty", b""), says="empty")
        self.refuse(a, a, says="which stub")
        self.refuse(*DIALECT, a, self.file("cut.efi", uki()[:700]), says="cut.efi")

    def test_claims_of_a_gigabyte(self):
        whole = uki()
        for offset in range(0x40, 0x400, 4):
            spoiled = bytearray(whole)
            struct.pack_into("<I", spoiled, offset, 0x40000000)
            result = self.call(*DIALECT, self.file("a.efi", whole),
                               self.file("b.efi", bytes(spoiled)))
            self.assertIn(result.returncode, (0, 1, 2), (offset, result.stderr))

    def test_cut_anywhere(self):
        data = b"070701" + b"0" * 104
        whole = uki(initrd=data + packed(data, PACKERS["gzip"]))
        for length in range(0, len(whole), 61):
            result = self.call(*DIALECT, self.file("a.efi", whole),
                               self.file("b.efi", whole[:length]))
            self.assertIn(result.returncode, (1, 2), (length, result.stderr))
            if result.returncode == 2:
                self.assertIn(b"b.efi", result.stderr)


def main() -> int:
    global PROTOSTAR
    PROTOSTAR = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(argv=sys.argv[:1], verbosity=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
