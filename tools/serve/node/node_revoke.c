/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node revoke|unrevoke|revocations`: what gets no key and completes no join any more. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "tools/evidence/snp/report.h"
#include "tools/evidence/tdx/report.h"
#include "tools/lib/hex.h"
#include "tools/lib/number.h"
#include "tools/serve/log/json_line.h"
#include "tools/serve/node/node_time.h"
#include "tools/serve/node/node_word.h"
#include "tools/serve/store/store_revocations.h"

#define VALUE_TEXT (2 * REVOCATION_MAX + 1)

/* Which lengths a kind's value may have, in bytes, and what it is, for a refusal. */
static const struct {
	size_t len, other_len;
	const char *what;
} forms[REVOCATION_KINDS + 1] = {
	[REVOKED_NODE] = {TPM_NAME_LEN, 0, "a node's whole name, 68 hex digits"},
	[REVOKED_DISK] = {DISK_ID_LEN, 0, "a disk's whole identifier, 32 hex digits"},
	[REVOKED_EK] = {TPM_NAME_LEN, SHA256_LEN,
		"an endorsement key's name, 68 hex digits, or the SHA-256 of a certificate, 64"},
	[REVOKED_AK] = {TPM_NAME_LEN, 0, "an attestation key's name, 68 hex digits"},
	[REVOKED_CHIP] = {SNP_CHIP_ID_LEN, TDX_PPID_LEN,
		"SEV-SNP's whole CHIP_ID, 128 hex digits, or the PPID of TDX, 32"},
};

static struct failure take_hex(
	enum revocation_kind kind, const char *text, struct store_revocation *out)
{
	size_t len = strlen(text) / 2;
	uint8_t value[REVOCATION_MAX];

	if ((len != forms[kind].len && len != forms[kind].other_len) ||
		!hex_decode_text(text, strlen(text), value, len))
		return refuse("%s is not %s", text, forms[kind].what);
	if (snp_is_zero(value, len))
		return refuse("zeros stand where there is nothing, and name nothing");
	*out = revocation_of(kind, (struct span){value, len});
	return failure_none();
}

static struct failure take_set(const char *name, struct store_revocation *out)
{
	size_t len = strlen(name);

	if (!len || len > POLICY_NAME_MAX)
		return refuse("a set's name has 1 to %u characters", POLICY_NAME_MAX);
	*out = revocation_of(REVOKED_SET, (struct span){(const uint8_t *)name, len});
	return failure_none();
}

static struct failure take_epoch(const char *text, struct store_revocation *out)
{
	uint64_t epoch;

	if (!number_read(text, 10, 1, UINT32_MAX, &epoch))
		return refuse("%s is no epoch: all below it are revoked, so 1 at least", text);
	*out = revocation_of_epoch((uint32_t)epoch);
	return failure_none();
}

static struct failure take(const struct node_request *r, struct store_revocation *out)
{
	int kind = REVOKED_NODE;

	while (kind <= REVOCATION_KINDS &&
		strcmp(r->name, revocation_kind_name((enum revocation_kind)kind)) != 0)
		kind++;
	if (kind > REVOCATION_KINDS)
		return refuse("%s is nothing that can be revoked: node, disk, ek, ak, chip, set or "
			      "epoch",
			r->name);
	if (kind == REVOKED_SET)
		TRY_FAILURE(take_set(r->other, out));
	else if (kind == REVOKED_EPOCH)
		TRY_FAILURE(take_epoch(r->other, out));
	else
		TRY_FAILURE(take_hex((enum revocation_kind)kind, r->other, out));
	out->time_s = (uint64_t)time(NULL);
	return failure_none();
}

/* The value as the command line takes it. */
static void value_text(const struct store_revocation *r, char out[VALUE_TEXT])
{
	const uint8_t *v = r->value;

	if (r->kind == REVOKED_SET)
		snprintf(out, VALUE_TEXT, "%.*s", (int)r->len, (const char *)v);
	else if (r->kind == REVOKED_EPOCH)
		snprintf(out, VALUE_TEXT, "%u",
			(uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3]);
	else
		hex_encode(v, r->len, out);
}

static struct failure note(struct store *s, const char *verb, const struct store_revocation *what)
{
	char value[VALUE_TEXT];

	value_text(what, value);
	return node_put_change(s, verb, "%s%s %s", revocation_kind_name(what->kind),
		what->kind == REVOKED_EPOCH ? "s below" : "", value);
}

static struct failure revoke(struct store *s, const struct node_request *r)
{
	struct store_revocation what = {.len = 0};
	bool is_new;

	TRY_FAILURE(take(r, &what));
	TRY_FAILURE(store_revoke(s, &what, &is_new));
	if (!is_new)
		return refuse("%s %s is revoked already", r->name, r->other);
	return note(s, "revoke", &what);
}

static struct failure unrevoke(struct store *s, const struct node_request *r)
{
	struct store_revocation what = {.len = 0};
	bool found;

	TRY_FAILURE(take(r, &what));
	TRY_FAILURE(store_unrevoke(s, &what, &found));
	if (!found)
		return refuse("%s %s is not revoked here: protostar node revocations; the policy's "
			      "\"revoked\" is a list of its own",
			r->name, r->other);
	return note(s, "unrevoke", &what);
}

struct failure node_revoke(const struct node_request *r)
{
	return node_in_transaction(r, revoke);
}

struct failure node_unrevoke(const struct node_request *r)
{
	return node_in_transaction(r, unrevoke);
}

struct listing {
	bool json;
	unsigned shown;
};

static void show(void *context, const struct store_revocation *r)
{
	struct listing *l = context;
	char value[VALUE_TEXT], when[NODE_TIME_LEN];
	struct json_line line;

	value_text(r, value);
	node_time(r->time_s, when);
	if (!l->json) {
		printf("%-5s  %s  %s\n", revocation_kind_name(r->kind), when, value);
		return;
	}
	json_line_start(&line);
	json_line_text(&line, "kind", revocation_kind_name(r->kind));
	json_line_text(&line, "value", value);
	json_line_text(&line, "time", when);
	if (l->shown++)
		fputs(",\n ", stdout);
	if (json_line_end(&line))
		fwrite(line.text, 1, line.len - 1, stdout);
}

struct failure node_revocations(const struct node_request *r)
{
	struct listing l = {.json = r->json};
	struct store *s = NULL;
	struct failure f = node_store(r, STORE_READ, &s);

	if (!f.happened && !l.json)
		printf("%-5s  %-20s  %s\n", "KIND", "SINCE", "VALUE");
	if (!f.happened && l.json)
		fputs("[", stdout);
	if (!f.happened)
		f = store_each_revocation(s, show, &l);
	if (!f.happened && l.json)
		puts("]");
	store_close(s);
	return f;
}
