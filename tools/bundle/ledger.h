/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger of a recovery bundle: one line for each grant that was made from it, in a file beside
 * the bundle. It is how uses are counted, and what the service's audit record is told of them when
 * the service is back. Text:
 *
 *	protostar-uses 1 <bundle's id, 32 hex digits>
 *	<number> <seconds since 1970> <node, 68> <disk, 32> <generation> <mac, 64>
 *
 * Numbers are decimal, without leading zeros, those of the lines go up from 1. Each MAC is
 * HMAC-SHA256 under the bundle's ledger key of the MAC before it and the line up to the space
 * before its own MAC; in place of the first one's predecessor stands that of the heading. So no
 * line can be changed, left out, moved or made without the key, which is in the sealed bundle, and
 * which the service makes again from its own key. Lines can be cut off the end, and a bundle that
 * was copied has a ledger of its own: the count bounds an honest operator's mistakes and shows who
 * else has used a copy only where its ledger is seen.
 *
 * A last line without its newline was cut short by a crash. Its grant has not left.
 */
#ifndef TOOLS_BUNDLE_LEDGER_H
#define TOOLS_BUNDLE_LEDGER_H

#include "early/contract/messages.h"
#include "tools/lib/failure.h"
#include "tools/serve/store/store.h"

#define LEDGER_ID_LEN	16u
#define LEDGER_KEY_LEN	32u
#define LEDGER_MAC_LEN	32u
#define LEDGER_FILE_MAX (1u << 20)

struct ledger_use {
	uint64_t number, time_s;
	uint8_t node_id[TPM_NAME_LEN];
	uint8_t disk_id[DISK_ID_LEN];
	uint64_t generation; /* of the disk, as granted */
};

/* Of a bundle's id, from the private key of the service that exported it, P256_PRIV_LEN bytes. */
void ledger_key_derive(const uint8_t *service_private, const uint8_t id[LEDGER_ID_LEN],
	uint8_t out[LEDGER_KEY_LEN]);

/* Reads the id in the heading of a ledger. False when it is none. */
bool ledger_id(struct span text, uint8_t out[LEDGER_ID_LEN]);

/* A ledger that was read, as far as its last whole line. */
struct ledger_read {
	uint64_t uses;
	uint8_t mac[LEDGER_MAC_LEN]; /* of the last line, for the next one */
	size_t whole;		     /* bytes up to its end; what follows is torn */
};

/*
 * Checks the whole text under this key and calls `each`, which may be NULL, for every use. A
 * failure names the line.
 */
struct failure ledger_check(struct span text, const uint8_t id[LEDGER_ID_LEN],
	const uint8_t key[LEDGER_KEY_LEN],
	struct failure (*each)(void *context, const struct ledger_use *use), void *context,
	struct ledger_read *out) MUST_CHECK;

struct ledger;

/*
 * Opens the file, or makes one, and keeps others out until ledger_close(). A torn last line is
 * removed. The key is copied into a secret of the ledger's.
 */
struct failure ledger_open(const char *path, const uint8_t id[LEDGER_ID_LEN],
	const uint8_t key[LEDGER_KEY_LEN], struct ledger **out) MUST_CHECK;
void ledger_close(struct ledger *l);
uint64_t ledger_uses(const struct ledger *l);
/* The next line, whose number is given here: on disk when this returns. */
struct failure ledger_add(struct ledger *l, struct ledger_use use) MUST_CHECK;

#endif
