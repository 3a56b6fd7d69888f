/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel's part, played by a test: a root, a CA of platforms' keys, the key of one platform (PCK)
 * with its SGX extensions, the signer of collateral, revocation lists, collateral, and quotes of a
 * quoting enclave on that platform. All as Intel makes them. What a test wants wrong it changes in
 * a spec before making the thing.
 *
 * It aborts with a sentence when OpenSSL fails. A struct tdx_pki is the caller's: make, use, free.
 * A whole set of files for a policy's "evidence"."tdx": tdx_pki_write_all(), TDX_PKI_EVIDENCE.
 */
#ifndef TESTS_INTEROP_EVIDENCE_TDX_PKI_H
#define TESTS_INTEROP_EVIDENCE_TDX_PKI_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tools/evidence/tdx/quote.h"

struct tdx_pki_spec {
	int64_t not_before_s, not_after_s; /* of all certificates and lists */
	const char *ca_name, *pck_name, *signer_name;
	uint8_t ppid[TDX_PPID_LEN], fmspc[TDX_FMSPC_LEN], pceid[2];
	uint16_t svn[TDX_SVNS], pcesvn; /* of the platform */
	/* Wrong ones. */
	bool no_sgx, ppid_twice, short_tcb, ca_is_no_ca, extension_twice;
};

/* What Intel would make: valid from a day before now_s for a year. */
struct tdx_pki_spec tdx_pki_spec(int64_t now_s);

struct tdx_pki {
	struct tdx_pki_spec spec;
	EVP_PKEY *root_key, *ca_key, *pck_key, *signer_key, *attestation_key;
	X509 *root, *ca, *pck, *signer;
};

void tdx_pki_make(struct tdx_pki *p, const struct tdx_pki_spec *spec);
void tdx_pki_free(struct tdx_pki *p);

/* What collateral says; texts are JSON. */
struct tdx_collateral_spec {
	int64_t issued_s, next_s;
	unsigned evaluation;
	const char *tcb_levels;	       /* NULL: one UpToDate level, the platform's versions */
	const char *module_identities; /* NULL: TDX_01, UpToDate from version 5 */
	const char *qe_levels;	       /* NULL: UpToDate from version 6 */
	const char *qe_mrsigner;       /* hexadecimal; NULL: that of the quotes here */
	const X509 *revoked;	       /* in the lists of both issuers; NULL: none */
};

/* Made a day before now_s for thirty days, evaluation 18. */
struct tdx_collateral_spec tdx_collateral_spec(int64_t now_s);

/* A level of the TCB info for the platform of p; status is Intel's word, advisories a JSON array.
 * higher: how much more than the platform has its first SGX component; tdx0: its first TDX one. */
#define TDX_LEVEL_TEXT_MAX 2048u
void tdx_pki_level(const struct tdx_pki *p, int higher, unsigned tdx0, const char *status,
	const char *advisories, char out[TDX_LEVEL_TEXT_MAX]);

/* The inner objects, as text; out is cut at cap. */
void tdx_pki_tcb_info(
	const struct tdx_pki *p, const struct tdx_collateral_spec *c, char *out, size_t cap);
void tdx_pki_qe_identity(const struct tdx_collateral_spec *c, char *out, size_t cap);
/* Writes {"member": object, "signature": ...}, signed by key. */
void tdx_pki_write_signed(EVP_PKEY *key, const char *member, const char *object, const char *path);

/* root.pem, signing.pem, tcb-info.json, qe-identity.json, root.crl, pck.crl in the folder. */
void tdx_pki_write_all(
	const struct tdx_pki *p, const struct tdx_collateral_spec *c, const char *folder);
#define TDX_PKI_EVIDENCE                                                                \
	"{\"roots\": [\"root.pem\"], \"tcb_info\": [\"tcb-info.json\"],"                \
	" \"qe_identity\": [\"qe-identity.json\"], \"signing_chain\": \"signing.pem\"," \
	" \"crls\": [\"root.crl\", \"pck.crl\"], \"min_evaluation\": 18}"

struct tdx_quote_spec {
	uint16_t version, key_type;
	uint32_t tee;
	uint8_t vendor[16];
	struct tdx_body body;
	/* Of the quoting enclave. */
	uint8_t qe_attributes[16], qe_mrsigner[32];
	uint16_t qe_isvprodid, qe_isvsvn;
	/* Wrong ones. */
	bool qe_not_bound;	/* its report data are of another key */
	EVP_PKEY *qe_signer;	/* NULL: the platform's key */
	EVP_PKEY *quote_signer; /* NULL: the attestation key */
	bool der;		/* the certificates in DER, not PEM */
	size_t zeros;		/* behind the quote */
};

/* A good quote, version 5 with a TD report 1.5: registers are zero but for MRTD (0x11...), MRSEAM
 * (0x12...) and RTMR0 to 2 (0x20..., 0x21..., 0x22...). */
struct tdx_quote_spec tdx_quote_spec(const uint8_t report_data[TDX_REPORT_DATA_LEN]);

/* The quote's length. */
size_t tdx_pki_quote(
	const struct tdx_pki *p, const struct tdx_quote_spec *q, uint8_t out[TDX_QUOTE_LONGEST]);

/* ECDSA over SHA-256 as Intel writes it. */
void tdx_pki_sign(EVP_PKEY *key, const uint8_t *message, size_t len, uint8_t out[TDX_POINT_LEN]);

#endif
