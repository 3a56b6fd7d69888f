/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of early/tpm share; nobody else includes it. */
#ifndef EARLY_TPM_TPM_PRIVATE_H
#define EARLY_TPM_TPM_PRIVATE_H

#include <tss2/tss2_esys.h>
#include "early/tpm/tpm.h"

#define CERTIFICATE_BYTES ((CERTIFICATES_MAX + 1u) * CERTIFICATE_MAX)

/* A loaded key. Zeroed but for its handle, ESYS_TR_NONE, it is none. */
struct tpm_key {
	ESYS_TR handle;
	bool lasting; /* it was in the TPM before, and stays there */
	TPM2B_PUBLIC public;
	uint8_t area[TPM_PUB_MAX]; /* the same as TPMT_PUBLIC, marshalled */
	size_t area_len;
};
#define NO_KEY ((struct tpm_key){.handle = ESYS_TR_NONE})

struct tpm {
	ESYS_CONTEXT *esys;
	struct tpm_key ek, ak;
	bool hcl; /* Azure's paravisor answers: tpm_hcl_report() */
	uint8_t certificate_bytes[CERTIFICATE_BYTES];
	size_t certificate_bytes_len;
	struct span certificates[CERTIFICATES_MAX];
	unsigned certificate_count;
};

/* A failure with the TPM's or ESAPI's response code as its detail. */
struct status tpm_failure(uint16_t code, TSS2_RC rc) MUST_CHECK;
/* ESAPI hands out heap memory: frees what *p points at after wiping len bytes of it. */
void tpm_free(void *p, size_t len);
/* Takes a session or a loaded object out of the TPM. ESYS_TR_NONE is fine. */
void tpm_flush(struct tpm *t, ESYS_TR handle);

/* tpm_key.c: a primary key of the endorsement hierarchy. A failure has the caller's code. */
struct status tpm_key_make(
	struct tpm *t, const TPM2B_PUBLIC *template, uint16_t code, struct tpm_key *out) MUST_CHECK;
/*
 * The key that lasts at a handle. False when there is none, or it is another than the template
 * gives (all but the unique field); template NULL takes any.
 */
bool tpm_key_take(struct tpm *t, TPM2_HANDLE handle, const TPM2B_PUBLIC *template,
	struct tpm_key *out) MUST_CHECK;
/* Whether these bytes have the key's modulus or point in them. No proof: that is the service's. */
bool tpm_key_in(const struct tpm_key *key, struct span certificate) MUST_CHECK;
/* Out of the TPM, unless it lasts; *key is none then. */
void tpm_key_drop(struct tpm *t, struct tpm_key *key);

/*
 * tpm_nv.c: what an index holds, or its first cap bytes. *out_len is 0 when the TPM has no such
 * index, and after a failure: E_TPM_NV_READ when it has one and cannot give it.
 */
struct status tpm_nv_read(
	struct tpm *t, uint32_t index, uint8_t *buf, size_t cap, size_t *out_len) MUST_CHECK;

/*
 * tpm_certificate.c: the certificate in an index, valid until the next is read unless it is kept.
 * False when there is none; a line on the console when there is something else.
 */
bool tpm_certificate_read(struct tpm *t, uint32_t index, struct span *out) MUST_CHECK;
/*
 * Keeps the certificate that was read from an index, as that of a key which was to be made for it.
 * False, and *key is none, when there is no such key or the certificate is not its own; a line on
 * the console then.
 */
bool tpm_certificate_take(struct tpm *t, uint32_t index, struct span certificate,
	struct status made, struct tpm_key *key) MUST_CHECK;
/* Keeps the chain that the TPM's maker left in 01c00100 and on, as many as find room. */
void tpm_certificate_chain(struct tpm *t);
/* Says on the console why an index is not used, with the detail if there is one. */
void tpm_index_left_out(uint32_t index, const char *why);

/* tpm_ek.c: the EK that has a certificate, else the default one, into t->ek. */
struct status tpm_ek_open(struct tpm *t) MUST_CHECK;
/* The default template: L-2, P-256. */
void tpm_ek_default(TPM2B_PUBLIC *out);
/* The two branches of an H template's policy, for its name algorithm; false for an L template. */
bool tpm_ek_branches(const TPMT_PUBLIC *ek, TPML_DIGEST *out);

/* tpm_ak.c: an AK that a cloud certifies, else one of our own, into t->ak. */
struct status tpm_ak_open(struct tpm *t) MUST_CHECK;
/* tpm_hcl.c: Azure's AK. False when this is no machine of that kind. */
bool tpm_hcl_ak(struct tpm *t) MUST_CHECK;

#endif
