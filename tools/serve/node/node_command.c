/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node`: from the command line to one of its verbs. */
#include "tools/serve/node/node.h"

#include <limits.h>
#include <stddef.h>

#include "tools/lib/report.h"
#include "tools/serve/node/audit_command.h"
#include "tools/serve/node/node_command.h"

struct failure node_store(const struct node_request *r, enum store_mode mode, struct store **out)
{
	char path[PATH_MAX];

	TRY_FAILURE(state_path(r->state, STORE_FILE, path, sizeof(path)));
	return store_open(path, mode, out);
}

int node_run(const struct command *command, node_verb *verb, int argc, char **argv)
{
	struct node_request r = {.uses = 1};
	struct failure f;
	int code = command_read(command, argc, argv, &r);

	if (code >= 0)
		return code;
	f = verb(&r);
	if (!f.happened)
		return EXIT_DONE;
	complain("%s", f.text);
	return EXIT_REFUSED;
}

const struct option_row node_state_rows[] = {
	{"state", "DIR", OPTION_FOLDER, OPTION_INTO(struct node_request, state), .required = true,
		.help = "the service's folder"},
	{0},
};

const struct option_row node_json_rows[] = {
	{"json", .kind = OPTION_FLAG, OPTION_INTO(struct node_request, json),
		.help = "an array of objects"},
	{0},
};

static const struct option_row full_rows[] = {
	{"full", .kind = OPTION_FLAG, OPTION_INTO(struct node_request, full),
		.help = "nodes with their whole names, as policy's \"revoked\" wants them"},
	{0},
};

const struct option_row node_kek_rows[] = {
	{"kek-file", "WHERE", OPTION_TEXT, OPTION_INTO(struct node_request, kek),
		.help = "where the service has its key-encryption keys: a file, or a token's "
			"pkcs11: URI; default DIR/kek"},
	{0},
};

#define NAME  OPTION_TEXT, OPTION_INTO(struct node_request, name)
#define OTHER OPTION_TEXT, OPTION_INTO(struct node_request, other)

/* What may be named, and by how much of it. */
#define NAMES                                                                                    \
	"NAME is a node's name (of its endorsement key) or a disk's identifier, in hex, or the " \
	"beginning of one"
#define CHANGES "The service may be running. The change enters the audit record."

static const struct command list_command;

static int run_list(int argc, char **argv)
{
	return node_run(&list_command, node_list, argc, argv);
}

static const struct command list_command = {
	.name = "node list",
	.summary = "the nodes and their disks",
	.about = "Lists the nodes and their disks. The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = full_rows}, {.rows = node_json_rows}},
	.run = run_list,
};

static const struct command show_command;

static int run_show(int argc, char **argv)
{
	return node_run(&show_command, node_show, argc, argv);
}

static const struct command show_command = {
	.name = "node show",
	.summary = "one node or disk",
	.about = "Shows one node with its disks, or one disk. " NAMES
		 ". The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_json_rows}},
	.operands = {{"NAME", NAME}},
	.run = run_show,
};

static const struct command forget_command;

static int run_forget(int argc, char **argv)
{
	return node_run(&forget_command, node_forget, argc, argv);
}

static const struct command forget_command = {
	.name = "node forget",
	.summary = "node and disk are as if they had never joined",
	.about = "Node and disk are as if they had never joined. What is on the disk cannot be "
		 "opened any more; it is formatted again only when it is blank. " NAMES
		 ": 8 digits at least. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"NAME", NAME}},
	.run = run_forget,
};

static const struct command rebind_command;

static int run_rebind(int argc, char **argv)
{
	return node_run(&rebind_command, node_rebind, argc, argv);
}

static const struct command rebind_command = {
	.name = "node rebind",
	.summary = "give a disk to a node whose TPM is another",
	.about = "The disk now belongs to NODE (its whole name), whose TPM is another. DISK is "
		 "its identifier in hex, or 8 digits of it at least. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"DISK", NAME}, {"NODE", OTHER}},
	.run = run_rebind,
};

static const struct command accept_command;

static int run_accept(int argc, char **argv)
{
	return node_run(&accept_command, node_accept, argc, argv);
}

static const struct command accept_command = {
	.name = "node accept",
	.summary = "take what a node's next join comes with",
	.about = "Whatever firmware, settings and keys the node's next join comes with are its "
		 "own from then on. " NAMES ": 8 digits at least. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"NAME", NAME}},
	.run = run_accept,
};

static const struct command allow_format_command;

static int run_allow_format(int argc, char **argv)
{
	return node_run(&allow_format_command, node_allow_format, argc, argv);
}

static const struct command allow_format_command = {
	.name = "node allow-format",
	.summary = "let a disk be formatted once",
	.about = "The disk (its whole identifier) may be formatted once although it is not blank: "
		 "all that is on it is lost. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"DISK", NAME}},
	.run = run_allow_format,
};

static const struct command backup_command;

static int run_backup(int argc, char **argv)
{
	return node_run(&backup_command, node_backup, argc, argv);
}

static const struct command backup_command = {
	.name = "node backup",
	.summary = "copy keys, store and audit record",
	.about = "Makes a consistent copy of keys, store and audit record in a new folder. The "
		 "service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_kek_rows}},
	.operands = {{"FOLDER", OPTION_FOLDER, OPTION_INTO(struct node_request, name)}},
	.run = run_backup,
};

static const struct command recovered_command;

static int run_recovered(int argc, char **argv)
{
	return node_run(&recovered_command, node_recovered, argc, argv);
}

static const struct command recovered_command = {
	.name = "node recovered",
	.summary = "enter the uses of a recovery bundle into the audit record",
	.about = "Enters what protostar recover has opened from a bundle of this service while it "
		 "was away: LEDGER is the file beside the bundle. What was entered before is not "
		 "entered again. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"LEDGER", OPTION_FILE, OPTION_INTO(struct node_request, name)}},
	.run = run_recovered,
};

static const struct command *const verbs[] = {&list_command, &show_command, &node_enroll_command,
	&node_enrolled_command, &node_pending_command, &node_approve_command, &node_reject_command,
	&node_ticket_command, &node_revoke_command, &node_unrevoke_command,
	&node_revocations_command, &node_rotate_command, &node_retire_command, &node_keys_command,
	&forget_command, &rebind_command, &accept_command, &allow_format_command, &backup_command,
	&node_export_command, &node_bundles_command, &recovered_command, &audit_command, NULL};

const struct command node_command = {
	.name = "node",
	.summary = "look at the join service's nodes, change them, back them up",
	.about = "Shows and changes what the join service knows of nodes and disks; it may be "
		 "running. Changes enter the audit record.",
	.commands = verbs,
	.options_first = true,
};
