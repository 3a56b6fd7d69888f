/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the store goes into a bundle (node_export_records.c); private to this room. */
#ifndef TOOLS_SERVE_NODE_NODE_EXPORT_H
#define TOOLS_SERVE_NODE_NODE_EXPORT_H

#include "tools/bundle/bundle.h"
#include "tools/keys/derive.h"
#include "tools/serve/node/node_command.h"

#define EXPORT_NAMES_MAX 64u

struct export_choice {
	const char *const
		*names; /* beginnings of nodes' or disks' names; none: all that are in use */
	size_t name_count;
	bool service;		     /* everything, whatever its state, and no keys of disks */
	const struct policy *policy; /* what it revokes is left out, or refused when it is named */
	const char *tenant;
	struct kek_engine *keys;
};

/* Records and disk keys, owned. */
struct export_records {
	struct bundle_node *nodes;
	struct secret *disk_keys; /* two a node; NULL in a service's bundle */
	size_t node_count;
	struct store_enrolment *enrolments;
	size_t enrolment_count;
	struct store_ticket *tickets;
	size_t ticket_count;
	struct store_revocation *revocations;
	size_t revocation_count;
	size_t left_out; /* nodes that are not in use yet, or revoked */
};

/* In the caller's transaction. *out is always to be released by export_records_free(). */
struct failure export_records_read(
	struct store *s, const struct export_choice *choice, struct export_records *out) MUST_CHECK;
void export_records_free(struct export_records *r);

#endif
