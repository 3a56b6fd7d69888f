#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which endorsement key and which certificates PID 1 takes from a TPM, with other people's programs
around it: swtpm with certificates of its own CA, tpm2-tools that fill its storage and make the same
keys by their own templates, OpenSSL that makes and verifies certificates, and credentials that
tpm2_makecredential seals to what PID 1 shows.
usage: early_ek.py PROGRAM CLASS
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from vm.tpm import Tpm as State, wait_listening  # noqa: E402
from vm.tpm_ca import TpmCa  # noqa: E402

PROGRAM = ""
SECONDS = 600
SECRET = b"the secret of an activation, 32!"
POLICY_A = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa"
POLICY_B = "ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0"
L_ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|adminwithpolicy|restricted|decrypt"
H_ATTRIBUTES = L_ATTRIBUTES + "|userwithauth"
AK_ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign"
L_2, H_2, H_3, L_1, H_1 = 0x01c0000a, 0x01c00014, 0x01c00016, 0x01c00002, 0x01c00012
CHAIN = 0x01c00100
GOOGLE_RSA, GOOGLE_ECC = 0x01c10000, 0x01c10002
HCL_REPORT, HCL_USER_DATA, HCL_AK, HCL_CERTIFICATE = 0x01400001, 0x01400002, 0x81000003, 0x01c101d0


def must(*words, **options) -> bytes:
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS,
                          check=False, **options)
    if done.returncode:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def header(certificate: bytes) -> bytes:
    """TCG's, as makers put it before a certificate."""
    return b"\x10\x01\x00" + struct.pack(">H", len(certificate) + 2) + b"\x10\x02" + certificate


class Machine:
    """A swtpm with its tools, and PID 1's code on it."""

    def __init__(self, folder: Path, state: Path):
        self.folder, self.socket = folder, folder / "tpm"
        shutil.copytree(state, folder / "state")
        self.env = dict(os.environ, TPM2TOOLS_TCTI=f"swtpm:path={self.socket}")
        with open(folder / "swtpm.log", "wb") as log:
            self.process = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}/state",
                 "--server", f"type=unixio,path={self.socket}",
                 "--ctrl", f"type=unixio,path={self.socket}.ctrl",
                 "--flags", "not-need-init,startup-clear"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not wait_listening(self.process, self.socket, folder / "tpm.ctrl"):
            self.end()
            raise AssertionError("swtpm does not start")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def tool(self, name: str, *words) -> bytes:
        out = must(f"tpm2_{name}", *words, cwd=self.folder, env=self.env)
        must("tpm2_flushcontext", "-t", cwd=self.folder, env=self.env)
        return out

    # --- what its maker put there -----------------------------------------------------------------

    def remove(self, index: int) -> None:
        self.tool("nvundefine", "-C", "p", hex(index))

    def store(self, index: int, data: bytes, *words) -> None:
        self.tool("nvdefine", "-C", "o", "-s", len(data), "-a",
                  "ownerread|ownerwrite|authread|authwrite", *words, hex(index))
        (self.folder / "data").write_bytes(data)
        self.tool("nvwrite", "-C", "o", "-i", "data", hex(index))

    def primary(self, kind: str, attributes: str, *words) -> str:
        """A key of the endorsement hierarchy, by tpm2-tools; its public key in PEM."""
        self.tool("createprimary", "-C", "e", "-G", kind, "-a", attributes, "-c", "made.ctx",
                  *words)
        return self.pem("made.ctx")

    def ek(self, kind: str, *words) -> str:
        self.tool("createek", "-G", kind, "-c", "made.ctx", "-u", "made.pub", *words)
        return self.pem("made.ctx")

    def pem(self, context) -> str:
        self.tool("readpublic", "-c", context, "-f", "pem", "-o", "made.pem", "-n", "made.name")
        return (self.folder / "made.pem").read_text()

    def policy(self, digest: str) -> str:
        (self.folder / "policy").write_bytes(bytes.fromhex(digest))
        return "policy"

    # --- PID 1 ------------------------------------------------------------------------------------

    def run(self, what: str) -> tuple[int, str]:
        """Its exit status, and what it says on the console."""
        done = subprocess.run([PROGRAM, str(self.socket), what, str(self.folder)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        return done.returncode, done.stdout.decode()

    def show(self) -> str:
        for old in self.folder.glob("certificate.*"):
            old.unlink()
        status, said = self.run("show")
        if status:
            raise AssertionError(f"PID 1 does not open this TPM: {said}")
        left = self.tool("getcap", "handles-transient") + self.tool(
            "getcap", "handles-loaded-session")
        if left.strip():
            raise AssertionError(f"PID 1 left keys or sessions in the TPM: {left}")
        return said

    def certificates(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("certificate.*"))]

    def shown(self, name: str) -> str:
        """The key that PID 1 shows as ek or ak, in PEM."""
        area = (self.folder / name).read_bytes()
        (self.folder / f"{name}.pub").write_bytes(struct.pack(">H", len(area)) + area)
        return must("tpm2_print", "-t", "TPM2B_PUBLIC", "-f", "pem", f"{name}.pub",
                    cwd=self.folder).decode()

    def activates(self) -> bool:
        """A credential for the shown AK, sealed to the shown EK by tpm2-tools, is opened."""
        self.shown("ek")
        self.shown("ak")
        self.tool("loadexternal", "-C", "n", "-u", "ak.pub", "-c", "ak.ctx", "-n", "ak.name")
        (self.folder / "sealed").write_bytes(SECRET)
        must("tpm2_makecredential", "-T", "none", "-u", "ek.pub", "-s", "sealed", "-n",
             (self.folder / "ak.name").read_bytes().hex(), "-o", "blob", cwd=self.folder)
        blob = (self.folder / "blob").read_bytes()[8:]
        end = 2 + struct.unpack_from(">H", blob)[0]
        (self.folder / "credential").write_bytes(blob[2:end])
        (self.folder / "encrypted").write_bytes(blob[end + 2:])
        (self.folder / "secret").unlink(missing_ok=True)
        status, said = self.run("activate")
        if status:
            print(said)
        return not status and (self.folder / "secret").read_bytes() == SECRET


class Case(unittest.TestCase):
    """Machines are copies of two: one that swtpm's CA has certified, and one that nobody has."""

    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp(prefix="protostar-ek-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.ca = TpmCa(cls.home / "ca").create()
        State(cls.home / "certified").create("sha256", cls.ca)
        State(cls.home / "plain").create("sha256")
        must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", "key", "-out", "own-ca", "-subj", "/CN=test CA", cwd=cls.home)

    def machine(self, of: str = "certified") -> Machine:
        self.folder = Path(tempfile.mkdtemp(dir=self.home))
        machine = Machine(self.folder, self.home / of)
        self.addCleanup(machine.end)
        return machine

    def certify(self, pem: str) -> bytes:
        """A certificate for a key, of the test's own CA."""
        (self.folder / "subject").write_text(pem)
        return must("openssl", "x509", "-new", "-force_pubkey", self.folder / "subject", "-CA",
                    self.home / "own-ca", "-CAkey", self.home / "key", "-subj", "/CN=EK",
                    "-days", "9", "-outform", "der")

    def certify_any(self) -> bytes:
        """One for a key that is in no TPM."""
        self.folder = Path(tempfile.mkdtemp(dir=self.home))
        key = must("openssl", "ec", "-in", self.home / "key", "-pubout")
        return self.certify(key.decode())

    def key_of(self, certificate: bytes) -> str:
        (self.folder / "der").write_bytes(certificate)
        return must("openssl", "x509", "-inform", "der", "-in", self.folder / "der", "-noout",
                    "-pubkey").decode()

    def check_ek(self, machine: Machine, index: int) -> None:
        """PID 1 takes the key of this index, with its certificate first, and can use it."""
        said = machine.show()
        self.assertIn(f"TPM endorsement key by certificate 0x{index:08x}", said)
        self.assertEqual(self.key_of(machine.certificates()[0]), machine.shown("ek"))
        self.assertTrue(machine.activates())

    def check_left_out(self, machine: Machine, index: int, why: str, instead: int) -> None:
        said = machine.show()
        self.assertIn(f"TPM index 0x{index:08x} left out: {why}", said)
        self.check_ek(machine, instead)


class Kinds(Case):
    """Every kind of key with a certificate, and none."""

    def test_swtpms_own_p384(self):
        machine = self.machine()
        self.check_ek(machine, H_3)
        (self.folder / "leaf").write_bytes(machine.certificates()[0])
        must("openssl", "verify", "-CAfile", self.ca.roots, self.folder / "leaf")
        self.assertEqual(len(machine.certificates()), 1)

    def test_swtpms_own_rsa(self):
        machine = self.machine()
        machine.remove(H_3)
        self.check_ek(machine, L_1)
        with self.subTest("made, where it does not last in the TPM"):
            machine.tool("evictcontrol", "-C", "o", "-c", "0x81010001")
            self.check_ek(machine, L_1)

    def test_lasting_key_of_another_template(self):
        machine = self.machine()
        machine.remove(H_3)
        machine.tool("evictcontrol", "-C", "o", "-c", "0x81010001")
        machine.primary("rsa2048:aes128cfb", H_ATTRIBUTES + "|noda")
        machine.tool("evictcontrol", "-C", "o", "-c", "made.ctx", "0x81010001")
        self.check_ek(machine, L_1)

    def test_no_certificate(self):
        machine = self.machine("plain")
        self.assertIn("TPM endorsement key without certificate", machine.show())
        self.assertEqual(machine.certificates(), [])
        self.assertEqual(machine.shown("ek"), machine.ek("ecc"))
        self.assertTrue(machine.activates())

    def test_l2(self):
        machine = self.machine()
        certificate = self.certify(machine.ek("ecc"))
        for stored in (certificate, certificate + b"\xff" * 40, header(certificate) + bytes(9)):
            with self.subTest(first=stored[:2].hex(), length=len(stored)):
                machine.store(L_2, stored)
                self.check_ek(machine, L_2)
                self.assertEqual(machine.certificates(), [certificate])
                machine.tool("nvundefine", "-C", "o", hex(L_2))

    def test_h2_and_h1(self):
        for index, kind in ((H_2, "ecc256:aes128cfb"), (H_1, "rsa2048:aes128cfb")):
            with self.subTest(kind=kind):
                machine = self.machine("plain")
                pem = machine.primary(kind, H_ATTRIBUTES, "-L", machine.policy(POLICY_B))
                machine.store(index, self.certify(pem))
                self.check_ek(machine, index)

    def test_nonce(self):
        for index, kind in ((L_2, "ecc256:aes128cfb"), (L_1, "rsa2048:aes128cfb")):
            with self.subTest(kind=kind):
                machine = self.machine("plain")
                nonce = os.urandom(20)
                pem = self.l_key(machine, kind, L_ATTRIBUTES, nonce)
                self.assertNotEqual(pem, self.l_key(machine, kind, L_ATTRIBUTES, b""))
                machine.store(index + 1, nonce)
                machine.store(index, self.certify(pem))
                self.check_ek(machine, index)

    def l_key(self, machine: Machine, kind: str, attributes: str, nonce: bytes) -> str:
        """
        A key of an L template by tpm2_createprimary. (tpm2_createek -t of version 5.4 takes bytes
        of its own memory for the nonce.) The file is a TPMU_PUBLIC_ID of tpm2-tss.
        """
        size = 256 if kind.startswith("rsa") else 32
        unique = struct.pack("<H", size) + nonce.ljust(size, b"\0")
        if size == 32:
            unique = unique.ljust(130, b"\0") + unique[:2] + bytes(32)
        (machine.folder / "unique").write_bytes(unique)
        return machine.primary(kind, attributes, "-L", machine.policy(POLICY_A), "-u", "unique")

    def template(self, machine: Machine, attributes: str) -> bytes:
        """L-2 as TPMT_PUBLIC, with these attributes."""
        self.l_key(machine, "ecc256:aes128cfb", attributes, b"")
        machine.tool("readpublic", "-c", "made.ctx", "-o", "made.pub")
        area = (machine.folder / "made.pub").read_bytes()[2:]
        zeros = b"\0\x20" + bytes(32)
        return area[:-2 * len(zeros)] + 2 * zeros

    def test_template(self):
        for nonce in (b"", os.urandom(32)):
            with self.subTest(nonce=nonce.hex()):
                machine = self.machine("plain")
                attributes = L_ATTRIBUTES + "|noda"
                machine.store(L_2 + 2, self.template(machine, attributes))
                if nonce:
                    machine.store(L_2 + 1, nonce)
                pem = self.l_key(machine, "ecc256:aes128cfb", attributes, nonce)
                self.assertNotEqual(pem, machine.ek("ecc"))
                machine.store(L_2, self.certify(pem))
                self.check_ek(machine, L_2)

    def test_template_of_another_policy(self):
        machine = self.machine()
        template = self.template(machine, L_ATTRIBUTES).replace(
            bytes.fromhex(POLICY_A), bytes.fromhex(POLICY_B))
        machine.store(L_2 + 2, template)
        machine.store(L_2, self.certify(machine.ek("ecc")))
        self.check_left_out(machine, L_2, "its key cannot be made", H_3)


class Faults(Case):
    """What is in the way of a certificate: said, and the next kind is taken."""

    def test_garbage(self):
        whole = self.certify_any()
        for stored in (b"garbage" * 40, whole[:-1], b"\x30\x82\xff\xff" + bytes(60), b"\x30",
                       b"\xff" * 300, header(b"")):
            with self.subTest(first=stored[:4].hex(), length=len(stored)):
                machine = self.machine()
                machine.store(L_2, stored)
                self.check_left_out(machine, L_2, "there is no certificate in it", H_3)

    def test_of_another_key(self):
        machine = self.machine()
        machine.store(L_2, self.certify_any())
        self.check_left_out(machine, L_2, "it is of another key", H_3)

    def test_of_another_tpm(self):
        """Which is how the default key is refused a certificate that is not its own."""
        machine = self.machine("plain")
        machine.store(L_2, self.certify_any())
        said = machine.show()
        self.assertIn("left out: it is of another key", said)
        self.assertIn("TPM endorsement key without certificate", said)
        self.assertEqual(machine.certificates(), [])

    def test_password(self):
        machine = self.machine()
        machine.tool("nvdefine", "-C", "o", "-s", "64", "-a", "ownerwrite|authread", "-p", "secret",
                     hex(L_2))
        (machine.folder / "data").write_bytes(bytes(64))
        machine.tool("nvwrite", "-C", "o", "-i", "data", hex(L_2))
        self.check_left_out(machine, L_2, "it cannot be read (TPM response 0x", H_3)

    def test_never_written(self):
        machine = self.machine()
        machine.tool("nvdefine", "-C", "o", "-s", "64", hex(L_2))
        self.check_left_out(machine, L_2, "it cannot be read (TPM response 0x14a", H_3)


class Lies(Case):
    """Certified TPMs with one bit of one answer flipped: nothing breaks, and most is noticed."""

    def check(self, machine: Machine) -> None:
        machine.show()
        self.assertTrue(machine.activates())
        status, said = machine.run("faults")
        self.assertEqual(status, 0, said)
        found = re.search(r"^answers (\d+) faults (\d+) unnoticed (\d+)$", said, re.MULTILINE)
        answers, faults, unnoticed = map(int, found.groups())
        print(found[0])
        self.assertGreater(answers, 20)
        self.assertGreater(unnoticed, 0)
        self.assertLess(unnoticed, faults * 2 // 3)

    def test_p384_with_chain(self):
        machine = self.machine()
        machine.store(CHAIN, self.certify_any())
        self.check(machine)

    def test_rsa_with_nonce_and_template(self):
        machine = self.machine("plain")
        machine.store(L_1 + 1, bytes(20))
        machine.store(L_1, self.certify(machine.ek("rsa")))
        self.check(machine)


class Chains(Case):
    """The issuers' certificates in 01c00100 and on."""

    def issuers(self) -> list[bytes]:
        return [must("openssl", "x509", "-in", self.ca.folder / name, "-outform", "der")
                for name in ("issuercert.pem", "swtpm-localca-rootca-cert.pem")]

    def check(self, *stored: bytes) -> None:
        machine = self.machine()
        for number, data in enumerate(stored):
            machine.store(CHAIN + number, data)
        self.check_ek(machine, H_3)
        self.assertEqual(machine.certificates()[1:], self.issuers())

    def test_one_an_index(self):
        self.check(*self.issuers())

    def test_with_header_and_padding(self):
        issuer, root = self.issuers()
        self.check(header(issuer) + bytes(5), root + b"\xff" * 20)

    def test_cut_anywhere(self):
        chain = b"".join(self.issuers())
        self.check(chain[:700], chain[700:1400], chain[1400:])

    def test_ends_in_garbage(self):
        machine = self.machine()
        issuer, root = self.issuers()
        machine.store(CHAIN, issuer)
        machine.store(CHAIN + 1, b"no certificate" + root)
        self.assertIn("left out: not all of the chain", machine.show())
        self.assertEqual(machine.certificates()[1:], [issuer])

    def test_too_many(self):
        machine = self.machine()
        issuer, root = self.issuers()
        for number in range(7):
            machine.store(CHAIN + number, root)
        self.assertIn("left out: not all of the chain", machine.show())
        self.assertEqual(machine.certificates()[1:], [root] * 5)


class Cloud(Case):
    """An attestation key that a cloud certifies."""

    def ak(self, machine: Machine, kind: str) -> tuple[str, bytes]:
        """Such a key, in PEM, and its template."""
        pem = machine.primary(kind, AK_ATTRIBUTES, "-g", "sha256")
        machine.tool("readpublic", "-c", "made.ctx", "-o", "made.pub")
        area = (machine.folder / "made.pub").read_bytes()[2:]
        unique = 258 if kind.startswith("rsa") else 68
        return pem, area[:-unique] + (bytes(2) if kind.startswith("rsa") else bytes(4))

    def check_quote(self, machine: Machine) -> None:
        machine.tool("checkquote", "-u", "ak.pem", "-m", "quote", "-s", "signature", "-g", "sha256",
                     "-q", b"extra data of thirty-two bytes.\0".hex())

    def check_ak(self, machine: Machine, pem: str, certificate: bytes) -> None:
        self.assertEqual(machine.shown("ak"), pem)
        self.assertIn(certificate, machine.certificates())
        (machine.folder / "ak.pem").write_text(pem)
        self.check_quote(machine)
        self.assertTrue(machine.activates())


class Google(Cloud):
    """Keys by templates in the TPM."""

    def test_each_kind(self):
        for index, kind in ((GOOGLE_RSA, "rsa2048:rsassa-sha256:null"),
                            (GOOGLE_ECC, "ecc256:ecdsa-sha256:null")):
            with self.subTest(kind=kind):
                machine = self.machine()
                pem, template = self.ak(machine, kind)
                certificate = self.certify(pem)
                machine.store(index + 1, template)
                machine.store(index, certificate)
                machine.show()
                self.check_ak(machine, pem, certificate)
                self.assertEqual(len(machine.certificates()), 2)

    def test_without_template(self):
        machine = self.machine()
        machine.store(GOOGLE_RSA, self.certify(machine.ek("rsa")))
        self.assertIn("TPM index 0x01c10000 left out: its key cannot be made", machine.show())
        self.assertEqual(len(machine.certificates()), 1)


class Azure(Cloud):
    """The paravisor's key, and its reports. Here the reports lie ready: none makes them."""

    def azure(self, report: bytes) -> tuple[Machine, str, bytes]:
        machine = self.machine("plain")
        pem, _ = self.ak(machine, "rsa2048:rsassa-sha256:null")
        machine.tool("evictcontrol", "-C", "o", "-c", "made.ctx", hex(HCL_AK))
        certificate = self.certify(pem)
        machine.store(HCL_CERTIFICATE, certificate + bytes(300))
        machine.store(HCL_REPORT, report)
        return machine, pem, certificate

    def test_report(self):
        user_data = os.urandom(64)
        report = b"HCLA" + bytes(1300) + b'"user-data":"%s"}' % user_data.hex().upper().encode()
        machine, pem, certificate = self.azure(report)
        machine.show()
        self.check_ak(machine, pem, certificate)
        (machine.folder / "user-data").write_bytes(user_data)
        for defined in (False, True):
            with self.subTest(defined=defined):
                self.assertEqual(machine.run("hcl")[0], 0)
                self.assertEqual((machine.folder / "report").read_bytes(), report)
                held = machine.tool("nvread", "-C", "o", hex(HCL_USER_DATA))
                self.assertEqual(held, user_data)

    def test_certificate_of_another_key(self):
        machine, pem, _ = self.azure(b"HCLA" + bytes(100))
        machine.tool("nvundefine", "-C", "o", hex(HCL_CERTIFICATE))
        machine.store(HCL_CERTIFICATE, self.certify(machine.ek("rsa")))
        self.assertIn("TPM index 0x01c101d0 left out: it is of another key", machine.show())
        self.assertEqual(machine.shown("ak"), pem)
        self.assertEqual(machine.certificates(), [])

    def test_old_report(self):
        machine = self.azure(b"HCLA" + bytes(1300) + b'"user-data":"%s"}' % (b"00" * 64))[0]
        (machine.folder / "user-data").write_bytes(os.urandom(64))
        status, said = machine.run("hcl")
        self.assertEqual(status, 1)
        self.assertIn("E527", said)

    def test_index_without_its_key(self):
        machine = self.machine()
        machine.store(HCL_REPORT, b"HCLA" + bytes(100))
        self.assertIn("left out: its TPM has no key at 0x81000003", machine.show())

    def test_no_paravisor(self):
        machine = self.machine()
        machine.store(HCL_REPORT, b"other" + bytes(100))
        status, said = machine.run("hcl")
        self.assertEqual(status, 1)
        self.assertIn("E524", said)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
