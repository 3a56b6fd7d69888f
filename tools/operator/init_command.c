/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar init`: from the command line to what is said of the node. */
#include <stddef.h>
#include <stdio.h>

#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"
#include "tools/operator/init.h"

static const struct option_row rows[] = {
	{"state", "DIR", OPTION_FOLDER, OPTION_INTO(struct init_request, state),
		.help = "the folder of the service that the node becomes, made where it is "
			"missing; give the same one again after a failure"},
	{"policy", "FILE", OPTION_FILE, OPTION_INTO(struct init_request, policy),
		.help = "which measurements may join; the node gets it with the files it names"},
	{"kek", "FILE", OPTION_FILE, OPTION_INTO(struct init_request, keys.kek),
		.help = "key-encryption keys: a file, or pkcs11:... for a token that the node "
			"reaches, too; default DIR/kek"},
	{0},
};

static void print_json(const struct init_result *r)
{
	struct bytes text = {0};
	struct json_text json;

	json_start_lines(&json, &text, 0);
	json_open(&json, NULL, '{');
	json_hex(&json, "node", r->node.node_id, TPM_NAME_LEN);
	json_hex(&json, "disk", r->node.disk.disk_id, DISK_ID_LEN);
	json_string(&json, "action", r->node.action == ACTION_OPEN ? "open" : "format");
	json_hex(&json, "pin", r->service_pin, sizeof(r->service_pin));
	json_close(&json);
	fwrite(text.data, 1, text.len, stdout);
	bytes_free(&text);
}

static void print(const struct init_request *r, const struct init_result *result)
{
	char node[2 * TPM_NAME_LEN + 1], disk[2 * DISK_ID_LEN + 1], pin[65];

	if (r->common.json) {
		print_json(result);
		return;
	}
	hex_encode(result->node.node_id, TPM_NAME_LEN, node);
	hex_encode(result->node.disk.disk_id, DISK_ID_LEN, disk);
	hex_encode(result->service_pin, sizeof(result->service_pin), pin);
	printf("node: %s\ndisk: %s\npin: %s\n", node, disk, pin);
	printf("The node is the service now; the pin is what the next nodes name. %s has its "
	       "keys: keep it as safe, or erase it.\n",
		r->state);
}

static struct failure work(const struct init_request *r, struct init_result *result)
{
	struct key_pair key;
	struct failure f = process_begin();

	if (f.happened)
		return f;
	TRY_FAILURE(operator_key(&r->common, &key));
	if (r->common.pin)
		operator_print_pin(&r->common, &key);
	else
		f = init_node(r, &key, result);
	key_free(&key);
	return f;
}

static int run(int argc, char **argv)
{
	struct init_request r = {.common = {.wait_s = OPERATOR_WAIT_S}};
	struct init_result result;
	struct failure f;
	int code = command_read(&init_command, argc, argv, &r);

	if (code >= 0)
		return code;
	if (!r.common.pin && (!r.common.node_given || !r.state || !r.policy)) {
		command_refuse(&init_command, "--node, --state and --policy are needed");
		return EXIT_MISUSE;
	}
	f = work(&r, &result);
	if (f.happened)
		complain("%s", f.text);
	else if (!r.common.pin)
		print(&r, &result);
	process_end();
	return f.happened ? EXIT_REFUSED : EXIT_DONE;
}

const struct command init_command = {
	.name = "init",
	.summary = "make a waiting node the first of a cluster, and its service",
	.usage = "--node\tADDR:PORT --state\tDIR --policy\tFILE --key\tFILE [OPTION...]\n"
		 "--pin --key\tFILE [--json]",
	.about = "Serves one node that waits for its operator (protostar.operator and "
		 "protostar.listen): judges its evidence as the join service would, gives it its "
		 "disk's key, and everything that it needs to be the service from then on: its "
		 "root file system runs protostar serve --found. Nothing is lost when it is cut "
		 "short: the same command goes on where it was.",
	.groups = {{.rows = operator_rows}, {.rows = rows}},
	.notes = "Exit codes: 0 the node has committed, 1 it has not, 2 misuse.",
	.run = run,
};
