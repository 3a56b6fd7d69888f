/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `protostar node pending|enrolled`: who waits for an operator's word, and who has it; read-only.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tools/lib/hex.h"
#include "tools/serve/join/node_id.h"
#include "tools/serve/log/json_line.h"
#include "tools/serve/node/node_time.h"
#include "tools/serve/node/node_word.h"

#define SOURCE_TEXT_MAX (INET6_ADDRSTRLEN + 4u)

struct listing {
	bool json;
	unsigned shown;
};

static void put_object(struct listing *l, struct json_line *line)
{
	if (l->shown++)
		fputs(",\n ", stdout);
	if (json_line_end(line))
		fwrite(line->text, 1, line->len - 1, stdout);
}

/* "192.0.2.1" or "2001:db8::/64". */
static void source_text(const uint8_t source[STORE_SOURCE_LEN], char out[SOURCE_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr a;

	memcpy(a.s6_addr, source, sizeof(a.s6_addr));
	if (IN6_IS_ADDR_V4MAPPED(&a)) {
		inet_ntop(AF_INET, source + 12, out, SOURCE_TEXT_MAX);
		return;
	}
	inet_ntop(AF_INET6, &a, host, sizeof(host));
	snprintf(out, SOURCE_TEXT_MAX, "%s/64", host);
}

static void show_pending(void *context, const struct store_pending *p)
{
	struct listing *l = context;
	char node[NODE_NAME_HEX], disk[NODE_DISK_HEX], first[NODE_TIME_LEN], last[NODE_TIME_LEN];
	char source[SOURCE_TEXT_MAX];
	struct json_line line;

	hex_encode(p->node_id, TPM_NAME_LEN, node);
	hex_encode(p->disk_id, DISK_ID_LEN, disk);
	source_text(p->source, source);
	node_time(p->first_s, first);
	node_time(p->last_s, last);
	if (!l->json) {
		printf("%s  %-9s  %s  %-20s  %s  %s\n", node, node_id_kind(p->node_id), disk, last,
			p->set_name, p->subject);
		return;
	}
	json_line_start(&line);
	json_line_text(&line, "node", node);
	json_line_text(&line, "identity", node_id_kind(p->node_id));
	json_line_text(&line, "disk", disk);
	json_line_text(&line, "source", source);
	json_line_text(&line, "set", p->set_name);
	json_line_text(&line, "role", p->role);
	json_line_text(&line, "subject", p->subject);
	json_line_text(&line, "first", first);
	json_line_text(&line, "last", last);
	json_line_number(&line, "tries", p->tries);
	put_object(l, &line);
}

static void show_enrolled(void *context, const struct store_enrolment *e)
{
	struct listing *l = context;
	char node[NODE_NAME_HEX], disk[NODE_DISK_HEX] = "", when[NODE_TIME_LEN];
	struct json_line line;

	hex_encode(e->node_id, TPM_NAME_LEN, node);
	if (e->has_disk)
		hex_encode(e->disk_id, DISK_ID_LEN, disk);
	node_time(e->time_s, when);
	if (!l->json) {
		printf("%s  %-9s  %-32s  %-20s  %-16s  %s\n", node, node_id_kind(e->node_id), disk,
			when, e->role, e->label);
		return;
	}
	json_line_start(&line);
	json_line_text(&line, "node", node);
	json_line_text(&line, "identity", node_id_kind(e->node_id));
	json_line_text(&line, "disk", disk);
	json_line_text(&line, "role", e->role);
	json_line_text(&line, "label", e->label);
	json_line_text(&line, "subject", e->subject);
	json_line_text(&line, "time", when);
	put_object(l, &line);
}

static struct failure list_pending(struct store *s, struct listing *l)
{
	if (!l->json)
		printf("%-68s  %-9s  %-32s  %-20s  %s\n", "NODE", "IDENTITY", "DISK", "LAST SEEN",
			"SET");
	return store_each_pending(s, show_pending, l);
}

static struct failure list_enrolled(struct store *s, struct listing *l)
{
	if (!l->json)
		printf("%-68s  %-9s  %-32s  %-20s  %-16s  %s\n", "NODE", "IDENTITY", "DISK",
			"SINCE", "ROLE", "LABEL");
	return store_each_enrolment(s, show_enrolled, l);
}

static struct failure list(
	const struct node_request *r, struct failure (*all)(struct store *s, struct listing *l))
{
	static struct listing l; /* one command, one list */
	struct store *s = NULL;
	struct failure f = node_store(r, STORE_READ, &s);

	l = (struct listing){.json = r->json};
	if (!f.happened && r->json)
		fputs("[", stdout);
	if (!f.happened)
		f = all(s, &l);
	if (!f.happened && r->json)
		puts("]");
	store_close(s);
	return f;
}

struct failure node_pending(const struct node_request *r)
{
	return list(r, list_pending);
}

struct failure node_enrolled(const struct node_request *r)
{
	return list(r, list_enrolled);
}
