# SPDX-License-Identifier: GPL-2.0-or-later
"""
A TPM in software, as far as PROTOCOL.md section 6 asks for one: keys, quotes, activation, an event
log. Every field of what it makes can be changed.
"""

import hashlib
import struct

import derive
import p256
from wire import SHA256, two_b, u8, u16, u32, u64

FIXED_TPM, ST_CLEAR, FIXED_PARENT, DATA_ORIGIN = 1 << 1, 1 << 2, 1 << 4, 1 << 5
USER_WITH_AUTH, ADMIN_WITH_POLICY, NO_DA = 1 << 6, 1 << 7, 1 << 10
RESTRICTED, DECRYPT, SIGN = 1 << 16, 1 << 17, 1 << 18
FREE = ST_CLEAR | USER_WITH_AUTH | ADMIN_WITH_POLICY | NO_DA
BORN = FIXED_TPM | FIXED_PARENT | DATA_ORIGIN | RESTRICTED
AK_ATTRIBUTES, EK_ATTRIBUTES = BORN | SIGN, BORN | DECRYPT

EV_NO_ACTION = 3
HASHES = {0x0004: "sha1", 0x000B: "sha256", 0x000C: "sha384", 0x000D: "sha512"}


def area(point: bytes, **changes) -> bytes:
    """A TPMT_PUBLIC."""
    f = {"type": 0x23, "name_alg": 0x0B, "attributes": AK_ATTRIBUTES, "policy": b"",
         "symmetric": u16(0x10), "scheme": u16(0x18) + u16(0x0B), "curve": 3, "kdf": 0x10,
         "x": point[1:33], "y": point[33:], "rest": b"", **changes}
    return (u16(f["type"]) + u16(f["name_alg"]) + u32(f["attributes"]) + two_b(f["policy"]) +
            f["symmetric"] + f["scheme"] + u16(f["curve"]) + u16(f["kdf"]) + two_b(f["x"]) +
            two_b(f["y"]) + f["rest"])


EK_FIELDS = {"attributes": EK_ATTRIBUTES, "policy": bytes(32), "scheme": u16(0x10),
             "symmetric": u16(0x06) + u16(128) + u16(0x43)}


def ak_area(point: bytes, **changes) -> bytes:
    return area(point, **changes)


def ek_area(point: bytes, **changes) -> bytes:
    return area(point, **{**EK_FIELDS, **changes})


POLICY_A = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")
POLICY_B = bytes.fromhex("b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419ca"
                         "cb47ba09699646150f9fc000f3f80e12")


def large_ek_area(x: bytes, y: bytes) -> bytes:
    """Template H-3: an EK on P-384."""
    return area(b"", **{**EK_FIELDS, "name_alg": 0x0C, "policy": POLICY_B, "curve": 4,
                        "attributes": EK_ATTRIBUTES | USER_WITH_AUTH | ADMIN_WITH_POLICY,
                        "symmetric": u16(0x06) + u16(256) + u16(0x43), "x": x, "y": y})


def rsa_ek_area(modulus: bytes) -> bytes:
    """Template L-1: an EK of RSA-2048."""
    return (u16(1) + u16(0x0B) + u32(EK_ATTRIBUTES | ADMIN_WITH_POLICY) + two_b(POLICY_A) +
            u16(0x06) + u16(128) + u16(0x43) + u16(0x10) + u16(2048) + u32(0) + two_b(modulus))


def name(public: bytes) -> bytes:
    return u16(0x0B) + derive.sha256(public)


def node_id(ek_point: bytes) -> bytes:
    """What a service knows the node of this EK by: the Name of TCG's template L-2 with its key."""
    return name(ek_area(ek_point, attributes=0x000300B2, policy=POLICY_A))


def digest_of(bank: int, data: bytes) -> bytes:
    return hashlib.new(HASHES[bank], data).digest()


def pcr(bank: int, n: int) -> bytes:
    """What the PCRs of every machine here hold, unless it says otherwise."""
    return bytes(len(digest_of(bank, b""))) if n == 15 else digest_of(bank, b"PCR %d" % n)


class Tpm:
    """Keys and PCRs of one machine; `pcrs` has those that differ from pcr()."""

    def __init__(self, source):
        self.ek = p256.make(source)
        self.ek_pub = ek_area(p256.point(self.ek))
        self.pcrs = {}
        self.new_ak(source)

    def new_ak(self, source):
        self.ak = p256.make(source)
        self.ak_pub = ak_area(p256.point(self.ak))

    def values(self, bank: int, mask: int) -> bytes:
        return b"".join(self.pcrs.get(n, pcr(bank, n)) for n in range(24) if mask >> n & 1)

    def activate(self, challenge) -> bytes:
        return derive.activate(self.ek, name(self.ak_pub), challenge.credential,
                               challenge.encrypted_secret)


def attest(rd: bytes, of_bank: int, of_mask: int, values: bytes, **changes) -> bytes:
    """A TPMS_ATTEST of a quote."""
    f = {"magic": 0xFF544347, "type": 0x8018, "signer": u16(0x0B) + bytes(32), "extra": rd,
         "clock": 123456, "resets": 2, "restarts": 3, "safe": 1, "firmware": 4,
         "selections": 1, "bank": of_bank, "select_len": 3, "mask": of_mask,
         "digest": derive.sha256(values), "rest": b"", **changes}
    selection = u16(f["bank"]) + u8(f["select_len"])
    selection += f["mask"].to_bytes(8, "little")[:f["select_len"]]
    return (u32(f["magic"]) + u16(f["type"]) + two_b(f["signer"]) + two_b(f["extra"]) +
            u64(f["clock"]) + u32(f["resets"]) + u32(f["restarts"]) + u8(f["safe"]) +
            u64(f["firmware"]) + u32(f["selections"]) + selection * f["selections"] +
            two_b(f["digest"]) + f["rest"])


def number(value: int, length: int = 32) -> bytes:
    return value.to_bytes(length, "big")


def signature(r: bytes, s: bytes, scheme: int = 0x18, digest: int = 0x0B) -> bytes:
    """A TPMT_SIGNATURE."""
    return u16(scheme) + u16(digest) + two_b(r) + two_b(s)


def sign(ak, quote: bytes) -> bytes:
    r, s = p256.sign(ak, quote)
    return signature(number(r), number(s))


# Event logs: little-endian.


def log_header(algorithms=((SHA256, 32),), **changes) -> bytes:
    f = {"kind": EV_NO_ACTION, "signature": b"Spec ID Event03\0", "major": 2, "vendor": b"",
         "rest": b"", "count": len(algorithms), "pcr": 0, **changes}
    spec = f["signature"] + struct.pack("<IBBBBI", 0, 0, f["major"], 0, 2, f["count"])
    spec += b"".join(struct.pack("<HH", *a) for a in algorithms)
    spec += bytes([len(f["vendor"])]) + f["vendor"] + f["rest"]
    return struct.pack("<II", f["pcr"], f["kind"]) + bytes(20) + struct.pack("<I", len(spec)) + spec


def log_event(pcr: int, digests, kind: int = 13, data: bytes = b"", **changes) -> bytes:
    f = {"count": len(digests), "length": len(data), **changes}
    out = struct.pack("<III", pcr, kind, f["count"])
    out += b"".join(struct.pack("<H", alg) + digest for alg, digest in digests)
    return out + struct.pack("<I", f["length"]) + data


def replay(bank: int, events, first: bytes = b"") -> bytes:
    value = first or bytes(len(digest_of(bank, b"")))
    for digest in events:
        value = digest_of(bank, value + digest)
    return value
