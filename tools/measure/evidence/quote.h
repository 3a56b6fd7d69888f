/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks a quote: what `tpm2_quote` writes with -m (TPMS_ATTEST), -s (TPMT_SIGNATURE) and -o
 * (selection and PCR values), with the attestation key's public part (a TPM2B_PUBLIC or
 * TPMT_PUBLIC, or PEM). References are to the TPM 2.0 Library Specification.
 *
 * The services accept one selection (tools/evidence/tpm/quote.h). This is for people who hold a
 * quote of some other machine: RSA or ECDSA, any selection in one or more banks.
 *
 * Order: quote_read(); then quote_check() with the values that it shall cover. Nothing borrows from
 * files after quote_read().
 */
#ifndef TOOLS_MEASURE_EVIDENCE_QUOTE_H
#define TOOLS_MEASURE_EVIDENCE_QUOTE_H

#include <openssl/evp.h>
#include "tools/lib/flaw.h"
#include "tools/measure/evidence/evidence.h"

#define QUOTE_MESSAGE_MAX 4096u
#define QUOTE_NONCE_MAX	  64u

struct quote {
	uint8_t message[QUOTE_MESSAGE_MAX]; /* what was signed */
	size_t message_len;
	bool is_quote; /* magic and type say so */
	uint8_t nonce[QUOTE_NONCE_MAX];
	size_t nonce_len;
	struct pcr_selection selections[EVIDENCE_SELECTIONS];
	size_t selection_count;
	uint8_t digest[BANK_DIGEST_MAX]; /* over the selected values */
	size_t digest_len;
	uint16_t scheme, hash; /* of the signature, TPM_ALG_ID */
	uint8_t signature[1024];
	size_t signature_len, second_len; /* ECDSA: r, then s with second_len bytes */
	EVP_PKEY *key;
	bool key_restricted; /* the key signs what the TPM made only; PEM does not say */
	bool key_told;	     /* whether the key's attributes are known */
};

struct quote_files {
	const char *message, *signature, *key;
};
/* Complains. quote_free() is due even then. */
bool quote_read(const struct quote_files *files, struct quote *quote);
void quote_free(struct quote *quote);

/* The readers alone, from memory. False with a flaw when malformed. */
bool quote_read_message(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw);
bool quote_read_signature(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw);
bool quote_read_key(struct quote *quote, const uint8_t *bytes, size_t len, struct flaw *flaw);
/*
 * What tpm2_quote -o writes: TPML_PCR_SELECTION, a count, TPML_DIGESTs as they lie in the memory of
 * a little-endian machine.
 */
bool quote_read_values(
	struct evidence *evidence, const uint8_t *bytes, size_t len, struct flaw *flaw);
/* Whether a file may be of that kind: text never is. */
bool quote_values_are(const uint8_t *bytes, size_t len);

/* What a check found; each refusal has a stable name and its own words. */
enum quote_problem {
	QUOTE_GOOD,
	QUOTE_SIGNATURE, /* not made by this key over this message */
	QUOTE_KEY,	 /* the key would sign a quote that somebody made up */
	QUOTE_TYPE,	 /* signed, but no quote of a TPM */
	QUOTE_NONCE,	 /* not the answer to this question */
	QUOTE_SELECTION, /* selects other PCRs than those that there are values of */
	QUOTE_DIGEST,	 /* the values are not those that were quoted */
	QUOTE_PROBLEM_COUNT
};
const char *quote_problem_name(enum quote_problem problem);
const char *quote_problem_text(enum quote_problem problem);

/* The signature alone. */
bool quote_signature_good(const struct quote *quote);
/* Signature, key, type, nonce (NULL: not asked for), then that the quote covers values. */
enum quote_problem quote_check(const struct quote *quote, const uint8_t *nonce, size_t nonce_len,
	const struct register_values *values);
/* Whether the quote selects what a file with values says it does, in that order. */
bool quote_same_selection(const struct quote *quote, const struct evidence *evidence);
/* Which PCRs of a bank the quote covers. */
uint32_t quote_covers(const struct quote *quote, enum bank bank);

#endif
