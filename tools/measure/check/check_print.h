/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A check's result, for people and for programs. */
#ifndef TOOLS_MEASURE_CHECK_CHECK_PRINT_H
#define TOOLS_MEASURE_CHECK_CHECK_PRINT_H

#include "tools/measure/check/check.h"
#include "tools/measure/evidence/quote.h"

/* What was done beside check_run(). */
struct check_report {
	const struct check *check;
	bool quoted; /* a quote was given */
	bool nonce;  /* and a nonce for it */
	enum quote_problem quote;
	bool key_told;	   /* what the key may sign is known */
	uint32_t left_out; /* bit n: the quote covers no PCR n, which is predicted */
	const char *set;   /* the policy's set that is nearest; NULL: no policy */
	bool all;	   /* print all differences, not the first alone */
	bool colour;
};

/* Same, proved as far as was asked. */
bool check_report_same(const struct check_report *report);
void check_print(const struct check_report *report, struct bytes *out);
void check_json(const struct check_report *report, struct bytes *out);

const char *check_state_name(enum check_state state);
const char *certainty_name(enum certainty certainty);

#endif
