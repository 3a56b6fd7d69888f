# SPDX-License-Identifier: GPL-2.0-or-later
"""The derivations of PROTOCOL.md: binder, grant and header MAC (2, 7), activation (6.5)."""

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

import mlkem
import p256
from wire import lp, two_b, u32, u64


def hkdf(salt: bytes, ikm: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(ikm)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def hmac256(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, "sha256").digest()


def binder(th: bytes, ekm: bytes) -> bytes:
    return hkdf(th, ekm, b"protostar binder v1")


def wrap_key(rd: bytes, z: bytes, eph_pub: bytes, kem_pub: bytes) -> bytes:
    return hkdf(rd, z, b"protostar wrap v1" + eph_pub + kem_pub)


def hybrid_key(rd: bytes, secrets: bytes, heads: bytes, kem_pub: bytes, mlkem_pub: bytes) -> bytes:
    """secrets: z and ML-KEM's; heads: what stands before the ciphertext, eph_pub and mlkem_ct."""
    info = b"protostar wrap v2" + heads[:65] + kem_pub + heads[65:] + mlkem_pub
    return hkdf(rd, secrets, info)


def open_with(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    return AESGCM(key).decrypt(bytes(12), sealed, aad)


def unwrap(kem, rd: bytes, aad: bytes, wrapped: bytes) -> bytes:
    eph_pub, sealed = wrapped[:65], wrapped[65:]
    z = p256.agree(kem, eph_pub)
    return open_with(wrap_key(rd, z, eph_pub, p256.point(kem)), sealed, aad)


def unwrap_hybrid(kem, mlkem_private: bytes, rd: bytes, aad: bytes, wrapped: bytes) -> bytes:
    heads, sealed = wrapped[:65 + mlkem.CIPHERTEXT], wrapped[65 + mlkem.CIPHERTEXT:]
    secrets = p256.agree(kem, heads[:65]) + mlkem.decapsulate(mlkem_private, heads[65:])
    public = mlkem.public_of(mlkem_private)
    return open_with(hybrid_key(rd, secrets, heads, p256.point(kem), public), sealed, aad)


def mac_key(disk_key: bytes, disk_id: bytes) -> bytes:
    return hkdf(b"protostar header v1", disk_key, disk_id)


def header_mac(disk_key: bytes, disk_id: bytes, generation: int, header: bytes) -> bytes:
    return hmac256(mac_key(disk_key, disk_id), u64(generation) + disk_id + header)


def disk_key(kek: bytes, tenant: bytes, disk_id: bytes, version: int, salt: bytes) -> bytes:
    info = b"protostar disk key v2\0" + lp(tenant) + lp(disk_id) + u32(version) + lp(salt)
    return HKDFExpand(hashes.SHA256(), 32, info).derive(kek)


def cfb(key: bytes, data: bytes, encrypt: bool) -> bytes:
    """AES-CFB with an IV of zeros, by hand from the bare cipher."""
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    out, feedback = b"", bytes(16)
    for i in range(0, len(data), 16):
        part = data[i:i + 16]
        mixed = bytes(a ^ b for a, b in zip(part, block.update(feedback)))
        feedback = mixed if encrypt else part
        out += mixed
    return out


class Activation:
    """
    The keys of a credential, for either side of it. `seed` is what both sides have; the digest is
    that of the EK's name algorithm, and so is the length of AES's key.
    """

    def __init__(self, seed: bytes, ak_name: bytes, digest: str = "sha256", aes: int = 128):
        self.seed, self.name, self.digest = seed, ak_name, digest
        self.storage_key = self.mac(
            seed, u32(1) + b"STORAGE\0" + ak_name + u32(aes))[:aes // 8]
        self.integrity_key = self.mac(
            seed, u32(1) + b"INTEGRITY\0" + u32(8 * hashlib.new(digest).digest_size))

    def mac(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, self.digest).digest()

    def integrity(self, identity: bytes) -> bytes:
        return self.mac(self.integrity_key, identity + self.name)

    def identity(self, secret: bytes) -> bytes:
        return cfb(self.storage_key, two_b(secret), True)

    def credential(self, secret: bytes) -> bytes:
        identity = self.identity(secret)
        return two_b(self.integrity(identity)) + identity

    def open(self, credential: bytes) -> bytes:
        if credential[:2] != b"\0\x20" or len(credential) != 68:
            raise ValueError("a credential of another form")
        identity = credential[34:]
        if not hmac.compare_digest(self.integrity(identity), credential[2:34]):
            raise ValueError("the credential is not for this key")
        plain = cfb(self.storage_key, identity, False)
        if plain[:2] != b"\0\x20":
            raise ValueError("the credential holds no secret of 32 bytes")
        return plain[2:]


def seed_by_ecdh(z: bytes, eph_x: bytes, ek_x: bytes, digest: str = "sha256") -> bytes:
    return hashlib.new(digest, u32(1) + z + b"IDENTITY\0" + eph_x + ek_x).digest()


def mask(seed: bytes, length: int, digest: str) -> bytes:
    """MGF1 (RFC 8017, B.2.1)."""
    out, i = b"", 0
    while len(out) < length:
        out, i = out + hashlib.new(digest, seed + u32(i)).digest(), i + 1
    return out[:length]


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def oaep(modulus: int, seed: bytes, own_seed: bytes, digest: str = "sha256") -> bytes:
    """RSAES-OAEP (RFC 8017, 7.1.1) with the label of an identity; own_seed is OAEP's random."""
    length = (modulus.bit_length() + 7) // 8
    label = hashlib.new(digest, b"IDENTITY\0").digest()
    block = label + bytes(length - len(seed) - 2 * len(label) - 2) + b"\1" + seed
    masked = xor(block, mask(own_seed, len(block), digest))
    own = xor(own_seed, mask(masked, len(own_seed), digest))
    number = int.from_bytes(b"\0" + own + masked, "big")
    return pow(number, 65537, modulus).to_bytes(length, "big")


def activate(ek, ak_name: bytes, credential: bytes, encrypted_secret: bytes) -> bytes:
    """What TPM2_ActivateCredential gives; ValueError when it would refuse."""
    if len(encrypted_secret) != 68 or encrypted_secret[:2] != b"\0\x20" or \
            encrypted_secret[34:36] != b"\0\x20":
        raise ValueError("an encrypted secret of another form")
    eph_pub = b"\4" + encrypted_secret[2:34] + encrypted_secret[36:]
    z = p256.agree(ek, eph_pub)
    seed = seed_by_ecdh(z, eph_pub[1:33], p256.point(ek)[1:33])
    return Activation(seed, ak_name).open(credential)
