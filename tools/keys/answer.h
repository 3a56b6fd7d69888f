/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two requests, answered from an engine: what the key service does once it has understood what
 * is asked.
 */
#ifndef TOOLS_KEYS_ANSWER_H
#define TOOLS_KEYS_ANSWER_H

#include "tools/keys/request.h"

/*
 * Derives the disk's key and seals it with the join material (PROTOCOL.md, section 7). out has cap
 * bytes; *out_len is written when it is sealed, *out_why when it is refused. The key is wiped
 * before this returns.
 */
enum key_answer key_answer_seal(struct kek_engine *e, const struct key_request *r, uint8_t *out,
	size_t cap, size_t *out_len, enum key_refusal *out_why) MUST_CHECK;

/* The versions and their check values; false when they cannot be told now. */
bool key_answer_status(struct kek_engine *e, struct key_status *out) MUST_CHECK;

#endif
