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

/* The setting that can stand in the pin's place: what the service's machine has to prove. */
#define CMDLINE_EVIDENCE "protostar.service.evidence"
/* The setting that can stand in the service's place: whose keys may serve the node by hand. */
#define CMDLINE_OPERATOR "protostar.operator"

struct cmdline_request {
	const char *root_hash; /* 64 hexadecimal digits */
	const char *service;   /* ADDR:PORT[,...]; NULL: a setting is CMDLINE_OPERATOR */
	/* 64 hexadecimal digits[,64 more]; NULL: a setting is CMDLINE_EVIDENCE, or no service. */
	const char *pin;
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

/*
 * Whether there is something that tells the join service from a stranger: its pin, or what its
 * machine has to prove. Without a service, whether there is an operator.
 */
bool cmdline_knows_service(const struct cmdline_request *request);

/* NULL when the word may stand in the user's part, otherwise why it may not. */
const char *cmdline_word_refused(const char *word);

#endif
