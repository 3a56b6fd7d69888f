/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice of a shape, for commands: its name, which banks it needs, and writing in it.
 */
#ifndef TOOLS_MEASURE_OUTPUT_FORMAT_H
#define TOOLS_MEASURE_OUTPUT_FORMAT_H

#include "tools/lib/command.h"
#include "tools/measure/output/output.h"

enum output_format {
	FORMAT_TABLE, /* for people */
	FORMAT_CONSTELLATION,
	FORMAT_FULL,
	FORMAT_AWS,
	FORMAT_RVPS,
	FORMAT_TCG2,
	FORMAT_CEL,
	FORMAT_COUNT
};

struct output_options {
	enum output_format format;
	uint32_t pcrs; /* 0: what the shape names by default */
	bool events;   /* the table lists them too */
	bool colour;   /* of the table */
};

/* "table", "constellation", ...: all, in that order, ended by NULL. */
extern const char *const output_format_names[FORMAT_COUNT + 1];
/* "4,7,9-12": PCRs 0 to 23. False, and *out untouched, for anything else. */
bool output_pcrs_by_name(const char *text, uint32_t *out);
/* Takes an option with that text, of a row whose place is an uint32_t. */
bool output_take_pcrs(void *into, const struct option_use *use);
/* The banks to predict where these are asked for; 0: none was. Complains when they do not fit. */
bool output_banks(enum output_format format, unsigned asked, unsigned *out);
/* Appends. Complains. */
bool output_boot(const struct boot *boot, const struct output_options *options, struct bytes *out);

#endif
