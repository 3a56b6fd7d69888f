#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Images built again from their recipes, and signed images, as other people's programs see them:
sbverify and osslsigncode agree on signatures, made with a key from a file and with one in a
PKCS#11 token (SoftHSM); every change to image, input or tool is named.
usage: reproduce.py PROTOSTAR STUB
"""

import filecmp
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
from image import VERSION, Bench, run

PIN = "271828"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
URI = "pkcs11:token=protostar-test;object=db;type=private"
SECTOR = 512


def make_key(folder: Path, name: str, subject: str) -> None:
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
        folder / f"{name}.key", "-out", folder / f"{name}.pem", "-days", "3650", "-subj",
        f"/CN={subject}")


class ReproduceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="protostar-reproduce-")
        cls.folder = Path(cls.place.name)
        (cls.folder / "bench").mkdir()
        cls.bench = Bench(cls.folder / "bench")
        make_key(cls.folder, "db", "Test db")
        make_key(cls.folder, "other", "Somebody else")
        cls.signed = cls.folder / "signed"
        cls.bench.must(cls.bench.words(out=cls.signed, sign_key=cls.folder / "db.key",
                                       sign_cert=cls.folder / "db.pem"))
        cls.inputs = cls.folder / "inputs"
        cls.inputs.mkdir()
        shutil.copy(cls.bench.kernel, cls.inputs)
        shutil.copy(cls.bench.early, cls.inputs)
        shutil.copy(image.STUB, cls.inputs)
        image.make_root(cls.inputs / "root", reverse=True)
        image.make_modules(cls.inputs / "lib" / "modules" / VERSION)

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def again(self, what: Path, *words, code: int = 0, env=None, recipe=None, inputs=None) -> str:
        """Runs protostar reproduce and checks its exit code; what it printed, conditions apart."""
        if recipe is None:
            recipe = (what if what.is_dir() else what.parent) / "recipe.json"
        result = subprocess.run(
            [image.PROTOSTAR, "reproduce", str(what), "--recipe", str(recipe), "--inputs",
             str(inputs or self.inputs), *(str(w) for w in words)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
            env=env)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout + "".join(
            line for line in result.stderr.splitlines(True)
            if not line.startswith("protostar: condition: "))

    def copy_of(self, out: Path, name: str) -> Path:
        target = self.folder / name
        shutil.copytree(out, target)
        return target


class Same(ReproduceTest):
    def test_each_kind_of_image(self):
        for what in ("uki.efi", "disk.img"):
            said = self.again(self.bench.out / what)
            self.assertRegex(said, rf"^bit-identical: {what}, \d+ bytes, SHA-256 [0-9a-f]+\n$")
        said = self.again(self.bench.out)
        self.assertEqual(said.count("bit-identical: "), len(said.splitlines()))

    def test_inputs_by_role(self):
        words = [f"--input={role}={path}" for role, path in (
            ("kernel", self.bench.kernel), ("modules", self.bench.modules),
            ("root", self.bench.root), ("early", self.bench.early), ("stub", image.STUB))]
        moved = self.folder / "moved-modules"
        shutil.copytree(self.bench.modules, moved)
        self.again(self.bench.out, *words, inputs="/nonexistent")
        words[1] = f"--input=modules={moved}"
        self.again(self.bench.out, *words, inputs="/nonexistent")

    def test_inputs_of_other_names(self):
        """What an input is called on this machine is in no output: the recipe has its name."""
        place = self.folder / "renamed"
        place.mkdir()
        other = {"kernel": (self.bench.kernel, "bzImage"), "early": (self.bench.early, "init"),
                 "stub": (image.STUB, "linux.efi"), "certificate": (self.folder / "db.pem", "c")}
        words = []
        for role, (path, name) in other.items():
            shutil.copy(path, place / name)
            words.append(f"--input={role}={place / name}")
        run("cp", "-a", self.bench.root, place / "rootC")
        (place / "link").symlink_to("rootC")
        osrel = self.inputs / "os-release-name"
        osrel.write_text("ID=test\n")
        (place / "osr").write_text("ID=test\n")
        tar = self.folder / "bench" / "some.tar"
        run("tar", "-C", self.bench.root, "--owner=7", "--group=8", "-cf", tar, ".")
        shutil.copy(tar, place / "t")
        out, of_tar = self.folder / "named", self.folder / "of-tar"
        self.bench.must(self.bench.words(out=out, osrel=osrel))
        self.bench.must(self.bench.words(out=of_tar, root=tar))
        for root in ("rootC", "link", "rootC/"):
            said = self.again(out, *words, f"--input=root={place / root}",
                              f"--input=osrel={place / 'osr'}")
            self.assertIn("bit-identical: sbom.spdx.json", said)
        self.again(of_tar, *words, f"--input=root={place / 't'}")
        self.again(self.signed, *words, f"--input=root={place / 'rootC'}", "--sign-key",
                   self.folder / "db.key")

    def test_every_option(self):
        """A recipe holds whatever can be told to build."""
        osrel = self.inputs / "os-release"
        osrel.write_text("ID=test\n")
        tar = self.inputs / "root.tar"
        run("tar", "-C", self.bench.root, "--owner=7", "--group=8", "-cf", tar, ".")
        out = self.folder / "options"
        self.bench.must(self.bench.words(
            out=out, root=tar, osrel=osrel, service="10.0.2.2:9000,10.0.2.3:9000",
            pin="ab" * 32 + "," + "cd" * 32, module="virtio_ring",
            profile="uefi", option="protostar.net=dhcp") + ["--keep-owners", "--option",
                                            "protostar.join.timeout=60"])
        recipe = json.loads((out / "recipe.json").read_text())
        self.assertEqual(recipe["options"]["rootFormat"], "squashfs")
        self.assertEqual(recipe["options"]["modules"], ["virtio_ring"])
        self.assertEqual(recipe["options"]["profile"], "uefi")
        self.again(out)
        recipe["options"]["profile"] = "aws"
        other = self.folder / "other-platform.json"
        other.write_text(json.dumps(recipe))
        self.assertIn("measurements.json", self.again(out, code=1, recipe=other))
        out2 = self.folder / "owners"
        self.bench.must(self.bench.words(out=out2) + ["--keep-owners"])
        self.again(out2, f"--input=root={self.bench.root}")

    def test_formats(self):
        """The recipe knows the container; what differs in one is found in the disk inside."""
        for name, file in (("gcp", "disk.tar.gz"), ("vhd", "disk.vhd"), ("qcow2", "disk.qcow2")):
            out = self.folder / f"format-{name}"
            self.bench.must(self.bench.words(out=out, format=name))
            said = self.again(out)
            self.assertRegex(said, rf"bit-identical: {file}, ")
            self.again(out / file)
        data = bytearray((out / file).read_bytes())
        data[len(data) // 2] ^= 1
        (out / file).write_bytes(data)
        self.assertIn(f"{file} / ", self.again(out, code=1))

    def test_finished_root(self):
        made = self.inputs / "finished.squashfs"
        run("mksquashfs", self.bench.root, made, "-quiet", "-no-progress", "-noappend")
        out = self.folder / "finished"
        self.bench.must(self.bench.words(out=out, root=made))
        self.again(out)
        tools = json.loads((out / "recipe.json").read_text())["tools"]
        self.assertEqual(sorted(tools), ["mcopy", "mkfs.vfat", "veritysetup", "zlib"])

    def test_kept(self):
        kept = self.folder / "kept"
        self.again(self.bench.out / "uki.efi", "--keep", kept)
        for name in ("disk.img", "uki.efi", "recipe.json"):
            self.assertTrue(filecmp.cmp(self.bench.out / name, kept / name, False), name)
        self.again(self.bench.out / "uki.efi", "--keep", kept, code=2)

    def test_json(self):
        said = json.loads(self.again(self.bench.out, "--json"))
        self.assertIs(said["identical"], True)
        self.assertEqual(said["signature"], "none")
        self.assertTrue(all(f["identical"] and f["asRecorded"] for f in said["files"]))

    def test_leaves_nothing_behind(self):
        place = self.folder / "tmp"
        place.mkdir()
        self.again(self.bench.out / "uki.efi", env=dict(os.environ, TMPDIR=str(place)))
        self.assertEqual(list(place.iterdir()), [])


class Different(ReproduceTest):
    def test_changed_images(self):
        """Found in the partition, section or file that it is in."""
        for name, offset, inside in (("uki.efi", -300, "uki.efi / .initrd"),
                                     ("disk.img", 66 << 20, "disk.img / partition"),
                                     ("initrd.img", 20, "initrd.img")):
            out = self.copy_of(self.bench.out, f"changed-{name}")
            data = bytearray((out / name).read_bytes())
            data[offset] ^= 1
            (out / name).write_bytes(data)
            said = self.again(out, code=1)
            self.assertRegex(said, rf"differs: {name}, .*\n  this is not the file that the")
            self.assertEqual(said.count("differs: "), 1)
            self.assertIn(inside, said)
        found = json.loads(self.again(out, "--json", code=1))
        self.assertEqual([f["name"] for f in found["files"] if not f["identical"]], ["initrd.img"])

    def test_another_image(self):
        """Somebody's image of another PID 1: the file in the initrd is named, in each kind."""
        early = self.folder / "other-early"
        early.write_bytes(image.make_early(b"more"))
        out = self.folder / "another"
        self.bench.must(self.bench.words(out=out, early=early))
        for name in ("uki.efi", "disk.img"):
            said = self.again(out / name, recipe=self.bench.out / "recipe.json", code=1)
            self.assertRegex(said, rf"~ {name} /.* init")
            self.assertNotIn("likely cause", said)

    def test_missing_output(self):
        out = self.copy_of(self.bench.out, "without")
        (out / "initrd.img").unlink()
        self.assertIn("missing: initrd.img\n", self.again(out, code=1))

    def test_changed_inputs(self):
        """Each is named with both hashes; one of no consequence is not."""
        for role, name in (("kernel", "vmlinuz"), ("early", "early"), ("root", "root"),
                           ("stub", Path(image.STUB).name),
                           ("modules", f"lib/modules/{VERSION}/kernel/drivers/md/dm-mod.ko"),
                           ("modules", f"lib/modules/{VERSION}/modules.softdep")):
            inputs = self.folder / "changed-inputs"
            run("cp", "-a", self.inputs, inputs)
            path = inputs / name / "etc/text" if role == "root" else inputs / name
            path.write_bytes(path.read_bytes() + b"\n")
            said = self.again(self.bench.out, inputs=inputs, code=1)
            self.assertRegex(said, rf"^input differs: {role} .*\n  recorded SHA-256 [0-9a-f]{{64}}"
                             r"\n  here     SHA-256 [0-9a-f]{64}\nnothing was built")
            found = json.loads(self.again(self.bench.out, "--json", inputs=inputs, code=1))
            self.assertEqual(len(found["inputs"]), 1)
            shutil.rmtree(inputs)
        unused = self.inputs / "lib" / "modules" / VERSION / "kernel/fs/squashfs/squashfs.ko"
        unused.write_bytes(unused.read_bytes() + b"\n")
        self.again(self.bench.out)

    def test_missing_inputs(self):
        inputs = self.folder / "few-inputs"
        run("cp", "-a", self.inputs, inputs)
        (inputs / "vmlinuz").unlink()
        shutil.rmtree(inputs / "lib")
        said = self.again(self.bench.out, inputs=inputs, code=2)
        self.assertRegex(said, r'input kernel is missing: "vmlinuz", SHA-256 [0-9a-f]{64}; name')
        self.assertIn("input modules is missing", said)

    def test_another_tool_is_named(self):
        """mkfs.erofs of another version, and with another output."""
        place = self.folder / "tools"
        place.mkdir()
        real = shutil.which("mkfs.erofs")
        fake = place / "mkfs.erofs"
        fake.write_text('#!/bin/sh\n[ "$1" = -V ] && { echo mkfs.erofs 99; exit 1; }\n'
                        f'exec {real} -E legacy-compress "$@"\n')
        fake.chmod(0o755)
        env = dict(os.environ, PATH=f"{place}:{os.environ['PATH']}")
        said = self.again(self.bench.out, code=1, env=env)
        # "mkfs.erofs 1.5", and with the name of its package from 1.8 on.
        self.assertRegex(said, r'likely cause: mkfs.erofs: .*"mkfs.erofs (\(erofs-utils\) )?\d.*'
                               r'"mkfs.erofs 99"')
        found = json.loads(self.again(self.bench.out, "--json", code=1, env=env))
        self.assertEqual([t["name"] for t in found["tools"]], ["mkfs.erofs"])

    def test_other_options(self):
        recipe = json.loads((self.bench.out / "recipe.json").read_text())
        recipe["options"]["cmdline"] = "quiet"
        path = self.folder / "other-recipe.json"
        path.write_text(json.dumps(recipe))
        said = self.again(self.bench.out, recipe=path, code=1)
        self.assertIn("differs: cmdline", said)

    def test_service_known_by_evidence(self):
        """The service's own evidence beside the pin or in its place, in each way to say it."""
        key = "protostar.service.evidence="
        lines = []
        for words in ({"service_evidence": image.EVIDENCE},
                      {"service_evidence": key + image.EVIDENCE},
                      {"option": key + image.EVIDENCE}):
            out = self.folder / "evidence"
            self.bench.must(self.bench.words(out=out, pin=None, **words))
            lines.append((out / "cmdline").read_text())
            self.assertNotIn("pin", json.loads((out / "recipe.json").read_text())["options"])
        self.assertEqual(len(set(lines)), 1)
        self.assertIn(f" {key}{image.EVIDENCE} ", lines[0])
        self.assertNotIn("protostar.pin=", lines[0])
        self.again(out)
        self.bench.must(self.bench.words(out=out, service_evidence=image.EVIDENCE))
        self.assertIn(f" protostar.pin={image.PIN} {key}", (out / "cmdline").read_text())
        self.again(out)

    def test_operator(self):
        """An operator beside the service, and in its place."""
        out = self.folder / "operator"
        words = {"operator": image.PIN, "listen": 7443}
        self.bench.must(self.bench.words(out=out, **words))
        line = (out / "cmdline").read_text()
        self.assertIn(f" protostar.listen=7443 protostar.operator={image.PIN} ", line)
        self.assertIn(" protostar.service=", line)
        self.again(out)
        self.bench.must(self.bench.words(out=out, service=None, pin=None, **words))
        line = (out / "cmdline").read_text()
        self.assertIn(f" protostar.listen=7443 protostar.operator={image.PIN} ", line)
        self.assertNotIn(" protostar.service=", line)
        self.assertNotIn("service", json.loads((out / "recipe.json").read_text())["options"])
        self.again(out)

    def test_hostile_recipes(self):
        good = json.loads((self.bench.out / "recipe.json").read_text())

        def refused(change) -> None:
            recipe = json.loads(json.dumps(good))
            change(recipe)
            path = self.folder / "hostile.json"
            path.write_text(json.dumps(recipe))
            said = self.again(self.bench.out, recipe=path, code=2)
            self.assertIn("hostile.json", said)

        refused(lambda r: r["inputs"]["kernel"].update(name="../vmlinuz"))
        refused(lambda r: r["inputs"]["kernel"].update(name="/etc/passwd"))
        refused(lambda r: r["inputs"]["modules"].update(name=".."))
        refused(lambda r: r["inputs"]["modules"]["files"][0].update(name="a/../../../b"))
        refused(lambda r: r.update(recipe=2))
        refused(lambda r: r.update(run="/bin/sh"))
        refused(lambda r: r["options"].pop("pin"))
        for text in ("", "{}", "[]", "{" * 5000, " " * (1 << 20) + "{}"):
            path = self.folder / "hostile.json"
            path.write_text(text)
            self.again(self.bench.out, recipe=path, code=2)

    def test_no_image(self):
        for data in (b"", b"MZ", bytes(100_000)):
            path = self.folder / "no-image"
            path.write_bytes(data)
            self.again(path, recipe=self.bench.out / "recipe.json", code=2)

    def test_misuse(self):
        for words in ([], ["x"], ["x", "--recipe", "r", "--input", "kernel"],
                      ["x", "--recipe", "r", "--input", "shell=/bin/sh"],
                      ["x", "y", "--recipe", "r"], ["x", "--recipe", "r", "--sign-pin-file", "p"]):
            result = subprocess.run([image.PROTOSTAR, "reproduce", *words], check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 2, words)


class Signed(ReproduceTest):
    def agree(self, uki: Path) -> None:
        """Two independent programs accept the signature for this certificate and no other."""
        run("sbverify", "--cert", self.folder / "db.pem", uki)
        said = run("osslsigncode", "verify", "-CAfile", self.folder / "db.pem", "-in", uki)
        self.assertIn(b"Number of verified signatures: 1", said)
        with self.assertRaises(subprocess.CalledProcessError):
            run("sbverify", "--cert", self.folder / "other.pem", uki)

    def test_accepted_by_others(self):
        self.agree(self.signed / "uki.efi")
        changed = self.folder / "broken.efi"
        data = bytearray((self.signed / "uki.efi").read_bytes())
        data[1000] ^= 1
        changed.write_bytes(data)
        with self.assertRaises(subprocess.CalledProcessError):
            self.agree(changed)

    def test_measured_as_signed(self):
        """PCR 4 is the signed file's; the hash of the signature's own place is left out of it."""
        stored = json.loads((self.signed / "measurements.json").read_text())["measurements"]
        said = run(image.PROTOSTAR, "measure", "predict", "--json", self.signed / "disk.img")
        self.assertEqual(json.loads(said)["measurements"], stored)
        plain = json.loads((self.bench.out / "measurements.json").read_text())["measurements"]
        self.assertEqual(plain["4"], stored["4"])

    def test_carried_signature(self):
        """Without the key everything but the signature is made anew, the disk image too."""
        for what in (self.signed, self.signed / "uki.efi", self.signed / "disk.img"):
            self.assertIn("signature: taken from the image", self.again(what))
        said = json.loads(self.again(self.signed, "--json"))
        self.assertEqual((said["identical"], said["signature"]), (True, "carried"))

    def test_signed_again(self):
        said = json.loads(self.again(
            self.signed, "--json", "--sign-key", self.folder / "db.key",
            f"--input=certificate={self.folder / 'db.pem'}"))
        self.assertEqual((said["identical"], said["signature"]), (True, "made"))
        self.assertIn("input differs: certificate db.pem", self.again(
            self.signed, "--sign-key", self.folder / "other.key",
            f"--input=certificate={self.folder / 'other.pem'}", code=1))

    def test_signature_lost(self):
        said = self.again(self.bench.out / "uki.efi", recipe=self.signed / "recipe.json", code=1)
        self.assertIn("the recipe describes a signed image", said)

    def test_token(self):
        """The same key in a token gives the same bits, and its PIN shows nowhere."""
        tokens = self.folder / "tokens"
        tokens.mkdir()
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {tokens}\n")
        env = dict(os.environ, SOFTHSM2_CONF=str(conf))
        pkcs8 = self.folder / "db.p8"
        run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", self.folder / "db.key", "-out", pkcs8)
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "protostar-test",
                        "--pin", PIN, "--so-pin", PIN], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["softhsm2-util", "--import", str(pkcs8), "--token", "protostar-test",
                        "--label", "db", "--id", "01", "--pin", PIN], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        pin_file = self.folder / "pin"
        pin_file.write_text(PIN)
        ways = (["--sign-key", URI, "--sign-pin-file", pin_file, "--sign-module", MODULE],
                ["--sign-key", URI, "--sign-pin-file", pin_file],
                ["--sign-key", f"{URI}?pin-source=file:{pin_file}", "--sign-module", MODULE])
        for number, way in enumerate(ways):
            out = self.folder / f"token-{number}"
            words = self.bench.words(out=out, sign_cert=self.folder / "db.pem")
            self.bench.must(words + [str(w) for w in way], env=env)
            self.agree(out / "uki.efi")
            for name in ("uki.efi", "disk.img", "recipe.json"):
                self.assertTrue(filecmp.cmp(self.signed / name, out / name, False), name)
        bad = self.bench.words(out=self.folder / "no", sign_cert=self.folder / "db.pem",
                               sign_key=f"{URI}?pin-value={PIN}")
        result = self.bench.build(bad, env=env)
        self.assertEqual(result.returncode, 2)
        self.assertIn("--sign-pin-file", result.stderr)

    def test_encrypted_key(self):
        key, pin = self.folder / "locked.key", self.folder / "passphrase"
        pin.write_text(PIN)
        run("openssl", "rsa", "-aes256", "-passout", f"file:{pin}", "-in", self.folder / "db.key",
            "-out", key)
        out = self.folder / "locked"
        self.bench.must(self.bench.words(out=out, sign_key=key, sign_pin_file=pin,
                                         sign_cert=self.folder / "db.pem"))
        self.assertTrue(filecmp.cmp(self.signed / "uki.efi", out / "uki.efi", False))

    def test_sign_command(self):
        out = self.folder / "afterwards.efi"
        words = ["--sign-key", self.folder / "db.key", "--sign-cert", self.folder / "db.pem"]
        run(image.PROTOSTAR, "sign", self.bench.out / "uki.efi", "--out", out, *words)
        self.assertTrue(filecmp.cmp(self.signed / "uki.efi", out, False))
        # Signed again with the same key: the same signature, which is there once.
        run(image.PROTOSTAR, "sign", out, "--out", out, *words)
        self.assertEqual(self.signers(out), ["Test db"])
        der = self.folder / "db.der"
        run("openssl", "x509", "-in", self.folder / "db.pem", "-outform", "DER", "-out", der)
        out.unlink()
        run(image.PROTOSTAR, "sign", self.bench.out / "uki.efi", "--out", out, "--sign-key",
            self.folder / "db.key", "--sign-cert", der)
        self.assertTrue(filecmp.cmp(self.signed / "uki.efi", out, False))

    def sign(self, name: str, source: Path, target: Path, *more) -> str:
        result = subprocess.run(
            [image.PROTOSTAR, "sign", source, "--out", target, "--sign-key",
             self.folder / f"{name}.key", "--sign-cert", self.folder / f"{name}.pem", *more],
            stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr

    def signers(self, path: Path) -> list[str]:
        """Who signed, in the order of the table; each signature is good."""
        said = run("sbverify", "--list", path).decode()
        names = re.findall(r"subject: .*CN ?= ?(.*)", said)
        for name, cert in (("Test db", "db"), ("Somebody else", "other")):
            command = ["sbverify", "--cert", str(self.folder / f"{cert}.pem"), str(path)]
            good = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  check=False).returncode == 0
            self.assertEqual(good, name in names)
        return names

    def predicted(self, path: Path) -> str:
        said = run(image.PROTOSTAR, "measure", "predict", "--json", "--pcrs", "4", path)
        return json.loads(said)["measurements"]["4"]["expected"]

    def test_second_signature(self):
        """As sbsign adds one: both are good, and what is signed stays the same."""
        once, twice = self.folder / "once.efi", self.folder / "twice.efi"
        self.sign("db", self.bench.out / "uki.efi", once)
        self.sign("other", once, twice)
        self.assertEqual(self.signers(once), ["Test db"])
        self.assertEqual(self.signers(twice), ["Test db", "Somebody else"])
        theirs = self.folder / "theirs.efi"
        run("sbsign", "--key", self.folder / "other.key", "--cert", self.folder / "other.pem",
            "--output", theirs, once)
        self.assertEqual(self.signers(theirs), self.signers(twice))
        self.sign("db", theirs, theirs)  # there already: stays as it is
        self.assertEqual(self.signers(theirs), ["Test db", "Somebody else"])
        self.sign("other", once, twice, "--replace")
        self.assertEqual(self.signers(twice), ["Somebody else"])
        for path in (once, twice, theirs):
            self.assertEqual(self.predicted(path), self.predicted(self.bench.out / "uki.efi"))
        # The checksum is the one that the format defines, over all of the file.
        data = bytearray(theirs.read_bytes())
        at = struct.unpack_from("<I", data, 60)[0] + 24 + 64
        told = struct.unpack_from("<I", data, at)[0]
        data[at:at + 4] = bytes(4)
        total = sum(struct.unpack(f"<{len(data) // 2}H", data))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        self.assertEqual(told, total + len(data))

    def test_any_length(self):
        """Zeros up to a multiple of 8 are signed too, and said; sbsign agrees on the hash."""
        plain = (self.bench.out / "uki.efi").read_bytes()
        for extra in range(1, 10):
            odd, out = self.folder / "odd.efi", self.folder / "odd-signed.efi"
            odd.write_bytes(plain + b"abcdefghi"[:extra])
            said = self.sign("db", odd, out)
            zeros = -extra % 8
            self.assertEqual(f"{zeros} zero bytes were added" in said, zeros != 0, said)
            self.assertEqual(self.signers(out), ["Test db"])
            self.assertEqual(out.read_bytes()[len(plain):len(plain) + extra + zeros],
                             b"abcdefghi"[:extra] + bytes(zeros))
            theirs = self.folder / "odd-sbsign.efi"
            run("sbsign", "--key", self.folder / "other.key", "--cert",
                self.folder / "other.pem", "--output", theirs, odd)
            self.assertEqual(self.predicted(out), self.predicted(theirs))
        systemd = Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")
        self.sign("db", systemd, out)
        self.assertEqual(self.signers(out), ["Test db"])

    def test_malformed_tables(self):
        """A table that makes no sense is not built upon; --replace drops it."""
        signed = bytearray((self.signed / "uki.efi").read_bytes())
        slot = struct.unpack_from("<I", signed, 60)[0] + 24 + 112 + 32
        at = struct.unpack_from("<I", signed, slot)[0]
        bad, out = self.folder / "bad-table.efi", self.folder / "bad-out.efi"
        for length in (0, 7, 0xFFFFFFFF, 64):
            struct.pack_into("<I", signed, at, length)
            bad.write_bytes(signed)
            result = subprocess.run(
                [image.PROTOSTAR, "sign", bad, "--out", out, "--sign-key",
                 self.folder / "other.key", "--sign-cert", self.folder / "other.pem"],
                stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(result.returncode, 1, length)
            self.assertIn("--replace", result.stderr)
            self.assertFalse(out.exists())
        self.sign("other", bad, out, "--replace")
        self.assertEqual(self.signers(out), ["Somebody else"])

    def test_refused(self):
        words = self.bench.words(out=self.folder / "no", sign_key=self.folder / "db.key")
        self.assertEqual(self.bench.build(words).returncode, 2)
        for cert, says in ((self.folder / "other.pem", "osslsigncode failed"),
                           (self.bench.early, "is not a certificate")):
            result = self.bench.build(words + ["--sign-cert", str(cert)])
            self.assertEqual(result.returncode, 1)
            self.assertIn(says, result.stderr)
        self.assertEqual(list(self.folder.glob("no*.partial*")), [])

    def test_signature_moved_to_another_image(self):
        """A carried signature hides nothing: another image with it is another image."""
        out = self.copy_of(self.signed, "moved")
        data = bytearray((out / "uki.efi").read_bytes())
        end = struct.unpack_from("<I", data, struct.unpack_from("<I", data, 60)[0] + 24 + 144)[0]
        data[end - SECTOR] ^= 1
        (out / "uki.efi").write_bytes(data)
        self.assertIn("differs: uki.efi", self.again(out / "uki.efi", code=1))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    image.PROTOSTAR, image.STUB = (os.path.abspath(word) for word in sys.argv[1:])
    unittest.main(argv=sys.argv[:1])
