#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A reader of bundles that was written from protostar-bundle(5) alone, with Python's scrypt and the
package cryptography: it opens what `protostar node export` makes, by each lock.
usage: bundle.py PROTOSTAR
"""

import hashlib
import itertools
import re
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PROTOSTAR = ""
TIMEOUT = 120
PASSPHRASE = "correct horse battery"
POLICY = ('{"identity":{"first_use":true},"join_material_file":"deep/token","sets":[{"name":"demo",'
          '"epoch":1,"allow_missing":[2,3,11,12,15],"measurements":{"4":"%s"}}]}' % ("98" * 32))
NONCE = bytes(12)


class Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, length: int) -> bytes:
        assert self.at + length <= len(self.data), "cut short"
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def lp(self) -> bytes:
        return self.take(self.number(4))


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def open_box(box: bytes, passphrase: bytes) -> bytes:
    r = Reader(box)
    assert r.take(16) == b"protostar-box 1\n"
    n, block, parallel, salt = r.number(4), r.number(4), r.number(4), r.take(32)
    key = hashlib.scrypt(passphrase, salt=salt, n=n, r=block, p=parallel, maxmem=1 << 28, dklen=32)
    return AESGCM(key).decrypt(NONCE, box[r.at:], box[:r.at])


def open_key_lock(body: bytes, key: ec.EllipticCurvePrivateKey, bundle_id: bytes) -> bytes:
    own = key.public_key()
    spki = own.public_bytes(serialization.Encoding.DER,
                            serialization.PublicFormat.SubjectPublicKeyInfo)
    point = own.public_bytes(serialization.Encoding.X962,
                             serialization.PublicFormat.UncompressedPoint)
    r = Reader(body)
    assert r.take(32) == hashlib.sha256(spki).digest()
    eph = r.take(65)
    z = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), eph))
    wrap = hkdf(z, bundle_id, b"protostar bundle key v1" + eph + point)
    return AESGCM(wrap).decrypt(NONCE, body[r.at:], bundle_id)


def times(a: int, b: int) -> int:
    product = 0
    for bit in range(8):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(14, 7, -1):
        if product >> bit & 1:
            product ^= 0x11d << (bit - 8)
    return product


def divide(a: int, b: int) -> int:
    return next(x for x in range(256) if times(x, b) == a)


class Share:
    def __init__(self, text: str):
        m = re.fullmatch(r"(protostar-share 1\nbundle ([0-9a-f]{32})\nshare (\d+)\ncount (\d+)\n"
                         r"needed (\d+)\nvalue ([0-9a-f]{64})\n)check ([0-9a-f]{64})\n", text)
        assert m and hashlib.sha256(m[1].encode()).hexdigest() == m[7]
        self.bundle, self.value = bytes.fromhex(m[2]), bytes.fromhex(m[6])
        self.index, self.count, self.needed = int(m[3]), int(m[4]), int(m[5])

    def commitment(self) -> bytes:
        numbers = bytes([self.index, self.count, self.needed])
        return hashlib.sha256(b"protostar share v1" + self.bundle + numbers + self.value).digest()


def join(shares: list) -> bytes:
    key = [0] * 32
    for share in shares:
        weight = 1
        for other in shares:
            if other is not share:
                weight = times(weight, divide(other.index, other.index ^ share.index))
        key = [k ^ times(weight, v) for k, v in zip(key, share.value)]
    return bytes(key)


class Bundle:
    """A file taken apart; open() gives the contents."""

    def __init__(self, data: bytes):
        r = Reader(data)
        assert r.take(19) == b"protostar-bundle 1\n"
        self.head = r.take(29)
        self.kind, self.id = self.head[0], self.head[1:17]
        self.uses = struct.unpack(">I", self.head[25:])[0]
        self.locks = [(r.number(1), r.lp()) for _ in range(r.number(1))]
        length = r.number(4)
        self.before, self.sealed = data[:r.at], r.take(length)
        assert r.at == len(data)

    def lock(self, kind: int) -> bytes:
        return next(body for which, body in self.locks if which == kind)

    def open(self, key: bytes) -> "Contents":
        wrap = hkdf(key, self.id, b"protostar bundle contents v1")
        plain = AESGCM(wrap).decrypt(NONCE, self.sealed, self.before)
        assert plain[:21] == b"protostar-contents 1\n" and plain[21:50] == self.head
        return Contents(Reader(plain[50:]))


class Contents:
    """Of a service without nodes."""

    def __init__(self, r: Reader):
        self.policy = r.lp()
        self.files = {r.lp(): r.lp() for _ in range(r.number(4))}
        self.counts = [r.number(4) for _ in range(4)]
        assert self.counts == [0, 0, 0, 0]
        self.service_key, self.ca_key, self.ca_certificate, self.kek = (r.lp() for _ in range(4))
        assert r.at == len(r.data)


class Bundles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="protostar-bundle-")
        cls.folder = Path(cls.scratch.name)
        cls.key = ec.generate_private_key(ec.SECP256R1())
        cls.secret("passphrase", PASSPHRASE + "\n")
        (cls.folder / "deep").mkdir()
        cls.secret("deep/token", "token")
        (cls.folder / "policy.json").write_text(POLICY)
        (cls.folder / "operator.pem").write_bytes(cls.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        cls.run_protostar("serve", "--init")
        cls.run_protostar("node", "export", "--service", "--policy", cls.folder / "policy.json",
                          "--out", cls.folder / "bundle", "--shares", "3/5",
                          "--passphrase-file", cls.folder / "passphrase",
                          "--to", cls.folder / "operator.pem")
        cls.bundle = Bundle((cls.folder / "bundle").read_bytes())

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def secret(cls, name: str, text: str):
        path = cls.folder / name
        path.touch(mode=0o600)
        path.write_text(text)

    @classmethod
    def run_protostar(cls, *words):
        subprocess.run([PROTOSTAR, *map(str, words), "--state", str(cls.folder / "state")],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       timeout=TIMEOUT)

    def check(self, key: bytes):
        c = self.bundle.open(key)
        state = self.folder / "state"
        self.assertEqual(c.policy.decode(), POLICY)
        self.assertEqual(c.files, {b"deep/token": b"token"})
        self.assertEqual(c.kek, (state / "kek").read_bytes())
        self.assertEqual(c.service_key, (state / "service-key.der").read_bytes())
        self.assertEqual(c.ca_key, (state / "node-ca.der").read_bytes())
        self.assertEqual(c.ca_certificate, (state / "node-ca.pem").read_bytes())

    def test_head(self):
        self.assertEqual((self.bundle.kind, self.bundle.uses), (2, 0))
        self.assertEqual([kind for kind, _ in self.bundle.locks], [1, 2, 3])

    def test_passphrase(self):
        self.check(open_box(self.bundle.lock(1), PASSPHRASE.encode()))

    def test_key(self):
        self.check(open_key_lock(self.bundle.lock(2), self.key, self.bundle.id))

    def test_shares(self):
        shares = [Share((self.folder / f"bundle.share-{i}").read_text()) for i in range(1, 6)]
        body = self.bundle.lock(3)
        self.assertEqual(body[:2], bytes([3, 5]))
        for share in shares:
            self.assertEqual(share.bundle, self.bundle.id)
            at = 2 + 32 * (share.index - 1)
            self.assertEqual(body[at:at + 32], share.commitment())
        for some in itertools.combinations(shares, 3):
            self.check(join(list(some)))
        key = join(shares[:3])
        self.assertNotEqual(join(shares[:2]), key)


if __name__ == "__main__":
    PROTOSTAR = sys.argv.pop()
    unittest.main()
