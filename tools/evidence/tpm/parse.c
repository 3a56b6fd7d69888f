/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/public.h"

#include <string.h>
#include "tools/evidence/tpm/area.h"
#include "tools/evidence/tpm/key.h"
#include "tools/lib/bytes.h"

/* How the key may be authorised is its owner's affair; every other attribute is laid down. */
#define FREE_TO_CHOOSE (ST_CLEAR | USER_WITH_AUTH | ADMIN_WITH_POLICY | NO_DA)
#define BORN_IN_TPM    (FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED)

/*
 * TCG EK Credential Profile 2.5, B.3.1 PolicyA, PolicySecret(endorsement), by SHA-256; B.4.1
 * PolicyB, which allows an owner's policy too, by SHA-384.
 */
static const uint8_t policy_a[32] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90,
	0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2,
	0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
static const uint8_t policy_b[48] = {0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8,
	0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb,
	0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15,
	0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12};

/* Part 1, 16: the name algorithm and the hash of the public area. 0 when OpenSSL refuses. */
static size_t write_name(uint16_t hash, const uint8_t *area, size_t len, uint8_t *out)
{
	put_be16(out, hash);
	return tpm_hash(hash, area, len, out + 2) ? 2 + tpm_hash_len(hash) : 0;
}

/* The area that the key would have by its template: `a` with the template's word on the rest. */
static bool write_node_id(struct tpm_area a, bool is_ek, uint8_t out[TPM_NAME_LEN])
{
	uint8_t area[AREA_MAX];
	size_t len;

	a.attributes = BORN_IN_TPM | (is_ek ? DECRYPT | ADMIN_WITH_POLICY : SIGN | USER_WITH_AUTH);
	a.policy_len = is_ek ? sizeof(policy_a) : 0;
	a.policy = policy_a;
	if (is_ek && a.name_hash == ALG_SHA384) {
		a.attributes |= USER_WITH_AUTH;
		a.policy_len = sizeof(policy_b);
		a.policy = policy_b;
	}
	len = tpm_area_write(&a, area);
	return write_name(ALG_SHA256, area, len, out);
}

static bool describe(const uint8_t *area, size_t len, const struct tpm_area *a, bool is_ek,
	struct tpm_public *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = a->kind;
	memcpy(out->key, a->key, a->key_len);
	out->key_len = a->key_len;
	out->name_hash = a->name_hash;
	out->symmetric_bits = a->symmetric_bits;
	out->name_len = write_name(a->name_hash, area, len, out->name);
	return out->name_len && write_node_id(*a, is_ek, out->node_id);
}

enum tpm_fault tpm_ak_parse(const uint8_t *area, size_t len, struct tpm_public *out)
{
	struct tpm_area a;
	uint16_t scheme;

	if (!tpm_area_read(area, len, &a) || a.name_hash != ALG_SHA256 || a.kind == TPM_KEY_P384)
		return TPM_AK_FORM;
	if ((a.attributes & ~FREE_TO_CHOOSE) != (BORN_IN_TPM | SIGN))
		return TPM_AK_ATTRIBUTES;
	scheme = a.kind == TPM_KEY_RSA ? ALG_RSASSA : ALG_ECDSA;
	if (a.symmetric != ALG_NULL || a.scheme != scheme || a.scheme_hash != ALG_SHA256)
		return TPM_AK_SCHEME;
	return describe(area, len, &a, false, out) ? TPM_GOOD : TPM_AK_FORM;
}

/* The name algorithm that the templates give to this kind of key. */
static uint16_t template_hash(const struct tpm_area *a)
{
	if (a->kind == TPM_KEY_P256 || (a->kind == TPM_KEY_RSA && a->key_len == 2048 / 8))
		return ALG_SHA256;
	return ALG_SHA384;
}

enum tpm_fault tpm_ek_parse(const uint8_t *area, size_t len, struct tpm_public *out)
{
	struct tpm_area a;

	if (!tpm_area_read(area, len, &a) || a.name_hash != template_hash(&a))
		return TPM_EK_FORM;
	if ((a.attributes & ~FREE_TO_CHOOSE) != (BORN_IN_TPM | DECRYPT))
		return TPM_EK_ATTRIBUTES;
	if (a.symmetric != ALG_AES || a.symmetric_mode != ALG_CFB || a.scheme != ALG_NULL ||
		a.symmetric_bits != (a.name_hash == ALG_SHA256 ? 128 : 256))
		return TPM_EK_SCHEME;
	return describe(area, len, &a, true, out) ? TPM_GOOD : TPM_EK_FORM;
}

bool tpm_ek_node_id(const EVP_PKEY *key, uint8_t out[TPM_NAME_LEN])
{
	struct tpm_area a = {.symmetric = ALG_AES, .symmetric_mode = ALG_CFB, .scheme = ALG_NULL};
	struct tpm_public read;

	if (!key || !tpm_key_read(key, &read))
		return false;
	if (read.kind == TPM_KEY_RSA && read.key_len != 256 && read.key_len != 384 &&
		read.key_len != 512)
		return false;
	a.kind = read.kind;
	memcpy(a.key, read.key, read.key_len);
	a.key_len = read.key_len;
	a.name_hash = template_hash(&a);
	a.symmetric_bits = a.name_hash == ALG_SHA256 ? 128 : 256;
	return write_node_id(a, true, out);
}
