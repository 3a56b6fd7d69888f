/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be asked of whoever holds the KEKs: to seal the key of a disk, and how it is. Nothing
 * else is ever answered, and no answer holds a key that is not sealed.
 */
#ifndef TOOLS_KEYS_REQUEST_H
#define TOOLS_KEYS_REQUEST_H

#include "tools/keys/derive.h"
#include "tools/keys/seal.h"

/* Seal the key of this tenant's disk, with the join material, to this KEM key, as grant_secrets. */
struct key_request {
	const char *tenant;
	const uint8_t *disk_id; /* DISK_ID_LEN bytes */
	uint32_t version;	/* of the KEK */
	uint32_t next_version;	/* of the KEK that the disk changes to; 0: none */
	const uint8_t *salt;	/* DISK_SALT_LEN bytes */
	struct span join_material;
	struct kem_public to;
	const uint8_t *rd; /* 32 bytes */
	struct span aad;   /* of the grant */
};

enum key_answer {
	KEY_SEALED,
	KEY_AWAY,    /* not now: the node may come again */
	KEY_REFUSED, /* never: no KEK of that version, or a request that makes no sense */
};

/* Why a request is refused. */
enum key_refusal {
	KEY_REFUSAL_VERSION = 1, /* there is no KEK of that version */
	KEY_REFUSAL_TENANT,	 /* no tenant of this key service */
	KEY_REFUSAL_KEY,	 /* nothing can be sealed to that key */
};

struct key_version {
	uint32_t version;
	uint8_t check[KEK_CHECK_LEN];
};

struct key_status {
	struct key_version versions[KEK_VERSIONS_MAX]; /* ascending */
	size_t count;
};

#endif
