/*
 * What the service remembers about nodes and disks. The interface is narrow on purpose, so that a
 * replicated store can stand behind it: everything is read in one view and written in one
 * transaction, which either is durable as a whole when store_commit() says so, or never was.
 *
 * A node is known by its endorsement key's Name, a disk by its identifier. Each has one partner,
 * which the store itself never lets change, and an active disk never becomes anything else.
 *
 * Order: store_open(); then store_begin(), store_view(), store_put_...(), store_commit() or
 * store_rollback(), any number of times; store_close(). store_view() works outside of a transaction
 * too.
 */
#ifndef TOOLS_SERVE_STORE_H
#define TOOLS_SERVE_STORE_H

#include "crypto/status.h"
#include "crypto/tpm_evidence.h"
#include "early/contract/messages.h"
#include "tools/serve/policy.h"
#include "tools/serve/why.h"

struct store;

enum disk_state {
	DISK_FORMATTING = 1, /* a key was granted, nothing was committed */
	DISK_ACTIVE = 2,     /* committed: opened only, never formatted again */
};

struct store_node {
	uint8_t ek_name[TPM_NAME_LEN];
	uint8_t ak_name[TPM_NAME_LEN]; /* the latest that was proven to be in the same TPM */
	uint8_t disk_id[DISK_ID_LEN];
	uint64_t first_join_s, last_join_s; /* seconds since 1970; last_join_s 0: never committed */
	uint32_t epoch;			    /* of the set last committed with; 0: never committed */
	char set_name[POLICY_NAME_MAX + 1];
	char role[POLICY_NAME_MAX + 1];
};

struct store_disk {
	uint8_t disk_id[DISK_ID_LEN];
	uint8_t ek_name[TPM_NAME_LEN]; /* the node it belongs to */
	enum disk_state state;
	uint32_t key_version;
	uint64_t generation; /* of the committed header; 0 before the first */
	uint8_t header_mac[HEADER_MAC_LEN];
	uint64_t attempt; /* counts grants to format: only the latest may be committed */
};

struct store_view {
	bool has_node, has_disk;
	struct store_node node; /* with the EK name asked for */
	struct store_disk disk; /* with the identifier asked for */
	uint64_t node_count;	/* of the whole store */
};

/* Opens the file, creating it unless read_only. *out is released by store_close(). */
bool store_open(const char *path, bool read_only, struct store **out, struct why *why);
void store_close(struct store *s);

bool store_begin(struct store *s, struct why *why) MUST_CHECK;
bool store_view(struct store *s, const uint8_t ek_name[TPM_NAME_LEN],
	const uint8_t disk_id[DISK_ID_LEN], struct store_view *out, struct why *why) MUST_CHECK;
/* Insert or update. A changed partner or a step back from ACTIVE fails. */
bool store_put_node(struct store *s, const struct store_node *node, struct why *why) MUST_CHECK;
bool store_put_disk(struct store *s, const struct store_disk *disk, struct why *why) MUST_CHECK;
/* True: on disk. False: rolled back. */
bool store_commit(struct store *s, struct why *why) MUST_CHECK;
void store_rollback(struct store *s);

/* Calls `each` for every node with its disk, by time of first join; false on a store failure. */
bool store_each(struct store *s,
	void (*each)(void *context, const struct store_node *node, const struct store_disk *disk),
	void *context, struct why *why) MUST_CHECK;

#endif
