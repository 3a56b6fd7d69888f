#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Bills of materials of UKIs: SPDX 2.3 to the letter, every hash worked out again by objcopy, cpio and
hashlib, every digest that a PCR depends on found in what `measure predict` prints.
usage: sbom.py PROTOSTAR STUB
"""

import copy
import gzip
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import image
import spdx
from image import VERSION, Bench, run

REPO = Path(__file__).resolve().parents[2]


def sums(entry: dict) -> dict[str, str]:
    return {s["algorithm"]: s["checksumValue"] for s in entry["checksums"]}


def hashes_of(data: bytes) -> dict[str, str]:
    return {n: hashlib.new(n.lower(), data).hexdigest() for n in ("SHA1", "SHA256", "SHA384")}


class SbomTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-sbom-")
        cls.folder = Path(cls.place.name)
        cls.bench = Bench(cls.folder)
        cls.uki = cls.bench.out / "uki.efi"
        cls.document = json.loads((cls.bench.out / "sbom.spdx.json").read_text())
        cls.files = {f["fileName"]: f for f in cls.document["files"]}
        cls.packages = {p["name"]: p for p in cls.document["packages"]}

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def printed(self, *words, code: int = 0) -> str:
        result = subprocess.run([image.PROTOSTAR, "sbom", *(str(w) for w in words)], check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(result.returncode, code, result.stderr)
        return result.stdout

    def test_is_spdx(self):
        spdx.check(self.document)
        spdx.check(json.loads(self.printed(self.uki)))

    def test_checker_refuses(self):
        """The checker can fail: each field that is taken away or spoilt is noticed."""
        def broken(change) -> None:
            document = copy.deepcopy(self.document)
            change(document)
            with self.assertRaises(AssertionError):
                spdx.check(document)

        for name in ("SPDXID", "spdxVersion", "dataLicense", "name", "documentNamespace",
                     "creationInfo"):
            broken(lambda d, name=name: d.pop(name))
        for kind, name in (("packages", "downloadLocation"), ("packages", "SPDXID"),
                           ("packages", "packageVerificationCode"), ("files", "fileName"),
                           ("files", "checksums")):
            broken(lambda d, kind=kind, name=name: d[kind][0].pop(name))
        broken(lambda d: d["files"][0]["checksums"].pop(0))
        broken(lambda d: d["files"][0]["checksums"][0].update(checksumValue="0" * 40))
        broken(lambda d: d["files"][1].update(SPDXID=d["files"][0]["SPDXID"]))
        broken(lambda d: d["relationships"][1].update(relatedSpdxElement="SPDXRef-Nothing"))
        broken(lambda d: d["relationships"].pop(0))
        broken(lambda d: d["creationInfo"].update(created="1980-01-01"))
        broken(lambda d: d["packages"][1].update(licenseDeclared="Some licence"))
        broken(lambda d: d.update(shell="x"))

    def test_sections(self):
        """What a section holds in memory: VirtualSize bytes, zeros behind those of the file."""
        data = self.uki.read_bytes()
        header = struct.unpack_from("<I", data, 60)[0]
        count = struct.unpack_from("<H", data, header + 6)[0]
        want = {}
        for row in range(header + 264, header + 264 + 40 * count, 40):
            name, size, _, raw_size, raw_at = struct.unpack_from("<8sIIII", data, row)
            held = data[raw_at:raw_at + min(size, raw_size)].ljust(size, b"\0")
            want["./" + name.rstrip(b"\0").decode()] = hashes_of(held)
        self.assertEqual(re.findall(r"^ *\d+ (\.\S+) ", run("objdump", "-h", self.uki).decode(),
                                    re.M), [name[2:] for name in want])
        sections = {n: sums(f) for n, f in self.files.items() if not n.startswith("./.initrd/")}
        self.assertEqual(sections, want)

    def test_image(self):
        self.assertEqual(sums(self.packages["uki.efi"]), hashes_of(self.uki.read_bytes()))
        kernel = self.packages["linux"]
        self.assertEqual(kernel["versionInfo"], VERSION)
        self.assertEqual(sums(kernel), hashes_of(self.bench.kernel.read_bytes()))
        for name, path in (("protostar-early", self.bench.early), ("protostar-stub", image.STUB)):
            self.assertEqual(sums(self.packages[name])["SHA256"],
                             hashlib.sha256(Path(path).read_bytes()).hexdigest())

    def test_initrd(self):
        folder = self.folder / "unpacked"
        folder.mkdir()
        run("cpio", "-i", "--quiet", "-d", "-f", "dev/console", cwd=folder,
            input=gzip.decompress((self.bench.out / "initrd.img").read_bytes()))
        want = {f"./.initrd/{p.relative_to(folder)}": hashes_of(p.read_bytes())
                for p in folder.rglob("*") if p.is_file()}
        self.assertIn("./.initrd/modules/dm_verity.ko", want)
        self.assertEqual({n: sums(f) for n, f in self.files.items() if n in want}, want)
        self.assertEqual({n for n in self.files if n.startswith("./.initrd/")}, set(want))

    def test_what_pcrs_depend_on(self):
        """Each digest named is an event's; each event that files decide is named."""
        said = []
        for entry in [*self.document["files"], *self.document["packages"]]:
            for note in entry.get("annotations", []):
                match = re.fullmatch(r"PCR (\d+) depends on this, by the rule ([a-z-]+): .*; "
                                     r"sha256 ([0-9a-f]{64}), sha384 ([0-9a-f]{96})",
                                     note["comment"])
                said.append((entry.get("fileName", entry["name"] if "name" in entry else ""),
                             int(match[1]), match[2], match[3], match[4]))
        by_name = {(name, pcr) for name, pcr, *_ in said}
        self.assertEqual(by_name, {
            ("uki.efi", 4), ("./.linux", 11), ("./.osrel", 11), ("./.cmdline", 11),
            ("./.cmdline", 9), ("./.initrd", 11), ("./.initrd", 9), ("./.uname", 11),
            ("./.sbat", 11)})
        for bank, index in (("sha256", 3), ("sha384", 4)):
            events = json.loads(run(image.PROTOSTAR, "measure", "predict", "--format", "full",
                                    "--bank", bank, self.uki))["events"]
            known = {(e["pcr"], e["rule"], e["digests"][bank]) for e in events}
            for entry in said:
                self.assertIn((entry[1], entry[2], entry[index]), known)

    def test_libraries(self):
        """The rows of sources.lock, each linked into PID 1."""
        rows = [line.split() for line in
                (REPO / "third_party" / "sources.lock").read_text().splitlines()
                if line and not line.startswith("#")]
        linked = {r["relatedSpdxElement"] for r in self.document["relationships"]
                  if r["relationshipType"] == "STATIC_LINK"}
        entries = [p for p in self.document["packages"] if p["SPDXID"] in linked]
        self.assertEqual(len(entries), len(rows))
        for (_, suite, digest, name), entry in zip(rows, entries):
            self.assertEqual((entry["packageFileName"], sums(entry)), (name, {"SHA256": digest}))
            self.assertIn(suite, entry["sourceInfo"])
            self.assertIn(f"_{entry['versionInfo']}", name)

    def test_same_document_from_the_image(self):
        for what in ("uki.efi", "disk.img", ""):
            said = self.printed(self.bench.out / what, "--recipe", self.bench.out / "recipe.json")
            self.assertEqual(said, (self.bench.out / "sbom.spdx.json").read_text())

    def test_namespace_follows_contents(self):
        other = self.folder / "other"
        self.bench.must(self.bench.words(out=other, cmdline="quiet"))
        document = json.loads((other / "sbom.spdx.json").read_text())
        spdx.check(document)
        self.assertNotEqual(document["documentNamespace"], self.document["documentNamespace"])

    def test_no_image(self):
        for data in (b"", b"MZ", bytes(100_000), self.uki.read_bytes()[:-600]):
            path = self.folder / "bad"
            path.write_bytes(data)
            self.assertEqual(self.printed(path, code=2), "")
        self.printed(code=2)
        self.printed(self.uki, "--recipe", self.uki, code=2)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    image.PROTOSTAR, image.STUB = (os.path.abspath(word) for word in sys.argv[1:])
    unittest.main(argv=sys.argv[:1])
