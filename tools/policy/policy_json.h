/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that read the policy's JSON; private to them. */
#ifndef TOOLS_POLICY_POLICY_JSON_H
#define TOOLS_POLICY_POLICY_JSON_H

#include <json-c/json.h>
#include "tools/policy/policy.h"

/* One member of an object: its name and what reads it. `into` is the part being filled in. */
struct policy_member {
	const char *name;
	struct failure (*read)(struct policy *p, void *into, struct json_object *value);
};

/*
 * Reads an object's members in the table's order, after a check that there are no others. Enters
 * each in p->path; who reads what is in no table (elements, PCRs) enters and leaves it himself.
 */
struct failure policy_read_members(struct policy *p, void *into, struct json_object *object,
	const struct policy_member *members, size_t count, const char *where) MUST_CHECK;
#define MEMBERS(table) (table), sizeof(table) / sizeof((table)[0])

/* Printable ASCII of min..POLICY_NAME_MAX characters. */
struct failure policy_read_name(struct json_object *value, size_t min,
	char out[POLICY_NAME_MAX + 1], const char *what) MUST_CHECK;
struct failure policy_read_number(struct json_object *value, uint64_t min, uint64_t max,
	uint64_t *out, const char *what) MUST_CHECK;
bool policy_read_hex(struct json_object *value, uint8_t *out, size_t len);

/* A list whose elements are read by `take`, each into `size` zero bytes. */
struct policy_list {
	size_t size, max;
	const char *what; /* the elements, for a refusal: "file names" */
	struct failure (*take)(struct json_object *item, void *element);
};
/*
 * An array of 1..max elements into a new block of memory, whose pointer goes to *out_list. The
 * caller owns it, also after a failure: *out_count, which was 0, says how many elements are read.
 */
struct failure policy_read_list(struct policy *p, const struct policy_list *shape,
	struct json_object *value, void *out_list, size_t *out_count) MUST_CHECK;
/* Such a list of file names, each a string of its own; and one that holds this name alone. */
struct failure policy_read_names(struct policy *p, struct json_object *value, size_t max,
	char ***out_names, size_t *out_count) MUST_CHECK;
struct failure policy_read_one_name(
	struct json_object *value, char ***out_names, size_t *out_count) MUST_CHECK;
/* A member is given or named in "waive", one of both. */
struct failure policy_there_or_waived(bool there, bool waived, const char *name) MUST_CHECK;

/* The name of a PCR: "0" to "23". */
bool policy_read_pcr(const char *text, unsigned *out);

/* policy_gaps.c: "allow_missing" of a set (into) or of the file (into NULL), and its relatives. */
struct failure policy_read_allow_missing(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
struct failure policy_read_may_change(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
struct failure policy_read_accepted(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
/* A set leaves nothing out that it must name, but for what it says that it leaves out. */
struct failure policy_check_gaps(const struct policy *p, const struct policy_set *set) MUST_CHECK;

/* policy_identity.c and policy_tpm.c. */
/* The member "identity", into the policy. */
struct failure policy_read_identity(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
/* The sentence for a policy that has none. */
struct failure policy_lacks_identity(void) MUST_CHECK;
/* What rules and sets say of each other: makers' firmware needs makers' certificates, ... */
struct failure policy_check_identity(const struct policy *p) MUST_CHECK;
/* "evidence"."tpm", into the policy. */
struct failure policy_read_tpm(struct policy *p, void *into, struct json_object *value) MUST_CHECK;

/* policy_evidence.c: the member "evidence", into the policy. */
struct failure policy_read_evidence(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;

/* policy_recognise.c: the members of a set (into) about nodes, and what they say together. */
struct failure policy_read_recognise(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
struct failure policy_read_family(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
struct failure policy_read_listed_only(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
struct failure policy_read_accept_risk(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;
/* Gives `recognise` and `family` their values where nothing is said. */
struct failure policy_check_recognise(const struct policy *p, struct policy_set *set) MUST_CHECK;
/* The name in a policy: "host_data". */
const char *policy_recognise_name(enum policy_recognise r);

/* The member "sets", and "measurements" in its place. */
struct failure policy_read_sets(struct policy *p, void *into, struct json_object *value) MUST_CHECK;
struct failure policy_read_only_set(
	struct policy *p, void *into, struct json_object *value) MUST_CHECK;

/*
 * policy_seals.c: no set is sealed by a TPM alone that a running root could exchange for another,
 * or that another set does without. Of the whole policy, once it is read.
 */
struct failure policy_check_seals(const struct policy *p) MUST_CHECK;

#endif
