/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verify_print.h"

#include <string.h>

#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"

static const char *key_name(enum verify_key key)
{
	static const char *const names[] = {"unknown", "certified", "maker", "named"};

	return names[key];
}

/* A few words on each register that the verdict rests on. */
static void registers_text(const struct verdict *v, struct bytes *out)
{
	char hex[2 * POLICY_DIGEST_MAX + 1];

	bytes_addf(out, "registers: %s bank\n", v->bank == DIGEST_SHA384 ? "sha384" : "sha256");
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(v->pcr_mask >> pcr & 1u))
			continue;
		hex_encode(v->pcr[pcr], digest_len(v->bank), hex);
		bytes_addf(out, "  %2u  %s%s\n", pcr, hex,
			v->differing >> pcr & 1u ? "  differs"
			: v->warned >> pcr & 1u	 ? "  differs (warn only)"
						 : "");
	}
}

void verdict_text(const struct verdict *v, struct bytes *out)
{
	char ak[2 * SHA256_LEN + 1];

	hex_encode(v->ak_sha256, SHA256_LEN, ak);
	if (v->good)
		bytes_addf(out,
			"good: %s booted an image of set \"%s\", epoch %u%s%s, and handed over\n",
			v->node[0] ? v->node : "the machine with that key", v->set, v->epoch,
			v->role[0] ? ", role " : "", v->role);
	else
		bytes_addf(out, "refused: %s\n", v->why);
	bytes_addf(out, "key:       %s (%s%s%s)\n", ak, key_name(v->key),
		v->until[0] ? " until " : "", v->until);
	if (v->os_separator)
		bytes_add_text(out, "after the hand-over the system measured \"os-separator\"\n");
	if (v->quoted)
		registers_text(v, out);
}

static void registers_json(const struct verdict *v, struct json_text *json)
{
	char number[4];

	json_open(json, "pcrs", '{');
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++) {
		if (!(v->pcr_mask >> pcr & 1u))
			continue;
		snprintf(number, sizeof(number), "%u", pcr);
		json_hex(json, number, v->pcr[pcr], digest_len(v->bank));
	}
	json_close(json);
	json_open(json, "differing", '[');
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++)
		if (v->differing >> pcr & 1u)
			json_number(json, NULL, pcr);
	json_close(json);
}

void verdict_json(const struct verdict *v, struct bytes *out)
{
	struct json_text json;

	json_start(&json, out);
	json_open(&json, NULL, '{');
	json_flag(&json, "good", v->good);
	json_string(&json, "why", v->why);
	json_string(&json, "set", v->set);
	json_string(&json, "role", v->role);
	json_number(&json, "epoch", v->epoch);
	json_flag(&json, "capped", v->capped);
	json_flag(&json, "osSeparator", v->os_separator);
	json_string(&json, "key", key_name(v->key));
	json_hex(&json, "akSha256", v->ak_sha256, SHA256_LEN);
	json_string(&json, "node", v->node);
	json_string(&json, "certificateUntil", v->until);
	json_string(&json, "version", v->version);
	json_string(&json, "bank", v->bank == DIGEST_SHA384 ? "sha384" : "sha256");
	if (v->quoted)
		registers_json(v, &json);
	json_close(&json);
}
