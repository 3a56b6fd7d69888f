/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a join service leaves its safe: protostar-bundle(5) has the format. There are two kinds.
 *
 * A recovery bundle is enough to open chosen disks without any service: the policy, the records of
 * these disks and their nodes, and the disk keys themselves. It has no KEK and no service's key, so
 * it authorises nothing else. It does not open the header that a rotation leaves; it still opens an
 * older one that somebody has kept.
 *
 * A service bundle is what a machine needs to be the service: its keys, the KEKs or where they are,
 * the policy, and all records. Its contents, not sealed, are the join material of `protostar init`.
 *
 * A struct bundle is a view: every span in it lies in memory of somebody else's, or in `plain`,
 * which the bundle owns. One that was decoded or opened owns `plain` and its lists; bundle_free()
 * wipes and releases them. One that is made to be encoded is filled in by its maker, who releases
 * what it made itself, with `plain` empty.
 *
 * Order: to write, fill a bundle in, bundle_seal(). To read, bundle_load(), bundle_open() (both in
 * bundle_seal.h), or bundle_decode() for what came as join material; then bundle_free().
 */
#ifndef TOOLS_BUNDLE_BUNDLE_H
#define TOOLS_BUNDLE_BUNDLE_H

#include "tools/bundle/shares.h"
#include "tools/lib/locked_bytes.h"
#include "tools/serve/store/store_revocations.h"

#define BUNDLE_PLAIN_MAX    (4u << 20) /* bytes of the contents */
#define BUNDLE_FILES_MAX    256u
#define BUNDLE_FILE_MAX	    (1u << 20)
#define BUNDLE_NAME_MAX	    255u
#define BUNDLE_POLICY_NAME  "policy.json" /* what the policy is called beside its files */
#define BUNDLE_RECORDS_MAX  4096u	  /* nodes, enrolments, ...: of each */
#define BUNDLE_USES_MAX	    1000u
#define BUNDLE_KEY_FILE_MAX 16384u

enum bundle_kind { BUNDLE_RECOVERY = 1, BUNDLE_SERVICE = 2 };

/* What stands before the lock, too, and is authenticated. */
struct bundle_head {
	enum bundle_kind kind;
	uint8_t id[BUNDLE_ID_LEN]; /* random */
	uint64_t created_s;	   /* seconds since 1970 */
	uint32_t uses;		   /* recovery: how often, 1 to BUNDLE_USES_MAX; service: 0 */
};

/* A file that the policy names, by the name that it has there: relative to the policy's folder. */
struct bundle_file {
	struct span name, bytes;
};

struct bundle_node {
	struct store_node node;
	struct store_disk disk;
	/*
	 * Recovery: the disk's key, DISK_KEY_LEN bytes, and one as long of disk.next_version where
	 * that is not 0. Else empty.
	 */
	struct span disk_key, next_key;
};

struct bundle {
	struct bundle_head head;
	struct span policy; /* the policy's file, 1 to POLICY_FILE_MAX bytes */
	struct bundle_file *files;
	size_t file_count;
	struct bundle_node *nodes;
	size_t node_count;
	struct store_enrolment *enrolments;
	size_t enrolment_count;
	struct store_ticket *tickets;
	size_t ticket_count;
	struct store_revocation *revocations; /* all of them */
	size_t revocation_count;
	/* Recovery alone: BUNDLE_KEY_LEN bytes, what its uses are counted under (ledger.h). */
	struct span ledger_key;
	/*
	 * Service alone, each as its file in the state folder: service-key.der, node-ca.der,
	 * node-ca.pem; and the text of the file of KEKs, or a PKCS#11 URI, which begins "pkcs11:".
	 */
	struct span service_key, ca_key, ca_certificate, kek;
	struct locked_bytes plain; /* owned; what the spans of a decoded bundle point to */
};

/*
 * The contents in new locked memory, which the caller releases. Refused is what bundle_decode()
 * would refuse.
 */
struct failure bundle_encode(const struct bundle *b, struct locked_bytes *out) MUST_CHECK;
/*
 * Reads contents of 1 to BUNDLE_PLAIN_MAX bytes; they may come from anybody. Nothing but what
 * bundle_encode() writes is taken. plain becomes the bundle's; after a failure it is still the
 * caller's.
 */
struct failure bundle_decode(struct locked_bytes *plain, struct bundle *out) MUST_CHECK;
/* The same from bytes of the caller's, which are copied. */
struct failure bundle_decode_copy(struct span contents, struct bundle *out) MUST_CHECK;
void bundle_free(struct bundle *b);

/* Whether contents begin as a bundle's do, of whatever version. */
bool bundle_is_contents(struct span bytes);

#endif
