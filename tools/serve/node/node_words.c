/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands by which operators say who may be a node: from the command line to their verbs. */
#include <stddef.h>

#include "tools/serve/node/node_command.h"

#define CHANGES "The service may be running. The change enters the audit record."

static const struct option_row machine_rows[] = {
	{"ek-cert", "FILE", OPTION_FILE, OPTION_INTO(struct node_request, ek_cert),
		.help = "the certificate of its TPM's endorsement key, PEM or DER"},
	{"ek-name", "HEX", OPTION_TEXT, OPTION_INTO(struct node_request, ek_name),
		.help = "the name of that key, or another node's name of 68 digits"},
	{0},
};

static const struct option_row word_rows[] = {
	{"role", "ROLE", OPTION_TEXT, OPTION_INTO(struct node_request, role),
		.help = "the role that it gets; default: the set's"},
	{"label", "TEXT", OPTION_TEXT, OPTION_INTO(struct node_request, label),
		.help = "what people call it"},
	{0},
};

static const struct option_row own_disk_rows[] = {
	{"disk", "ID", OPTION_TEXT, OPTION_INTO(struct node_request, disk),
		.help = "it may have this disk alone, and nobody else may"},
	{0},
};

static const struct option_row ticket_rows[] = {
	{"disk", "ID", OPTION_TEXT, OPTION_INTO(struct node_request, disk), .required = true,
		.help = "the disk's whole identifier"},
	{"uses", "N", OPTION_NUMBER, OPTION_INTO(struct node_request, uses), .min = 0,
		.max = 1000000, .help = "how often; 0 takes a ticket back; default 1"},
	{"until", "TIME", OPTION_TEXT, OPTION_INTO(struct node_request, until),
		.help = "its end, as 2030-01-31T12:00:00Z; default: none"},
	{0},
};

#define NAME  OPTION_TEXT, OPTION_INTO(struct node_request, name)
#define OTHER OPTION_TEXT, OPTION_INTO(struct node_request, other)

#define KINDS                                                                                    \
	"KIND and VALUE: node, its whole name; disk, its whole identifier; ek, an endorsement "  \
	"key's name or the SHA-256 of a certificate that the node sends; ak, an attestation "    \
	"key's name; chip, SEV-SNP's CHIP_ID or the PPID of TDX; set, a name; epoch, a number: " \
	"the sets of all epochs below it. "

static int run_enroll(int argc, char **argv)
{
	return node_run(&node_enroll_command, node_enroll, argc, argv);
}

const struct command node_enroll_command = {
	.name = "node enroll",
	.summary = "register a machine before it comes",
	.about = "Registers a machine before it comes, for policies with \"listed\" or "
		 "\"approval\" and sets that are \"listed_only\", and prints its name. " CHANGES,
	.groups = {{.rows = node_state_rows}, {.rows = machine_rows}, {.rows = own_disk_rows},
		{.rows = word_rows}},
	.run = run_enroll,
};

static int run_enrolled(int argc, char **argv)
{
	return node_run(&node_enrolled_command, node_enrolled, argc, argv);
}

const struct command node_enrolled_command = {
	.name = "node enrolled",
	.summary = "the machines that are enrolled or approved",
	.about = "Lists the machines that were enrolled or approved. The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_json_rows}},
	.run = run_enrolled,
};

static int run_pending(int argc, char **argv)
{
	return node_run(&node_pending_command, node_pending, argc, argv);
}

const struct command node_pending_command = {
	.name = "node pending",
	.summary = "the machines that wait for approval",
	.about = "Lists the machines that wait for approval, by when they first came. One that "
		 "has not come for an hour is forgotten. The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_json_rows}},
	.run = run_pending,
};

static int run_approve(int argc, char **argv)
{
	return node_run(&node_approve_command, node_approve, argc, argv);
}

const struct command node_approve_command = {
	.name = "node approve",
	.summary = "let a machine that waits be a node",
	.about = "The machine that waits may be a node from its next try on, with the disk that it "
		 "came with. NAME is its name or its disk's, or 8 digits of one at least. " CHANGES,
	.groups = {{.rows = node_state_rows}, {.rows = word_rows}},
	.operands = {{"NAME", NAME}},
	.run = run_approve,
};

static int run_reject(int argc, char **argv)
{
	return node_run(&node_reject_command, node_reject, argc, argv);
}

const struct command node_reject_command = {
	.name = "node reject",
	.summary = "take an enrolment or approval back, or forget who waits",
	.about = "The machine waits no longer, and is enrolled or approved no more: where policy "
		 "wants that, it gets no key again. NAME is 8 digits at least of its name, or of "
		 "the disk of one that waits. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"NAME", NAME}},
	.run = run_reject,
};

static int run_ticket(int argc, char **argv)
{
	return node_run(&node_ticket_command, node_ticket, argc, argv);
}

const struct command node_ticket_command = {
	.name = "node ticket",
	.summary = "let the next admitted machine have a disk",
	.about = "The next machines that a set with \"recognise\": \"ticket\" admits may have this "
		 "disk, as often as the ticket says: one use is one boot. It takes the place of an "
		 "earlier ticket for the disk. " CHANGES,
	.groups = {{.rows = node_state_rows}, {.rows = ticket_rows}},
	.run = run_ticket,
};

static int run_revoke(int argc, char **argv)
{
	return node_run(&node_revoke_command, node_revoke, argc, argv);
}

const struct command node_revoke_command = {
	.name = "node revoke",
	.summary = "let something get no key any more, from now on",
	.about = "Whoever comes with this gets no key and completes no join, from the next message "
		 "of exchanges that are running on. " KINDS CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"KIND", NAME}, {"VALUE", OTHER}},
	.notes = "A disk that is open stays open until its machine is stopped, and whoever has a "
		 "disk's key keeps it: to revoke is to give it no more.",
	.run = run_revoke,
};

static int run_unrevoke(int argc, char **argv)
{
	return node_run(&node_unrevoke_command, node_unrevoke, argc, argv);
}

const struct command node_unrevoke_command = {
	.name = "node unrevoke",
	.summary = "take a revocation back",
	.about = "Takes back what node revoke said. " KINDS CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"KIND", NAME}, {"VALUE", OTHER}},
	.run = run_unrevoke,
};

static int run_revocations(int argc, char **argv)
{
	return node_run(&node_revocations_command, node_revocations, argc, argv);
}

const struct command node_revocations_command = {
	.name = "node revocations",
	.summary = "what is revoked",
	.about = "Lists what node revoke revoked; the policy's \"revoked\" is a list of its own. "
		 "The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_json_rows}},
	.run = run_revocations,
};

static const struct option_row rotate_rows[] = {
	{"kek", .kind = OPTION_FLAG, OPTION_INTO(struct node_request, rotate_kek),
		.help = "what is rotated: the key-encryption key"},
	{"kek-passphrase-file", "FILE", OPTION_FILE, OPTION_INTO(struct node_request, passphrase),
		.help = "what an encrypted key file is opened with"},
	{0},
};

static int run_rotate(int argc, char **argv)
{
	return node_run(&node_rotate_command, node_rotate, argc, argv);
}

const struct command node_rotate_command = {
	.name = "node rotate",
	.summary = "make a new key-encryption key and use it",
	.about =
		"Makes a new version of the key-encryption key. New disks get it at once, and each "
		"other disk at its node's next rejoin. " CHANGES,
	.groups = {{.rows = node_state_rows}, {.rows = rotate_rows}, {.rows = node_kek_rows}},
	.notes = "A disk's keyslot is made anew, under a key of the new version. The volume key in "
		 "it and the data under that stay as they are: who has copied a volume key reads "
		 "the disk as before, and only a disk that is formatted anew gets another.",
	.run = run_rotate,
};

static int run_retire(int argc, char **argv)
{
	return node_run(&node_retire_command, node_retire, argc, argv);
}

const struct command node_retire_command = {
	.name = "node retire",
	.summary = "never use a version of the key-encryption key again",
	.about = "Nothing is sealed under this version any more, and the service starts without "
		 "it: its line may be taken out of the key file. Refused, with a list, while a "
		 "disk has the version or is about to get it. " CHANGES,
	.groups = {{.rows = node_state_rows}},
	.operands = {{"VERSION", NAME}},
	.run = run_retire,
};

static int run_keys(int argc, char **argv)
{
	return node_run(&node_keys_command, node_keys, argc, argv);
}

const struct command node_keys_command = {
	.name = "node keys",
	.summary = "versions of the key-encryption key, and their disks",
	.about = "Lists the versions of the key-encryption key with the number of disks that have "
		 "each, and of those that are about to get it. The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_json_rows}},
	.run = run_keys,
};
