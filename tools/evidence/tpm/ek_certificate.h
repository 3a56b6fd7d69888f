/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates that a TPM's maker, or a cloud, gave its keys: of an endorsement key, which can only
 * decrypt (TCG EK Credential Profile 2.5), or of an attestation key, which can only sign (Azure,
 * Google Cloud).
 *
 * Strict in trust: a path to the operator's roots, dates, revocation, the key's purpose. Lenient in
 * encoding, as makers are: the TCG's header of seven bytes before a certificate, padding after it,
 * key usage that is not DER, neither a subject alternative name nor an extended key usage.
 */
#ifndef TOOLS_EVIDENCE_TPM_EK_CERTIFICATE_H
#define TOOLS_EVIDENCE_TPM_EK_CERTIFICATE_H

#include "tools/evidence/tpm/public.h"
#include "tools/evidence/x509/certs.h"

#define EK_CERTIFICATES_MAX 6u
#define EK_TEXT_MAX	    64u

/*
 * What an operator trusts: policy's "ek_certificate" and "ak_certificate". Zero it, load files into
 * it with certs_load() and crls_load(); it is not changed afterwards.
 */
struct ek_trust {
	struct certs roots;	    /* at least one; need not be self-signed */
	struct certs intermediates; /* may be empty */
	struct crls crls;	    /* used for the issuers that they are of */
	bool allow_expired;	    /* vendors let certificates of sold TPMs expire */
};

void ek_trust_free(struct ek_trust *trust);

/* What the certificate says of its TPM or machine; texts are printable, empty where it is silent.
 */
struct ek_identity {
	uint8_t sha256[32];	     /* of the certificate's DER */
	char subject[CERT_NAME_MAX]; /* its subject, or its serial number */
	char issuer[CERT_NAME_MAX];  /* the CA that issued it */
	int64_t not_before_s, not_after_s;
	uint32_t manufacturer;	    /* TCG vendor id, 0x53544D20 for "STM "; 0: silent */
	char manufacturer_text[16]; /* "id:53544D20" */
	char model[EK_TEXT_MAX];
	char version[EK_TEXT_MAX];
	char zone[EK_TEXT_MAX]; /* Google Cloud's instance info, as the next three */
	char project[EK_TEXT_MAX];
	char instance[EK_TEXT_MAX]; /* its name */
	uint64_t instance_id;
};

/*
 * Finds the certificate of `ek` (tpm_ek_parse()) among the n (0..EK_CERTIFICATES_MAX) that were
 * sent and checks it at the time now_s (seconds since 1970). What else was sent serves as
 * intermediate at most. *out is written on success only. A failure's sentence is for the operator:
 * which certificate, what of it, what to do.
 */
struct failure ek_certificate_check(const struct ek_trust *trust, const struct tpm_public *ek,
	const struct span *certs, size_t n, int64_t now_s, struct ek_identity *out) MUST_CHECK;

/* The same for the certificate of an attestation key (tpm_ak_parse()). */
struct failure ak_certificate_check(const struct ek_trust *trust, const struct tpm_public *ak,
	const struct span *certs, size_t n, int64_t now_s, struct ek_identity *out) MUST_CHECK;

/*
 * The node id (struct tpm_public) of the key that an EK certificate is of, for nodes that are
 * registered by their certificate's file. Its path is not looked at: the operator names it.
 */
struct failure ek_certificate_node_id(struct span stored, uint8_t out[TPM_NAME_LEN]) MUST_CHECK;

#endif
