/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several allowed images as one policy of the join service (tools/serve/README.md specifies it).
 * What the service would refuse, or what would let it choose between two sets for one machine, is
 * refused here.
 */
#ifndef TOOLS_MEASURE_OUTPUT_POLICY_WRITE_H
#define TOOLS_MEASURE_OUTPUT_POLICY_WRITE_H

#include "tools/measure/output/output.h"
#include "tools/measure/output/policy_tee.h"

#define POLICY_IMAGES_MAX 64u /* as the service takes them */
#define POLICY_ROOTS_MAX  64u
#define POLICY_RULES_MAX  4u

struct policy_image {
	const char *name; /* of the set */
	const char *role; /* NULL: none */
	uint32_t epoch;	  /* a node never goes back to a lower one; at least 1 */
	struct register_values values;
	struct policy_tee_values tee; /* of policy_tee_take() */
};

struct policy_options {
	enum bank bank; /* SHA-256 or SHA-384 */
	/* Those to name, known of each image; 0: output_policy_pcrs(), and what a file names. */
	uint32_t pcrs;
	uint32_t warned;	/* of these, those that are compared but enforced by nobody */
	uint32_t allow_missing; /* of OUTPUT_REQUIRED_PCRS, those that a set may leave out */
	const char *tenant, *join_material_file; /* NULL: not given */
	uint64_t max_nodes;			 /* UINT64_MAX: no limit */
	bool pin_ak;
	/* Who may be a node: roots of TPM makers by file, and rules of policy's "identity" by name.
	 */
	const char *ek_roots[POLICY_ROOTS_MAX], *identity[POLICY_RULES_MAX];
	size_t ek_root_count, identity_count;
	struct policy_tee_options tee; /* which kinds of evidence, too */
	/* What reports are held to, the policy's member "evidence"; NULL: not given. */
	struct json_object *evidence;
	const char *recognise; /* by what nodes are known again; NULL: as the service does */
	bool accept_no_seal;   /* a running root may join again */
};

/* The PCRs that the image's set names. */
uint32_t policy_named_pcrs(const struct policy_options *options, const struct policy_image *image);

/*
 * Appends the policy. Complains and returns false when it would be none, or would let machines of
 * the host's making join. Warns on stderr of each PCR that a set leaves open and that an attacker
 * could make use of.
 */
bool output_policy(const struct policy_options *options, const struct policy_image *images,
	size_t count, struct bytes *out);

#endif
