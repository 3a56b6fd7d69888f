/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service remembers about nodes and disks. The interface is narrow on purpose, so that a
 * replicated store can stand behind it: everything is read in one view and written in one
 * transaction, which either is durable as a whole when store_commit() says so, or never was.
 *
 * A node is known by its node id (join/node_id.h), a disk by its identifier. Each has one partner,
 * which the store itself never lets change, and an active disk never becomes anything else. No two
 * nodes have one endorsement key, or one attestation key.
 *
 * Beside nodes the store has what operators say of machines that may come: enrolments, tickets for
 * disks; and the newcomers who wait for approval.
 *
 * Order: store_open(); then store_begin(), store_view(), store_put_...(), store_commit() or
 * store_rollback(), any number of times; store_close(). What only reads works outside of a
 * transaction too.
 *
 * store_sqlite.c holds the file and its transactions, store_records.c nodes and disks,
 * store_lists.c enrolments, pending newcomers and tickets, store_marks.c what else is remembered.
 */
#ifndef TOOLS_SERVE_STORE_STORE_H
#define TOOLS_SERVE_STORE_STORE_H

#include "efi/base/status.h"
#include "tools/evidence/tpm/public.h"
#include "early/contract/messages.h"
#include "tools/serve/audit/audit_data.h"
#include "tools/serve/keys/key_service.h"
#include "tools/policy/policy.h"
#include "tools/lib/failure.h"

#define STORE_CHANGE_MAX 16u
#define STORE_DETAIL_MAX 256u

struct store;

enum disk_state {
	DISK_FORMATTING = 1, /* a key was granted, nothing was committed */
	DISK_ACTIVE = 2,     /* committed: opened only, never formatted again */
};

/*
 * The registers that firmware and its settings fill before the image runs, as a node committed with
 * them: those of POLICY_FIRMWARE_PCRS, in rising order. bank 0: none recorded yet.
 */
#define STORE_FIRMWARE_COUNT 5u

struct store_firmware {
	uint16_t bank; /* TPM_ALG_ID */
	uint8_t pcr[STORE_FIRMWARE_COUNT][POLICY_DIGEST_MAX];
};

#define STORE_SUBJECT_MAX 160u /* bytes of a certificate's subject with its NUL */

struct store_node {
	uint8_t node_id[TPM_NAME_LEN];
	/* Its endorsement key's id; zeros: it is not bound to one. */
	uint8_t ek_id[TPM_NAME_LEN];
	/* The latest that was proven to be in the same TPM; zeros: none yet, after a rebinding. */
	uint8_t ak_name[TPM_NAME_LEN];
	uint8_t disk_id[DISK_ID_LEN];
	uint64_t first_join_s, last_join_s; /* seconds since 1970; last_join_s 0: never committed */
	uint32_t epoch;			    /* of the set last committed with; 0: never committed */
	char set_name[POLICY_NAME_MAX + 1];
	char role[POLICY_NAME_MAX + 1];
	struct store_firmware firmware;
	bool accept_firmware; /* the operator takes whatever firmware the next COMMIT comes with */
	char subject[STORE_SUBJECT_MAX]; /* of its key's certificate, for people; may be empty */
};

/* An operator's word that this machine may be a node: by `node enroll`, or `node approve`. */
struct store_enrolment {
	uint8_t node_id[TPM_NAME_LEN]; /* a node id, or the id of an endorsement key */
	bool has_disk;		       /* it may have this disk and no other */
	uint8_t disk_id[DISK_ID_LEN];
	char role[POLICY_NAME_MAX + 1]; /* may be empty: the set says it */
	char label[POLICY_NAME_MAX + 1];
	char subject[STORE_SUBJECT_MAX];
	uint64_t time_s;
};

#define STORE_SOURCE_LEN 16u /* where from: an IPv4 address mapped into IPv6, or an IPv6 /64 */

/* A newcomer whom policy lets wait for an operator's approval. */
struct store_pending {
	uint8_t node_id[TPM_NAME_LEN];
	uint8_t source[STORE_SOURCE_LEN]; /* where it came from the last time */
	uint8_t disk_id[DISK_ID_LEN];
	char set_name[POLICY_NAME_MAX + 1];
	char role[POLICY_NAME_MAX + 1];
	char subject[STORE_SUBJECT_MAX];
	uint64_t first_s, last_s; /* when it came */
	uint64_t tries;
};

/* An operator's word that admitted machines without an identity of their own may have this disk. */
struct store_ticket {
	uint8_t disk_id[DISK_ID_LEN];
	uint64_t uses;	  /* left */
	uint64_t until_s; /* 0: without an end */
};

struct store_disk {
	uint8_t disk_id[DISK_ID_LEN];
	uint8_t node_id[TPM_NAME_LEN]; /* the node it belongs to */
	enum disk_state state;
	uint32_t key_version;
	uint8_t salt[DISK_SALT_LEN]; /* enters the disk key; made with the record */
	uint64_t generation;	     /* commits so far */
	uint8_t header_mac[HEADER_MAC_LEN];
	/*
	 * Of a change to another KEK that was begun: the header that the node was about to write,
	 * under the generation of the last commit. ACTIVE only; 0 and zeros: none was begun.
	 */
	uint32_t next_version;
	uint8_t next_header_mac[HEADER_MAC_LEN];
	uint64_t attempt; /* counts grants to format: only the latest may be committed */
	/* FORMATTING only: the disk was blank when its formatting began, or was released. */
	bool may_overwrite;
};

/* Whom and what a view is of. */
struct store_key {
	const uint8_t *node_id; /* TPM_NAME_LEN bytes */
	const uint8_t *ek_id;	/* the same; NULL without one */
	const uint8_t *ak_name; /* the same; NULL without one */
	const uint8_t *disk_id; /* DISK_ID_LEN bytes */
};

struct store_view {
	bool has_node, has_disk;
	bool ak_elsewhere;  /* another node has this attestation key */
	bool ek_elsewhere;  /* another node has this endorsement key */
	bool disk_reserved; /* another machine was enrolled with this disk */
	bool has_enrolment, has_ticket;
	struct store_enrolment enrolment; /* of the node id, or of the EK */
	struct store_ticket ticket;	  /* for the disk */
	bool format_allowed;	/* the operator lets this unknown disk be formatted, once */
	struct store_node node; /* with the node id asked for */
	struct store_disk disk; /* with the identifier asked for */
	uint64_t node_count;	/* of the whole store, for a node that it does not know; else 0 */
};

/* How a store is opened. */
enum store_mode {
	STORE_READ,   /* looked at only, also while a service runs */
	STORE_CHANGE, /* must be there and be whole */
	STORE_CREATE, /* made when it is missing or empty */
};

/* *out is released by store_close(). */
struct failure store_open(const char *path, enum store_mode mode, struct store **out) MUST_CHECK;
void store_close(struct store *s);

struct failure store_begin(struct store *s) MUST_CHECK;
struct failure store_view(
	struct store *s, const struct store_key *key, struct store_view *out) MUST_CHECK;
/*
 * Insert or update; what is there already is not written again. A changed partner or a step back
 * from ACTIVE fails.
 */
struct failure store_put_node(struct store *s, const struct store_node *node) MUST_CHECK;
struct failure store_put_disk(struct store *s, const struct store_disk *disk) MUST_CHECK;
/* Takes a disk and its node out, as if they had never been there. */
struct failure store_remove(struct store *s, const struct store_disk *disk) MUST_CHECK;
/* On disk; or rolled back, after a failure. */
struct failure store_commit(struct store *s) MUST_CHECK;
void store_rollback(struct store *s);

/* Calls `each` for every node with its disk, by time of first join. */
struct failure store_each(struct store *s,
	void (*each)(void *context, const struct store_node *node, const struct store_disk *disk),
	void *context) MUST_CHECK;

/* What an operator says of a machine. Put replaces what was said of it before. */
struct failure store_get_enrolment(struct store *s, const uint8_t node_id[TPM_NAME_LEN],
	const uint8_t *ek_id, struct store_enrolment *out, bool *out_found) MUST_CHECK;
struct failure store_put_enrolment(
	struct store *s, const struct store_enrolment *enrolment) MUST_CHECK;
struct failure store_drop_enrolment(
	struct store *s, const uint8_t node_id[TPM_NAME_LEN]) MUST_CHECK;
/* Calls `each` for every enrolment, by time. */
struct failure store_each_enrolment(struct store *s,
	void (*each)(void *context, const struct store_enrolment *enrolment),
	void *context) MUST_CHECK;

/*
 * Lets a newcomer wait, or counts that it came again. Those who did not come since older_than_s are
 * forgotten first. When `max` others wait, the source that has the most of them, and more than this
 * one's would then have, loses the one that came last. *out_full: there is none, and the newcomer
 * was not taken.
 */
struct failure store_put_pending(struct store *s, const struct store_pending *pending,
	uint64_t older_than_s, uint64_t max, bool *out_full) MUST_CHECK;
struct failure store_drop_pending(struct store *s, const uint8_t node_id[TPM_NAME_LEN]) MUST_CHECK;
struct failure store_each_pending(struct store *s,
	void (*each)(void *context, const struct store_pending *pending), void *context) MUST_CHECK;

/* A ticket for its disk, in place of another; without uses: none. */
struct failure store_put_ticket(struct store *s, const struct store_ticket *ticket) MUST_CHECK;
struct failure store_each_ticket(struct store *s,
	void (*each)(void *context, const struct store_ticket *ticket), void *context) MUST_CHECK;

/* Lets a disk that the store does not know be formatted, once; false takes that back. */
struct failure store_allow_format(
	struct store *s, const uint8_t disk_id[DISK_ID_LEN], bool allowed) MUST_CHECK;

/*
 * The line of the audit record that belongs to the last transaction; zeros before the first. It is
 * put in the same transaction as what the line tells.
 */
struct failure store_get_position(struct store *s, struct audit_position *out) MUST_CHECK;
struct failure store_put_position(
	struct store *s, const struct audit_position *position) MUST_CHECK;

/* What a KEK of this version must give (derive.h); *out_known false: no such version yet. */
struct failure store_get_kek_check(
	struct store *s, uint32_t version, uint8_t out[KEK_CHECK_LEN], bool *out_known) MUST_CHECK;
struct failure store_put_kek_check(
	struct store *s, uint32_t version, const uint8_t check[KEK_CHECK_LEN]) MUST_CHECK;
/* The next version above `after` that was put and not retired; 0: there is none. */
struct failure store_next_kek(struct store *s, uint32_t after, uint32_t *out) MUST_CHECK;

/*
 * What an operator did with `protostar node`, until the service has written it into the audit
 * record, whose only writer it is. Put in the transaction of the change itself.
 */
struct store_change {
	uint64_t number;		   /* given by the store */
	char what[STORE_CHANGE_MAX + 1];   /* "forget", ... */
	char detail[STORE_DETAIL_MAX + 1]; /* names and identifiers in hex, a sentence at most */
	uint64_t time_s;
	uint64_t uid;
};
struct failure store_put_change(struct store *s, const struct store_change *change) MUST_CHECK;
/* The oldest change; *out_there false when there is none. */
struct failure store_next_change(
	struct store *s, struct store_change *out, bool *out_there) MUST_CHECK;
struct failure store_drop_change(struct store *s, uint64_t number) MUST_CHECK;

/*
 * A consistent copy of an open store in a new file, also while a service writes to it. In the copy
 * no disk may be overwritten any more: what was being formatted may be in use when the copy is.
 */
struct failure store_copy(struct store *s, const char *path) MUST_CHECK;

#endif
