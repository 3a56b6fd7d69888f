/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every code that the stub, PID 1 or the join service can show, with its texts: the same tables
 * (errors.def) that those are built from, in ascending order.
 */
#ifndef TOOLS_EXPLAIN_ERROR_CATALOGUE_H
#define TOOLS_EXPLAIN_ERROR_CATALOGUE_H

#include <stddef.h>
#include <stdint.h>

#include "early/contract/errors.h"

#define CATALOGUE_CAUSES_MAX 4u

enum catalogue_part { CATALOGUE_STUB, CATALOGUE_CRYPTO, CATALOGUE_EARLY, CATALOGUE_DENIAL };

struct catalogue_entry {
	uint16_t code;
	const char *name;	   /* as the sources have it, without its E_ */
	enum catalogue_part table; /* denials stand in that of early/ */
	enum error_retry retry;
	const char *meaning, *advice;
	const char *causes[CATALOGUE_CAUSES_MAX + 1]; /* ended by NULL */
};

/* All entries; *out_count is their number. */
const struct catalogue_entry *catalogue(size_t *out_count);
/* NULL when no table has the code. */
const struct catalogue_entry *catalogue_find(uint64_t code);

/* Who says a code. */
enum catalogue_part catalogue_part(const struct catalogue_entry *entry);
const char *catalogue_who(const struct catalogue_entry *entry);
/* What follows: a clause. */
const char *catalogue_then(const struct catalogue_entry *entry);

#endif
