# SPDX-License-Identifier: GPL-2.0-or-later
"""Section 10: the page's vectors against this client's own arithmetic."""

import hashlib
import re
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import derive
import mlkem
import p256
import tpm
import wire
from suite import case, check

REPO = Path(__file__).resolve().parents[3]
PAGE = REPO / "early/contract/PROTOCOL.md"
ANSWERS = REPO / "tests/unit/data/mlkem/answers.txt"


def vectors() -> dict:
    found = re.findall(r"^    (\w[\w .-]*):\n((?:        [0-9a-f]+\n)+)", PAGE.read_text(), re.M)
    return {name: bytes.fromhex("".join(value.split())) for name, value in found}


def up(first: int, count: int) -> bytes:
    return bytes(first + i for i in range(count))


def scalar(first: int, curve=ec.SECP256R1()):
    """As many bytes as the curve's field has."""
    return ec.derive_private_key(int.from_bytes(up(first, curve.key_size // 8), "big"), curve)


def compare(computed: dict):
    wanted = vectors()
    for name, value in computed.items():
        check(wanted.get(name) == value, f"{name} is {value.hex()} here")


@case("vectors: frames")
def frames(_world):
    grant = wire.Record(action=2, key_version=3, generation=9, header_mac=up(0x80, 32),
                        next_version=0, next_header_mac=bytes(32), epoch=7, role="worker",
                        service_evidence=up(1, 2))
    rotated = wire.Record(**{**grant.__dict__, "next_version": 4,
                             "next_header_mac": up(0x30, 32)})
    evidence = {"purpose": 1, "nonce_a": up(0x60, 32), "wants_service_evidence": 0,
                "claims": up(1, 3), "items": [(1, up(1, 7)), (4, up(1, 9))]}
    quote = {"attest": up(1, 4), "signature": up(1, 5), "pcr_values": up(1, 6),
             "event_log": b"", "certificates": [up(1, 1), up(1, 2)]}
    compare({
        "EVIDENCE": wire.frame(wire.EVIDENCE, wire.put_evidence(evidence)),
        "evidence type 1": wire.put_tpm_quote(quote),
        "PROOF": wire.frame(wire.PROOF, wire.lp(up(1, 32))),
        "GRANT open": wire.frame(wire.GRANT, wire.grant_aad(grant) + wire.lp(up(1, 8))),
        "GRANT with a next version": wire.frame(
            wire.GRANT, wire.grant_aad(rotated) + wire.lp(up(1, 8))),
        "COMMIT": wire.frame(wire.COMMIT, wire.put_commit(1, 10, 3, up(0xA0, 32))),
        "COMMIT of a next version": wire.frame(
            wire.COMMIT, wire.put_commit(2, 10, 3, up(0xA0, 32), 4, up(0x30, 32))),
        "ABORT": wire.frame(wire.ABORT, wire.u16(530)),
        "claims": wire.put_claims(b"protostar 1.0", up(0xD0, 16), 1, up(1, 5), up(1, 6),
                                  up(4, 65)),
        "claims with an ML-KEM key": wire.put_claims(
            b"protostar 1.0", up(0xD0, 16), 1, up(1, 5), up(1, 6), up(4, 65),
            bytes(i % 256 for i in range(1184))),
        "grant_secrets": up(0xC0, 32) + wire.lp(b"") + wire.lp(b"token"),
        "grant_secrets with a next key": up(0xC0, 32) + wire.lp(up(0x50, 32)) + wire.lp(b"token"),
        "grant_aad": wire.grant_aad(grant),
        "rd_input": wire.rd_input(1, 1, up(1, 4), up(1, 5), up(0xB0, 32), up(0x20, 32),
                                  up(0x60, 32), up(1, 3)),
        "service_rd_input": wire.rd_input(2, 1, up(1, 5), up(1, 4), up(0xB0, 32), up(0x60, 32),
                                          up(0x20, 32), up(1, 3)),
    })


@case("vectors: what the service sends is read")
def received(_world):
    all_of_them = vectors()
    hello = wire.read_hello(all_of_them["HELLO"][6:])
    check(hello.mask == 0x9A10 and hello.bank == 0x0B and hello.epoch == 7, "HELLO")
    grant = wire.read_grant(all_of_them["GRANT open"][6:])
    check(grant.generation == 9 and grant.role == "worker", "GRANT open")
    check(wire.read_grant(all_of_them["GRANT format"][6:]).action == 1, "GRANT format")
    deny = wire.read_deny(all_of_them["DENY"][6:])
    check((deny.code, deny.retry_after_ms, deny.text) == (602, 1500, "busy"), "DENY")
    check(wire.read_ack(all_of_them["ACK"][6:]).certificate == up(1, 3), "ACK")


@case("vectors: keys")
def keys(_world):
    page = vectors()
    rd = derive.sha256(page["rd_input"])
    kem, eph = scalar(0x01), scalar(0x21)
    z = p256.agree(eph, p256.point(kem))
    compare({
        "binder": derive.binder(up(0, 32), up(0x20, 32)),
        "rd": rd, "kem_pub": p256.point(kem), "eph_pub": p256.point(eph), "z": z,
        "wrap key": derive.wrap_key(rd, z, p256.point(eph), p256.point(kem)),
        "grant_secrets": derive.unwrap(kem, rd, page["grant_aad"], page["wrapped"]),
        "mac_key": derive.mac_key(up(0xC0, 32), up(0xD0, 16)),
        "header_mac": derive.header_mac(up(0xC0, 32), up(0xD0, 16), 9,
                                        bytes(i % 251 for i in range(1 << 20))),
        "disk_key": derive.disk_key(up(0, 32), b"tenant", up(0xD0, 16), 3, up(0xE0, 16)),
    })


@case("vectors: the hybrid wrapping")
def hybrid(_world):
    page = vectors()
    rd = derive.sha256(page["rd_input"])
    kem, eph = scalar(0x01), scalar(0x21)
    public, private = mlkem.generate(up(0x41, 32), up(0x61, 32))
    shared, ciphertext = mlkem.encapsulate(public, up(0x81, 32))
    heads = p256.point(eph) + ciphertext
    secrets = p256.agree(eph, p256.point(kem)) + shared
    check(page["hybrid wrapped"][:len(heads)] == heads, "the ciphertext of ML-KEM is another")
    compare({
        "SHA-256 of mlkem_pub": derive.sha256(public),
        "mlkem shared secret": shared,
        "hybrid wrap key": derive.hybrid_key(rd, secrets, heads, p256.point(kem), public),
        "grant_secrets": derive.unwrap_hybrid(kem, private, rd, page["grant_aad"],
                                              page["hybrid wrapped"]),
    })


@case("vectors: ML-KEM by another implementation")
def other_mlkem(_world):
    """The answers that crypto/ is held to as well; their README says whose they are."""
    for paragraph in ANSWERS.read_text().strip().split("\n\n"):
        a = dict(line.split(" ", 1) for line in paragraph.split("\n"))
        byte, bit = map(int, a.pop("changed").split())
        a = {name: bytes.fromhex(value) for name, value in a.items()}
        public, private = mlkem.generate(a["seed"][:32], a["seed"][32:])
        check((public, private) == (a["public"], a["private"]), "the keys are others")
        check(mlkem.is_valid(public), "a key of its own is refused")
        check(mlkem.encapsulate(public, a["message"]) == (a["shared"], a["ciphertext"]),
              "it encapsulates otherwise")
        check(mlkem.decapsulate(private, a["ciphertext"]) == a["shared"], "it opens otherwise")
        changed = bytearray(a["ciphertext"])
        changed[byte] ^= 1 << bit
        check(mlkem.decapsulate(private, bytes(changed)) == a["rejected"], "it rejects otherwise")


@case("vectors: TPM keys and activation")
def activation(_world):
    ak, ek, eph = scalar(0x61), scalar(0x41), scalar(0x21)
    ak_area = tpm.ak_area(p256.point(ak), attributes=tpm.AK_ATTRIBUTES | tpm.USER_WITH_AUTH)
    ek_area = tpm.ek_area(
        p256.point(ek), attributes=tpm.EK_ATTRIBUTES | tpm.ADMIN_WITH_POLICY,
        policy=tpm.POLICY_A)
    z = p256.agree(eph, p256.point(ek))
    point = p256.point(eph)
    made = derive.Activation(derive.seed_by_ecdh(z, point[1:33], p256.point(ek)[1:33]),
                             tpm.name(ak_area))
    credential = made.credential(up(1, 32))
    encrypted = wire.two_b(point[1:33]) + wire.two_b(point[33:])
    compare({
        "ak_area": ak_area, "ak_name": tpm.name(ak_area),
        "ek_area": ek_area, "ek_name": tpm.name(ek_area),
        "activation_z": z, "activation_seed": made.seed, "storage_key": made.storage_key,
        "integrity_key": made.integrity_key, "identity": credential[34:],
        "integrity": credential[2:34],
        "CHALLENGE of a TPM": wire.frame(
            wire.CHALLENGE, wire.lp(credential) + wire.lp(encrypted)),
    })
    opened = derive.activate(ek, tpm.name(ak_area), credential, encrypted)
    check(opened == up(1, 32), "the credential does not open")


def activation_of(kind: str, ek_area: bytes, made: derive.Activation, encrypted: bytes) -> dict:
    """What the page has of a credential for an EK of another kind."""
    name = tpm.u16(0x0C if made.digest == "sha384" else 0x0B)
    identity = made.identity(up(1, 32))
    return {
        f"{kind} ek_area": ek_area,
        f"{kind} ek_name": name + hashlib.new(made.digest, ek_area).digest(),
        f"{kind} node_id": tpm.name(ek_area),
        f"{kind} storage_key": made.storage_key,
        f"{kind} integrity_key": made.integrity_key,
        f"{kind} identity": identity,
        f"{kind} integrity": made.integrity(identity),
        f"CHALLENGE of a TPM with {kind}": wire.frame(
            wire.CHALLENGE, wire.lp(made.credential(up(1, 32))) + wire.lp(encrypted)),
    }


@case("vectors: activation of an EK on P-384")
def activation_p384(_world):
    ek, eph = scalar(0x41, ec.SECP384R1()), scalar(0x21, ec.SECP384R1())
    points = [key.public_key().public_numbers() for key in (eph, ek)]
    (eph_x, eph_y), (ek_x, ek_y) = [(tpm.number(p.x, 48), tpm.number(p.y, 48)) for p in points]
    z = eph.exchange(ec.ECDH(), ek.public_key())
    area = tpm.large_ek_area(ek_x, ek_y)
    made = derive.Activation(derive.seed_by_ecdh(z, eph_x, ek_x, "sha384"), vectors()["ak_name"],
                             "sha384", 256)
    compare({"P-384 eph_pub": b"\4" + eph_x + eph_y, "P-384 activation_z": z,
             "P-384 activation_seed": made.seed,
             **activation_of("P-384", area, made, wire.two_b(eph_x) + wire.two_b(eph_y))})


@case("vectors: activation of an EK of RSA-2048")
def activation_rsa(_world):
    page = vectors()
    p, q = (int.from_bytes(page[f"RSA-2048 {name}"], "big") for name in "pq")
    encrypted = derive.oaep(p * q, up(0xC0, 32), up(0xE0, 32))
    made = derive.Activation(up(0xC0, 32), page["ak_name"])
    compare(activation_of("RSA-2048", tpm.rsa_ek_area(tpm.number(p * q, 256)), made, encrypted))
    key = rsa.RSAPrivateNumbers(
        p, q, pow(65537, -1, (p - 1) * (q - 1)), pow(65537, -1, p - 1), pow(65537, -1, q - 1),
        pow(q, -1, p), rsa.RSAPublicNumbers(65537, p * q)).private_key()
    whole = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"IDENTITY\0")
    check(key.decrypt(encrypted, whole) == up(0xC0, 32), "the seed does not open")


@case("vectors: quote and event log")
def evidence(_world):
    page = vectors()
    values = b"".join(up(16 * i, 32) for i in range(5))
    attest = tpm.attest(page["rd"], 0x0B, 0x9A10, values, signer=page["ak_name"], clock=1000)
    r, s = page["signature"][6:38], page["signature"][40:]
    p256.verify(p256.point(scalar(0x61)), attest, int.from_bytes(r, "big"),
                int.from_bytes(s, "big"))
    log = tpm.log_header() + tpm.log_event(0, [(0x0B, bytes(32))], 3, b"StartupLocality\0\3")
    log += tpm.log_event(0, [(0x0B, up(0, 32))], 8)
    log += tpm.log_event(4, [(0x0B, up(0x20, 32))], 13, b"app")
    compare({
        "attest": attest, "signature": tpm.signature(r, s), "event_log": log,
        "PCR 0 of event_log": tpm.replay(0x0B, [up(0, 32)], bytes(31) + b"\3"),
        "PCR 4 of event_log": tpm.replay(0x0B, [up(0x20, 32)]),
    })
