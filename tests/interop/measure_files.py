#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What `protostar measure predict` makes of files that other tools make: partition tables and FATs of
every kind, UKIs with padded sections, systemd-boot in front of them, variables as efivarfs and as
qemu-img keep them. The values of PCR 5 are those of real boots.
usage: measure_files.py PROTOSTAR BUILD
"""

import bz2
import gzip
import hashlib
import json
import lzma
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from image import pe_kernel  # noqa: E402
from vm import gpt  # noqa: E402
from vm.releases import Release  # noqa: E402
from vm.uki import make_uki  # noqa: E402
from vm.variables import Variables, join_option  # noqa: E402

PROTOSTAR = ""
BUILD = Path()
ENV = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
LINE = "console=ttyS0 quiet café=1"
SECTIONS = {".osrel": b"ID=test\n", ".cmdline": f"{LINE}\n".encode(), ".linux": pe_kernel(),
            ".initrd": b"no archive, and not padded"}
REMOVABLE, INSTALLED = "EFI/BOOT/BOOTX64.EFI", "EFI/Linux/debian-6.1.0-56.efi"
IMAGE_SECURITY = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f")
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
SHA256 = uuid.UUID("c1c41626-504c-4092-aca9-41f936934328").bytes_le


def run(*words, **more) -> bytes:
    return subprocess.run([str(w) for w in words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, env=ENV, **more).stdout


def extend(*messages: bytes) -> str:
    value = bytes(32)
    for message in messages:
        value = hashlib.sha256(value + hashlib.sha256(message).digest()).digest()
    return value.hex()


def signature_list(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<III", 28 + 16 + len(data), 0, 16 + len(data)) + bytes(16) + data


class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-files-")
        cls.folder = Path(cls.place.name)
        cls.releases = {252: Release("bookworm", BUILD / "interop"),
                        257: Release("trixie", BUILD / "interop")}
        cls.uki = make_uki(cls.releases[252].stub(), SECTIONS, cls.folder / "uki.efi")
        cls.newer = make_uki(cls.releases[257].stub(), SECTIONS, cls.folder / "newer.efi")

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def predict(self, *words) -> dict[int, str]:
        """The registers that are known."""
        said = json.loads(run(PROTOSTAR, "measure", "predict", "--format", "full", *words))
        return {r["pcr"]: r["values"]["sha256"] for r in said["registers"] if r["known"]}

    def events(self, rule: str, *words) -> list[str]:
        said = json.loads(run(PROTOSTAR, "measure", "predict", "--format", "full", *words))
        return [e["digests"]["sha256"] for e in said["events"] if e["rule"] == rule]

    def refused(self, *words, code: int = 1) -> str:
        done = subprocess.run([str(w) for w in (PROTOSTAR, "measure", "predict", *words)],
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120)
        self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
        return done.stderr.decode()

    def disk(self, files: dict[str, Path] = None, bits: int = 12, sector: int = 512,
             cluster: int = 16384, name: str = "disk.img", **table) -> Path:
        fat = gpt.make_fat(files or {REMOVABLE: self.uki}, self.folder / "esp.img", 60, bits,
                           sector, cluster)
        return gpt.make_disk(fat, self.folder / name, sector, **table)

    def same_image(self, disk) -> dict[int, str]:
        """The disk's prediction, which is that of the UKI in it."""
        said, plain = self.predict(disk), self.predict(self.uki)
        for pcr in (4, 9, 11, 12):
            self.assertEqual(said[pcr], plain[pcr])
        return said


class Disks(FilesTest):
    # OVMF and swtpm booted it: sectors of 4096 bytes, 56 entries.
    BOOTED_4096 = "f1690ea60b2bcf3f49c0c3dec4c3a20a37a815064a9751846ad6d4285bd6e1b5"
    # Of sfdisk's table with table-length 56.
    SFDISK_56 = "76031eb7c32b2c803531fe0d5c86732fbffde3198dfaeb66385b241250e24fa3"

    def test_sectors_of_4096_bytes(self):
        disk = self.disk(sector=4096, count=56)
        self.assertEqual(self.same_image(disk)[5], self.BOOTED_4096)

    def pcr5(self, disk: Path, sector: int) -> str:
        """PFP 10.4.1: header, number of used entries, those entries."""
        data = disk.read_bytes()
        header = data[sector:sector + 92]
        at, count, size = struct.unpack_from("<QII", header, 72)
        entries = [data[at * sector + i * size:at * sector + (i + 1) * size] for i in range(count)]
        used = [entry for entry in entries if entry[:16] != bytes(16)]
        return extend(bytes(4), header + struct.pack("<Q", len(used)) + b"".join(used),
                      b"Exit Boot Services Invocation",
                      b"Exit Boot Services Returned with Success")

    def test_tables_of_every_shape(self):
        for sector in (512, 4096):
            for count, entry_len in ((4, 128), (56, 128), (127, 128), (200, 128), (1000, 128),
                                     (128, 256), (12, 4096)):
                with self.subTest(sector=sector, count=count, entry_len=entry_len):
                    disk = self.disk(sector=sector, count=count, entry_len=entry_len)
                    self.assertEqual(self.same_image(disk)[5], self.pcr5(disk, sector))

    def test_sfdisk_with_other_numbers_of_entries(self):
        fat = gpt.make_fat({REMOVABLE: self.uki}, self.folder / "esp.img", 75, 32, 512, 512)
        for count in (56, 128, 144):
            disk = self.folder / "sfdisk.img"
            disk.write_bytes(b"")
            os.truncate(disk, 80 << 20)
            run("sfdisk", "--quiet", disk, input=(
                f"label: gpt\nlabel-id: {gpt.DISK_ID}\ntable-length: {count}\nstart=2048, "
                f"size=153600, type={gpt.ESP}, uuid={gpt.PART_ID}, name=esp\n").encode())
            with open(disk, "r+b") as stream:
                stream.seek(1 << 20)
                stream.write(fat.read_bytes())
            said = self.same_image(disk)[5]
            self.assertEqual(said, self.pcr5(disk, 512))
            if count == 56:
                self.assertEqual(said, self.SFDISK_56)

    def test_fats_of_every_kind(self):
        for bits, sector, cluster in ((12, 512, 16384), (12, 1024, 32768), (12, 2048, 16384),
                                      (12, 4096, 16384), (16, 512, 2048), (16, 4096, 4096),
                                      (32, 512, 512)):
            with self.subTest(bits=bits, sector=sector):
                self.same_image(self.disk(bits=bits, sector=sector, cluster=cluster))

    def test_files_of_a_fat_on_its_own(self):
        """A copy of the partition: all is known but the table."""
        fat = gpt.make_fat({REMOVABLE: self.uki}, self.folder / "esp.img", 24, 12, 512, 8192)
        self.assertNotIn(5, self.same_image(fat))

    def test_file_systems_that_firmware_does_not_read(self):
        disk = self.disk(bits=32, cluster=512)
        with open(disk, "r+b") as stream:
            stream.seek((1 << 20) + 32)
            stream.write(struct.pack("<I", 50000))  # sectors
        self.assertIn("fewer than 65,525 clusters", self.refused(disk))
        for name in ("EXFAT", "NTFS"):
            disk = self.disk()
            with open(disk, "r+b") as stream:
                stream.seek((1 << 20) + 3)
                stream.write(name.encode().ljust(8))
            self.assertIn("exFAT" if name == "EXFAT" else name, self.refused(disk))

    def test_tables_of_the_older_kind(self):
        disk = self.folder / "mbr.img"
        disk.write_bytes(bytes(4 << 20))
        run("sfdisk", "--quiet", disk, input=b"label: dos\nstart=2048, type=ef\n")
        self.assertIn("MBR partition table", self.refused(disk))

    def test_paths_as_people_write_them(self):
        disk = self.disk({REMOVABLE: self.newer, INSTALLED: self.uki})
        for path in (INSTALLED, f"/{INSTALLED}", INSTALLED.replace("/", "\\"),
                     "\\" + INSTALLED.replace("/", "\\").upper(), f"//{INSTALLED.lower()}"):
            self.same_image(f"{disk}:{path}")
        folder = self.folder / "esp"
        (folder / INSTALLED).parent.mkdir(parents=True)
        (folder / INSTALLED).write_bytes(self.uki.read_bytes())
        for path in (f"/{INSTALLED}", "\\efi\\LINUX\\" + INSTALLED.rsplit("/", 1)[1].upper()):
            self.same_image(f"{folder}:{path}")
        for place in (disk, folder):
            said = self.refused(f"{place}:EFI/Linux/other.efi", code=2)
            self.assertIn(INSTALLED.rsplit("/", 1)[1], said)


class PaddedSections(FilesTest):
    SIZE = 0x9000

    def padded(self, release: int) -> Path:
        return make_uki(self.releases[release].stub(), SECTIONS, self.folder / "padded.efi",
                        {".linux": self.SIZE, ".initrd": 1000})

    def authenticode(self, image: bytes) -> str:
        """Of an image that is not signed: all but the checksum and the certificates' entry."""
        optional = struct.unpack_from("<I", image, 60)[0] + 24
        return hashlib.sha256(image[:optional + 64] + image[optional + 68:optional + 144] +
                              image[optional + 152:]).hexdigest()

    def test_the_stub_measures_the_zeros(self):
        linux, initrd = SECTIONS[".linux"].ljust(self.SIZE, b"\0"), SECTIONS[".initrd"].ljust(
            1000, b"\0")
        measured = [(".linux", linux), (".osrel", SECTIONS[".osrel"]),
                    (".cmdline", SECTIONS[".cmdline"]), (".initrd", initrd)]
        said = self.predict(self.padded(252))
        self.assertEqual(said[11], extend(*(part for name, data in measured
                                            for part in (name.encode() + b"\0", data))))
        self.assertEqual(said[9], extend(f"{LINE}\0".encode("utf-16-le"), initrd))
        self.assertEqual(said[12], "0" * 64)

    def test_firmware_measures_the_zeros_of_the_kernel(self):
        wanted = self.authenticode(SECTIONS[".linux"].ljust(self.SIZE, b"\0"))
        for release in (252, 257):
            image = self.padded(release)
            self.assertEqual(self.events("inner-kernel", image), [wanted])
            self.assertEqual(self.events("inner-kernel", "--dialect", "258", image), [])
            self.assertEqual(self.events("inner-kernel", "--secure-boot", "on", image), [])
            for dialect in range(252, 263):
                self.assertIn(4, self.predict("--dialect", dialect, image))
                self.assertIn(11, self.predict("--dialect", dialect, image))

    def test_a_signed_kernel(self):
        """Its certificates are then not at the end, and are hashed as firmware hashes them."""
        key, cert, signed = (self.folder / name for name in ("key.pem", "cert.pem", "k.signed"))
        kernel = self.folder / "kernel.efi"
        kernel.write_bytes(SECTIONS[".linux"])
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
            "-keyout", key, "-out", cert)
        run("sbsign", "--key", key, "--cert", cert, "--output", signed, kernel)
        data = signed.read_bytes()
        certificates = struct.unpack_from("<II", data, struct.unpack_from("<I", data, 60)[0] +
                                          24 + 112 + 32)
        self.assertEqual(sum(certificates), len(data))
        image = make_uki(self.releases[257].stub(), {**SECTIONS, ".linux": data},
                         self.folder / "signed-kernel.efi", {".linux": self.SIZE})
        padded = data.ljust(self.SIZE, b"\0")
        self.assertEqual(self.events("inner-kernel", image),
                         [self.authenticode(padded[:self.SIZE - certificates[1]])])

    def test_sections_that_make_no_sense_are_named(self):
        image = bytearray(self.uki.read_bytes())
        at = image.index(b".initrd\0")
        struct.pack_into("<I", image, at + 16, 1 << 30)
        path = self.folder / "broken.efi"
        path.write_bytes(image)
        self.assertIn("(.initrd)", self.refused(path))


class Loaders(FilesTest):
    WIDE = f"{LINE}\0".encode("utf-16-le")

    def loader(self, release: int) -> Path:
        path = self.folder / f"systemd-boot{release}.efi"
        path.write_bytes(self.releases[release].boot_loader().read_bytes())
        return path

    def test_the_loader_is_no_uki(self):
        disk = self.disk({REMOVABLE: self.loader(252), INSTALLED: self.uki})
        for words in ([disk], ["--dialect", "252", disk]):
            said = self.refused(*words)
            self.assertIn("systemd-boot 252", said)
            self.assertIn(f"--then {disk}:{INSTALLED}", said)
            self.assertIn(f"EFI/Linux there: {INSTALLED.rsplit('/', 1)[1]}", said)
        two = self.disk({REMOVABLE: self.loader(252), INSTALLED: self.uki,
                         "EFI/Linux/b.efi": self.uki, "EFI/Linux/note.txt": self.uki},
                        name="two.img")
        said = self.refused(two)
        self.assertIn(f"--then {two}:EFI/Linux/NAME.efi", said)
        self.assertIn("debian-6.1.0-56.efi, b.efi", said)
        self.assertNotIn("note.txt", said)
        self.assertIn("--then UKI", self.refused(self.loader(257)))
        kernel = self.folder / "vmlinuz"
        kernel.write_bytes(SECTIONS[".linux"].ljust(4096, b"\0"))
        self.assertIn("no section .linux", self.refused(kernel))

    def test_behind_systemd_boot_252(self):
        """It passes the image's command line on and measures it; so does a stub that takes it."""
        behind = ["--then", self.uki, self.loader(252)]
        said = self.predict(*behind)
        self.assertEqual(said[12], extend(self.WIDE, self.WIDE))
        self.assertEqual(said[9], self.predict(self.uki)[9])
        said = self.predict("--secure-boot", "on", *behind)
        self.assertEqual(said[12], extend(self.WIDE))
        other = f"{LINE} debug"
        said = self.predict("--load-options", other, *behind)
        wide = f"{other}\0".encode("utf-16-le")
        self.assertEqual(said[12], extend(wide, wide))

    def test_behind_systemd_boot_257(self):
        behind = ["--then", self.newer, self.loader(257)]
        self.assertEqual(self.predict(*behind)[12], "0" * 64)
        first = make_uki(self.releases[257].stub(), {**SECTIONS, ".profile": b"ID=one\n"},
                         self.folder / "first.efi")
        both = make_uki(first, {".profile": b"ID=two\n"}, self.folder / "both.efi")
        behind = ["--then", both, self.loader(257)]
        self.assertEqual(self.predict(*behind)[12], "0" * 64)
        # It passes the chosen profile's number, and the stub measures which one that is.
        passed, chosen = (f"{text}\0".encode("utf-16-le") for text in ("@1", "1"))
        self.assertEqual(self.predict("--uki-profile", "1", *behind)[12], extend(passed, chosen))
        self.assertEqual(self.predict("--uki-profile", "1", both)[12], extend(chosen))

    def test_a_boot_partition_beside(self):
        """UKIs may lie in a partition of type XBOOTLDR, where systemd-boot finds them too."""
        disk = self.folder / "two-partitions.img"
        disk.write_bytes(b"")
        os.truncate(disk, 70 << 20)
        run("sfdisk", "--quiet", disk, input=(
            f"label: gpt\nstart=2048, size=32MiB, type={gpt.ESP}\n"
            "size=32MiB, type=BC13C2FF-59E6-4262-A352-B275FD6F7172\n").encode())
        for at, files in ((1, {REMOVABLE: self.loader(252)}), (33, {INSTALLED: self.uki})):
            fat = gpt.make_fat(files, self.folder / "part.img", 32, 12, 512, 16384)
            with open(disk, "r+b") as stream:
                stream.seek(at << 20)
                stream.write(fat.read_bytes())
        self.assertIn(f"--then {disk}:{INSTALLED}", self.refused(disk))
        said = self.predict("--then", f"{disk}:{INSTALLED}", disk)
        self.assertEqual(said[11], self.predict(self.uki)[11])
        self.assertEqual(said[12], extend(self.WIDE, self.WIDE))

    def test_its_conditions_are_told(self):
        disk = self.disk({REMOVABLE: self.loader(252), INSTALLED: self.uki,
                          "other/uki.efi": self.uki})
        text = run(PROTOSTAR, "measure", "predict", "--then", f"{disk}:{INSTALLED}", disk).decode()
        self.assertIn("nobody edits", text)
        said = self.predict("--then", f"{disk}:other/uki.efi", disk)
        self.assertEqual(said[12], "0" * 64)
        text = run(PROTOSTAR, "measure", "predict", "--then", f"{disk}:other/uki.efi",
                   disk).decode()
        self.assertIn("if its entry", text)

    def test_systemd_boot_261_measures_smbios(self):
        image = self.loader(257).read_bytes().replace(b"systemd-boot 257", b"systemd-boot 261")
        newer = self.folder / "sb261.efi"
        newer.write_bytes(image)
        said = json.loads(run(PROTOSTAR, "measure", "predict", "--format", "full", "--then",
                              self.newer, newer))
        self.assertIn("SMBIOS", json.dumps(said["registers"][1]))


class Variable(FilesTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key, cls.cert = cls.folder / "key.pem", cls.folder / "cert.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
            "-keyout", cls.key, "-out", cls.cert)
        der = run("openssl", "x509", "-in", cls.cert, "-outform", "der")
        cls.lists = {"PK": signature_list(X509, der), "KEK": signature_list(X509, der),
                     "db": signature_list(X509, der),
                     "dbx": signature_list(SHA256, bytes(32))}
        for name, data in cls.lists.items():
            (cls.folder / f"{name}.esl").write_bytes(data)
        cls.signed = cls.folder / "signed.efi"
        run("sbsign", "--key", cls.key, "--cert", cls.cert, "--output", cls.signed, cls.uki)
        cls.template = cls.releases[252].firmware(False).variables

    def store(self, name: str, **changed: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(self.template.read_bytes())
        store = Variables(path)
        for variable, data in {**self.lists, **changed}.items():
            store.set(variable, data, *((IMAGE_SECURITY,) if variable[:2] == "db" else ()))
        store.write()
        return path

    def words(self, **files) -> list:
        words = ["--secure-boot", "on"]
        for name in self.lists:
            words += [f"--{name.lower()}", files.get(name, self.folder / f"{name}.esl")]
        return words

    def efivarfs(self, name: str, data: bytes, attributes: int = 0x27) -> Path:
        path = self.folder / f"{name}-efivarfs"
        path.write_bytes(struct.pack("<I", attributes) + data)
        return path

    def test_lists_as_efivarfs_shows_them(self):
        wanted = self.predict(*self.words(), self.signed)[7]
        for name, data in self.lists.items():
            file = self.efivarfs(name, data)
            self.assertEqual(self.predict(*self.words(**{name: file}), self.signed)[7], wanted)
        said = self.refused(*self.words(db=self.efivarfs("db", b"no list at all, but text")),
                            self.signed)
        self.assertIn("efivarfs", said)
        self.assertIn("PEM", said)

    def test_boot_options_as_efivarfs_shows_them(self):
        option = join_option(1, "test", bytes([4, 4, 8, 0, 0x41, 0, 0, 0, 0x7F, 0xFF, 4, 0]), b"")
        plain = self.folder / "Boot0000"
        plain.write_bytes(option)
        for file in (plain, self.efivarfs("Boot0000", option, 7)):
            found = self.events("boot-variable", "--boot-option", file, self.uki)
            self.assertEqual(found[1], hashlib.sha256(option).hexdigest())

    def test_a_list_in_place_of_the_stores(self):
        """As the variable will be after an update."""
        before, dbx = self.store("before.fd"), self.lists["dbx"] + signature_list(
            SHA256, b"\1" * 32)
        after, file = self.store("after.fd", dbx=dbx), self.folder / "new-dbx.esl"
        file.write_bytes(dbx)
        wanted = self.predict("--vars", after, self.signed)
        self.assertEqual(self.predict("--vars", before, "--dbx", file, self.signed), wanted)
        self.assertNotEqual(self.predict("--vars", before, self.signed)[7], wanted[7])
        two = self.lists["db"] + signature_list(SHA256, bytes(32))
        (self.folder / "two.esl").write_bytes(two)
        self.assertEqual(
            self.predict("--vars", before, "--db", self.folder / "two.esl", self.signed),
            self.predict("--vars", self.store("db.fd", db=two), self.signed))

    def test_a_qcow2_is_never_searched(self):
        """Its clusters hold what a snapshot keeps beside what counts."""
        old, new = self.store("old.fd"), self.store(
            "new.fd", db=self.lists["db"] + signature_list(SHA256, bytes(32)))
        kept = self.folder / "vars.qcow2"
        run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", old, kept)
        run("qemu-img", "snapshot", "-c", "before", kept)
        run("qemu-img", "convert", "-n", "-f", "raw", "-O", "qcow2", new, kept)
        said = self.refused("--vars", kept, self.signed)
        self.assertIn(f"qemu-img convert -O raw {kept}", said)
        raw = self.folder / "raw.fd"
        run("qemu-img", "convert", "-O", "raw", kept, raw)
        self.assertEqual(self.predict("--vars", raw, self.signed),
                         self.predict("--vars", new, self.signed))

    def test_the_store_is_not_searched_for(self):
        """Only where firmware has it: first, or behind other volumes and erased bytes."""
        store = self.store("store.fd").read_bytes()
        wanted = self.predict("--vars", self.folder / "store.fd", self.signed)[7]
        for front, found in ((b"\xff" * 8192, True), (bytes(4096), True),
                             (b"some" * 1024, False), (b"\xff" * 4000 + b"x" * 96, False)):
            path = self.folder / "moved.fd"
            path.write_bytes(front + store)
            if found:
                self.assertEqual(self.predict("--vars", path, self.signed)[7], wanted)
            else:
                self.assertIn("no variable store", self.refused("--vars", path, self.signed))

    def foreign(self, source: Path) -> dict[str, Path]:
        made = {}
        for kind in ("qcow2", "qed", "vmdk", "vpc", "vhdx", "vdi", "parallels"):
            made[kind] = self.folder / f"foreign.{kind}"
            run("qemu-img", "convert", "-f", "raw", "-O", kind, source, made[kind])
        data = source.read_bytes()
        for kind, packed in (("gz", gzip.compress(data, 1)), ("xz", lzma.compress(data, preset=0)),
                             ("bz2", bz2.compress(data, 1)),
                             ("zst", run("zstd", "-1", "-c", source))):
            made[kind] = self.folder / f"foreign.{kind}"
            made[kind].write_bytes(packed)
        return made

    def test_containers_are_refused_with_the_command(self):
        for source, words in ((self.disk(), []),
                              (self.store("any.fd"), ["--vars"]),
                              (self.releases[252].firmware(False).code, ["--firmware"]),
                              (self.folder / "db.esl", ["--db"])):
            for kind, path in self.foreign(source).items():
                with self.subTest(kind=kind, words=words):
                    said = self.refused(*words, path, *([self.uki] if words else []))
                    wanted = {"gz": "gzip -dc", "xz": "xz -dc", "bz2": "bzip2 -dc",
                              "zst": "zstd -dc"}.get(kind, "qemu-img convert -O raw")
                    self.assertIn(f"{wanted} {path}", said)

    def test_a_fixed_vhd_is_a_disk(self):
        disk, vhd = self.disk(), self.folder / "disk.vhd"
        run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o",
            "subformat=fixed,force_size=on", disk, vhd)
        self.assertEqual(self.predict(vhd), self.predict(disk))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    PROTOSTAR, BUILD = os.path.abspath(sys.argv[1]), Path(sys.argv[2]).resolve()
    unittest.main(argv=sys.argv[:1])
