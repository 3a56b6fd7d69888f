# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the protocol does against attacks, one name a defence, with its place in
early/contract/PROTOCOL.md. scenarios.py takes them out by name.
"""

DEFENCES = {
    # The connection.
    "pin": "1: the node goes on only with a pinned service key",
    "points": "1: a share is a point on the curve, so nobody can fix the premaster secret",
    "exporter": "2: the binder holds the exporter's value",
    "transcript": "2: the binder holds the hash of the handshake",
    "pins_by_connection": "1.1: services' keys where the node connected, operators' where they did",
    "purpose_by_connection": "1.1: purpose 1 where the node connected, 2 and 4 where operators did",
    "recover_opens": "1.1: with purpose 2 the node takes a grant to open, and no other",
    "kinds_in_tls": "4: evidence_types comes inside the connection",
    # What evidence signs.
    "role": "6: rd names the signer's role",
    "purpose": "6: rd names the purpose",
    "spki_self": "6: rd has the signer's key of this connection",
    "spki_peer": "6: rd has the other side's",
    "nonce_v": "6: rd has the verifier's nonce",
    "nonce_a": "6: rd has the signer's nonce",
    "nonce_fresh": "4: the service draws nonce_v anew for each connection",
    "nonce_order": "6.6: the nonces change places in the service's evidence",
    "claims": "6: rd has disk, AK, EK and KEM key",
    "report_rd": "6: report data of a processor is rd of this connection, not a value of the boot",
    # How it is judged.
    "ak_form": "6.1: the AK is restricted: it signs what its TPM made and nothing else",
    "selection": "6.4, d of kind 1: the quote is of the PCRs that were asked for",
    "launch": "6.4, d of a set: a report has the launch digest of the set",
    "every_kind": "6.4: a set demands every kind that it names",
    "identity": "6.4: policy's identity rule; here: the EK has a certificate",
    "inventory": "the operator compares a pending EK with the machines that are there",
    "binding": "6.4, check 13: node and disk belong to each other",
    "activation": "6.5: EK and AK are proven to be in one TPM",
    "credential_name": "6.5: the credential names the AK",
    "seal": "PID 1 extends PCR 15 before it gives the machine away",
    "service_ak": "6.6: the node knows whose TPM signs for the service",
    # The grant.
    "wrap": "7: the disk key is sealed to the KEM key of the claims",
    "wrap_p256": "7: what seals it needs the secret of P-256",
    "wrap_mlkem": "7: ... and that of ML-KEM",
    "wrap_rd": "7: rd is in the key that seals it",
    "aad": "7: action, generation, MAC, role and the service's evidence are authenticated with it",
    "header_mac": "7: the node compares the header's MAC before it opens the disk",
    "version_granted": "7.1, 7.2: a COMMIT names the versions that its grant named",
    "header_after_ack": "7.2: the header is written when both MACs are on record",
    "spare_header": "7.2: the new header is in the spare room before",
    "one_commit": "7.1: a COMMIT counts for the generation and the grant that it follows only",
}

# What the protocol has not: the model can put it in, to compare.
EXTRAS = {
    "extended_master_secret": "RFC 7627; the exporter then depends on the handshake, as in TLS 1.3",
}
