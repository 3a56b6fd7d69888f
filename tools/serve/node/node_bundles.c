/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node bundles`: what was exported, read-only. */
#include <stdio.h>

#include "tools/lib/hex.h"
#include "tools/serve/log/json_line.h"
#include "tools/serve/node/node_command.h"
#include "tools/serve/node/node_time.h"
#include "tools/serve/store/store_bundles.h"

#define BUNDLE_HEX (2 * STORE_BUNDLE_ID_LEN + 1)

struct listing {
	bool json;
	unsigned shown;
};

static const char *kind_name(const struct store_bundle *b)
{
	return b->service ? "service" : "recovery";
}

static void show_json(struct listing *l, const struct store_bundle *b, uint64_t nodes)
{
	char made[NODE_TIME_LEN];
	struct json_line line;

	node_time(b->created_s, made);
	json_line_start(&line);
	json_line_hex(&line, "bundle", b->id, STORE_BUNDLE_ID_LEN);
	json_line_text(&line, "kind", kind_name(b));
	json_line_text(&line, "made", made);
	json_line_number(&line, "nodes", nodes);
	json_line_number(&line, "uses", b->uses);
	json_line_number(&line, "used", b->used);
	if (l->shown++)
		fputs(",\n ", stdout);
	if (json_line_end(&line))
		printf("%.*s", (int)line.len - 1, line.text);
}

static void show(void *context, const struct store_bundle *b, uint64_t nodes)
{
	struct listing *l = context;
	char id[BUNDLE_HEX], made[NODE_TIME_LEN];

	if (l->json) {
		show_json(l, b, nodes);
		return;
	}
	hex_encode(b->id, STORE_BUNDLE_ID_LEN, id);
	node_time(b->created_s, made);
	printf("%s  %-8s  %-20s  %5llu  %4llu  %4llu\n", id, kind_name(b), made,
		(unsigned long long)nodes, (unsigned long long)b->uses,
		(unsigned long long)b->used);
}

static struct failure node_bundles(const struct node_request *r)
{
	struct listing l = {.json = r->json};
	struct store *s = NULL;
	struct failure f = node_store(r, STORE_READ, &s);

	if (f.happened)
		return f;
	if (r->json)
		fputs("[", stdout);
	else
		printf("%-32s  %-8s  %-20s  %5s  %4s  %4s\n", "BUNDLE", "KIND", "MADE", "NODES",
			"USES", "USED");
	f = store_each_bundle(s, show, &l);
	if (!f.happened && r->json)
		puts("]");
	store_close(s);
	return f;
}

static int run_bundles(int argc, char **argv)
{
	return node_run(&node_bundles_command, node_bundles, argc, argv);
}

const struct command node_bundles_command = {
	.name = "node bundles",
	.summary = "the bundles that were exported",
	.about = "Lists the bundles that were exported, by when they were made, and how often each "
		 "was used, as far as the service was told. The service may be running.",
	.groups = {{.rows = node_state_rows}, {.rows = node_json_rows}},
	.run = run_bundles,
};
