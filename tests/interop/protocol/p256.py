# SPDX-License-Identifier: GPL-2.0-or-later
"""P-256 keys, points and certificates as PROTOCOL.md writes them."""

import datetime
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
SPKI_LEN = 91


def private(scalar: int):
    return ec.derive_private_key(scalar, ec.SECP256R1())


def make(source: random.Random):
    return private(source.randrange(1, ORDER))


def public(point_bytes: bytes):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point_bytes)


def point(key) -> bytes:
    """Uncompressed, 65 bytes for P-256; empty for a key of another kind."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return b""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def spki(point_bytes: bytes) -> bytes:
    return SPKI_HEAD + point_bytes


def agree(key, point_bytes: bytes) -> bytes:
    return key.exchange(ec.ECDH(), public(point_bytes))


def sign(key, data: bytes) -> tuple[int, int]:
    """ECDSA with SHA-256: r, s."""
    return utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))


def verify(point_bytes: bytes, data: bytes, r: int, s: int):
    public(point_bytes).verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))


def certificate(key, extra: int = 0, signer=None) -> bytes:
    """Self-signed; an extension of `extra` bytes makes it longer."""
    name = x509.Name([])
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
               .public_key(key.public_key()).serial_number(1)
               .not_valid_before(datetime.datetime(2001, 1, 1))
               .not_valid_after(datetime.datetime(2002, 1, 1)))
    if extra:
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, bytes(extra)), False)
    return builder.sign(signer or key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificate_of(key, length: int) -> bytes:
    """A certificate of exactly so many bytes."""
    extra = length - 300
    for _ in range(200):
        made = certificate(key, extra)
        if len(made) == length:
            return made
        extra += (length > len(made)) - (length < len(made)) if abs(length - len(made)) < 8 \
            else length - len(made)
    raise ValueError("no certificate of that length")
