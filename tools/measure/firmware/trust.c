/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/firmware/trust.h"

#include <string.h>
#include "tools/lib/authenticode.h"
#include "tools/lib/pe_read.h"
#include "tools/measure/firmware/pkcs7.h"

/* WIN_CERTIFICATE (UEFI 32.2.4): length, revision, type; then PKCS#7, or a GUID and that. */
#define ENTRY_HEADER	8u
#define ENTRY_PKCS7	0x0002u
#define ENTRY_GUID	0x0EF1u
#define SIGNATURES_MAX	64u /* bounds the time that a hostile image costs */
#define PKCS7_GUID_TEXT "4aafd29d-68df-49ee-8aa9-347d375665a7"

/* One image that is being judged. */
struct judged {
	const struct trust *trust;
	const struct boot_image *image;
	struct signature authority;
	bool trusted;
	const char *refusal; /* final: set once dbx forbids the image */
	unsigned hashed;     /* BANK_BIT of each hash that is filled in */
	uint8_t hash[BANK_COUNT][BANK_DIGEST_MAX];
};

static const enum signature_type image_hashes[BANK_COUNT] = {
	[BANK_SHA1] = SIGNATURE_SHA1,
	[BANK_SHA256] = SIGNATURE_SHA256,
	[BANK_SHA384] = SIGNATURE_SHA384,
	[BANK_SHA512] = SIGNATURE_SHA512,
};

/* An entry that is this hash of an image. */
static bool find_hash(const uint8_t *lists, size_t len, enum bank bank, const uint8_t *hash,
	struct signature *out)
{
	struct signatures walk;
	struct signature s;

	signatures_begin(&walk, lists, len);
	while (signatures_next(&walk, &s))
		if (s.type == image_hashes[bank] && memcmp(s.data, hash, bank_len(bank)) == 0) {
			*out = s;
			return true;
		}
	return false;
}

/* The first certificate of the lists under which the signature is good. */
static bool find_signer(const uint8_t *lists, size_t len, const struct pkcs7_signature *signature,
	struct signature *out)
{
	struct signatures walk;
	struct signature s;

	signatures_begin(&walk, lists, len);
	while (signatures_next(&walk, &s))
		if (s.type == SIGNATURE_X509 && pkcs7_signed_under(signature, s.data, s.len)) {
			*out = s;
			return true;
		}
	return false;
}

/* Whether dbx names the hash of a certificate that the signature brings along. */
static bool brings_forbidden_certificate(
	const struct trust *trust, const struct pkcs7_signature *signature)
{
	static const struct {
		enum signature_type type;
		enum bank bank;
	} kinds[] = {
		{SIGNATURE_X509_SHA256, BANK_SHA256},
		{SIGNATURE_X509_SHA384, BANK_SHA384},
		{SIGNATURE_X509_SHA512, BANK_SHA512},
	};
	struct signatures walk;
	struct signature s;

	signatures_begin(&walk, trust->dbx, trust->dbx_len);
	while (signatures_next(&walk, &s))
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (s.type == kinds[i].type &&
				pkcs7_brings(signature, kinds[i].bank, s.data))
				return true;
	return false;
}

/* Once for each bank: an image can carry many signatures. */
static bool hash_image(struct judged *j, enum bank bank, const uint8_t **out)
{
	struct flaw flaw;

	if (!(j->hashed & BANK_BIT(bank)) &&
		!authenticode(j->image->data, j->image->len, bank, j->hash[bank], &flaw))
		return false;
	j->hashed |= BANK_BIT(bank);
	*out = j->hash[bank];
	return true;
}

/* One signature: dbx first, then db by certificate, then both by the image's hash. */
static void judge_signature(struct judged *j, const uint8_t *der, size_t len)
{
	const struct trust *t = j->trust;
	struct pkcs7_signature signature;
	const uint8_t *hash;
	struct signature entry;

	if (!pkcs7_open(&signature, der, len))
		return;
	if (hash_image(j, signature.bank, &hash)) {
		bool of_image = pkcs7_is_of(&signature, hash);

		if (of_image && find_signer(t->dbx, t->dbx_len, &signature, &entry))
			j->refusal = "dbx forbids the certificate of a signature of it";
		else if (brings_forbidden_certificate(t, &signature))
			j->refusal = "dbx forbids a certificate that a signature of it brings";
		else if (find_hash(t->dbx, t->dbx_len, signature.bank, hash, &entry))
			j->refusal = "dbx forbids its hash";
		else if (!j->trusted)
			j->trusted = (of_image && find_signer(t->db, t->db_len, &signature,
							  &j->authority)) ||
				     find_hash(
					     t->db, t->db_len, signature.bank, hash, &j->authority);
	}
	pkcs7_close(&signature);
}

/* The PKCS#7 of an entry of the certificate table; false: it has none. */
static bool entry_signature(const uint8_t *entry, size_t len, const uint8_t **der, size_t *der_len)
{
	size_t header = ENTRY_HEADER;

	if (le16(entry + 6) == ENTRY_GUID && len > ENTRY_HEADER + GUID_LEN &&
		guid_is(entry + ENTRY_HEADER, PKCS7_GUID_TEXT))
		header += GUID_LEN;
	else if (le16(entry + 6) != ENTRY_PKCS7)
		return false;
	*der = entry + header;
	*der_len = len - header;
	return true;
}

/* Each entry begins 8-aligned; the table ends with one, as edk2 insists. */
static void judge_signatures(struct judged *j, const uint8_t *table, size_t table_len)
{
	size_t at = 0, count = 0;

	while (!j->refusal && at < table_len && table_len - at > ENTRY_HEADER) {
		uint64_t len = le32(table + at);
		const uint8_t *der;
		size_t der_len;

		if (len <= ENTRY_HEADER || len > table_len - at)
			break;
		if (count++ == SIGNATURES_MAX)
			j->refusal = "it has more signatures than are looked at";
		else if (entry_signature(table + at, (size_t)len, &der, &der_len))
			judge_signature(j, der, der_len);
		at += (size_t)(len + (8 - len % 8) % 8);
	}
	if (!j->refusal && at != table_len)
		j->refusal = "its certificate table is broken";
}

/* What is not signed is trusted by its SHA-256 alone (edk2 knows other hashes since 2023). */
static void judge_unsigned(struct judged *j)
{
	const uint8_t *hash;
	struct signature entry;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (hash_image(j, (enum bank)bank, &hash) &&
			find_hash(j->trust->dbx, j->trust->dbx_len, (enum bank)bank, hash, &entry))
			j->refusal = "dbx forbids its hash";
	j->trusted = hash_image(j, BANK_SHA256, &hash) &&
		     find_hash(j->trust->db, j->trust->db_len, BANK_SHA256, hash, &j->authority);
}

bool trust_image(const struct trust *trust, const struct boot_image *image,
	struct signature *authority, const char **why)
{
	struct judged j = {.trust = trust, .image = image};
	struct pe_file pe;
	struct flaw flaw;

	*why = "it is no EFI image";
	if (!pe_read(image->data, image->len, &pe, &flaw))
		return false;
	if (pe.certificates_len)
		judge_signatures(&j, image->data + pe.certificates_at, pe.certificates_len);
	else
		judge_unsigned(&j);
	*why = pe.certificates_len ? "db has no certificate that a signature of it leads to"
				   : "it is not signed, and db does not allow its hash";
	if (j.refusal)
		*why = j.refusal;
	if (j.refusal || !j.trusted)
		return false;
	*authority = j.authority;
	return true;
}
