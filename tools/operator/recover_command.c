/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar recover`: from the command line to what is said of the node. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"
#include "tools/operator/recover.h"

static const struct option_row rows[] = {
	{"bundle", "FILE", OPTION_FILE, OPTION_INTO(struct recover_request, file.bundle),
		.help = "what protostar node export wrote; its uses are counted in FILE.uses"},
	{"passphrase-file", "FILE", OPTION_FILE,
		OPTION_INTO(struct recover_request, file.passphrase),
		.help = "opens the bundle; without it and shares the operator's key does"},
	{"share", "FILE", OPTION_FILE,
		OPTION_LIST(struct recover_request, file.shares, file.share_count), .repeat = true,
		.help = "of the bundle's key, one of each operator"},
	{0},
};

static void print_json(const struct recover_result *r)
{
	struct bytes text = {0};
	struct json_text json;

	json_start_lines(&json, &text, 0);
	json_open(&json, NULL, '{');
	json_hex(&json, "node", r->node.node_id, TPM_NAME_LEN);
	json_hex(&json, "disk", r->node.disk.disk_id, DISK_ID_LEN);
	json_number(&json, "usesLeft", r->uses_left);
	json_close(&json);
	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
}

static void print(const struct recover_request *r, const struct recover_result *result)
{
	char node[2 * TPM_NAME_LEN + 1], disk[2 * DISK_ID_LEN + 1];

	if (r->common.json) {
		print_json(result);
		return;
	}
	hex_encode(result->node.node_id, TPM_NAME_LEN, node);
	hex_encode(result->node.disk.disk_id, DISK_ID_LEN, disk);
	printf("node: %s\ndisk: %s\nuses left: %" PRIu64 "\n", node, disk, result->uses_left);
	printf("When a service is back: protostar node recovered %s.uses\n", r->file.bundle);
}

static struct failure work(const struct recover_request *r, struct recover_result *result)
{
	struct key_pair key;
	struct failure f = process_begin();

	if (f.happened)
		return f;
	TRY_FAILURE(operator_key(&r->common, &key));
	if (r->common.pin)
		operator_print_pin(&r->common, &key);
	else
		f = recover_node(r, &key, result);
	key_free(&key);
	return f;
}

/* -1: the words make sense. */
static int check(const struct recover_request *r)
{
	if (!r->common.pin && (!r->common.node_given || !r->file.bundle))
		command_refuse(&recover_command, "--node and --bundle are needed");
	else if (r->file.passphrase && r->file.share_count)
		command_refuse(&recover_command, "give a passphrase or shares");
	else
		return -1;
	return EXIT_MISUSE;
}

static int run(int argc, char **argv)
{
	struct recover_request r = {.common = {.wait_s = OPERATOR_WAIT_S}};
	struct recover_result result;
	struct failure f;
	int code = command_read(&recover_command, argc, argv, &r);

	if (code < 0)
		code = check(&r);
	if (code >= 0)
		return code;
	f = work(&r, &result);
	if (f.happened)
		complain("%s", f.text);
	else if (!r.common.pin)
		print(&r, &result);
	process_end();
	return f.happened ? EXIT_REFUSED : EXIT_DONE;
}

const struct command recover_command = {
	.name = "recover",
	.summary = "open the disk of a node that no service reaches, from a bundle",
	.usage = "--node\tADDR:PORT --bundle\tFILE --key\tFILE [OPTION...]\n"
		 "--pin --key\tFILE [--json]",
	.about = "Serves one node that waits for its operator (protostar.operator and "
		 "protostar.listen) from a bundle that was exported before: judges its evidence by "
		 "the policy in it, and gives it the key of its disk. Nothing is formatted, and no "
		 "other node is served.",
	.groups = {{.rows = operator_rows}, {.rows = rows}},
	.notes = "Each grant is one use of the bundle and is on record before it leaves.\n"
		 "Exit codes: 0 the node has committed, 1 it has not, 2 misuse.",
	.run = run,
};
