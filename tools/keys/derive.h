/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is derived from a KEK (early/contract/PROTOCOL.md, section 7): the key of a disk, and a
 * value by which KEKs are told apart. Both are one HMAC-SHA256 with the KEK, over bytes that are
 * put together here and nowhere else, with a label of their own in front. So there is no request
 * by which a key of another kind, or of another disk, could be named.
 */
#ifndef TOOLS_KEYS_DERIVE_H
#define TOOLS_KEYS_DERIVE_H

#include "early/contract/messages.h"
#include "tools/keys/engine.h"

#define KEK_CHECK_LEN KEK_MAC_LEN
#define DISK_SALT_LEN 16u
#define TENANT_MAX    64u /* characters */

/* What a disk's key is derived from, beside the KEK. */
struct disk_key_name {
	const char *tenant;	/* 1 to TENANT_MAX characters */
	const uint8_t *disk_id; /* DISK_ID_LEN bytes */
	uint32_t version;	/* of the KEK */
	const uint8_t *salt;	/* DISK_SALT_LEN bytes, of the disk's record */
};

/*
 * HKDF-Expand (RFC 5869, 2.3) of 32 bytes, with the KEK as the pseudorandom key: KEKs are uniformly
 * random, so nothing is to be extracted, and a token that has HMAC-SHA256 alone gives the same
 * bits. Nothing is written but when it is done. The caller wipes out.
 */
enum kek_answer disk_key_derive(struct kek_engine *e, const struct disk_key_name *name,
	uint8_t out[DISK_KEY_LEN]) MUST_CHECK;

/* A value that tells this KEK from every other, and tells nothing of it. */
enum kek_answer kek_check_value(
	struct kek_engine *e, uint32_t version, uint8_t out[KEK_CHECK_LEN]) MUST_CHECK;

#endif
