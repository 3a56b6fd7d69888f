/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/policy_evidence.h"

#include <string.h>
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"
#include "tools/policy/policy.h"

#define TRUST_MAX (1u << 20) /* bytes */

static const char *const kinds[] = {"tpm", "tdx", "snp", NULL};

static bool take_kinds(void *into, const struct option_use *use)
{
	struct policy_options *options = into;

	options->tee.kinds = 0;
	for (const char *at = use->value;; at++) {
		size_t len = strcspn(at, ","), i = 0;

		while (kinds[i] && (strlen(kinds[i]) != len || strncmp(at, kinds[i], len) != 0))
			i++;
		if (!kinds[i])
			return option_refuse(use, "it takes tpm, tdx and snp, with commas between");
		options->tee.kinds |= 1u << i;
		at += len;
		if (!*at)
			return true;
	}
}

static bool take_trust(void *into, const struct option_use *use)
{
	struct policy_options *options = into;

	options->evidence = json_read_file(use->value, TRUST_MAX);
	return options->evidence ||
	       option_refuse(use, "it takes a file with the policy's \"evidence\" in JSON");
}

static bool take_tcb(void *into, const struct option_use *use)
{
	struct policy_tee_options *tee = &((struct policy_options *)into)->tee;
	struct policy_tcb *tcb = &tee->tcb[tee->tcb_count];

	if (tee->tcb_count == POLICY_TCB_MAX)
		return option_refuse(use, "at most %u are taken", POLICY_TCB_MAX);
	if (!policy_tcb_read(use->value, tcb))
		return option_refuse(use, "it takes PRODUCT:COMPONENT=N,..., such as "
					  "Genoa:bootloader=10,tee=0,snp=25,microcode=84");
	for (size_t i = 0; i < tee->tcb_count; i++)
		if (strcmp(tee->tcb[i].product, tcb->product) == 0)
			return option_refuse(
				use, "%s has been given: one for each product line", tcb->product);
	tee->tcb_count++;
	return true;
}

static const char *const ways[] = {
	"ek", "ak", "chip", "host_data", "config_id", "ticket", "set", NULL};
static const char *const waivers[] = {"rtmr0", "rtmr1", "rtmr2", "tcb", "platform_info", NULL};

const struct option_row policy_evidence_rows[] = {
	{"evidence", "KINDS", OPTION_TEXT, .take = take_kinds, .once = true, .choices = kinds,
		.help = "tpm (default), tdx, snp, with commas between: what a node must show, all "
			"of it. For tdx and snp a set gets the registers that --tdx and --snp ask "
			"for"},
	{"trust", "FILE", OPTION_FILE, .take = take_trust, .once = true,
		.help = "what reports are held to: the policy's \"evidence\" as JSON, with the "
			"makers' roots and collateral by file"},
	{"recognise", "WAY", OPTION_NAME, OPTION_INTO(struct policy_options, recognise),
		.choices = ways,
		.help = "by what nodes are known again: ek (default with a TPM), ak, chip, "
			"host_data, config_id, ticket or set"},
	{"snp-tcb", "PRODUCT:COMPONENT=N,...", OPTION_TEXT, .take = take_tcb, .repeat = true,
		.help = "how current the firmware of a product line must be, each component at "
			"least, such as Genoa:bootloader=10,tee=0,snp=25,microcode=84"},
	{"snp-csp", "NAME", OPTION_TEXT,
		OPTION_LIST(struct policy_options, tee.clouds, tee.cloud_count), .repeat = true,
		.help = "a cloud whose key (VLEK) signs the reports, in place of the chip's "
			"(VCEK)"},
	{"accept-no-seal", .kind = OPTION_FLAG, OPTION_INTO(struct policy_options, accept_no_seal),
		.help = "take the risk that root on a running node joins again: with snp alone, or "
			"a TPM that nothing names"},
	{"waive", "NAME", OPTION_NAME,
		OPTION_LIST(struct policy_options, tee.waived, tee.waived_count), .repeat = true,
		.choices = waivers,
		.help = "demand it of nobody, in writing: rtmr0, rtmr1 (beside tpm only) or rtmr2 "
			"of tdx, tcb or platform_info of snp"},
	{0},
};

static bool waiver_fits(const struct policy_tee_options *tee, const char *name)
{
	bool of_tdx = strncmp(name, "rtmr", 4) == 0;

	if (!(tee->kinds & (of_tdx ? POLICY_TDX : POLICY_SNP)))
		return complain("--waive %s is of %s, which --evidence does not name", name,
			of_tdx ? "tdx" : "snp");
	return strcmp(name, "tcb") != 0 || !tee->tcb_count ||
	       complain("--waive tcb asks for no version of the firmware, and --snp-tcb for one: "
			"give one of them");
}

bool policy_evidence_fits(const struct policy_options *options)
{
	const struct policy_tee_options *tee = &options->tee;

	if ((tee->tcb_count || tee->cloud_count) && !(tee->kinds & POLICY_SNP))
		return complain("--snp-tcb and --snp-csp are of snp, which --evidence does not "
				"name");
	for (size_t i = 0; i < tee->waived_count; i++)
		if (!waiver_fits(tee, tee->waived[i]))
			return false;
	return true;
}

bool policy_would_be_taken(const struct bytes *text)
{
	struct policy *policy = NULL;
	struct failure f = policy_parse((const char *)text->data, text->len, &policy);

	policy_free(policy);
	return !f.happened || complain("the join service would refuse the policy: %s", f.text);
}
