#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `protostar build` makes, as other people's programs see it: cpio, sfdisk, mtools, fsck,
veritysetup, objcopy, osslsigncode; the same bits from two very different surroundings; and what it
refuses, each refusal beside a twin that is built. Kernel and modules are small stand-ins, so that
no network is needed; the stub is the real one.
usage: image.py PROTOSTAR STUB
"""

import filecmp
import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PROTOSTAR = STUB = ""
VERSION = "6.1.0-test"
PIN = "ab" * 32
EVIDENCE = f"sha256:{PIN}:000094:{PIN}"
OUTPUTS = ["cmdline", "disk.img", "initrd.img", "manifest.json", "measurements.json",
           "recipe.json", "sbom.spdx.json", "uki.efi"]
SECTOR = 512
MODULES = {  # name: (path, dependencies)
    "virtio": ("kernel/drivers/virtio/virtio.ko", []),
    "virtio_ring": ("kernel/drivers/virtio/virtio_ring.ko.xz", []),
    "virtio_pci": ("kernel/drivers/virtio/virtio_pci.ko", ["virtio", "virtio_ring"]),
    "virtio_blk": ("kernel/drivers/block/virtio_blk.ko.zst", ["virtio", "virtio_ring"]),
    "virtio_net": ("kernel/drivers/net/virtio_net.ko.gz", ["virtio", "virtio_ring"]),
    "dm_mod": ("kernel/drivers/md/dm-mod.ko", []),
    "dm_verity": ("kernel/drivers/md/dm-verity.ko", ["dm_mod"]),
    "dm_crypt": ("kernel/drivers/md/dm-crypt.ko", ["dm_mod"]),
    "dm_integrity": ("kernel/drivers/md/dm-integrity.ko", ["dm_mod"]),
    "aegis128": ("kernel/crypto/aegis128.ko", []),
    "erofs": ("kernel/fs/erofs/erofs.ko", []),
    "squashfs": ("kernel/fs/squashfs/squashfs.ko", []),
    "aegis128_aesni": ("kernel/arch/x86/crypto/aegis128-aesni.ko", ["aegis128"]),
}
ENV = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def run(*words, **more) -> bytes:
    return subprocess.run([str(w) for w in words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, env=ENV, **more).stdout


def pe_kernel(nx: bool = True, major: int = 3, machine: int = 0x8664) -> bytes:
    """The smallest PE that the stub takes as a kernel, with the version text of a bzImage."""
    text = bytearray(1024)
    text[2:6] = b"HdrS"
    struct.pack_into("<H", text, 0xE, 0x40)
    text[0x40:0x40 + len(VERSION) + 6] = VERSION.encode() + b" (me)\0"
    head = bytearray(512)
    head[0:2] = b"MZ"
    struct.pack_into("<I", head, 60, 64)
    struct.pack_into("<4sHHIIIHH", head, 64, b"PE\0\0", machine, 1, 0, 0, 0, 240, 0x22)
    optional = struct.pack("<HBBIIIII", 0x20B, 0, 0, 1024, 0, 0, 4096, 4096)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0, 4096, 512, 0, 0, major, 0, 0, 0, 0, 8192, 512,
                            0, 10, 0x100 if nx else 0)
    optional += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(128)
    head[88:88 + 240] = optional
    row = struct.pack("<8sIIIIIIHHI", b".text", 1024, 4096, 1024, 512, 0, 0, 0, 0, 0x60000020)
    head[328:368] = row
    return bytes(head + text)


def module_bytes(name: str) -> bytes:
    return b"\x7fELF" + hashlib.sha512(name.encode()).digest() * 40


def make_modules(folder: Path) -> None:
    packers = {".xz": "xz", ".zst": "zstd", ".gz": "gzip"}
    lines = []
    for name, (path, needs) in MODULES.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = module_bytes(name)
        packer = packers.get(target.suffix)
        target.write_bytes(run(packer, "-c", input=data) if packer else data)
        lines.append(f"{path}:" + "".join(f" {MODULES[n][0]}" for n in reversed(needs)))
    (folder / "modules.dep").write_text("\n".join(lines) + "\n")
    (folder / "modules.builtin").write_text("kernel/fs/ext4/ext4.ko\n")
    (folder / "modules.softdep").write_text("softdep dm_mod post: nothing\n")


def elf_program(text: bytes, machine: int = 62) -> bytes:
    """A 64-bit ELF header, without a loader, and some bytes behind it."""
    head = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, machine, 1, 0x401000,
                       64, 0, 0, 64, 56, 0, 64, 0, 0)
    return head + text


def make_early(more: bytes = b"") -> bytes:
    """What stands for PID 1: known by its words, as the real one is."""
    words = re.search(r'EARLY_IDENTITY "(.*)"',
                      (REPO / "early" / "contract" / "identity.h").read_text())[1]
    return elf_program(words.encode() + bytes(range(256)) * 40 + more)


def make_root(folder: Path, reverse: bool = False) -> None:
    files = {"usr/lib/os-release": b"ID=test\n", "usr/sbin/init": elf_program(b"init"),
             "usr/sbin/mkfs.ext4": elf_program(b"mkfs"),
             "etc/text": b"text\n" * 1000, "etc/empty": b"",
             "usr/lib/blob": random.Random(1).randbytes(300_000)}
    for name in sorted(files, reverse=reverse):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
        path.chmod(0o755 if "sbin" in name else 0o644)
    for name in sorted(("dev", "proc", "sys", "run"), reverse=reverse):
        (folder / name).mkdir()
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    (folder / "sbin").symlink_to("usr/sbin")
    os.link(folder / "etc/text", folder / "etc/same")


class Bench:
    """Inputs, and one image made of them that the tests look at."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.kernel = folder / "vmlinuz"
        self.kernel.write_bytes(pe_kernel())
        self.modules = folder / "lib" / "modules" / VERSION
        make_modules(self.modules)
        self.root = folder / "root"
        make_root(self.root)
        self.early = folder / "early"
        self.early.write_bytes(make_early())
        self.out = folder / "out"
        self.must(self.words())

    def words(self, **changes) -> list[str]:
        options = {"kernel": self.kernel, "modules-dir": self.modules, "root": self.root,
                   "early": self.early, "stub": STUB, "service": "10.0.2.2:9000", "pin": PIN,
                   "cmdline": "console=ttyS0 quiet", "out": self.out}
        options.update({key.replace("_", "-"): value for key, value in changes.items()})
        return [w for k, v in options.items() if v is not None for w in (f"--{k}", str(v))]

    def build(self, words: list[str], **more) -> subprocess.CompletedProcess:
        return subprocess.run([PROTOSTAR, "build", *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120, check=False, **more)

    def must(self, words: list[str], **more) -> None:
        result = self.build(words, **more)
        if result.returncode != 0:
            raise AssertionError(f"build ended with {result.returncode}: {result.stderr}")


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-image-")
        cls.bench = Bench(Path(cls.place.name))
        cls.out = cls.bench.out

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def partitions(self, disk: Path) -> list[dict]:
        return json.loads(run("sfdisk", "-J", disk))["partitiontable"]["partitions"]

    def cut(self, disk: Path, index: int, name: str) -> Path:
        part = self.partitions(disk)[index]
        target = self.bench.folder / name
        with open(disk, "rb") as stream:
            stream.seek(part["start"] * SECTOR)
            target.write_bytes(stream.read(part["size"] * SECTOR))
        return target

    def predicted(self, *words) -> dict[str, str]:
        said = run(PROTOSTAR, "measure", "predict", "--json", *words)
        return {n: e["expected"] for n, e in json.loads(said)["measurements"].items()}


class Contents(ImageTest):
    def test_outputs(self):
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), OUTPUTS)
        for path in self.out.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o644)

    def test_initrd_unpacks_with_cpio(self):
        folder = self.bench.folder / "initrd"
        folder.mkdir()
        archive = gzip.decompress((self.out / "initrd.img").read_bytes())
        listing = run("cpio", "-tv", "--quiet", input=archive).decode().splitlines()
        self.assertTrue(any(line.startswith("crw-------") and "5,   1" in line and
                            line.endswith("dev/console") for line in listing))
        for line in listing:
            self.assertEqual(line.split()[2:4], ["root", "root"])
        run("cpio", "-i", "--quiet", "--no-preserve-owner", "-d", "-f", "dev/console",
            input=archive, cwd=folder)
        self.assertEqual((folder / "init").read_bytes(), self.bench.early.read_bytes())
        self.assertEqual((folder / "init").stat().st_mode & 0o777, 0o755)
        lines = (folder / "modules.list").read_text().splitlines()
        names = [line.lstrip("-").removesuffix(".ko") for line in lines]
        for name in names:
            self.assertEqual((folder / "modules" / f"{name}.ko").read_bytes(), module_bytes(name))
            for need in MODULES[name][1]:
                self.assertLess(names.index(need), names.index(name))
        self.assertIn("-aegis128_aesni.ko", lines)
        self.assertEqual(set(names), set(MODULES) - {"squashfs"})
        self.assertEqual(sorted(p.name for p in folder.iterdir()),
                         ["dev", "init", "modules", "modules.list", "proc", "run", "sys",
                          "sysroot"])

    def test_partition_table(self):
        disk = self.out / "disk.img"
        self.assertIn(b"No errors detected", run("sfdisk", "--verify", disk))
        esp, root, verity = self.partitions(disk)
        root_hash = json.loads((self.out / "manifest.json").read_text())["rootHash"]
        self.assertEqual(esp["type"].lower(), "c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
        self.assertEqual(root["type"].lower(), "4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
        self.assertEqual(verity["type"].lower(), "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5")
        self.assertEqual(root["uuid"].lower().replace("-", ""), root_hash[:32])
        self.assertEqual(verity["uuid"].lower().replace("-", ""), root_hash[32:])
        for part in (esp, root, verity):
            self.assertEqual(part["start"] % 2048, 0)

    def test_backup_table_repairs_a_lost_primary(self):
        disk = self.bench.folder / "lost.img"
        shutil.copyfile(self.out / "disk.img", disk)
        with open(disk, "r+b") as stream:
            stream.seek(SECTOR)
            stream.write(bytes(SECTOR * 33))
        parts = self.partitions(disk)
        self.assertEqual([p["uuid"] for p in parts],
                         [p["uuid"] for p in self.partitions(self.out / "disk.img")])

    def test_esp(self):
        esp = self.cut(self.out / "disk.img", 0, "esp.img")
        run("fsck.vfat", "-n", esp)
        run("mcopy", "-n", "-i", esp, "::/EFI/BOOT/BOOTX64.EFI", self.bench.folder / "boot.efi")
        self.assertTrue(filecmp.cmp(self.bench.folder / "boot.efi", self.out / "uki.efi", False))

    def test_root_and_hash_tree(self):
        root = self.cut(self.out / "disk.img", 1, "root.img")
        verity = self.cut(self.out / "disk.img", 2, "verity.img")
        root_hash = json.loads((self.out / "manifest.json").read_text())["rootHash"]
        run("veritysetup", "verify", root, verity, root_hash)
        run("fsck.erofs", root)
        data = bytearray(root.read_bytes())
        data[5000] ^= 1
        root.write_bytes(data)
        with self.assertRaises(subprocess.CalledProcessError):
            run("veritysetup", "verify", root, verity, root_hash)

    def test_squashfs_root(self):
        out = self.bench.folder / "squash"
        tar = self.bench.folder / "root.tar"
        run("tar", "-C", self.bench.root, "--owner=7", "--group=8", "-cf", tar, ".")
        self.bench.must(self.bench.words(root=tar, out=out))
        root = self.cut(out / "disk.img", 1, "squash.img")
        listing = run("unsquashfs", "-lln", root).decode()
        self.assertRegex(listing, r"-rwxr-xr-x 7/8 .*squashfs-root/usr/sbin/init")
        # mksquashfs does not take the root's own entry, and would make it everybody's.
        self.assertRegex(listing, r"(?m)^drwxr-xr-x 0/0 .*squashfs-root$")
        run("tar", "-C", self.bench.root, "-cf", tar,
            *sorted(p.name for p in self.bench.root.iterdir()))
        self.bench.must(self.bench.words(root=tar, out=out))
        root = self.cut(out / "disk.img", 1, "squash.img")
        listing = run("unsquashfs", "-lln", root).decode()
        self.assertRegex(listing, r"(?m)^drwxr-xr-x 0/0 .*squashfs-root$")
        self.assertEqual(run("unsquashfs", "-cat", root, "etc/text"), b"text\n" * 1000)

    def test_squashfs_by_anybody(self):
        """A tar file becomes the same image, whoever builds."""
        if os.geteuid() != 0:
            self.skipTest("only root is anybody")
        tar = self.bench.folder / "anybody.tar"
        run("tar", "-C", self.bench.root, "-cf", tar, ".")
        want, place = self.bench.folder / "of-root", self.bench.folder / "anybody"
        self.bench.must(self.bench.words(root=tar, out=want))
        place.mkdir()
        os.chown(place, 1234, 1234)
        self.bench.folder.chmod(0o755)
        run("setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", PROTOSTAR, "build",
            *self.bench.words(root=tar, out=place / "out"))
        self.assertTrue(filecmp.cmp(want / "disk.img", place / "out" / "disk.img", False))

    def test_compressed_tars(self):
        """As mkosi and others leave them: the image is that of the plain tar file."""
        tar = self.bench.folder / "plain.tar"
        run("tar", "-C", self.bench.root, "--owner=7", "--group=8", "-cf", tar, ".")
        want = self.bench.folder / "of-plain"
        self.bench.must(self.bench.words(root=tar, out=want))
        for suffix, packer in ((".gz", "gzip"), (".xz", "xz"), (".zst", "zstd"), (".bz2", "bzip2"),
                               (".lz4", "lz4")):
            packed = self.bench.folder / f"plain.tar{suffix}"
            packed.write_bytes(run(packer, "-c", tar))
            out = self.bench.folder / f"of-{packer}"
            self.bench.must(self.bench.words(root=packed, out=out))
            self.assertTrue(filecmp.cmp(want / "disk.img", out / "disk.img", False), packer)
            self.assertEqual(sorted(p.name for p in out.iterdir()), OUTPUTS)
        packed.write_bytes(packed.read_bytes()[:5000])
        said = self.bench.build(self.bench.words(root=packed, out=out))
        self.assertEqual(said.returncode, 1)
        self.assertIn("lz4 failed", said.stderr)

    def test_finished_image_as_root(self):
        image = self.bench.folder / "finished.erofs"
        run("mkfs.erofs", "--quiet", image, self.bench.root)
        out = self.bench.folder / "finished"
        self.bench.must(self.bench.words(root=image, out=out))
        data = self.cut(out / "disk.img", 1, "finished.img").read_bytes()
        self.assertEqual(data[:image.stat().st_size], image.read_bytes())

    def test_uki_sections(self):
        uki = self.out / "uki.efi"
        want = {".linux": self.bench.kernel.read_bytes(), ".uname": VERSION.encode(),
                ".initrd": (self.out / "initrd.img").read_bytes(),
                ".cmdline": (self.out / "cmdline").read_bytes()}
        self.assertEqual(uki.stat().st_size % 512, 0)
        for name, data in want.items():
            target = self.bench.folder / "section"
            run("objcopy", "-O", "binary", f"--only-section={name}", uki, target)
            self.assertEqual(target.read_bytes()[:len(data)], data)
        self.assertRegex(run("objdump", "-x", uki).decode(), r"CheckSum\s+0+\n")

    def test_no_section_is_empty(self):
        """Each has bytes in the file: others' readers of PE files (fwupd's) refuse one without."""
        data = (self.out / "uki.efi").read_bytes()
        header = struct.unpack_from("<I", data, 60)[0]
        count = struct.unpack_from("<H", data, header + 6)[0]
        self.assertGreaterEqual(count, 9)
        for row in range(header + 264, header + 264 + 40 * count, 40):
            name, size, _, raw_size, raw_at = struct.unpack_from("<8sIIII", data, row)
            self.assertTrue(0 < size <= raw_size and raw_at % 512 == 0 and raw_at, name)

    def test_nx_follows_the_kernel(self):
        plain = self.bench.folder / "vmlinuz-plain"
        plain.write_bytes(pe_kernel(nx=False))
        out = self.bench.folder / "plain"
        self.bench.must(self.bench.words(kernel=plain, out=out))
        flags = [struct.unpack_from("<H", d, struct.unpack_from("<I", d, 60)[0] + 24 + 70)[0]
                 for d in ((self.out / "uki.efi").read_bytes(), (out / "uki.efi").read_bytes())]
        self.assertEqual([f & 0x100 for f in flags], [0x100, 0])


class Formats(ImageTest):
    """Disk images as clouds import them: qemu-img and tar agree on what is in them."""

    FILES = {"raw": "disk.img", "gcp": "disk.tar.gz", "vhd": "disk.vhd", "qcow2": "disk.qcow2"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = {}
        for name in cls.FILES:
            out = cls.bench.folder / f"format-{name}"
            cls.bench.must(cls.bench.words(out=out, format=name))
            cls.made[name] = out / cls.FILES[name]

    def info(self, name: str, kind: str) -> dict:
        return json.loads(run("qemu-img", "info", "-f", kind, "--output=json", self.made[name]))

    def test_outputs(self):
        for name, path in self.made.items():
            want = sorted({*OUTPUTS, path.name} - ({"disk.img"} - {path.name}))
            self.assertEqual(sorted(p.name for p in path.parent.iterdir()), want)
            self.assertEqual(path.stat().st_mode & 0o777, 0o644)
            manifest = json.loads((path.parent / "manifest.json").read_text())["outputs"]
            self.assertEqual(manifest[path.name]["sha256"],
                             hashlib.sha256(path.read_bytes()).hexdigest())
            recipe = json.loads((path.parent / "recipe.json").read_text())
            self.assertEqual(recipe["options"]["format"], name)
            self.assertIn(path.name, [o["name"] for o in recipe["outputs"]])
        self.assertTrue(filecmp.cmp(self.made["raw"], self.out / "disk.img", False))

    def test_qcow2(self):
        run("qemu-img", "check", "-f", "qcow2", self.made["qcow2"])
        run("qemu-img", "compare", "-f", "raw", "-F", "qcow2", self.made["raw"],
            self.made["qcow2"])
        self.assertLess(self.made["qcow2"].stat().st_size, self.made["raw"].stat().st_size // 4)

    def test_vhd(self):
        """The footer is qemu-img's own but for time, geometry, identity and checksum."""
        raw, vhd = self.made["raw"], self.made["vhd"]
        size = raw.stat().st_size
        self.assertEqual(size % (1 << 20), 0)
        self.assertEqual(self.info("vhd", "vpc")["virtual-size"], size)
        run("qemu-img", "compare", "-f", "raw", "-F", "vpc", raw, vhd)
        self.assertEqual(vhd.read_bytes()[:size], raw.read_bytes())
        theirs = self.bench.folder / "theirs.vhd"
        run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed,force_size",
            raw, theirs)
        ours, other = bytearray(vhd.read_bytes()[size:]), bytearray(theirs.read_bytes()[-512:])
        total = sum(ours) - sum(ours[64:68])
        self.assertEqual(struct.unpack_from(">I", ours, 64)[0], ~total & 0xFFFFFFFF)
        for footer in (ours, other):
            footer[24:28] = bytes(4)
            footer[32:36] = bytes(4)  # the version of the tool
            footer[56:60] = bytes(4)  # the geometry, which force_size replaces by the largest
            footer[64:84] = bytes(20)
        self.assertEqual(ours, other)

    def test_gcp(self):
        path = self.made["gcp"]
        with gzip.open(path) as stream:
            head = stream.read(512)
        self.assertEqual(head[257:265], b"ustar  \0")  # what --format=oldgnu writes
        listing = run("tar", "-tvzf", path, "--numeric-owner", "--full-time").decode()
        size = int(listing.split()[2])
        self.assertEqual((size % (1 << 30), listing.split()[5:]), (0, ["disk.raw"]))
        run("tar", "-xzf", path, "-C", self.bench.folder, "disk.raw")
        disk = self.bench.folder / "disk.raw"
        self.assertIn(b"No errors detected", run("sfdisk", "--verify", disk))
        small = {p["name"]: (p["start"], p["size"]) for p in self.partitions(self.made["raw"])}
        large = {p["name"]: (p["start"], p["size"]) for p in self.partitions(disk)}
        self.assertEqual(small, large)
        self.assertEqual(self.predicted(disk), self.predicted(self.made["raw"]))
        disk.unlink()

    def test_predicted_from_each(self):
        want = self.predicted(self.out / "uki.efi")
        for name, path in self.made.items():
            self.assertEqual(self.predicted(path), want, name)
            self.assertEqual(self.predicted(f"{path}:EFI/BOOT/BOOTX64.EFI"), want, name)
            stored = json.loads((path.parent / "measurements.json").read_text())["measurements"]
            self.assertEqual({n: e["expected"] for n, e in stored.items()}, want)

    def test_size_in_the_partition_table(self):
        """PCR 5 is of the table, and that follows the disk's size: GCP's is another."""
        values = {name: self.predicted("--pcrs", "5", "--profile", "qemu-ovmf", path)
                  for name, path in self.made.items()}
        self.assertEqual(values["raw"], values["vhd"])
        self.assertEqual(values["raw"], values["qcow2"])

    def test_same_bits_again(self):
        for name, path in self.made.items():
            out = self.bench.folder / "again"
            self.bench.must(self.bench.words(out=out, format=name))
            self.assertTrue(filecmp.cmp(path, out / path.name, False), name)
            shutil.rmtree(out)

    def test_others_containers(self):
        """One that is laid out otherwise is refused with the command that helps."""
        theirs = self.bench.folder / "theirs.qcow2"
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", self.made["raw"], theirs)
        dynamic = self.bench.folder / "dynamic.vhd"
        run("qemu-img", "convert", "-f", "raw", "-O", "vpc", self.made["raw"], dynamic)
        sparse, work = self.bench.folder / "sparse.tar.gz", self.bench.folder / "work"
        work.mkdir()
        run("cp", "--sparse=always", self.made["raw"], work / "disk.raw")
        run("tar", "-C", work, "--format=oldgnu", "-Sczf", sparse, "disk.raw")
        for path, says in ((theirs, f"qemu-img convert -O raw {theirs} NEW"),
                           (dynamic, f"qemu-img convert -O raw {dynamic} NEW"),
                           (sparse, f"tar -xzf {sparse} disk.raw")):
            result = subprocess.run([PROTOSTAR, "measure", "predict", str(path)], check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn(says, result.stderr)

    def test_unknown(self):
        said = self.bench.build(self.bench.words(out=self.bench.folder / "x", format="vmdk"))
        self.assertEqual(said.returncode, 2)
        self.assertIn("raw, gcp, vhd or qcow2", said.stderr)


class Predictions(ImageTest):
    def test_measurements_file(self):
        stored = json.loads((self.out / "measurements.json").read_text())["measurements"]
        self.assertEqual({n: e["expected"] for n, e in stored.items()},
                         self.predicted(self.out / "disk.img"))
        self.assertEqual(self.predicted(self.out / "disk.img"),
                         self.predicted(self.out / "uki.efi"))
        self.assertEqual(sorted(stored, key=int),
                         ["2", "3", "4", "9", "11", "12", "13", "15"])
        self.assertTrue(all(e["warnOnly"] is False for e in stored.values()))
        separator = hashlib.sha256(bytes(32) + hashlib.sha256(bytes(4)).digest()).hexdigest()
        self.assertEqual({stored[pcr]["expected"] for pcr in ("2", "3")}, {separator})

    def test_platforms(self):
        """PCR 2 and 3 are known as the platform has it; where they are not, build warns."""
        images = set()
        for profile, named in (("qemu-ovmf", 8), ("aws", 8), ("gcp", 8), ("azure", 8), ("uefi", 6)):
            out = self.bench.folder / f"profile-{profile}"
            said = self.bench.build(self.bench.words(out=out, profile=profile))
            self.assertEqual(said.returncode, 0, said.stderr)
            stored = json.loads((out / "measurements.json").read_text())["measurements"]
            self.assertEqual(len(stored), named, profile)
            for pcr in ("2", "3"):
                self.assertEqual(pcr in stored, named == 8)
                self.assertEqual(f"lacks PCR {pcr}, which the join service demands" in said.stderr,
                                 named == 6)
            self.assertEqual("condition: PCR 2, 3: " in said.stderr, named == 8)
            recipe = json.loads((out / "recipe.json").read_text())
            self.assertEqual(recipe["options"]["profile"], profile)
            images.add((out / "disk.img").read_bytes())
        self.assertEqual(images, {(self.out / "disk.img").read_bytes()})
        said = self.bench.build(self.bench.words(out=self.bench.folder / "none", profile="mine"))
        self.assertEqual(said.returncode, 2)
        self.assertIn("qemu-ovmf, aws, gcp, azure or uefi", said.stderr)

    def test_pcrs_worked_out_again(self):
        """PCR 9 and 11 by hashlib from the files alone, in two banks."""
        line = (self.out / "cmdline").read_text()
        initrd = (self.out / "initrd.img").read_bytes()
        for bank in ("sha256", "sha384"):
            value = bytes(hashlib.new(bank).digest_size)
            for data in (line.encode("utf-16le") + b"\0\0", initrd):
                value = hashlib.new(bank, value + hashlib.new(bank, data).digest()).digest()
            self.assertEqual(self.predicted("--bank", bank, self.out / "uki.efi")["9"],
                             value.hex())

    def test_pcr_11_as_systemd_measure_computes_it(self):
        """A version that does not know the last sections is helped over them by hashlib."""
        tool = next(t for t in ("/usr/lib/systemd/systemd-measure",
                                "/lib/systemd/systemd-measure") if os.path.exists(t))
        usage = run(tool, "--help").decode()
        names = ["linux", "osrel", "cmdline", "initrd", "uname", "sbat"]
        files = {}
        for name in names:
            files[name] = self.bench.folder / f"measure-{name}"
            run("objcopy", "-O", "binary", f"--only-section=.{name}", self.out / "uki.efi",
                files[name])
        known = [n for n in names if f"--{n}=" in usage]
        self.assertEqual(known, names[:len(known)])
        self.assertGreaterEqual(len(known), 4)
        for bank in ("sha1", "sha256", "sha384", "sha512"):
            said = run(tool, "calculate", f"--bank={bank}", "--phase=",
                       *(f"--{n}={files[n]}" for n in known)).decode()
            value = bytes.fromhex(said.split(f"11:{bank}=")[1].split()[0])
            for name in names[len(known):]:
                for data in (f".{name}\0".encode(), files[name].read_bytes()):
                    value = hashlib.new(bank, value + hashlib.new(bank, data).digest()).digest()
            self.assertEqual(self.predicted("--bank", bank, self.out / "uki.efi")["11"],
                             value.hex())

    def test_each_input_moves_its_pcrs(self):
        base = self.predicted(self.out / "uki.efi")
        other_early = self.bench.folder / "early2"
        other_early.write_bytes(self.bench.early.read_bytes() + b"!")
        changes = {"cmdline": {"cmdline": "console=ttyS1 quiet"}, "initrd": {"early": other_early}}
        for name, change in changes.items():
            out = self.bench.folder / f"moved-{name}"
            self.bench.must(self.bench.words(out=out, **change))
            now = self.predicted(out / "uki.efi")
            self.assertEqual({n for n in base if base[n] != now[n]}, {"4", "9", "11"})

    def test_authenticode_as_signing_tools_compute_it(self):
        key, cert = self.bench.folder / "key.pem", self.bench.folder / "cert.pem"
        signed = self.bench.folder / "signed.efi"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
            "-keyout", key, "-out", cert)
        run("sbsign", "--key", key, "--cert", cert, "--output", signed, self.out / "uki.efi")
        said = json.loads(run(PROTOSTAR, "measure", "predict", "--format", "full",
                              self.out / "uki.efi"))
        digest = next(event["digests"]["sha256"] for event in said["events"]
                      if event["rule"] == "efi-application")
        # The signature holds the digest as DER: OCTET STRING of 32 bytes.
        self.assertIn(b"\x04\x20" + bytes.fromhex(digest), signed.read_bytes())
        run("sbverify", "--cert", cert, signed)
        self.assertEqual(self.predicted(signed), self.predicted(self.out / "uki.efi"))

    def test_refuses_what_is_no_image(self):
        for data in (b"", b"MZ", bytes(100_000), (self.out / "uki.efi").read_bytes()[:-600]):
            path = self.bench.folder / "bad"
            path.write_bytes(data)
            result = subprocess.run([PROTOSTAR, "measure", "predict", str(path)], check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((result.returncode, result.stdout), (1, b""))
            self.assertTrue(result.stderr.startswith(b"protostar: "))


class Reproducible(ImageTest):
    def test_same_bits_elsewhere(self):
        """Other folder, order of files, owner of time, zone, locale, umask, one core, minutes."""
        bench = self.bench
        other = bench.folder / "elsewhere" / "deep"
        other.mkdir(parents=True)
        make_root(other / "root", reverse=True)
        for path in (bench.kernel, bench.early):
            shutil.copy(path, other / path.name)
        make_modules(other / VERSION)
        for path in other.rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
        squash = bench.folder / "squash-here"
        bench.must(bench.words(root_format="squashfs", out=squash))
        self.elsewhere(other, self.out)
        self.elsewhere(other, squash, "--root-format", "squashfs")

    def elsewhere(self, other: Path, want: Path, *more: str) -> None:
        bench = self.bench
        env = dict(os.environ, TZ="Asia/Tokyo", LC_ALL="C.UTF-8", LANG="de_DE.UTF-8",
                   SOURCE_DATE_EPOCH="1700000000", HOME="/nonexistent", MTOOLSRC="/etc/passwd")
        result = subprocess.run(
            ["taskset", "1", PROTOSTAR, "build", *bench.words(
                kernel="vmlinuz", early="./early", root="root/", modules_dir=f"{VERSION}/",
                out="image"), *more],
            cwd=other, env=env, umask=0o077, check=False, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        for name in OUTPUTS:
            self.assertTrue(filecmp.cmp(want / name, other / "image" / name, False), name)
            self.assertEqual((other / "image" / name).stat().st_mode & 0o777, 0o644)


class Refusals(ImageTest):
    def refused(self, says: str, words: list[str], code: int = 1) -> None:
        out = self.bench.folder / "refused"
        before = sorted(self.bench.folder.iterdir())
        result = self.bench.build([str(out) if w == "OUT" else w for w in words])
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(says, result.stderr)
        self.assertEqual(sorted(self.bench.folder.iterdir()), before)

    def words(self, **changes) -> list[str]:
        return self.bench.words(**{"out": "OUT", **changes})

    def test_twin_is_built(self):
        out = self.bench.folder / "twin"
        self.bench.must(self.bench.words(out=out))
        shutil.rmtree(out)

    def test_command_lines(self):
        for word in ("rd.break", "init=/bin/sh", "systemd.debug-shell", "single", "initrd=x"):
            self.refused(f'"{word}" is refused', self.words(cmdline=f"quiet {word}"))
        self.refused("shorten", self.words(cmdline="x=" + "a" * 1900))
        self.refused("unknown protostar.* key: mend the key's spelling",
                     self.words(option="protostar.x=1"))
        self.refused("not a selector: write serial:NAME",
                     self.words(option="protostar.state=sdb"))
        self.refused("no such setting", self.words(option="quiet=1"))
        self.refused("protostar.pin needs", self.words(pin="ab"))
        self.refused("protostar.service needs", self.words(service="name.example:1"))
        for word in ("--pin", "--service-evidence"):
            self.refused(word, self.words(pin=None), code=2)
        for word in ("--service", "--operator"):
            self.refused(word, self.words(pin=None, service=None), code=2)
        self.refused("protostar.operator needs", self.words(operator="ab", listen=7443))
        self.refused("protostar.listen needs", self.words(operator=PIN, listen=0))
        self.refused("protostar.listen: a mandatory key is missing", self.words(operator=PIN))
        self.refused("protostar.operator: a mandatory key is missing", self.words(listen=7443))
        self.refused("protostar.service: a mandatory key is missing",
                     self.words(service=None, operator=PIN, listen=7443))
        self.refused("protostar.service.evidence needs", self.words(service_evidence="tpm"))
        self.refused("twice", self.words(service_evidence=EVIDENCE,
                                         option=f"protostar.service.evidence={EVIDENCE}"))
        self.refused("twice", self.words(option="protostar.net=ra") + [
            "--option", "protostar.net=dhcp"])

    def test_modules(self):
        self.refused("the module xfs is neither", self.words(module="xfs"))
        for name in ("dm_verity", "erofs", "aegis128"):
            folder = self.bench.folder / f"without-{name}" / VERSION
            shutil.copytree(self.bench.modules, folder)
            dep = folder / "modules.dep"
            dep.write_text("".join(line for line in dep.read_text().splitlines(True)
                                   if not line.startswith(MODULES[name][0])))
            self.refused(f"the module {name} is neither", self.words(modules_dir=folder))
        folder = self.bench.folder / "nodep" / VERSION
        shutil.copytree(self.bench.modules, folder)
        (folder / "modules.dep").unlink()
        self.refused("run depmod", self.words(modules_dir=folder))
        other = self.bench.folder / "6.2.0-other"
        shutil.copytree(self.bench.modules, other)
        self.refused("the kernel is 6.1.0-test", self.words(modules_dir=other))

    def test_kernels(self):
        for name, data, says in (
                ("gz", gzip.compress(pe_kernel()), "gunzip"),
                ("text", b"kernel" * 1000, "not a kernel"),
                ("old", pe_kernel(major=0), "too old"),
                ("arm", pe_kernel(machine=0xAA64), "another architecture")):
            path = self.bench.folder / f"vmlinuz-{name}"
            path.write_bytes(data)
            self.refused(says, self.words(kernel=path))

    def test_kernel_options(self):
        """Checked where the configuration lies beside the kernel."""
        options = ["EFI_STUB", "BLK_DEV_INITRD", "RD_GZIP", "BINFMT_ELF", "DEVTMPFS", "PROC_FS",
                   "SYSFS", "TMPFS", "SECURITYFS", "EROFS_FS_ZIP"]
        config = self.bench.folder / f"config-{VERSION}"
        try:
            for missing in options:
                config.write_text("".join(
                    f"# CONFIG_{o} is not set\n" if o == missing else f"CONFIG_{o}=y\n"
                    for o in options))
                self.refused(f"without CONFIG_{missing}=y", self.words())
            config.write_text("".join(f"CONFIG_{o}=y\n" for o in options))
            self.test_twin_is_built()
        finally:
            config.unlink()

    def test_stubs(self):
        signed = self.bench.folder / "signed-stub"
        data = bytearray(Path(STUB).read_bytes())
        slot = struct.unpack_from("<I", data, 60)[0] + 24 + 112 + 32
        struct.pack_into("<II", data, slot, len(data), 16)
        signed.write_bytes(data + bytes(16))
        self.refused("signed already", self.words(stub=signed))
        self.refused("already has a section", self.words(stub=self.out / "uki.efi"))

    def test_roots(self):
        junk = self.bench.folder / "junk"
        junk.write_bytes(b"no tar file, no image" * 1000)
        self.refused("is neither a folder, nor a tar file", self.words(root=junk))
        self.refused("--root", self.words(root=self.bench.folder / "nothing"))
        self.refused("no two builds", self.words(root_format="ext4"), code=2)
        ext4 = self.bench.folder / "small-blocks.ext4"
        run("mkfs.ext4", "-q", "-b", "1024", ext4, "4096")
        self.refused("mkfs.ext4 -b 4096", self.words(root=ext4))

    def spoilt_root(self, change) -> Path:
        """A copy of the good root with something done to it."""
        root = self.bench.folder / "spoilt"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.bench.root, root, symlinks=True)
        change(root)
        return root

    def as_tar(self, folder: Path, name: str = "spoilt.tar", *words: str) -> Path:
        tar = self.bench.folder / name
        run("tar", "-C", folder, *words, "-cf", tar, ".")
        return tar

    def refused_root(self, says: str, change) -> None:
        """As a folder, and as a tar file in each of the formats that tar writes."""
        root = self.spoilt_root(change)
        self.refused(says, self.words(root=root))
        for form in ("gnu", "posix"):
            self.refused(says, self.words(root=self.as_tar(root, f"spoilt-{form}.tar",
                                                           f"--format={form}")))

    def test_roots_that_cannot_boot(self):
        """What PID 1 would find out, some of it after the join, is told at once."""
        def move_init(root: Path, target: str) -> None:
            (root / "usr/sbin/init").unlink()
            (root / "usr/sbin/init").symlink_to(target)

        def loader(root: Path, name: str) -> None:
            program = bytearray(image_of(b"", name.encode() + b"\0"))
            (root / "usr/sbin/init").write_bytes(program)

        def image_of(text: bytes, interpreter: bytes) -> bytes:
            head = bytearray(elf_program(text))
            struct.pack_into("<H", head, 56, 1)
            row = struct.pack("<IIQQQQQQ", 3, 4, 120, 120, 120, len(interpreter),
                              len(interpreter), 1)
            return bytes(head[:64]) + row + interpreter

        cases = [
            ("has no /sbin/init (links lead to /usr/sbin/init, which is not there): PID 1 would",
             lambda r: (r / "usr/sbin/init").unlink()),
            ("(links lead to /lib/systemd/systemd, which is not there)",
             lambda r: move_init(r, "/lib/systemd/systemd")),
            ("(links lead to /usr/sbin/other, which is not there): PID 1 would stop with E412",
             lambda r: move_init(r, "other")),
            ("has no /sbin/init (links", lambda r: move_init(r, "init")),
            ("/sbin/init is not executable (mode 0644)",
             lambda r: (r / "usr/sbin/init").chmod(0o644)),
            ("/sbin/init is no file", lambda r: move_init(r, "../../etc")),
            ("neither an ELF program nor a script",
             lambda r: (r / "usr/sbin/init").write_bytes(b"init")),
            ("has no /lib64/ld-linux-x86-64.so.2: /sbin/init needs it",
             lambda r: loader(r, "/lib64/ld-linux-x86-64.so.2")),
            ("/sbin/init is for another architecture",
             lambda r: (r / "usr/sbin/init").write_bytes(elf_program(b"", machine=183))),
            ("/sbin/init is for another architecture",
             lambda r: (r / "usr/sbin/init").write_bytes(elf_program(b"")[:63])),
            ("has no /bin/sh: /sbin/init needs it",
             lambda r: (r / "usr/sbin/init").write_bytes(b"#! /bin/sh -e\n")),
            ("has no /usr/sbin/mkfs.ext4: PID 1 would stop with E568",
             lambda r: (r / "usr/sbin/mkfs.ext4").unlink()),
            ("/usr/sbin/mkfs.ext4 is not executable",
             lambda r: (r / "usr/sbin/mkfs.ext4").chmod(0o600))]
        for name in ("dev", "proc", "sys", "run"):
            cases.append((f"has no folder /{name}: PID 1 would stop with E305",
                          lambda r, name=name: (r / name).rmdir()))
            cases.append((f"/{name} is no folder",
                          lambda r, name=name: ((r / name).rmdir(),
                                                (r / name).symlink_to("etc"))))
        for says, change in cases:
            with self.subTest(says):
                self.refused_root(says, change)
        root = self.spoilt_root(
            lambda r: [shutil.rmtree(r / name) for name in ("usr", "dev", "run")])
        everything = self.bench.build(self.bench.words(root=root, out=self.bench.folder / "none"))
        for says in ("/sbin/init", "folder /dev", "folder /run", "mkfs.ext4"):
            self.assertIn(says, everything.stderr)

    def test_roots_that_options_name(self):
        """What protostar.init and protostar.state.mount name has to be there too."""
        self.refused("has no /usr/bin/mine", self.words(option="protostar.init=/usr/bin/mine"))
        self.refused("has no folder /var/lib/state, which protostar.state.mount names",
                     self.words(option="protostar.state.mount=/var/lib/state"))
        self.refused("goes through the link /sbin",
                     self.words(option="protostar.state.mount=/sbin/state"))
        self.refused("has no folder /etc/text",
                     self.words(option="protostar.state.mount=/etc/text"))

    def test_roots_that_can_boot(self):
        """Absolute links stay inside, "/run/..." is made by PID 1, a folder need have no entry."""
        def change(root: Path) -> None:
            (root / "usr/lib/systemd").mkdir()
            (root / "usr/sbin/init").rename(root / "usr/lib/systemd/systemd")
            (root / "lib").symlink_to("usr/lib")
            (root / "usr/sbin/init").symlink_to("/../lib/systemd/./systemd")
            (root / "usr/lib/systemd/systemd").write_bytes(b"#!/usr/sbin/mkfs.ext4\n")
            (root / "var/lib").mkdir(parents=True)
            (root / "srv").mkdir()
            os.link(root / "usr/sbin/mkfs.ext4", root / "srv/a-name-before")

        root = self.spoilt_root(change)
        out = self.bench.folder / "bootable"
        files = ["run", "dev", "proc", "sys", "sbin", "lib", "var/lib", "etc/text", "srv",
                 "usr/sbin/init", "usr/sbin/mkfs.ext4", "usr/lib/systemd/systemd"]
        sparse = self.bench.folder / "sparse.tar"
        run("tar", "-C", root, "-cf", sparse, *files)
        deep = "etc/" + "a-long-name/" * 12 + "end"
        (root / deep).parent.mkdir(parents=True)
        (root / deep).symlink_to("x" * 200)
        for made in (root, sparse, self.as_tar(root, "gnu.tar", "--format=gnu"),
                     self.as_tar(root, "posix.tar", "--format=posix"),
                     self.as_tar(root, "pax.tar", "--format=posix", "--xattrs")):
            for option in ("protostar.state.mount=/var/lib", "protostar.state.mount=/run/a/b",
                           "protostar.init=/lib/systemd/systemd"):
                self.bench.must(self.bench.words(root=made, out=out, option=option))

    def test_roots_that_systemd_minds(self):
        """What boots and then is not what was meant is warned of."""
        root = self.bench.folder / "with-systemd"
        shutil.copytree(self.bench.root, root, symlinks=True)
        (root / "usr/lib/systemd").mkdir()
        (root / "usr/sbin/init").rename(root / "usr/lib/systemd/systemd")
        (root / "usr/sbin/init").symlink_to("/lib/systemd/systemd")
        (root / "lib").symlink_to("usr/lib")
        (root / ".dockerenv").touch()
        words = self.bench.words(root=root, out=self.bench.folder / "systemd")
        said = self.bench.build(words)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("has no /etc/machine-id", said.stderr)
        self.assertIn("has /.dockerenv", said.stderr)
        (root / ".dockerenv").unlink()
        (root / "etc/machine-id").touch()
        said = self.bench.build(words)
        self.assertEqual((said.returncode, "--root" in said.stderr), (0, False), said.stderr)

    def test_finished_images_that_cannot_boot(self):
        """Taken apart by the programs of their formats; warned of where that cannot be."""
        root = self.spoilt_root(lambda r: (r / "dev").rmdir())
        made = [self.bench.folder / f"spoilt.{kind}" for kind in ("squashfs", "erofs", "ext4")]
        run("mksquashfs", root, made[0], "-quiet", "-no-progress", "-noappend")
        run("mkfs.erofs", "--quiet", made[1], root)
        run("mkfs.ext4", "-q", "-b", "4096", "-d", root, made[2], "32M")
        for path in made:
            self.refused("has no folder /dev", self.words(root=path))
        folder = self.bench.folder / "no-tools"
        folder.mkdir()
        (folder / "unsquashfs").write_text("#!/bin/sh\nexit 1\n")
        (folder / "unsquashfs").chmod(0o755)
        out = self.bench.folder / "unseen"
        said = self.bench.build(self.bench.words(root=made[0], out=out),
                                env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"))
        self.assertEqual(said.returncode, 0)
        self.assertIn("cannot be looked into", said.stderr)

    def test_what_is_no_root(self):
        empty = self.bench.folder / "empty"
        empty.mkdir()
        self.refused("holds nothing", self.words(root=empty))
        self.refused("holds nothing", self.words(root=self.as_tar(empty, "empty.tar")))
        nested = self.bench.folder / "nested.tar"
        run("tar", "-C", self.bench.folder, "-cf", nested, "root")
        self.refused("everything in it lies in the folder root", self.words(root=nested))
        cut = self.bench.folder / "cut.tar"
        cut.write_bytes(self.as_tar(self.bench.root).read_bytes()[:20000])
        self.refused("ends inside a member", self.words(root=cut))
        self.refused("a disk image with a partition table",
                     self.words(root=self.out / "disk.img"))
        cpio = self.bench.folder / "root.cpio"
        cpio.write_bytes(gzip.decompress((self.out / "initrd.img").read_bytes()))
        self.refused("a cpio archive", self.words(root=cpio))
        self.refused("a cpio archive", self.words(root=self.out / "initrd.img"))

    def test_programs_of_others(self):
        """Neither PID 1 nor the stub can be another program, even one that would start."""
        self.refused("is not protostar-early", self.words(early="/bin/true"))
        self.refused("is not protostar-early", self.words(early=PROTOSTAR))
        self.refused("is not an ELF program", self.words(early="/etc/passwd"))
        arm = self.bench.folder / "arm-early"
        arm.write_bytes(elf_program(make_early()[64:], machine=183))
        self.refused("another architecture", self.words(early=arm))
        for path in Path("/usr/lib/systemd/boot/efi").glob("linuxx64.efi.stub"):
            self.refused("is systemd-stub 2", self.words(stub=path))
        self.refused("is systemd-boot 2",
                     self.words(stub="/usr/lib/systemd/boot/efi/systemd-bootx64.efi"))
        self.refused("is no EFI image", self.words(stub="/bin/true"))
        other = self.bench.folder / "other.efi"
        other.write_bytes(pe_kernel())
        self.refused("is another EFI program", self.words(stub=other))

    def test_interrupted(self):
        """Ctrl-C in the middle of a build leaves nothing behind."""
        out = self.bench.folder / "interrupted"
        slow = self.bench.folder / "slow"
        slow.mkdir()
        tool = slow / "mkfs.erofs"
        tool.write_text("#!/bin/sh\necho started >&3\nexec sleep 30\n")
        tool.chmod(0o755)
        reading, writing = os.pipe()
        before = sorted(self.bench.folder.iterdir())
        shell = f'exec 3>&{writing}; exec "$@"'
        child = subprocess.Popen(
            ["bash", "-c", shell, "bash", PROTOSTAR, "build", *self.bench.words(out=out)],
            env=dict(os.environ, PATH=f"{slow}:{os.environ['PATH']}"), pass_fds=[writing],
            start_new_session=True, stderr=subprocess.PIPE)
        os.close(writing)
        self.assertEqual(os.read(reading, 8), b"started\n")
        os.close(reading)
        os.killpg(child.pid, signal.SIGINT)
        self.assertEqual(child.wait(20), 1)
        child.stderr.close()
        self.assertEqual(sorted(self.bench.folder.iterdir()), before)

    def test_misuse(self):
        self.refused("--kernel is missing", self.words(kernel=None), code=2)
        self.refused("there is no option --bogus", self.words() + ["--bogus"], code=2)
        self.refused("extra: there is one word too many", self.words() + ["extra"], code=2)

    def test_out_folder(self):
        out = self.bench.folder / "mine"
        out.mkdir()
        (out / "thesis.tex").write_text("years of work")
        result = self.bench.build(self.bench.words(out=out))
        self.assertEqual(result.returncode, 1)
        self.assertEqual((out / "thesis.tex").read_text(), "years of work")
        (out / "thesis.tex").unlink()
        self.bench.must(self.bench.words(out=out))
        self.bench.must(self.bench.words(out=out, cmdline="quiet"))
        self.assertNotIn("ttyS0", (out / "cmdline").read_text())
        self.assertEqual(sorted(p.name for p in out.iterdir()), OUTPUTS)
        self.assertEqual(list(self.bench.folder.glob("*.partial-*")), [])
        shutil.rmtree(out)


class Command(unittest.TestCase):
    def code(self, *words) -> int:
        return subprocess.run([PROTOSTAR, *words], stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def test_exit_codes(self):
        self.assertEqual(self.code("--help"), 0)
        self.assertEqual(self.code("--version"), 0)
        self.assertEqual(self.code("build", "--help"), 0)
        self.assertEqual(self.code("measure", "--help"), 0)
        self.assertEqual(self.code("measure", "predict", "--help"), 0)
        self.assertEqual(self.code(), 2)
        self.assertEqual(self.code("nonsense"), 2)
        self.assertEqual(self.code("measure"), 2)
        self.assertEqual(self.code("measure", "predict"), 2)
        self.assertEqual(self.code("measure", "predict", "--bank", "md5", "x"), 2)
        self.assertEqual(self.code("measure", "predict", "/nonexistent"), 2)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    PROTOSTAR, STUB = (os.path.abspath(word) for word in sys.argv[1:])
    unittest.main(argv=sys.argv[:1])
