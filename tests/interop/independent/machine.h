/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine with a TPM in software: two keys, their public areas (6.1), PCRs, a disk. Each field of
 * an area can be another than the page wants.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_MACHINE_H
#define TESTS_INTEROP_INDEPENDENT_MACHINE_H

#include "tests/interop/independent/derive.h"

#define DISK_LEN 16u
#define PCRS	 24u

enum key_kind {
	KEY_P256,
	KEY_P384,
	KEY_RSA_2048,
	KEY_RSA_3072,
	KEY_RSA_4096,
};

/* What a TPMT_PUBLIC says beside the key; area_init() fills it as the page wants it. */
struct area {
	uint32_t type, name_alg, attributes, policy_len, symmetric, symmetric_bits, mode, scheme,
		scheme_hash, curve, kdf, key_bits, exponent;
	uint32_t off_curve;  /* flag: y with a bit turned over */
	uint32_t more, less; /* bytes too many, too few at the end */
};

struct machine {
	enum key_kind ek_kind, ak_kind;
	EVP_PKEY *ek, *ak;
	struct area ek_area, ak_area;
	uint8_t disk[DISK_LEN];
	uint8_t changed[PCRS]; /* not 0: the PCR has another value */
};

/* New P-256 keys or those of the kinds, a new disk. */
void machine_make(struct machine *m, enum key_kind ek, enum key_kind ak);
void machine_free(struct machine *m);
void machine_new_ak(struct machine *m);
void area_init(struct area *a, enum key_kind kind, bool endorsement);
void area_put(struct buf *out, const struct area *a, EVP_PKEY *key);
/* The Name of a key: its length is that of the name algorithm's hash and 2. */
size_t area_name(const struct area *a, EVP_PKEY *key, uint8_t out[2 + HASH_MAX]);
/* What a PCR was extended with, once, from zero; PCR 15 never was. */
void pcr_event(const struct machine *m, unsigned bank, unsigned n, uint8_t out[HASH_MAX]);
void pcr_value(const struct machine *m, unsigned bank, unsigned n, uint8_t out[HASH_MAX]);
/* TPM2_ActivateCredential (6.5): the secret's length, 0 when the credential is not for these keys.
 */
size_t machine_activate(
	const struct machine *m, struct span credential, struct span encrypted, uint8_t secret[32]);

#endif
