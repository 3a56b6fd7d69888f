/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a set of a policy demands of reports of TDX and SEV-SNP: the registers of its image, and for
 * all that no image says a value that lets in no weaker machine, or a waiver by name. The join
 * service's reader (tools/policy/policy_tdx.c, policy_snp.c) knows the spelling.
 */
#ifndef TOOLS_MEASURE_OUTPUT_POLICY_TEE_H
#define TOOLS_MEASURE_OUTPUT_POLICY_TEE_H

#include <json-c/json.h>
#include "tools/lib/json_text.h"
#include "tools/measure/output/output.h"

/* Kinds of evidence, as a set of bits. */
enum { POLICY_TPM = 1, POLICY_TDX = 2, POLICY_SNP = 4 };

#define POLICY_TCB_MAX	  8u /* product lines of processors */
#define POLICY_TCB_PARTS  5u
#define POLICY_CLOUDS_MAX 16u
#define POLICY_WAIVED_MAX 8u

/* The least that a product line's firmware may be. */
struct policy_tcb {
	char product[16];
	struct {
		char name[16];
		uint64_t least;
	} parts[POLICY_TCB_PARTS];
	size_t count;
};

struct policy_tee_options {
	unsigned kinds; /* POLICY_TPM and so on; what a node must show, all of it */
	struct policy_tcb tcb[POLICY_TCB_MAX];
	size_t tcb_count;
	const char *clouds[POLICY_CLOUDS_MAX]; /* whose VLEK signs reports; none: chips' VCEKs */
	size_t cloud_count;
	/* "rtmr0", "rtmr1", "rtmr2", "tcb" or "platform_info": demanded of nobody. */
	const char *waived[POLICY_WAIVED_MAX];
	size_t waived_count;
};

/* The registers that a set names. */
struct policy_tee_values {
	unsigned known; /* bit enum boot_cc */
	uint8_t value[BOOT_CC_COUNT][BOOT_CC_LEN];
};

/* "Genoa:bootloader=10,tee=0,snp=23,microcode=84"; false: it is not of this form. */
bool policy_tcb_read(const char *text, struct policy_tcb *out);

/*
 * Takes what the kinds need of a boot that was predicted for the set of this name. Complains and
 * returns false when files do not determine it, with what to give; says conditions on stderr.
 */
bool policy_tee_take(const struct policy_tee_options *options, const char *set,
	const struct boot *boot, struct policy_tee_values *out);
/* Whether a machine that matches one matches the other. */
bool policy_tee_same(const struct policy_tee_values *a, const struct policy_tee_values *b);
/* What does not depend on images is there. Complains, else. */
bool policy_tee_complete(const struct policy_tee_options *options);
/* The set's members "tdx" and "snp". */
void policy_tee_put(struct json_text *json, const struct policy_tee_options *options,
	const struct policy_tee_values *values);

/* Writes JSON that was read as a member; complains and returns false when it is not of a policy. */
bool policy_put_json(struct json_text *json, const char *key, struct json_object *value);

#endif
