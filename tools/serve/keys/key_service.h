/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key service: key-encryption keys (KEKs) by version, and the disk keys derived from them
 * (PROTOCOL.md section 7). KEKs never leave key_service.c; a disk key leaves it into the caller's
 * secret.
 *
 * The KEK file is text, one key a line after the heading, versions ascending from 1:
 *
 *   protostar-kek 1
 *   <version> <64 hex digits>
 *
 * New keys for disks are derived from the highest version; the others serve disks made earlier. A
 * lost KEK file is the loss of every disk made under it: nothing here ever overwrites one.
 */
#ifndef TOOLS_SERVE_KEYS_KEY_SERVICE_H
#define TOOLS_SERVE_KEYS_KEY_SERVICE_H

#include <stdint.h>
#include "efi/base/status.h"
#include "early/contract/messages.h"
#include "tools/lib/failure.h"

#define KEK_LEN		 32u
#define KEK_VERSIONS_MAX 64u
#define KEK_CHECK_LEN	 32u
#define DISK_SALT_LEN	 16u

struct key_service;

/*
 * Opens the KEK file; `create`: or makes one with a single fresh version when there is none. Needs
 * secret_pool_open() and random_open(). *out is released by key_service_close().
 */
struct failure key_service_open(const char *path, bool create, struct key_service **out) MUST_CHECK;
void key_service_close(struct key_service *k);
/* The version that new disks get. */
uint32_t key_service_version(const struct key_service *k);
/* What a disk's key is derived from, beside the KEK. */
struct disk_key_name {
	const char *tenant;
	const uint8_t *disk_id; /* DISK_ID_LEN bytes */
	uint32_t version;	/* of the KEK */
	const uint8_t *salt;	/* DISK_SALT_LEN bytes, of the disk's record */
};

/* Derives a disk's key; false when there is no KEK of that version. The caller wipes out. */
bool key_service_disk_key(const struct key_service *k, const struct disk_key_name *name,
	uint8_t out[DISK_KEY_LEN]) MUST_CHECK;

/*
 * The index-th version that there is, ascending, and a value that tells its KEK from every other
 * and tells nothing of it: HMAC-SHA256(KEK, "protostar kek check v1" | u32 version). False when
 * there are no more.
 */
bool key_service_check(const struct key_service *k, size_t index, uint32_t *out_version,
	uint8_t out[KEK_CHECK_LEN]) MUST_CHECK;

/* The derivation alone, for test vectors. */
void disk_key_derive(
	const uint8_t kek[KEK_LEN], const struct disk_key_name *name, uint8_t out[DISK_KEY_LEN]);

#endif
