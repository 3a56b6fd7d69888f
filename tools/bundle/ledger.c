/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/bundle/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "tools/bundle/ledger_private.h"
#include "tools/lib/hex.h"

#define KEY_LABEL "protostar bundle ledger v1"

void ledger_key_derive(const uint8_t *service_private, const uint8_t id[LEDGER_ID_LEN],
	uint8_t out[LEDGER_KEY_LEN])
{
	struct hmac256 h;

	hmac256_start(&h, service_private, P256_PRIV_LEN);
	hmac256_add(&h, KEY_LABEL, sizeof(KEY_LABEL) - 1);
	hmac256_add(&h, id, LEDGER_ID_LEN);
	hmac256_end(&h, out);
}

void ledger_heading(const uint8_t id[LEDGER_ID_LEN], char out[LEDGER_HEADING_LEN + 1])
{
	memcpy(out, LEDGER_HEADING, sizeof(LEDGER_HEADING) - 1);
	hex_encode(id, LEDGER_ID_LEN, out + sizeof(LEDGER_HEADING) - 1);
	out[LEDGER_HEADING_LEN - 1] = '\n';
	out[LEDGER_HEADING_LEN] = '\0';
}

bool ledger_id(struct span text, uint8_t out[LEDGER_ID_LEN])
{
	const char *at = (const char *)text.data;
	const size_t before = sizeof(LEDGER_HEADING) - 1;

	return text.len >= LEDGER_HEADING_LEN && memcmp(at, LEDGER_HEADING, before) == 0 &&
	       at[LEDGER_HEADING_LEN - 1] == '\n' &&
	       hex_decode_text(at + before, 2 * (size_t)LEDGER_ID_LEN, out, LEDGER_ID_LEN);
}

void ledger_mac(const uint8_t key[LEDGER_KEY_LEN], const uint8_t *before, const char *text,
	size_t len, uint8_t out[LEDGER_MAC_LEN])
{
	struct hmac256 h;

	hmac256_start(&h, key, LEDGER_KEY_LEN);
	if (before)
		hmac256_add(&h, before, LEDGER_MAC_LEN);
	hmac256_add(&h, text, len);
	hmac256_end(&h, out);
}

size_t ledger_line(const struct ledger_use *u, char out[LEDGER_LINE_MAX])
{
	char node[2 * TPM_NAME_LEN + 1], disk[2 * DISK_ID_LEN + 1];

	hex_encode(u->node_id, TPM_NAME_LEN, node);
	hex_encode(u->disk_id, DISK_ID_LEN, disk);
	return (size_t)snprintf(out, LEDGER_LINE_MAX, "%" PRIu64 " %" PRIu64 " %s %s %" PRIu64 " ",
		u->number, u->time_s, node, disk, u->generation);
}

/* Digits up to a space, which is passed over. */
static bool take_number(const char **at, const char *end, uint64_t *out)
{
	const char *begin = *at;

	for (*out = 0; *at < end && **at >= '0' && **at <= '9'; (*at)++)
		if (__builtin_mul_overflow(*out, UINT64_C(10), out) ||
			__builtin_add_overflow(*out, (uint64_t)(**at - '0'), out))
			return false;
	return *at > begin && *at < end && *(*at)++ == ' ';
}

static bool take_hex(const char **at, const char *end, uint8_t *out, size_t len)
{
	bool good = (size_t)(end - *at) > 2 * len && (*at)[2 * len] == ' ' &&
		    hex_decode_text(*at, 2 * len, out, len);

	*at += good ? 2 * len + 1 : 0;
	return good;
}

/* A line without its newline. What it says is written once more, since it has one form only. */
static bool read_line(
	const char *text, size_t len, struct ledger_use *out, uint8_t mac[LEDGER_MAC_LEN])
{
	const char *at = text, *end = text + len;
	char again[LEDGER_LINE_MAX];

	return take_number(&at, end, &out->number) && take_number(&at, end, &out->time_s) &&
	       take_hex(&at, end, out->node_id, TPM_NAME_LEN) &&
	       take_hex(&at, end, out->disk_id, DISK_ID_LEN) &&
	       take_number(&at, end, &out->generation) &&
	       hex_decode_text(at, (size_t)(end - at), mac, LEDGER_MAC_LEN) &&
	       ledger_line(out, again) == (size_t)(at - text) &&
	       memcmp(again, text, (size_t)(at - text)) == 0;
}

/* The next line under the MAC of the one before. */
static bool check_line(struct ledger_read *r, const uint8_t key[LEDGER_KEY_LEN], const char *text,
	size_t len, struct ledger_use *out)
{
	uint8_t said[LEDGER_MAC_LEN], mac[LEDGER_MAC_LEN];

	if (len <= 2 * (size_t)LEDGER_MAC_LEN || !read_line(text, len, out, said) ||
		out->number != r->uses + 1)
		return false;
	/* Up to the space before its own MAC. */
	ledger_mac(key, r->mac, text, len - 2 * (size_t)LEDGER_MAC_LEN - 1, mac);
	if (!equal_ct(mac, said, sizeof(mac)))
		return false;
	memcpy(r->mac, mac, sizeof(mac));
	r->uses = out->number;
	return true;
}

static struct failure tell(struct failure (*each)(void *context, const struct ledger_use *use),
	void *context, const struct ledger_use *use)
{
	return each ? each(context, use) : failure_none();
}

struct failure ledger_check(struct span text, const uint8_t id[LEDGER_ID_LEN],
	const uint8_t key[LEDGER_KEY_LEN],
	struct failure (*each)(void *context, const struct ledger_use *use), void *context,
	struct ledger_read *out)
{
	struct ledger_read r = {.whole = LEDGER_HEADING_LEN};
	const char *all = (const char *)text.data, *newline;
	uint8_t said[LEDGER_ID_LEN];

	if (!ledger_id(text, said))
		return refuse("not a ledger of a bundle's uses");
	if (memcmp(said, id, LEDGER_ID_LEN) != 0)
		return refuse("it is the ledger of another bundle");
	ledger_mac(key, NULL, all, LEDGER_HEADING_LEN - 1, r.mac);
	while ((newline = memchr(all + r.whole, '\n', text.len - r.whole))) {
		size_t len = (size_t)(newline - (all + r.whole));
		struct ledger_use use;

		if (!check_line(&r, key, all + r.whole, len, &use))
			return refuse("line %" PRIu64
				      " is not what was written: it was changed, or lines "
				      "before it were",
				r.uses + 2);
		r.whole += len + 1;
		TRY_FAILURE(tell(each, context, &use));
	}
	*out = r;
	return failure_none();
}
