/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of content_diff(): one function for each kind of content. Each gets bytes that differ and
 * tells at least one finding; content_compare() enters what lies within.
 */
#ifndef TOOLS_CONTENT_CONTENT_PRIVATE_H
#define TOOLS_CONTENT_CONTENT_PRIVATE_H

#include "tools/content/content.h"
#include "tools/content/match.h"

/* Where the comparison is. A step deeper is a copy with one more name. */
struct content_at {
	const struct finding_sink *sink;
	size_t *told; /* findings so far */
	const char *path[FINDING_DEPTH_MAX];
	size_t depth;
	bool left_unmeasured;
};

/* What to tell beside the change; all may be NULL. */
struct content_values {
	const char *a, *b, *remark;
};

/* at with one more step; too deep a path keeps its last step in place of the deepest. */
struct content_at content_enter(const struct content_at *at, const char *step);
void content_tell(const struct content_at *at, enum finding_change change, const char *aspect,
	const struct content_values *values);
/* The same for a property that is a number; does nothing when they are equal. */
enum content_base { BASE_OCTAL, BASE_DECIMAL, BASE_HEX };
void content_tell_number(const struct content_at *at, const char *aspect, enum content_base base,
	uint64_t a, uint64_t b);
/*
 * Tells of one item of a list, a step deeper by its key; a or b is NULL when it is not to be
 * shown of that side.
 */
void content_tell_item(const struct content_at *at, enum finding_change change, const char *aspect,
	const struct match_key *key, const struct match_key *a, const struct match_key *b);
/* Which side cannot be read, where and why. */
void content_tell_unreadable(
	const struct content_at *at, bool is_b, uint64_t offset, const char *reason);

/* Same bytes: true. Else tells what differs. */
bool content_compare(const struct content_at *at, enum content_kind kind, const struct content *a,
	const struct content *b);

void content_opaque(const struct content_at *at, const struct content *a, const struct content *b);
void content_text(const struct content_at *at, const struct content *a, const struct content *b);
void content_cmdline(const struct content_at *at, const struct content *a, const struct content *b);
void content_settings(
	const struct content_at *at, const struct content *a, const struct content *b);
void content_pe(const struct content_at *at, const struct content *a, const struct content *b);
void content_kernel(const struct content_at *at, const struct content *a, const struct content *b);
void content_initrd(const struct content_at *at, const struct content *a, const struct content *b);
void content_signatures(
	const struct content_at *at, const struct content *a, const struct content *b);
/* The certificate table of an EFI image; same bytes tell nothing. */
void content_certificates(
	const struct content_at *at, const struct content *a, const struct content *b);
void content_disk(const struct content_at *at, const struct content *a, const struct content *b);
void content_gpt(const struct content_at *at, const struct content *a, const struct content *b);
void content_firmware(
	const struct content_at *at, const struct content *a, const struct content *b);

#endif
