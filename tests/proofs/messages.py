# SPDX-License-Identifier: GPL-2.0-or-later
"""
The messages of early/contract/PROTOCOL.md as terms. Section numbers are those of that page.

`has(defence)` says whether a defence is in place; without it the field is left out or the check is
not made (defences.py).
"""

from collections import namedtuple

from terms import const, credential, kdf, power, public, seal, shape, sign, tup

NONE = const("none")
NODE, SERVICE = const("role node"), const("role service")
JOIN, RECOVER, INIT, VERIFY = (const(p) for p in ("join", "recover", "init", "verify"))
FORMAT, OPEN, OVERWRITE = const("format"), const("open"), const("overwrite")
WORKER, ADMIN = const("worker"), const("admin")
GOOD, CAPPED = const("PCRs of PID 1"), const("PCRs after the hand-over")
ASKED, OTHER = const("PCRs asked for"), const("other PCRs")
LAUNCH, LAUNCH_OTHER = const("launch of the image"), const("launch of another image")
BOOT = const("report data of the boot")
ACK = const("ACK")
ZERO = const("mac zero")

# Section 1, RFC 5246: what the two sides see of each other. `server` and `client` are the SPKIs,
# gy and gx the ECDHE shares of service and node.
Handshake = namedtuple("Handshake", "cr sr server gy gx client")
# `kem` is both keys that the grant is wrapped to: kem_pub and mlkem_pub.
Claims = namedtuple("Claims", "disk ak ek kem")


def key_exchange(cr, sr, gy):
    """What ServerKeyExchange signs (RFC 5246 7.4.3): the randoms and the share, nothing else."""
    return tup(const("ServerKeyExchange"), cr, sr, gy)


def transcript(hs):
    """
    All handshake messages. Signatures and Finished follow from these six and from the keys, so
    they add nothing that another connection could differ in.
    """
    return kdf("transcript", *hs)


def certificate_verify(hs):
    """CertificateVerify (7.4.8): over all messages before it."""
    return tup(const("CertificateVerify"), transcript(hs))


def master_secret(has, hs, premaster):
    """RFC 5246 8.1: from the randoms alone. RFC 7627 puts the transcript there instead."""
    if has("extended_master_secret"):
        return kdf("master", premaster, transcript(hs))
    return kdf("master", premaster, hs.cr, hs.sr)


def finished(hs, master, side):
    """RFC 5246 7.4.9."""
    return kdf("finished " + side, master, transcript(hs))


def record(hs, master, number, content):
    """
    An application record. `number` stands for direction and sequence number, so no record can be
    taken for another one of its connection.
    """
    key = kdf("traffic", master, hs.cr, hs.sr)
    return seal(key, content, const(number))


def binder(has, hs, master):
    """Section 2."""
    th = transcript(hs) if has("transcript") else NONE
    ekm = kdf("exporter", master, hs.cr, hs.sr) if has("exporter") else NONE
    return kdf("binder", th, ekm)


def rd(has, role, purpose, spki_self, spki_peer, bind, nonce_v, nonce_a, claims):
    """Section 6: rd_input, each field only while its defence is in place."""
    fields = (("role", role), ("purpose", purpose), ("spki_self", spki_self),
              ("spki_peer", spki_peer), ("nonce_v", nonce_v), ("nonce_a", nonce_a),
              ("claims", claims))
    return kdf("rd", *(value if has(name) else NONE for name, value in fields), bind)


def node_rd(has, hs, master, nonce_v, nonce_a, claims, purpose=JOIN):
    return rd(has, NODE, purpose, hs.client, hs.server, binder(has, hs, master), nonce_v, nonce_a,
              tup(*claims))


def service_rd(has, hs, master, nonce_v, nonce_a, claims):
    """Section 6.6: the service's own evidence; the nonces change places."""
    if has("nonce_order"):
        nonce_v, nonce_a = nonce_a, nonce_v
    return rd(has, SERVICE, JOIN, hs.server, hs.client, binder(has, hs, master), nonce_v, nonce_a,
              tup(*claims))


def quote(ak, qualifying, selection=ASKED, pcrs=GOOD):
    """Section 6.2."""
    return sign(ak, tup(const("attest"), qualifying, selection, pcrs))


def report(has, chip, qualifying, launch=LAUNCH):
    """A processor's report (evidence types 2 and 3): report data = rd."""
    return sign(chip, tup(const("report"), qualifying if has("report_rd") else BOOT, launch))


def hello(nonce_v, kinds, purpose=JOIN):
    return tup(const("HELLO"), nonce_v, const("+".join(kinds)), purpose)


def evidence(nonce_a, claims, items, purpose=JOIN):
    """`items` are kind and signed thing, kinds rising."""
    flat = [part for kind, item in items for part in (const(kind), item)]
    return tup(const("EVIDENCE"), purpose, nonce_a, tup(*claims), tup(*flat))


def challenge(has, ek, ak, secret):
    """Section 6.5. The Name of the AK is in the credential."""
    return tup(const("CHALLENGE"), credential(ek, ak if has("credential_name") else NONE, secret))


def proof(secret):
    return tup(const("PROOF"), secret)


Terms = namedtuple("Terms", "action generation mac role own_evidence")


def header_mac(disk_key, generation, header):
    """Section 7."""
    return kdf("header mac", disk_key, const(generation), header)


def both_keys(p256, mlkem):
    """
    The KEM keys of a node, or what was encapsulated to them (eph_pub and mlkem_ct). ML-KEM stands
    here as a Diffie-Hellman of its own: two secrets of which neither follows from the other.
    """
    return tup(public(p256), public(mlkem))


def shared_secrets(heads, p256, mlkem):
    """z and ss, from the other side's two elements and the own scalars."""
    return power(heads.args[0], p256), power(heads.args[1], mlkem)


def wrap_key(has, secrets, rd_value, heads, kem):
    """Section 7, the hybrid form: both secrets, and both public values of each side."""
    z, ss = secrets
    return kdf("wrap", rd_value if has("wrap_rd") else NONE, z if has("wrap_p256") else NONE,
               ss if has("wrap_mlkem") else NONE, heads, kem)


def grant_aad(has, terms):
    """Section 7: grant_aad."""
    return tup(terms.action, const(terms.generation), *terms[2:]) if has("aad") else NONE


def grant(terms, heads, wrapped):
    return tup(const("GRANT"), terms.action, const(terms.generation), *terms[2:], heads, wrapped)


def wrapped_for(has, terms, disk_key, rd_value, draw, claims):
    """What the service puts into GRANT: eph_pub with mlkem_ct, and the sealed key."""
    if not has("wrap"):
        return NONE, disk_key
    heads = both_keys(draw.eph, draw.mlkem)
    secrets = shared_secrets(claims.kem, draw.eph, draw.mlkem)
    key = wrap_key(has, secrets, rd_value, heads, claims.kem)
    return heads, seal(key, disk_key, grant_aad(has, terms))


def commit(action, generation, mac):
    return tup(const("COMMIT"), action, const(generation), mac)


@shape
def quotes_after_hand_over(message, right):
    """
    A running root may have the TPM quote whatever data it likes. PCR 15 was extended before exec
    (the seal), so the PCRs asked for have other values; without the seal
    they are PID 1's. PCRs that nobody asked for can have any values.
    """
    if message.op != "tup" or message.args[0] is not const("attest"):
        return False
    selection, pcrs = message.args[2:]
    return selection is OTHER or pcrs is right.args[2]


@shape
def attests_to_verifiers(message, right):
    """`protostar attest`: the node's own service quotes any rd that has the verify purpose."""
    if message.op != "tup" or message.args[0] is not const("attest"):
        return False
    _, data, selection, pcrs = message.args
    return (data.op == "kdf" and data.args[0] is const("rd") and data.args[1] in (NODE, NONE)
            and data.args[2] in (VERIFY, NONE) and selection is ASKED and pcrs is right.args[2])


@shape
def reports_other_launch(message, right):
    """A guest of the attacker's on the same chip: any report data, its own launch digest."""
    return (message.op == "tup" and message.args[0] is const("report")
            and message.args[2] is LAUNCH_OTHER)
