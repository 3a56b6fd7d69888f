/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/output/policy_write.h"

#include <stdio.h>
#include <string.h>
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"

#define NAME_MAX_CHARS 64u

#define PCR_STATE 15u

/* What an attacker may do who needs not care for this PCR. */
static const struct {
	unsigned pcr;
	const char *open;
} open_pcrs[] = {
	{2, "drivers and option ROMs of the host may run before the image and change it in memory"},
	{3, "such drivers may have been given other settings"},
	{4, "another program may have run before the image"},
	{9, "the kernel may have got another command line or initrd"},
	{11, "it may be another image"},
	{12, "the stub may have been given another command line"},
	{PCR_STATE, "a machine whose init has started already may join"},
};
#define OPEN_PCRS (sizeof(open_pcrs) / sizeof(open_pcrs[0]))

uint32_t policy_named_pcrs(const struct policy_options *options, const struct policy_image *image)
{
	const struct register_values *values = &image->values;
	uint32_t pcrs = output_policy_pcrs(values->secure_boot_keys) | values->named;

	if (!(options->tee.kinds & POLICY_TPM))
		return 0;
	return (options->pcrs ? options->pcrs : pcrs) & values->known[options->bank];
}

/* What a file only warns about is not enforced here either. */
static uint32_t warned_pcrs(const struct policy_options *options, const struct policy_image *image)
{
	return options->warned | image->values.warned;
}

static uint32_t enforced_pcrs(
	const struct policy_options *options, const struct policy_image *image)
{
	return policy_named_pcrs(options, image) & ~warned_pcrs(options, image);
}

/* What the join service demands and the set leaves out. */
static uint32_t missing_pcrs(const struct policy_options *options, const struct policy_image *image)
{
	return OUTPUT_REQUIRED_PCRS & ~enforced_pcrs(options, image);
}

static bool name_fits(const char *what, const char *name, size_t least)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (name[i] < 0x20 || name[i] > 0x7E)
			return complain("a %s must be printable ASCII", what);
	return (len >= least && len <= NAME_MAX_CHARS) ||
	       complain("a %s has %zu to %u characters: \"%s\"", what, least, NAME_MAX_CHARS, name);
}

static void warn_of_open_pcrs(const char *set, uint32_t enforced)
{
	for (size_t i = 0; i < OPEN_PCRS; i++)
		if (!(enforced & 1u << open_pcrs[i].pcr))
			report_error("warning: set \"%s\" does not enforce PCR %u: %s", set,
				open_pcrs[i].pcr, open_pcrs[i].open);
}

/* The service would refuse the policy, so none is made. */
static bool complain_missing(const char *set, uint32_t missing)
{
	for (size_t i = 0; i < OPEN_PCRS; i++)
		if (missing & 1u << open_pcrs[i].pcr)
			report_error("set \"%s\" would not enforce PCR %u: %s", set,
				open_pcrs[i].pcr, open_pcrs[i].open);
	return complain("the join service refuses such a set: give what makes the PCRs known "
			"(--profile, --pcrs, a measurements file that has them), or say "
			"--allow-missing LIST to take the risk");
}

/* A capped PCR 15 is that of a machine that has joined: its programs must get no key. */
static bool unsealed(const struct policy_image *image)
{
	static const uint8_t zeros[BANK_DIGEST_MAX];

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (image->values.known[bank] >> PCR_STATE & 1 &&
			memcmp(image->values.pcr[bank][PCR_STATE], zeros,
				bank_len((enum bank)bank)) != 0)
			return complain("set \"%s\": PCR 15 is not zero, so only a machine whose "
					"init has started already would match, which must get no "
					"key: predict with --phase join",
				image->name);
	return true;
}

/* Each machine that matches one of the two matches the other too. */
static bool overlap(const struct policy_options *options, const struct policy_image *a,
	const struct policy_image *b)
{
	uint32_t of_a = enforced_pcrs(options, a);
	uint32_t of_b = enforced_pcrs(options, b);

	if (((of_a & ~of_b) && (of_b & ~of_a)) || !policy_tee_same(&a->tee, &b->tee))
		return false;
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (of_a & of_b & 1u << pcr &&
			memcmp(a->values.pcr[options->bank][pcr], b->values.pcr[options->bank][pcr],
				bank_len(options->bank)) != 0)
			return false;
	return true;
}

/* What a TPM's registers have to say. */
static bool pcrs_fit(const struct policy_options *options, const struct policy_image *image)
{
	uint32_t missing = missing_pcrs(options, image) & ~options->allow_missing;

	if (!enforced_pcrs(options, image))
		return complain("set \"%s\" would enforce nothing", image->name);
	return missing ? complain_missing(image->name, missing) : unsealed(image);
}

static bool image_fits(
	const struct policy_options *options, const struct policy_image *images, size_t index)
{
	const struct policy_image *image = &images[index];

	if (!name_fits("set's name", image->name, 1) ||
		(image->role && !name_fits("role", image->role, 0)))
		return false;
	if ((options->tee.kinds & POLICY_TPM) && !pcrs_fit(options, image))
		return false;
	for (size_t i = 0; i < index; i++) {
		if (strcmp(images[i].name, image->name) == 0)
			return complain("two sets are named \"%s\"", image->name);
		if (overlap(options, &images[i], image))
			return complain("a machine could match both \"%s\" and \"%s\": their "
					"enforced values do not differ",
				images[i].name, image->name);
	}
	if (options->tee.kinds & POLICY_TPM)
		warn_of_open_pcrs(image->name, enforced_pcrs(options, image));
	return true;
}

/* A file may have been made of another bank. */
static bool bank_fits(const struct policy_options *options, const struct policy_image *image)
{
	unsigned banks = image->values.banks;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (banks & BANK_BIT(bank) && !(banks & BANK_BIT(options->bank)))
			return complain("set \"%s\": its file has no values of %s, but of %s: "
					"--bank says of which bank a policy is",
				image->name, bank_name(options->bank), bank_name((enum bank)bank));
	return true;
}

/* Names each set that lacks a PCR that was asked for. */
static bool has_what_was_asked(
	const struct policy_options *options, const struct policy_image *images, size_t count)
{
	bool all = true;

	for (size_t i = 0; i < count; i++) {
		uint32_t missing = options->pcrs & ~images[i].values.known[options->bank];

		for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
			if (missing & 1u << pcr)
				all = complain("set \"%s\" lacks PCR %u, which --pcrs asks for "
					       "of every image",
					images[i].name, pcr);
	}
	return all;
}

static bool tee_fits(const struct policy_options *options)
{
	unsigned kinds = options->tee.kinds;

	if ((kinds & (POLICY_TDX | POLICY_SNP)) && !options->evidence)
		return complain("nothing says what reports are held to: give --trust FILE with the "
				"policy's \"evidence\", the makers' roots and collateral by file");
	if (!(kinds & POLICY_TPM) && !options->recognise)
		return complain("without a TPM a set must say by what nodes are known again: "
				"--recognise chip, host_data, config_id, ticket or set");
	if (!(kinds & (POLICY_TPM | POLICY_TDX)) && !options->accept_no_seal)
		return complain("nothing in a report of SEV-SNP changes after the hand-over, so "
				"whoever is root on a running node can join again: demand a TPM "
				"too (--evidence tpm,snp), or take the risk by --accept-no-seal");
	return policy_tee_complete(&options->tee);
}

static bool options_fit(
	const struct policy_options *options, const struct policy_image *images, size_t count)
{
	uint32_t named = OUTPUT_POLICY_PCRS;

	if (options->bank != BANK_SHA256 && options->bank != BANK_SHA384)
		return complain("the join service takes the banks sha256 and sha384");
	if (count < 1 || count > POLICY_IMAGES_MAX)
		return complain("a policy has 1 to %u sets", POLICY_IMAGES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!bank_fits(options, &images[i]))
			return false;
		named |= images[i].values.named;
	}
	if (options->warned & ~(options->pcrs ? options->pcrs : named))
		return complain("a PCR that only warns must be among those that are named");
	if (options->allow_missing & ~OUTPUT_REQUIRED_PCRS)
		return complain("--allow-missing takes PCRs that the join service demands: 2, 3, "
				"4, 11, 12 and 15");
	if (!options->ek_root_count && !options->identity_count)
		return complain("the policy would not say who may be a node: give --ek-roots FILE "
				"(certificates of TPM makers), or --identity listed, approval, tee "
				"or first_use (whoever comes first)");
	if (options->join_material_file && options->join_material_file[0] != '/')
		return complain("the join material needs an absolute path");
	return tee_fits(options) && has_what_was_asked(options, images, count) &&
	       (!options->tenant || name_fits("tenant", options->tenant, 1));
}

/* Only what the set does leave out: a list that says more would one day hide a gap. */
static void put_allowed(struct json_text *json, uint32_t missing)
{
	if (!missing)
		return;
	json_open(json, "allow_missing", '[');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if (missing & 1u << pcr)
			json_number(json, NULL, pcr);
	json_close(json);
}

static void put_identity(struct json_text *json, const struct policy_options *options)
{
	json_open(json, "identity", '{');
	if (options->ek_root_count) {
		json_open(json, "ek_certificate", '{');
		json_open(json, "roots", '[');
		for (size_t i = 0; i < options->ek_root_count; i++)
			json_string(json, NULL, options->ek_roots[i]);
		json_close(json);
		json_close(json);
	}
	for (size_t i = 0; i < options->identity_count; i++)
		json_flag(json, options->identity[i], true);
	json_close(json);
}

static void put_pcrs(struct json_text *json, const struct policy_options *options,
	const struct policy_image *image)
{
	uint32_t pcrs = policy_named_pcrs(options, image);

	put_allowed(json, missing_pcrs(options, image));
	json_open(json, "measurements", '{');
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		char name[16];

		if (!(pcrs & 1u << pcr))
			continue;
		snprintf(name, sizeof(name), "%u", pcr);
		json_open(json, name, '{');
		json_hex(json, "expected", image->values.pcr[options->bank][pcr],
			bank_len(options->bank));
		json_flag(json, "warnOnly", warned_pcrs(options, image) & 1u << pcr);
		json_close(json);
	}
	json_close(json);
}

static void put_set(struct json_text *json, const struct policy_options *options,
	const struct policy_image *image)
{
	json_open(json, NULL, '{');
	json_string(json, "name", image->name);
	json_number(json, "epoch", image->epoch);
	if (image->role)
		json_string(json, "role", image->role);
	if (options->tee.kinds & POLICY_TPM)
		put_pcrs(json, options, image);
	policy_tee_put(json, &options->tee, &image->tee);
	if (options->recognise)
		json_string(json, "recognise", options->recognise);
	if (options->accept_no_seal) {
		json_open(json, "accept_risk", '[');
		json_string(json, NULL, "no_seal");
		json_close(json);
	}
	json_close(json);
}

bool output_policy(const struct policy_options *options, const struct policy_image *images,
	size_t count, struct bytes *out)
{
	struct json_text json;

	if (!options_fit(options, images, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!image_fits(options, images, i))
			return false;
	json_start_lines(&json, out, 4);
	json_open(&json, NULL, '{');
	if (options->tee.kinds & POLICY_TPM)
		json_string(&json, "bank", bank_name(options->bank));
	if (options->tenant)
		json_string(&json, "tenant", options->tenant);
	if (options->max_nodes != UINT64_MAX)
		json_number(&json, "max_nodes", options->max_nodes);
	if (options->pin_ak)
		json_flag(&json, "pin_ak", true);
	if (options->join_material_file)
		json_string(&json, "join_material_file", options->join_material_file);
	put_identity(&json, options);
	if (options->evidence && !policy_put_json(&json, "evidence", options->evidence))
		return false;
	json_open(&json, "sets", '[');
	for (size_t i = 0; i < count; i++)
		put_set(&json, options, &images[i]);
	json_close(&json);
	json_close(&json);
	return true;
}
