# SPDX-License-Identifier: GPL-2.0-or-later
"""The encoding and the messages of PROTOCOL.md, sections 3 and 4."""

import struct

HELLO, EVIDENCE, CHALLENGE, PROOF, GRANT, DENY, COMMIT, ACK, ABORT = range(1, 10)
FORMAT, OPEN, OVERWRITE = 1, 2, 3
BLANK, NOT_BLANK = 1, 2
JOIN, RECOVER, VERIFY, INIT = 1, 2, 3, 4
SHA256, SHA384 = 0x000B, 0x000C


class Malformed(Exception):
    """What the service sent breaks a rule of the page."""


def u8(value: int) -> bytes:
    return struct.pack(">B", value)


def u16(value: int) -> bytes:
    return struct.pack(">H", value)


def u32(value: int) -> bytes:
    return struct.pack(">I", value)


def u64(value: int) -> bytes:
    return struct.pack(">Q", value)


def lp(data: bytes) -> bytes:
    return u32(len(data)) + data


def two_b(data: bytes) -> bytes:
    return u16(len(data)) + data


def frame(kind: int, body: bytes, version: int = 1) -> bytes:
    return u32(len(body) + 2) + u8(kind) + u8(version) + body


class Reader:
    """Reads fields one after the other; done() says that nothing is left."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def raw(self, count: int) -> bytes:
        out = self.data[self.at:self.at + count]
        if len(out) != count:
            raise Malformed("a body is cut short")
        self.at += count
        return out

    def number(self, width: int) -> int:
        return int.from_bytes(self.raw(width), "big")

    def field(self, low: int, high: int) -> bytes:
        length = self.number(4)
        if not low <= length <= high:
            raise Malformed(f"a field of {length} bytes, {low} to {high} are allowed")
        return self.raw(length)

    def text(self, low: int, high: int) -> str:
        data = self.field(low, high)
        if any(not 0x20 <= byte <= 0x7E for byte in data):
            raise Malformed("a text is not printable ASCII")
        return data.decode("ascii")

    def done(self):
        if self.at != len(self.data):
            raise Malformed("a body has bytes left over")


class Record:
    """What a message says, by name."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


def require(good: bool, what: str):
    if not good:
        raise Malformed(what)


def read_hello(body: bytes) -> Record:
    r = Reader(body)
    m = Record(nonce=r.raw(32), time=r.number(8), epoch=r.number(4), bank=r.number(2),
               mask=r.number(4), types=r.number(4), purpose=r.number(1))
    r.done()
    require(m.bank in (SHA256, SHA384), "HELLO names another bank")
    require(0 < m.mask < 1 << 24 and m.types, "HELLO asks for no PCR or no evidence")
    require(m.purpose in (JOIN, RECOVER, INIT), "HELLO has another purpose")
    return m


def read_challenge(body: bytes) -> Record:
    r = Reader(body)
    m = Record(credential=r.field(1, 512), encrypted_secret=r.field(1, 512))
    r.done()
    return m


def read_grant(body: bytes) -> Record:
    r = Reader(body)
    m = Record(action=r.number(1), key_version=r.number(4), generation=r.number(8),
               header_mac=r.raw(32), next_version=r.number(4), next_header_mac=r.raw(32),
               epoch=r.number(4), role=r.text(0, 64),
               service_evidence=r.field(0, 4096), wrapped=r.field(1, 67072))
    r.done()
    require(m.action in (FORMAT, OPEN, OVERWRITE), "GRANT has another action")
    require(m.generation < 2 ** 64 - 1, "GRANT leaves no next generation")
    if m.action == OPEN:
        require(m.generation > 0, "GRANT opens a disk of generation 0")
    else:
        require(m.header_mac == bytes(32), "GRANT to format has a MAC")
    require(m.next_version == 0 or m.action == OPEN and m.next_version > m.key_version,
            "GRANT has a next version where none can be")
    require(m.next_version > 0 or m.next_header_mac == bytes(32), "GRANT has a MAC of no version")
    return m


def grant_aad(m: Record) -> bytes:
    return (u8(m.action) + u32(m.key_version) + u64(m.generation) + m.header_mac +
            u32(m.next_version) + m.next_header_mac + u32(m.epoch) + lp(m.role.encode()) +
            lp(m.service_evidence))


def read_grant_secrets(data: bytes) -> Record:
    r = Reader(data)
    m = Record(disk_key=r.raw(32), next_key=r.field(0, 32), join_material=r.field(0, 65536))
    r.done()
    require(len(m.next_key) in (0, 32), "a next key of another length")
    return m


def read_deny(body: bytes) -> Record:
    r = Reader(body)
    m = Record(code=r.number(2), retry_after_ms=r.number(4), text=r.text(0, 256))
    r.done()
    require(600 <= m.code <= 649, "DENY has a code out of bounds")
    require((m.retry_after_ms != 0) == (m.code in (602, 617, 622)),
            "DENY has a wrong retry_after_ms")
    return m


def read_ack(body: bytes) -> Record:
    r = Reader(body)
    m = Record(certificate=r.field(0, 4096))
    r.done()
    return m


def put_claims(version: bytes, disk_id: bytes, contents: int, ak_pub: bytes, ek_pub: bytes,
               kem_pub: bytes, mlkem_pub: bytes = b"") -> bytes:
    return (lp(version) + disk_id + u8(contents) + lp(ak_pub) + lp(ek_pub) + kem_pub +
            lp(mlkem_pub))


TPM_QUOTE, SNP, TDX, HCL, SVSM = range(1, 6)
TPM_FIELDS = ["attest", "signature", "pcr_values", "event_log"]


def put_tpm_quote(e: dict) -> bytes:
    """The item of type 1."""
    out = b"".join(lp(e[field]) for field in TPM_FIELDS) + u8(len(e["certificates"]))
    return out + b"".join(lp(one) for one in e["certificates"])


def put_items(items: list, count=None) -> bytes:
    """Types with their items; `count` says another number than there are."""
    out = u8(len(items) if count is None else count)
    return out + b"".join(u16(kind) + lp(item) for kind, item in items)


def put_evidence(e: dict) -> bytes:
    items = e.get("items") or [(e["type"], put_tpm_quote(e))]
    return (u8(e["purpose"]) + e["nonce_a"] + u8(e["wants_service_evidence"]) + lp(e["claims"]) +
            put_items(items, e.get("count")))


def put_commit(action: int, generation: int, key_version: int, header_mac: bytes,
               next_version: int = 0, next_header_mac: bytes = bytes(32)) -> bytes:
    return (u8(action) + u64(generation) + u32(key_version) + header_mac + u32(next_version) +
            next_header_mac)


def rd_input(role: int, purpose: int, spki_self: bytes, spki_peer: bytes, binder: bytes,
             nonce_v: bytes, nonce_a: bytes, claims: bytes) -> bytes:
    return (b"protostar-rd-v1\0" + u8(role) + u8(purpose) + lp(spki_self) + lp(spki_peer) +
            binder + nonce_v + nonce_a + lp(claims))
