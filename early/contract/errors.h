/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The codes of errors.def as C names: E_<NAME>; their texts for people, on the node's console, in
 * the services' logs and in what the builder refuses; and what follows a failure. The functions
 * know the codes of crypto/errors.def too.
 */
#ifndef EARLY_CONTRACT_ERRORS_H
#define EARLY_CONTRACT_ERRORS_H

#include <stdint.h>

#define STATUS_ENUM(code, name, ...) E_##name = (code),
enum early_error {
#include "early/contract/errors.def"
};
#undef STATUS_ENUM

/* The tables' column of what follows a failure on a node. */
enum error_retry {
	ERROR_FINAL,		/* the boot ends */
	ERROR_RETRY,		/* the node tries again until protostar.join.timeout is over */
	ERROR_RETRY_UNLESS_ALL, /* likewise, unless all endpoints of a round failed in this way */
};

/* What a code means; a fixed text for one in no table. */
const char *error_text(uint16_t code);
/* What to do about it; likewise. */
const char *error_advice(uint16_t code);
/*
 * What follows it; ERROR_FINAL for one in no table. A denial that the service sends is tried again
 * when the message says so; this is what the service goes by then.
 */
enum error_retry error_retry(uint16_t code);

#endif
