/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bundles that `protostar node export` made: which nodes each opens, how often it may, and how
 * often it did, as far as the service was told (`node recovered`).
 */
#ifndef TOOLS_SERVE_STORE_STORE_BUNDLES_H
#define TOOLS_SERVE_STORE_STORE_BUNDLES_H

#include "tools/serve/store/store.h"

#define STORE_BUNDLE_ID_LEN 16u

struct store_bundle {
	uint8_t id[STORE_BUNDLE_ID_LEN];
	bool service; /* it makes a service; else it recovers nodes */
	uint64_t created_s;
	uint64_t uses, used; /* that it has, and that were told of; used may be more: copies */
};

/* Inserts a bundle, or changes how often it was used: nothing else of one ever changes. */
struct failure store_put_bundle(struct store *s, const struct store_bundle *bundle) MUST_CHECK;
struct failure store_get_bundle(struct store *s, const uint8_t id[STORE_BUNDLE_ID_LEN],
	struct store_bundle *out, bool *out_found) MUST_CHECK;
/* A node whose disk the bundle opens; after store_put_bundle(). */
struct failure store_put_bundle_node(struct store *s, const uint8_t id[STORE_BUNDLE_ID_LEN],
	const uint8_t node_id[TPM_NAME_LEN]) MUST_CHECK;
struct failure store_bundle_has_node(struct store *s, const uint8_t id[STORE_BUNDLE_ID_LEN],
	const uint8_t node_id[TPM_NAME_LEN], bool *out_has) MUST_CHECK;
/* Calls `each` for every bundle, by time, with the number of its nodes. */
struct failure store_each_bundle(struct store *s,
	void (*each)(void *context, const struct store_bundle *bundle, uint64_t nodes),
	void *context) MUST_CHECK;

#endif
