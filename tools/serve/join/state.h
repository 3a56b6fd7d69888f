/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state folder, mode 0700: `service-key.der`, `node-ca.der`, `node-ca.pem`, `kek`
 * (opened by the key service alone),
 * `store.sqlite`, `audit.jsonl`, `lock`. One process at a time may serve from it.
 */
#ifndef TOOLS_SERVE_JOIN_STATE_H
#define TOOLS_SERVE_JOIN_STATE_H

#include "tools/serve/join/service.h"

/* Names in the folder. */
#define STORE_FILE     "store.sqlite"
#define STATE_IDENTITY "service-key.der"
#define STATE_CA_KEY   "node-ca.der"
#define STATE_CA_CERT  "node-ca.pem"
#define STATE_KEK      "kek"
#define STATE_AUDIT    "audit.jsonl"

/*
 * Locks the folder and opens everything in it. `init`: makes what is missing first, the folder too.
 * What was lost is never made anew: a store that is missing or empty beside keys or a written audit
 * record, KEKs missing beside a store or other than the store's, records that do not fit each other
 * are refused. keys: where the key service is; without socket and kek it is a child that has the
 * KEKs of the folder. The lock is held until the process ends. state_close() releases the rest.
 */
struct failure state_open(const char *folder, const struct key_place *keys, bool init,
	struct service *out) MUST_CHECK;
void state_close(struct service *s);
/* The service's key alone, without the lock; key_free() releases it. */
struct failure state_identity(const char *folder, struct key_pair *out) MUST_CHECK;
/* Where the KEKs are: kek_path, or in the folder when that is NULL. out holds PATH_MAX bytes. */
struct failure state_kek_path(const char *folder, const char *kek_path, char *out) MUST_CHECK;
/* folder/name; a failure when that is too long. */
struct failure state_path(const char *folder, const char *name, char *out, size_t cap) MUST_CHECK;

#endif
