/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions of the KEK: what each must give (its check value), which one disks get from now on, and
 * which ones are retired. The keys themselves are never here.
 *
 *   known --> current --> known --> retired
 *
 * One version is current at most. One that a disk has, or is about to get, is never retired: the
 * store's file itself refuses that, and a disk with a retired one.
 */
#ifndef TOOLS_SERVE_STORE_STORE_KEKS_H
#define TOOLS_SERVE_STORE_STORE_KEKS_H

#include "tools/serve/store/store.h"

enum kek_state {
	KEK_KNOWN = 1, /* disks may have it */
	KEK_CURRENT,   /* new disks get it, and others at their next rejoin */
	KEK_RETIRED,   /* nothing is sealed under it again */
};

struct store_kek {
	uint32_t version;
	enum kek_state state;
	uint64_t disks;	  /* that have it */
	uint64_t pending; /* that are about to get it */
};

/* The current version; 0: none was chosen yet. */
struct failure store_current_kek(struct store *s, uint32_t *out) MUST_CHECK;
/* The highest version that is known becomes current when none is: a service's first start. */
struct failure store_choose_kek(struct store *s) MUST_CHECK;
/* Makes a known version current, in the caller's transaction. */
struct failure store_rotate_kek(struct store *s, uint32_t version) MUST_CHECK;
/* Fails when it is current, or when a disk has it or is about to get it. */
struct failure store_retire_kek(struct store *s, uint32_t version) MUST_CHECK;
struct failure store_kek_is_retired(struct store *s, uint32_t version, bool *out) MUST_CHECK;
/* One version with its disks; *out_known false: it was never put. */
struct failure store_get_kek(
	struct store *s, uint32_t version, struct store_kek *out, bool *out_known) MUST_CHECK;
/* Calls `each` for every version, ascending. */
struct failure store_each_kek(struct store *s,
	void (*each)(void *context, const struct store_kek *kek), void *context) MUST_CHECK;

#endif
