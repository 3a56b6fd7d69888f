/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings of content_diff() collected, and shown to people or as JSON.
 *
 * Order: a zeroed struct findings; findings_sink() for content_diff(); findings_text() or
 * findings_json(); findings_free(). More than FINDINGS_MAX are counted and left out.
 */
#ifndef TOOLS_CONTENT_FINDINGS_H
#define TOOLS_CONTENT_FINDINGS_H

#include "tools/lib/bytes.h"
#include "tools/content/content.h"

#define FINDINGS_MAX 10000u

struct findings {
	struct finding *list; /* with texts of their own */
	size_t count, capacity;
	size_t left_out;
};

struct finding_sink findings_sink(struct findings *findings);
void findings_free(struct findings *findings);

/* Whether there are none; measured_only: none but what no register shows. */
bool findings_same(const struct findings *findings, bool measured_only);
/* Drops what no register shows. */
void findings_keep_measured(struct findings *findings);

/*
 * One line for each finding, after indent: "~ uki.efi / .cmdline: word quiet: only in B".
 * colour: with escape sequences for a terminal.
 */
void findings_text(
	const struct findings *findings, const char *indent, bool colour, struct bytes *out);
struct json_text;
/* Under key, an array of {"change","path":[...],"aspect","a","b","remark","measured"}. */
void findings_json(const struct findings *findings, struct json_text *json, const char *key);

#endif
