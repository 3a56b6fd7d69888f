/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one result type of the guest and of everything that shares code with it. It stands in efi/
 * because the stub is the strictest of its users: it may include nothing from above, and everybody
 * else may include this.
 *
 * A function that can fail returns `struct status`; the caller must look at it (the compiler sees
 * to that). A status holds one number: 0 for success, otherwise the stable code of the very place
 * that failed. No two places share a code, so the number on the console names the line to read.
 * The codes stand in three tables, one per room that can fail, and nowhere else:
 *
 *   efi/contract/errors.def     E100..E199   the stub
 *   crypto/errors.def           E200..E299   crypto/
 *   early/contract/errors.def   E300..E699   PID 1; E600..E699 are denials that the service sends
 *
 * Output parameters (named out_...) are written on success only.
 */
#ifndef EFI_BASE_STATUS_H
#define EFI_BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct status {
	uint16_t code;
};

#define OK ((struct status){0})

/* A failure with the given code of one of the tables. */
static inline MUST_CHECK struct status fail(uint16_t code)
{
	return (struct status){code};
}

static inline MUST_CHECK bool failed(struct status s)
{
	return s.code != 0;
}

/* Leaves the calling function with the same status when `call` fails. */
#define TRY(call)                                   \
	do {                                        \
		struct status try_status_ = (call); \
		if (failed(try_status_))            \
			return try_status_;         \
	} while (0)

#endif
