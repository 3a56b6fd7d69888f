/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel command line of an image: made from options, checked strictly, measured as it is.
 * What PID 1 understands of it stands in early/contract/config.h.
 */
#ifndef TOOLS_BUILD_CMDLINE_H
#define TOOLS_BUILD_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/lib/bytes.h"

struct cmdline_request {
	const char *root_hash;	     /* 64 hexadecimal digits */
	const char *service;	     /* ADDR:PORT[,...] */
	const char *pin;	     /* 64 hexadecimal digits[,64 more] */
	const char *const *settings; /* "protostar.x=y", other than the two above */
	size_t setting_count;
	const char *words; /* the user's, for kernel and init; may be NULL */
};

/*
 * Appends the line to out, without newline. Refuses, with a message that names the word: what would
 * open a shell, change init or let the host choose what runs; keys unknown to PID 1 or there
 * twice; malformed values; characters that are not printable ASCII; a line over the kernel's limit.
 */
bool cmdline_make(const struct cmdline_request *request, struct bytes *out);

/* The value of a "protostar.x=y" setting, or the fallback when it is not among them. */
const char *cmdline_setting(
	const struct cmdline_request *request, const char *key, const char *fallback);

/* NULL when the word may stand in the user's part, otherwise why it may not. */
const char *cmdline_word_refused(const char *word);

#endif
