/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of `protostar node`: what looks (node_show.c, node_pending.c), what changes
 * (node_change.c, node_enroll.c, node_revoke.c, node_keys.c) and what copies (node_backup.c).
 * Private to this room. Each works beside a running service: the store's transactions keep them
 * apart.
 */
#ifndef TOOLS_SERVE_NODE_NODE_COMMAND_H
#define TOOLS_SERVE_NODE_NODE_COMMAND_H

#include "tools/lib/command.h"
#include "tools/serve/join/state.h"

struct node_request {
	const char *state;	/* folder */
	const char *kek;	/* file, or a token's URI; NULL: in the state folder */
	const char *passphrase; /* file with what opens it; NULL: none */
	bool rotate_kek;
	bool json;
	bool full;	   /* whole names in the list */
	const char *name;  /* of a node or disk, or a folder: the first word behind the verb */
	const char *other; /* the second; NULL when there is none */
	/* Of enroll, approve and ticket; NULL: not given. */
	const char *ek_cert, *ek_name, *role, *label, *disk, *until;
	uint64_t uses;
};

struct failure node_list(const struct node_request *r) MUST_CHECK;
struct failure node_show(const struct node_request *r) MUST_CHECK;
struct failure node_forget(const struct node_request *r) MUST_CHECK;
struct failure node_rebind(const struct node_request *r) MUST_CHECK;
struct failure node_accept(const struct node_request *r) MUST_CHECK;
struct failure node_allow_format(const struct node_request *r) MUST_CHECK;
struct failure node_enroll(const struct node_request *r) MUST_CHECK;
struct failure node_enrolled(const struct node_request *r) MUST_CHECK;
struct failure node_pending(const struct node_request *r) MUST_CHECK;
struct failure node_approve(const struct node_request *r) MUST_CHECK;
struct failure node_reject(const struct node_request *r) MUST_CHECK;
struct failure node_ticket(const struct node_request *r) MUST_CHECK;
struct failure node_revoke(const struct node_request *r) MUST_CHECK;
struct failure node_unrevoke(const struct node_request *r) MUST_CHECK;
struct failure node_revocations(const struct node_request *r) MUST_CHECK;
/* node_words.c: the commands of these. */
extern const struct command node_enroll_command, node_enrolled_command, node_pending_command,
	node_approve_command, node_reject_command, node_ticket_command, node_revoke_command,
	node_unrevoke_command, node_revocations_command;
/* node_export.c, node_bundles.c */
extern const struct command node_export_command, node_bundles_command;
struct failure node_rotate(const struct node_request *r) MUST_CHECK;
struct failure node_retire(const struct node_request *r) MUST_CHECK;
struct failure node_keys(const struct node_request *r) MUST_CHECK;
/* node_words.c, too. */
extern const struct command node_rotate_command, node_retire_command, node_keys_command;
struct failure node_backup(const struct node_request *r) MUST_CHECK;
struct failure node_recovered(const struct node_request *r) MUST_CHECK;

typedef struct failure node_verb(const struct node_request *r);
/* A command's whole run: its options, the verb, the exit code. */
int node_run(const struct command *command, node_verb *verb, int argc, char **argv);
extern const struct option_row node_state_rows[], node_json_rows[], node_kek_rows[];

/* Opens the store of the request's folder. */
struct failure node_store(
	const struct node_request *r, enum store_mode mode, struct store **out) MUST_CHECK;

#endif
