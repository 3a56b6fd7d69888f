/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a KEK file, one key a line after the heading, versions ascending from 1 on:
 *
 *   protostar-kek 1
 *   <version> <64 hex digits>
 *
 * Versions need not follow each other without a gap. There is one way to write a set of keys.
 */
#ifndef TOOLS_KEYS_KEK_TEXT_H
#define TOOLS_KEYS_KEK_TEXT_H

#include "crypto/secret.h"
#include "tools/keys/engine.h"

#define KEK_TEXT_MAX 8192u /* bytes: more than KEK_VERSIONS_MAX lines */

struct kek_set {
	struct secret keys; /* KEK_LEN bytes each, in the order of versions[] */
	uint32_t versions[KEK_VERSIONS_MAX];
	size_t count;
};

/* An empty set in locked memory; kek_set_free() releases it. */
struct status kek_set_new(struct kek_set *out) MUST_CHECK;
void kek_set_free(struct kek_set *s);
/* The key of this version, in the set; NULL: there is none. */
const uint8_t *kek_set_find(const struct kek_set *s, uint32_t version);

/* Whether these bytes begin as a KEK file does; one that does not is encrypted, or none at all. */
bool kek_text_begins(struct span text);
/* Reads the keys into an empty set. False when it is no KEK file, or has no key; the caller frees
 * the set either way. */
bool kek_text_read(struct span text, struct kek_set *out) MUST_CHECK;
/* Writes the set as text into a new secret, which the caller frees. */
struct status kek_text_write(const struct kek_set *s, struct secret *out) MUST_CHECK;

#endif
