/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 6.1 and 6.5: kinds of keys, and one field of an area otherwise than it has to be. */
#include "tests/interop/independent/cases.h"

#include <string.h>

#define FIXED_TPM    (1u << 1)
#define ST_CLEAR     (1u << 2)
#define FIXED_PARENT (1u << 4)
#define DATA_ORIGIN  (1u << 5)
#define NO_DA	     (1u << 10)
#define DUPLICATION  (1u << 11)
#define RESTRICTED   (1u << 16)
#define DECRYPT	     (1u << 17)
#define SIGN	     (1u << 18)
#define X509_SIGN    (1u << 19)

#define SET(member, value) offsetof(struct area, member), (value), false
#define FLIP(bits)	   offsetof(struct area, attributes), (bits), true
#define ROWS(table)	   (sizeof(table) / sizeof((table)[0]))

struct row {
	const char *name;
	unsigned code;
	size_t member;
	uint32_t value;
	bool flip; /* the bits of value, rather than set to it */
};

static const struct row ak_rows[] = {
	{"AK: type keyed hash", 610, SET(type, 8)},
	{"AK: type RSA", 610, SET(type, 1)},
	{"AK: Name by SHA-384", 610, SET(name_alg, HASH_SHA384)},
	{"AK: without fixedTPM", 610, FLIP(FIXED_TPM)},
	{"AK: without fixedParent", 610, FLIP(FIXED_PARENT)},
	{"AK: without sensitiveDataOrigin", 610, FLIP(DATA_ORIGIN)},
	{"AK: without restricted", 610, FLIP(RESTRICTED)},
	{"AK: without sign", 610, FLIP(SIGN)},
	{"AK: decrypt", 610, FLIP(DECRYPT)},
	{"AK: x509sign", 610, FLIP(X509_SIGN)},
	{"AK: encryptedDuplication", 610, FLIP(DUPLICATION)},
	{"AK: bit 31", 610, FLIP(1u << 31)},
	{"AK: stClear", GOOD, FLIP(ST_CLEAR)},
	{"AK: noDA", GOOD, FLIP(NO_DA)},
	{"AK: auth_policy of 32 bytes", GOOD, SET(policy_len, 32)},
	{"AK: auth_policy of 20 bytes", 610, SET(policy_len, 20)},
	{"AK: symmetric AES", 610, SET(symmetric, 6)},
	{"AK: scheme NULL", 610, SET(scheme, 0x10)},
	{"AK: scheme ECDAA", 610, SET(scheme, 0x1a)},
	{"AK: scheme by SHA-1", 610, SET(scheme_hash, HASH_SHA1)},
	{"AK: curve P-384", 610, SET(curve, 4)},
	{"AK: kdf", 610, SET(kdf, 0x20)},
	{"AK: off the curve", 610, SET(off_curve, 1)},
	{"AK: a byte behind", 610, SET(more, 1)},
	{"AK: a byte missing", 610, SET(less, 1)},
};

static const struct row ek_rows[] = {
	{"EK: type RSA", 610, SET(type, 1)},
	{"EK: Name by SHA-1", 610, SET(name_alg, HASH_SHA1)},
	{"EK: without fixedTPM", 610, FLIP(FIXED_TPM)},
	{"EK: without restricted", 610, FLIP(RESTRICTED)},
	{"EK: without decrypt", 610, FLIP(DECRYPT)},
	{"EK: sign", 610, FLIP(SIGN)},
	{"EK: noDA", GOOD, FLIP(NO_DA)},
	{"EK: auth_policy empty", GOOD, SET(policy_len, 0)},
	{"EK: auth_policy of 48 bytes", 610, SET(policy_len, 48)},
	{"EK: symmetric NULL", 610, SET(symmetric, 0x10)},
	{"EK: AES-256", 610, SET(symmetric_bits, 256)},
	{"EK: AES-CTR", 610, SET(mode, 0x40)},
	{"EK: scheme ECDSA", 610, SET(scheme, 0x18)},
	{"EK: curve P-384", 610, SET(curve, 4)},
	{"EK: off the curve", 610, SET(off_curve, 1)},
	{"EK: a byte behind", 610, SET(more, 1)},
};

static const struct row rsa_ak_rows[] = {
	{"RSA AK: as the page wants it", GOOD, FLIP(0)},
	{"RSA AK: exponent 65537 written out", GOOD, SET(exponent, 65537)},
	{"RSA AK: exponent 3", 610, SET(exponent, 3)},
	{"RSA AK: RSAPSS", 610, SET(scheme, 0x16)},
	{"RSA AK: scheme by SHA-1", 610, SET(scheme_hash, HASH_SHA1)},
	{"RSA AK: bits that are not the modulus's", 610, SET(key_bits, 1024)},
	{"RSA AK: decrypt", 610, FLIP(DECRYPT)},
	{"RSA AK: even modulus", 610, SET(off_curve, 1)},
};

static const struct row rsa_ek_rows[] = {
	{"RSA EK: as the page wants it", GOOD, FLIP(0)},
	{"RSA EK: exponent 3", 610, SET(exponent, 3)},
	{"RSA EK: scheme RSAES", 610, SET(scheme, 0x15)},
	{"RSA EK: bits that are not the modulus's", 610, SET(key_bits, 3072)},
	{"RSA EK: AES-256", 610, SET(symmetric_bits, 256)},
};

static const struct row p384_ek_rows[] = {
	{"P-384 EK: as the page wants it", GOOD, FLIP(0)},
	{"P-384 EK: Name by SHA-256", 610, SET(name_alg, HASH_SHA256)},
	{"P-384 EK: AES-128", 610, SET(symmetric_bits, 128)},
	{"P-384 EK: curve P-256", 610, SET(curve, 3)},
	{"P-384 EK: auth_policy of 32 bytes", 610, SET(policy_len, 32)},
	{"P-384 EK: off the curve", 610, SET(off_curve, 1)},
};

static void change(struct area *a, const struct row *row)
{
	uint32_t value = row->value, had;

	memcpy(&had, (uint8_t *)a + row->member, sizeof(had));
	if (row->flip)
		value ^= had;
	memcpy((uint8_t *)a + row->member, &value, sizeof(value));
}

/* The TPM has the changed area, so its Name and activation follow from it. */
static void run(
	const struct row *rows, size_t count, enum key_kind ek, enum key_kind ak, bool is_ek)
{
	struct service to = the_service();

	for (size_t i = 0; i < count; i++) {
		struct machine m;
		struct plan p;

		machine_make(&m, ek, ak);
		change(is_ek ? &m.ek_area : &m.ak_area, &rows[i]);
		plan_init(&p, &m);
		p.scheme = ak == KEY_P256 ? 0x18 : 0x14;
		expect(rows[i].name, rows[i].code, session_whole(&to, &m, &p));
		machine_free(&m);
	}
}

void cases_keys(void)
{
	static const struct row big[] = {{"EK: RSA-3072", GOOD, FLIP(0)}};

	run(ak_rows, ROWS(ak_rows), KEY_P256, KEY_P256, false);
	run(ek_rows, ROWS(ek_rows), KEY_P256, KEY_P256, true);
	run(rsa_ak_rows, ROWS(rsa_ak_rows), KEY_P256, KEY_RSA_2048, false);
	run(rsa_ek_rows, ROWS(rsa_ek_rows), KEY_RSA_2048, KEY_P256, true);
	run(p384_ek_rows, ROWS(p384_ek_rows), KEY_P384, KEY_P256, true);
	run(big, ROWS(big), KEY_RSA_3072, KEY_P256, true);
}
