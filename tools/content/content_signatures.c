/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signature databases, by their entries; the signers of an EFI image. */
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/hex.h"
#include "tools/lib/printable.h"
#include "tools/lib/signature_list.h"
#include "tools/content/content_private.h"
#include "tools/content/match.h"

#define ENTRIES_MAX 16384u /* a dbx of 2025 has some 430 */

/* The caller frees the text. */
static char *subject_of(X509 *certificate)
{
	BIO *text = BIO_new(BIO_s_mem());
	char *data = NULL, *out;
	long len = 0;

	if (text && X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0,
			    XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_get_mem_data(text, &data);
	out = printable(data, len > 0 ? (size_t)len : 0, PRINTABLE_MAX);
	BIO_free(text);
	return out;
}

static char *describe_certificate(const struct signature *s)
{
	const uint8_t *at = s->data;
	X509 *certificate = d2i_X509(NULL, &at, (long)s->len);
	uint8_t digest[BANK_DIGEST_MAX];
	char hex[2 * BANK_DIGEST_MAX + 1], *subject, *text;

	bank_hash(BANK_SHA256, s->data, s->len, digest);
	hex_encode(digest, bank_len(BANK_SHA256), hex);
	subject = certificate ? subject_of(certificate) : must_dup("not readable");
	text = must_format("certificate %s, SHA-256 %s", subject, hex);
	free(subject);
	X509_free(certificate);
	return text;
}

static char *describe(const struct signature *s)
{
	char hex[2 * BANK_DIGEST_MAX + 1];

	if (s->type == SIGNATURE_X509)
		return describe_certificate(s);
	if (s->len > BANK_DIGEST_MAX)
		return must_format("an entry of %zu bytes", s->len);
	hex_encode(s->data, s->len, hex);
	return must_format("hash %s", hex);
}

struct entries {
	struct signature *list;
	struct match_key *keys;
	size_t count;
};

static bool read_entries(
	const struct content_at *at, bool is_b, const struct content *lists, struct entries *out)
{
	struct signatures walk;
	struct signature one;
	size_t capacity = 0;

	*out = (struct entries){0};
	signatures_begin(&walk, lists->data, lists->len);
	while (out->count < ENTRIES_MAX && signatures_next(&walk, &one)) {
		if (out->count == capacity) {
			capacity = capacity ? 2 * capacity : 16;
			out->list = must_realloc(out->list, capacity, sizeof(*out->list));
			out->keys = must_realloc(out->keys, capacity, sizeof(*out->keys));
		}
		out->list[out->count] = one;
		out->keys[out->count++] = (struct match_key){
			.data = one.entry, .len = one.entry_len};
	}
	if (walk.flaw.reason)
		content_tell_unreadable(at, is_b, walk.flaw.offset, walk.flaw.reason);
	return !walk.flaw.reason;
}

static void tell_entry(
	const struct content_at *outer, enum finding_change change, const struct signature *s)
{
	char owner[GUID_TEXT], *text = describe(s), *remark;
	struct content_values values = {.a = change == FINDING_ADDED ? NULL : text,
		.b = change == FINDING_ADDED ? text : NULL};

	guid_text(s->entry, owner);
	remark = must_format("owner %s", owner);
	values.remark = remark;
	content_tell(outer, change, change == FINDING_MOVED ? "order" : "entry", &values);
	free(remark);
	free(text);
}

static void compare_entries(
	const struct content_at *at, const struct entries *a, const struct entries *b)
{
	static const struct content_values lists = {
		.remark = "the entries are the same, their lists or headers differ"};
	size_t before = *at->told;
	struct match match;

	match_keys(a->keys, a->count, b->keys, b->count, &match);
	for (size_t i = 0; i < a->count; i++)
		if (match.b_of_a[i] == MATCH_NONE || match.moved[i])
			tell_entry(
				at, match.moved[i] ? FINDING_MOVED : FINDING_REMOVED, &a->list[i]);
	for (size_t j = 0; j < b->count; j++)
		if (match.a_of_b[j] == MATCH_NONE)
			tell_entry(at, FINDING_ADDED, &b->list[j]);
	if (*at->told == before)
		content_tell(at, FINDING_CHANGED, "lists", &lists);
	match_free(&match);
}

static void entries_free(struct entries *entries)
{
	free(entries->list);
	free(entries->keys);
}

void content_signatures(
	const struct content_at *at, const struct content *a, const struct content *b)
{
	struct entries in_a, in_b;
	bool fine_a = read_entries(at, false, a, &in_a), fine_b = read_entries(at, true, b, &in_b);

	if (fine_a && fine_b)
		compare_entries(at, &in_a, &in_b);
	else
		content_opaque(at, a, b);
	entries_free(&in_a);
	entries_free(&in_b);
}

/* "CN=...", or how many signatures there are. Only the first is looked into. */
static char *signer_of(const struct content *table)
{
	const uint8_t *at = table->data + 8; /* behind WIN_CERTIFICATE (PE/COFF, section 5.9) */
	STACK_OF(X509) * signers;
	PKCS7 *message;
	char *text;

	if (table->len == 0)
		return must_dup("not signed");
	message = table->len > 8 ? d2i_PKCS7(NULL, &at, (long)(table->len - 8)) : NULL;
	if (!message || !PKCS7_type_is_signed(message)) {
		PKCS7_free(message);
		return must_format("%zu bytes, not readable", table->len);
	}
	signers = PKCS7_get0_signers(message, NULL, 0);
	if (signers && sk_X509_num(signers) > 0) {
		char *subject = subject_of(sk_X509_value(signers, 0));

		text = must_format("%zu bytes, signed by %s", table->len, subject);
		free(subject);
	} else {
		text = must_format("%zu bytes, signer not in it", table->len);
	}
	sk_X509_free(signers);
	PKCS7_free(message);
	return text;
}

void content_certificates(
	const struct content_at *at, const struct content *a, const struct content *b)
{
	struct content_values values;
	char *in_a, *in_b;

	if (a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0))
		return;
	in_a = signer_of(a);
	in_b = signer_of(b);
	values = (struct content_values){.a = in_a, .b = in_b};
	content_tell(at, FINDING_CHANGED, "signature", &values);
	free(in_a);
	free(in_b);
}
