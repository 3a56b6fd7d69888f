/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator revoked with `protostar node revoke`, beside the policy's "revoked". A node gets
 * no key and completes no join as long as anything that it comes with is revoked: grant and commit
 * look in their own transaction, so a revocation holds for the next message of an exchange that is
 * running.
 */
#ifndef TOOLS_SERVE_STORE_STORE_REVOCATIONS_H
#define TOOLS_SERVE_STORE_STORE_REVOCATIONS_H

#include "tools/serve/store/store.h"

/* In the store's file: never another number for one of them. */
enum revocation_kind {
	REVOKED_NODE = 1, /* a node id, TPM_NAME_LEN bytes */
	REVOKED_DISK,	  /* a disk's identifier, DISK_ID_LEN bytes */
	REVOKED_EK,	  /* an endorsement key: its node id; or SHA-256 of a certificate in DER */
	REVOKED_AK,	  /* an attestation key's name, TPM_NAME_LEN bytes */
	REVOKED_CHIP,	  /* a processor: SEV-SNP's CHIP_ID, or the PPID of TDX */
	REVOKED_SET,	  /* a measurement set, by name */
	REVOKED_EPOCH,	  /* all sets of an epoch below this one, as 4 bytes, big-endian */
	REVOCATION_KINDS = REVOKED_EPOCH,
};

#define REVOCATION_MAX 64u /* bytes of the longest value: a CHIP_ID, or a set's name */

struct store_revocation {
	enum revocation_kind kind;
	uint8_t value[REVOCATION_MAX];
	size_t len;
	uint64_t time_s;
};

/* As `protostar node revoke` and denials name it. */
const char *revocation_kind_name(enum revocation_kind kind);
/* A value, of REVOCATION_MAX bytes at most, and that of an epoch. time_s stays zero. */
struct store_revocation revocation_of(enum revocation_kind kind, struct span value);
struct store_revocation revocation_of_epoch(uint32_t epoch);

/* *out_new false: it was revoked already, and stays as it is. */
struct failure store_revoke(
	struct store *s, const struct store_revocation *r, bool *out_new) MUST_CHECK;
/* *out_found false: it was not revoked. */
struct failure store_unrevoke(
	struct store *s, const struct store_revocation *r, bool *out_found) MUST_CHECK;
/* Whether this value is revoked; an epoch is when one above it was named. */
struct failure store_is_revoked(
	struct store *s, const struct store_revocation *r, bool *out_revoked) MUST_CHECK;
/* Calls `each` for every revocation, by kind, then by time. */
struct failure store_each_revocation(struct store *s,
	void (*each)(void *context, const struct store_revocation *revocation),
	void *context) MUST_CHECK;

#endif
