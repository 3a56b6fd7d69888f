/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/verify/verify_print.h"

#include <string.h>

#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/verify/judge_private.h"

static const char *key_name(enum verify_key key)
{
	static const char *const names[] = {"unknown", "certified", "maker", "named", "hardware"};

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

static void hex_text(const char *name, const uint8_t *value, size_t len, struct bytes *out)
{
	char hex[2 * SNP_CHIP_ID_LEN + 1];

	hex_encode(value, len, hex);
	bytes_addf(out, "  %s  %s\n", name, hex);
}

static void snp_text(const struct snp_report *r, struct bytes *out)
{
	bytes_addf(
		out, "SEV-SNP report of a %s, VMPL %u:\n", snp_product_name(r->product), r->vmpl);
	hex_text("measurement", r->measurement, SNP_MEASUREMENT_LEN, out);
	hex_text("reported TCB", r->reported_tcb, SNP_TCB_LEN, out);
	if (snp_report_names_chip(r))
		hex_text("chip", r->chip_id, SNP_CHIP_ID_LEN, out);
}

static void tdx_text(const struct verdict *v, struct bytes *out)
{
	const struct tdx_report *r = &v->tdx;

	bytes_addf(out, "TDX quote, TCB %s:\n", tdx_status_name(r->tcb.status));
	hex_text("MRTD ", r->body.mrtd, TDX_DIGEST_LEN, out);
	for (unsigned i = 0; i < TDX_RTMRS; i++) {
		char name[] = "RTMR0";

		name[4] = (char)('0' + i);
		hex_text(name, r->body.rtmr[i], TDX_DIGEST_LEN, out);
	}
	hex_text("PPID ", r->ppid, TDX_PPID_LEN, out);
}

/* The first line: what was found. */
static void subject_text(const struct verdict *v, struct bytes *out)
{
	char id[2 * TPM_NAME_LEN + 1];

	hex_encode(v->node_id, TPM_NAME_LEN, id);
	if (!v->good)
		bytes_addf(out, "refused: %s\n", v->why);
	else
		bytes_addf(out, "good: %s%s booted an image of set \"%s\", epoch %u%s%s%s\n",
			v->node[0]		 ? v->node
			: v->has_node_id	 ? "node "
			: v->key == KEY_HARDWARE ? "a machine that nothing names"
						 : "the machine with that key",
			!v->node[0] && v->has_node_id ? id : "", v->set, v->epoch,
			v->role[0] ? ", role " : "", v->role,
			verdict_unsealed(v) ? "" : ", and handed over");
	if (verdict_unsealed(v))
		bytes_add_text(out,
			"warning: nothing shows that it handed over to its init, as SEV-SNP has "
			"no register for that; the policy accepts this risk (\"no_seal\"): who "
			"is root on the node can join again as it\n");
}

static void key_text(const struct verdict *v, struct bytes *out)
{
	char ak[2 * SHA256_LEN + 1];

	hex_encode(v->ak_sha256, SHA256_LEN, ak);
	if (v->key == KEY_HARDWARE)
		bytes_add_text(out, "key:       none (the processor's maker vouches for it)\n");
	else
		bytes_addf(out, "key:       %s (%s%s%s)\n", ak, key_name(v->key),
			v->until[0] ? " until " : "", v->until);
}

void verdict_text(const struct verdict *v, struct bytes *out)
{
	subject_text(v, out);
	key_text(v, out);
	if (v->os_separator)
		bytes_add_text(out, "after the hand-over the system measured \"os-separator\"\n");
	if (v->quoted)
		registers_text(v, out);
	if (v->kinds & KIND(EVIDENCE_SNP))
		snp_text(&v->snp, out);
	if (v->kinds & KIND(EVIDENCE_TDX))
		tdx_text(v, out);
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

static void kinds_json(const char *name, uint32_t kinds, struct json_text *json)
{
	static const char *const names[EVIDENCE_TYPES] = {"tpm2", "snp", "tdx", "hcl", "svsm"};

	json_open(json, name, '[');
	for (unsigned type = 1; type <= EVIDENCE_TYPES; type++)
		if (kinds & KIND(type))
			json_string(json, NULL, names[type - 1]);
	json_close(json);
}

static void snp_json(const struct snp_report *r, struct json_text *json)
{
	json_open(json, "snp", '{');
	json_string(json, "product", snp_product_name(r->product));
	json_number(json, "version", r->version);
	json_number(json, "vmpl", r->vmpl);
	json_hex(json, "measurement", r->measurement, SNP_MEASUREMENT_LEN);
	json_hex(json, "hostData", r->host_data, SNP_HOST_DATA_LEN);
	json_hex(json, "chipId", r->chip_id, SNP_CHIP_ID_LEN);
	json_hex(json, "reportedTcb", r->reported_tcb, SNP_TCB_LEN);
	json_close(json);
}

static void tdx_json(const struct tdx_report *r, struct json_text *json)
{
	json_open(json, "tdx", '{');
	json_string(json, "tcbStatus", tdx_status_name(r->tcb.status));
	json_hex(json, "mrtd", r->body.mrtd, TDX_DIGEST_LEN);
	json_hex(json, "rtmr0", r->body.rtmr[0], TDX_DIGEST_LEN);
	json_hex(json, "rtmr1", r->body.rtmr[1], TDX_DIGEST_LEN);
	json_hex(json, "rtmr2", r->body.rtmr[2], TDX_DIGEST_LEN);
	json_hex(json, "rtmr3", r->body.rtmr[3], TDX_DIGEST_LEN);
	json_hex(json, "mrconfigid", r->body.mrconfigid, TDX_DIGEST_LEN);
	json_hex(json, "ppid", r->ppid, TDX_PPID_LEN);
	json_close(json);
}

/* What was found of each kind. */
static void evidence_json(const struct verdict *v, struct json_text *json)
{
	kinds_json("evidence", v->kinds, json);
	kinds_json("judged", v->judged, json);
	if (v->quoted)
		registers_json(v, json);
	if (v->kinds & KIND(EVIDENCE_SNP))
		snp_json(&v->snp, json);
	if (v->kinds & KIND(EVIDENCE_TDX))
		tdx_json(&v->tdx, json);
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
	json_flag(&json, "rtmr3Sealed", v->rtmr3_sealed);
	json_flag(&json, "noSeal", verdict_unsealed(v));
	json_flag(&json, "osSeparator", v->os_separator);
	json_string(&json, "key", key_name(v->key));
	json_hex(&json, "akSha256", v->ak_sha256, SHA256_LEN);
	json_string(&json, "node", v->node);
	if (v->has_node_id)
		json_hex(&json, "nodeId", v->node_id, TPM_NAME_LEN);
	json_string(&json, "certificateUntil", v->until);
	json_string(&json, "version", v->version);
	json_string(&json, "bank", v->bank == DIGEST_SHA384 ? "sha384" : "sha256");
	evidence_json(v, &json);
	json_close(&json);
}
