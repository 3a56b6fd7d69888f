/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A share as a file: shares.h has the format. */
#include <stdio.h>
#include <string.h>

#include "tools/bundle/shares.h"
#include "tools/lib/hex.h"
#include "tools/lib/private_file.h"

#define HEADING	  "protostar-share 1\n"
#define HEX_LEN	  (2 * BUNDLE_KEY_LEN)
#define CHECK_LEN (sizeof("check ") - 1 + HEX_LEN + 1)

/* All but the check; returns its length. */
static size_t write_lines(const struct share *share, char *out, size_t cap)
{
	char id[2 * BUNDLE_ID_LEN + 1];
	size_t len;

	hex_encode(share->bundle_id, BUNDLE_ID_LEN, id);
	len = (size_t)snprintf(out, cap, HEADING "bundle %s\nshare %u\ncount %u\nneeded %u\nvalue ",
		id, share->index, share->count, share->needed);
	hex_encode(share->value.bytes, BUNDLE_KEY_LEN, out + len);
	out[len + HEX_LEN] = '\n';
	return len + HEX_LEN + 1;
}

struct failure share_encode(const struct share *share, struct secret *out)
{
	SECRET_AUTO text = {0};
	uint8_t check[SHA256_LEN];
	size_t len;

	if (failed(secret_new(SHARE_FILE_MAX, &text)))
		return refuse("no locked memory left for a share");
	len = write_lines(share, (char *)text.bytes, text.len);
	sha256(text.bytes, len, check);
	memcpy(text.bytes + len, "check ", CHECK_LEN - HEX_LEN - 1);
	hex_encode(check, sizeof(check), (char *)text.bytes + len + CHECK_LEN - HEX_LEN - 1);
	text.bytes[len + CHECK_LEN - 1] = '\n';
	text.len = len + CHECK_LEN;
	*out = text;
	text = (struct secret){0};
	return failure_none();
}

/* What is left of the text. */
struct reader {
	const char *at, *end;
	bool failed;
};

static void take_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (r->failed || (size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		r->failed = true;
	else
		r->at += len;
}

/* Small digits alone: there is one way to write a share. At most BUNDLE_KEY_LEN bytes. */
static void take_hex(struct reader *r, uint8_t *out, size_t len)
{
	char again[HEX_LEN + 1];

	if (r->failed || (size_t)(r->end - r->at) < 2 * len ||
		!hex_decode_text(r->at, 2 * len, out, len)) {
		r->failed = true;
		return;
	}
	hex_encode(out, len, again);
	r->failed = !equal_ct(again, r->at, 2 * len);
	r->at += 2 * len;
	wipe(again, sizeof(again));
}

/* 1 to 99, without a zero before it. */
static uint8_t take_number(struct reader *r)
{
	unsigned value = 0;

	for (int i = 0; i < 2 && r->at < r->end && *r->at >= '0' && *r->at <= '9'; i++)
		value = 10 * value + (unsigned)(*r->at++ - '0');
	if (value == 0 || (value < 10 && r->at[-1] != (char)('0' + value)))
		r->failed = true;
	return (uint8_t)value;
}

static uint8_t take_line(struct reader *r, const char *word)
{
	uint8_t value;

	take_word(r, word);
	value = r->failed ? 0 : take_number(r);
	take_word(r, "\n");
	return value;
}

static void take_share(struct reader *r, struct share *out)
{
	take_word(r, HEADING "bundle ");
	take_hex(r, out->bundle_id, BUNDLE_ID_LEN);
	take_word(r, "\n");
	out->index = take_line(r, "share ");
	out->count = take_line(r, "count ");
	out->needed = take_line(r, "needed ");
	take_word(r, "value ");
	take_hex(r, out->value.bytes, BUNDLE_KEY_LEN);
	take_word(r, "\n");
}

static struct failure read_share(struct span text, struct share *out)
{
	struct reader r = {
		.at = (const char *)text.data, .end = (const char *)text.data + text.len};
	uint8_t check[SHA256_LEN], made[SHA256_LEN];

	take_share(&r, out);
	if (!r.failed)
		sha256(text.data, (size_t)(r.at - (const char *)text.data), made);
	take_word(&r, "check ");
	take_hex(&r, check, sizeof(check));
	take_word(&r, "\n");
	if (r.failed || r.at != r.end)
		return refuse("it is not a share of a bundle, or it was changed: restore it from "
			      "its backup");
	if (!equal_ct(check, made, sizeof(check)))
		return refuse("its check does not fit: it was changed, or copied with a slip");
	TRY_FAILURE(shares_check_numbers(out->needed, out->count));
	if (out->index > out->count)
		return refuse("it is share %u of %u", out->index, out->count);
	return failure_none();
}

struct failure share_decode(struct span text, struct share *out)
{
	struct share share = {.path = NULL};
	struct failure f;

	if (failed(secret_new(BUNDLE_KEY_LEN, &share.value)))
		return refuse("no locked memory left for a share");
	f = read_share(text, &share);
	if (f.happened)
		share_free(&share);
	else
		*out = share;
	return f;
}

struct failure share_save(const struct share *share, const char *path)
{
	SECRET_AUTO text = {0};

	TRY_FAILURE(share_encode(share, &text));
	return private_file_create(path, text.bytes, text.len);
}

struct failure share_load(const char *path, struct share *out)
{
	SECRET_AUTO text = {0};
	struct failure f;

	TRY_FAILURE(private_file_read(path, SHARE_FILE_MAX, &text, NULL));
	f = share_decode((struct span){text.bytes, text.len}, out);
	if (f.happened)
		return refuse("%s: %s", path, f.text);
	out->path = path;
	return f;
}
