/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/output/policy_tee.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/number.h"
#include "tools/lib/printable.h"
#include "tools/lib/report.h"

/* The registers of each kind, and how files determine one. */
static const struct {
	unsigned kind;
	enum boot_cc cc;
	const char *waiver; /* the name by which it is waived; NULL: it never is */
	const char *give;
} needed[] = {
	{POLICY_TDX, BOOT_MRTD, NULL, "give --firmware, the whole image as the VMM has it"},
	{POLICY_TDX, BOOT_RTMR0, "rtmr0",
		"give --firmware and --vars as the machine has them, --tdx-memory or --td-hob and "
		"--tdx-acpi, or take the risk by --waive rtmr0: the host's tables and Secure "
		"Boot's state are demanded of nobody then"},
	{POLICY_TDX, BOOT_RTMR1, "rtmr1",
		"give the disk that the image boots from in place of the image alone; or, beside "
		"a TPM out of the host's reach (--evidence tpm,tdx), waive it: --waive rtmr1"},
	{POLICY_TDX, BOOT_RTMR2, "rtmr2",
		"give the UKI, or take the risk by --waive rtmr2: the kernel may have got another "
		"command line then"},
	{POLICY_SNP, BOOT_SNP_LAUNCH, NULL, "give --firmware, the whole image as the VMM has it"},
};
#define NEEDED	   (sizeof(needed) / sizeof(needed[0]))
#define REASON_MAX 1000u /* characters */

static bool is_waived(const struct policy_tee_options *options, const char *name)
{
	for (size_t i = 0; name && i < options->waived_count; i++)
		if (strcmp(options->waived[i], name) == 0)
			return true;
	return false;
}

/* Letters up to one of the stops, which *at passes; false: none, too many, or another stop. */
static bool read_word(const char **at, char stop, char *out, size_t cap)
{
	size_t len = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (!len || len >= cap || (*at)[len] != stop)
		return false;
	memcpy(out, *at, len);
	out[len] = 0;
	*at += len + 1;
	return true;
}

bool policy_tcb_read(const char *text, struct policy_tcb *out)
{
	*out = (struct policy_tcb){.count = 0};
	if (!read_word(&text, ':', out->product, sizeof(out->product)))
		return false;
	for (;;) {
		char number[4];
		size_t len;

		if (out->count == POLICY_TCB_PARTS ||
			!read_word(&text, '=', out->parts[out->count].name,
				sizeof(out->parts[0].name)))
			return false;
		len = strcspn(text, ",");
		if (!len || len >= sizeof(number))
			return false;
		memcpy(number, text, len);
		number[len] = 0;
		if (!number_read(number, 10, 0, 255, &out->parts[out->count++].least))
			return false;
		text += len;
		if (!*text)
			return true;
		text++;
	}
}

/* A register that files do not determine, of the row of what is needed. */
static bool complain_unknown(const char *set, size_t row, const char *why)
{
	char *fit = printable(why, strlen(why), REASON_MAX); /* it may be a file's */

	complain("set \"%s\": %s is not known: %s; %s", set, boot_cc_name(needed[row].cc), fit,
		needed[row].give);
	free(fit);
	return false;
}

/* A TD whose RTMR 3 is extended already is one that has joined: its programs must get no key. */
static bool unsealed(const char *set, const struct boot_cc_value *rtmr3)
{
	static const uint8_t zeros[BOOT_CC_LEN];

	return !rtmr3->asked ||
	       (!rtmr3->unknown && memcmp(rtmr3->value, zeros, BOOT_CC_LEN) == 0) ||
	       complain("set \"%s\": RTMR 3 is not zero, so only a machine whose init has started "
			"already would match, which must get no key: predict with --phase join",
		       set);
}

bool policy_tee_take(const struct policy_tee_options *options, const char *set,
	const struct boot *boot, struct policy_tee_values *out)
{
	*out = (struct policy_tee_values){.known = 0};
	for (size_t i = 0; i < NEEDED; i++) {
		const struct boot_cc_value *cc = &boot->cc[needed[i].cc];

		if (!(options->kinds & needed[i].kind) || is_waived(options, needed[i].waiver))
			continue;
		if (!cc->asked)
			return complain("set \"%s\": its measurements file has no %s: predict it "
					"with %s and --format full",
				set, boot_cc_name(needed[i].cc),
				needed[i].kind == POLICY_TDX ? "--tdx" : "--snp");
		if (cc->unknown)
			return complain_unknown(set, i, cc->unknown);
		out->known |= 1u << needed[i].cc;
		memcpy(out->value[needed[i].cc], cc->value, BOOT_CC_LEN);
	}
	if ((options->kinds & POLICY_TDX) && !unsealed(set, &boot->cc[BOOT_RTMR3]))
		return false;
	if (options->kinds == POLICY_SNP && !boot->cc[BOOT_SNP_LAUNCH].kernel_hashed)
		return complain("set \"%s\": the launch digest is of the firmware, and any image "
				"would match: have the VMM start the kernel (--snp-kernel), or "
				"demand the registers of a TPM too (--evidence tpm,snp), which "
				"helps only where it is out of the host's reach",
			set);
	output_cc_conditions(boot, set);
	return true;
}

bool policy_tee_same(const struct policy_tee_values *a, const struct policy_tee_values *b)
{
	return memcmp(a->value, b->value, sizeof(a->value)) == 0;
}

bool policy_tee_complete(const struct policy_tee_options *options)
{
	bool tcb = options->tcb_count || is_waived(options, "tcb");

	if ((options->kinds & (POLICY_TDX | POLICY_SNP)) == (POLICY_TDX | POLICY_SNP))
		return complain("no processor has both TDX and SEV-SNP: make a policy of each, and "
				"put their sets into one");
	/* The host's program is measured into RTMR 1 alone, and can extend RTMR 2 as it likes. */
	if (options->kinds == POLICY_TDX && is_waived(options, "rtmr1"))
		return complain(
			"without RTMR 1 any image would match: do without --waive rtmr1, or "
			"demand the registers of a TPM too (--evidence tpm,tdx), which helps "
			"only where it is out of the host's reach");
	for (size_t i = 0; i < options->waived_count; i++)
		report_error("warning: \"%s\" is demanded of nobody (--waive)", options->waived[i]);
	return !(options->kinds & POLICY_SNP) || tcb ||
	       complain("no image says how current SEV-SNP's firmware has to be: give --snp-tcb "
			"for each product line, as AMD's bulletins or an up-to-date machine's "
			"report have it, or take the risk by --waive tcb");
}

static void put_digest(struct json_text *json, const char *key, const uint8_t value[BOOT_CC_LEN])
{
	json_open(json, key, '[');
	json_hex(json, NULL, value, BOOT_CC_LEN);
	json_close(json);
}

static void put_bits(struct json_text *json, const char *key, uint64_t mask, uint64_t value)
{
	json_open(json, key, '{');
	json_format(json, "mask", "%016llx", (unsigned long long)mask);
	json_format(json, "value", "%016llx", (unsigned long long)value);
	json_close(json);
}

/* Those of the user that this kind has, behind those that are always waived. */
static void put_waived(struct json_text *json, const struct policy_tee_options *options,
	const char *const *always, const char *const *by_choice)
{
	json_open(json, "waive", '[');
	for (; *always; always++)
		json_string(json, NULL, *always);
	for (; *by_choice; by_choice++)
		if (is_waived(options, *by_choice))
			json_string(json, NULL, *by_choice);
	json_close(json);
}

/* Not LASS, PKS, KL and PERFMON, which are the guest's own affair; SEPT_VE_DISABLE is demanded. */
#define TD_ATTRIBUTES_MASK  0x7fffffff37ffffffu
#define TD_ATTRIBUTES_VALUE (1u << 28)
/* x87 and SSE, which every TD has, and nothing that TDX modules do not know. */
#define XFAM_KNOWN 0x6dbe7u
#define XFAM_FIXED 3u

/*
 * MRSEAM follows from MRSIGNERSEAM (Intel's: zeros) and the TCB, which is UpToDate when nothing is
 * said; MRSERVICETD is zeros then, too, where a quote has it (older ones have not). MRCONFIGID,
 * MROWNER and MROWNERCONFIG are words of the VMM's that the image never reads.
 */
static void put_tdx(struct json_text *json, const struct policy_tee_options *options,
	const struct policy_tee_values *values)
{
	static const char *const always[] = {
		"mrseam", "mrconfigid", "mrowner", "mrownerconfig", NULL};
	static const char *const by_choice[] = {"rtmr0", "rtmr1", "rtmr2", NULL};
	static const uint8_t zeros[BOOT_CC_LEN];

	json_open(json, "tdx", '{');
	put_digest(json, "mrsignerseam", zeros);
	put_bits(json, "td_attributes", TD_ATTRIBUTES_MASK, TD_ATTRIBUTES_VALUE);
	put_bits(json, "xfam", ~(uint64_t)XFAM_KNOWN | XFAM_FIXED, XFAM_FIXED);
	for (enum boot_cc cc = BOOT_MRTD; cc <= BOOT_RTMR2; cc++)
		if (values->known & 1u << cc)
			put_digest(json, boot_cc_name(cc), values->value[cc]);
	put_digest(json, "rtmr3", zeros); /* the seal */
	put_waived(json, options, always, by_choice);
	json_close(json);
}

static void put_keys(struct json_text *json, const struct policy_tee_options *options)
{
	json_open(json, "keys", '[');
	json_string(json, NULL, options->cloud_count ? "VLEK" : "VCEK");
	json_close(json);
	if (!options->cloud_count)
		return;
	json_open(json, "csp", '[');
	for (size_t i = 0; i < options->cloud_count; i++)
		json_string(json, NULL, options->clouds[i]);
	json_close(json);
}

static void put_tcb(struct json_text *json, const struct policy_tee_options *options)
{
	json_open(json, "tcb", '{');
	for (size_t i = 0; i < options->tcb_count; i++) {
		const struct policy_tcb *tcb = &options->tcb[i];

		json_open(json, tcb->product, '{');
		for (size_t part = 0; part < tcb->count; part++)
			json_number(json, tcb->parts[part].name, tcb->parts[part].least);
		json_close(json);
	}
	json_close(json);
}

/* POLICY: bit 17 is always one; no MIGRATE_MA (18), no DEBUG (19), no CXL (21). */
#define GUEST_POLICY_MASK  (1u << 17 | 1u << 18 | 1u << 19 | 1u << 21)
#define GUEST_POLICY_VALUE (1u << 17)
/* PLATFORM_INFO: ALIAS_CHECK_COMPLETE. */
#define PLATFORM_ALIASES_CHECKED (1u << 5)

static void put_snp(struct json_text *json, const struct policy_tee_options *options,
	const struct policy_tee_values *values)
{
	static const char *const always[] = {"abi", "id_key", "author_key", "guest_svn",
		"committed", "mitigations", "host_data", NULL};
	static const char *const by_choice[] = {"tcb", "platform_info", NULL};

	json_open(json, "snp", '{');
	json_open(json, "versions", '['); /* 2 does not say which processor it is */
	for (unsigned version = 3; version <= 5; version++)
		json_number(json, NULL, version);
	json_close(json);
	put_keys(json, options);
	json_number(json, "vmpl", 0);
	put_bits(json, "guest_policy", GUEST_POLICY_MASK, GUEST_POLICY_VALUE);
	put_digest(json, "measurement", values->value[BOOT_SNP_LAUNCH]);
	if (!is_waived(options, "tcb"))
		put_tcb(json, options);
	if (!is_waived(options, "platform_info"))
		put_bits(json, "platform_info", PLATFORM_ALIASES_CHECKED, PLATFORM_ALIASES_CHECKED);
	put_waived(json, options, always, by_choice);
	json_close(json);
}

void policy_tee_put(struct json_text *json, const struct policy_tee_options *options,
	const struct policy_tee_values *values)
{
	if (options->kinds & POLICY_TDX)
		put_tdx(json, options, values);
	if (options->kinds & POLICY_SNP)
		put_snp(json, options, values);
}
