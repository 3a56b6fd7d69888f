/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/bank.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

static const struct {
	const char *name;
	uint16_t alg;
	size_t len;
	const EVP_MD *(*md)(void);
} banks[BANK_COUNT] = {
	[BANK_SHA1] = {"sha1", 0x0004, 20, EVP_sha1},
	[BANK_SHA256] = {"sha256", 0x000B, 32, EVP_sha256},
	[BANK_SHA384] = {"sha384", 0x000C, 48, EVP_sha384},
	[BANK_SHA512] = {"sha512", 0x000D, 64, EVP_sha512},
};

struct bank_hash_state {
	EVP_MD_CTX *context;
};

const char *bank_name(enum bank bank)
{
	return banks[bank].name;
}

const char *bank_names(unsigned set, char out[BANK_NAMES_SIZE])
{
	size_t len = 0;

	snprintf(out, BANK_NAMES_SIZE, "none");
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (set & BANK_BIT(bank))
			len += (size_t)snprintf(out + len, BANK_NAMES_SIZE - len, "%s%s",
				len ? ", " : "", banks[bank].name);
	return out;
}

size_t bank_len(enum bank bank)
{
	return banks[bank].len;
}

uint16_t bank_alg(enum bank bank)
{
	return banks[bank].alg;
}

bool bank_by_name(const char *name, enum bank *out)
{
	for (unsigned i = 0; i < BANK_COUNT; i++) {
		if (strcmp(banks[i].name, name) == 0) {
			*out = (enum bank)i;
			return true;
		}
	}
	return false;
}

bool bank_by_alg(uint16_t alg, enum bank *out)
{
	for (unsigned i = 0; i < BANK_COUNT; i++) {
		if (banks[i].alg == alg) {
			*out = (enum bank)i;
			return true;
		}
	}
	return false;
}

/* A hash that cannot be computed means no memory, or a library without SHA: nothing can go on. */
static void must(int fine)
{
	if (!fine) {
		fputs("protostar: the cryptographic library cannot hash\n", stderr);
		abort();
	}
}

struct bank_hash_state *bank_begin(enum bank bank)
{
	struct bank_hash_state *state = must_alloc(sizeof(*state));

	state->context = EVP_MD_CTX_new();
	must(state->context && EVP_DigestInit_ex(state->context, banks[bank].md(), NULL) == 1);
	return state;
}

void bank_add(struct bank_hash_state *state, const void *data, size_t len)
{
	must(EVP_DigestUpdate(state->context, data, len) == 1);
}

void bank_add_zeros(struct bank_hash_state *state, size_t len)
{
	static const uint8_t zeros[65536];

	while (len) {
		size_t n = len < sizeof(zeros) ? len : sizeof(zeros);

		bank_add(state, zeros, n);
		len -= n;
	}
}

void bank_end(struct bank_hash_state *state, uint8_t *out)
{
	must(EVP_DigestFinal_ex(state->context, out, NULL) == 1);
	EVP_MD_CTX_free(state->context);
	free(state);
}

void bank_hash(enum bank bank, const void *data, size_t len, uint8_t *out)
{
	must(EVP_Digest(data, len, out, NULL, banks[bank].md(), NULL) == 1);
}

void bank_extend(enum bank bank, uint8_t *pcr, const uint8_t *digest)
{
	uint8_t both[2 * BANK_DIGEST_MAX];

	memcpy(both, pcr, bank_len(bank));
	memcpy(both + bank_len(bank), digest, bank_len(bank));
	bank_hash(bank, both, 2 * bank_len(bank), pcr);
}

void bank_extend_text(enum bank bank, uint8_t *pcr, const char *text)
{
	uint8_t digest[BANK_DIGEST_MAX];

	bank_hash(bank, text, strlen(text), digest);
	bank_extend(bank, pcr, digest);
}
