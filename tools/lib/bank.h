/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCR banks by number, name and algorithm, and hashing for them. The bytes to be hashed can be
 * large (a UKI) and many banks be wanted, so this is OpenSSL's code, which uses what the processor
 * has for it. It handles no secrets.
 */
#ifndef TOOLS_LIB_BANK_H
#define TOOLS_LIB_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BANK_DIGEST_MAX 64u

enum bank { BANK_SHA1, BANK_SHA256, BANK_SHA384, BANK_SHA512, BANK_COUNT };

/* Bit of a bank in a set of banks. */
#define BANK_BIT(bank) (1u << (bank))

const char *bank_name(enum bank bank); /* "sha256" */
/* "sha1, sha256" of a set, as bits; "none" of an empty one. */
#define BANK_NAMES_SIZE 40u
const char *bank_names(unsigned set, char out[BANK_NAMES_SIZE]);
size_t bank_len(enum bank bank);   /* bytes of a digest */
uint16_t bank_alg(enum bank bank); /* TPM_ALG_ID */
/* False, and *out untouched, for a name or an algorithm not in the list. */
bool bank_by_name(const char *name, enum bank *out);
bool bank_by_alg(uint16_t alg, enum bank *out);

/* One-shot hash of len bytes; out has room for bank_len(bank) bytes. */
void bank_hash(enum bank bank, const void *data, size_t len, uint8_t *out);
/* pcr = H(pcr || digest), both bank_len(bank) bytes (TPM 2.0 Part 1, 17.2). */
void bank_extend(enum bank bank, uint8_t *pcr, const uint8_t *digest);
/*
 * The same with the hash of a text without its NUL, as TPM2_PCR_Event does. It seals a boot too:
 * PCR 15 in every bank, and RTMR 3 in BANK_SHA384, with the words of early/contract/pcr15.h.
 */
void bank_extend_text(enum bank bank, uint8_t *pcr, const char *text);

/* Incremental hashing. bank_begin() allocates; bank_end() writes the digest and releases. */
struct bank_hash_state;
struct bank_hash_state *bank_begin(enum bank bank);
void bank_add(struct bank_hash_state *state, const void *data, size_t len);
void bank_add_zeros(struct bank_hash_state *state, size_t len);
void bank_end(struct bank_hash_state *state, uint8_t *out);

#endif
