/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strangers at the service: what they learn of others, whose public keys they know, and how much
 * they fill of what it remembers.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "early/contract/errors.h"
#include "tests/interop/serve/identity_setting.h"
#include "tests/unit/test.h"

/* What somebody learns who knows A's endorsement key and its certificate, which are public. */
static void ask_about_a(const uint8_t *disk, const char *what_a_is)
{
	struct machine asking = at.b;
	struct evidence e;
	struct outcome o;
	struct client c;

	memcpy(asking.ek_pub, at.a.ek_pub, at.a.ek_pub_len);
	asking.ek_pub_len = at.a.ek_pub_len;
	setting_connect(&c);
	evidence_make(&e, &c, &asking, disk);
	client_join(&c, &e, &at.b, &o);
	CHECK(o.challenged && o.type == MSG_DENY && o.code == E_DENY_ACTIVATION);
	if (o.code != E_DENY_ACTIVATION)
		fprintf(stderr, "when A is %s: %u\n", what_a_is, o.code);
	evidence_free(&e);
	client_close(&c);
}

/* Who proves no endorsement key is told nothing of its owner, and leaves no trace of him. */
static void test_nothing_is_told_of_others(void)
{
	char name[2 * TPM_NAME_LEN + 1], as_node[128], extra[128];
	struct pki_entity of_a = certify(&at.a, &maker);
	struct outcome o;

	give(&at.a, &of_a);
	give(&at.b, &of_a);
	ek_name(&at.a, name);
	serve("{\"ek_certificate\":{\"roots\":[\"roots.pem\"]},\"approval\":true}", "", false);
	ask_about_a(disk_1, "unknown");
	CHECK(NODE("pending", "--json") == 0 && printed(name) == 0);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_PENDING);
	ask_about_a(disk_1, "waiting");
	CHECK(NODE("pending", "--json") == 0 && printed("\"tries\":1") == 1);
	CHECK(NODE("approve", name) == 0);
	ask_about_a(disk_1, "approved");
	ask_about_a(disk_2, "approved with another disk");
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	ask_about_a(disk_1, "known");
	ask_about_a(disk_2, "known with another disk");
	snprintf(extra, sizeof(extra), ",\"pin_ak\":true,\"revoked\":{\"nodes\":[\"%s\"]}", name);
	setting_reload(1, extra);
	ask_about_a(disk_1, "revoked");
	CHECK(setting_try(&at.a, disk_1) == E_DENY_REVOKED);
	service_stop(&at.service, SIGTERM);
	/* Of A are: that it had to wait, its grant, its commit, its denial. */
	snprintf(as_node, sizeof(as_node), "\"node\":\"%s\"", name);
	CHECK(service_count(&at.service, "audit.jsonl", as_node) == 4);
	CHECK(service_count(&at.service, "audit.jsonl", "\"claimed_ek\"") == 7);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"alarm\"") == 0);
	give(&at.a, NULL);
	give(&at.b, NULL);
	pki_free(&of_a);
}

/* Strangers fill neither the store nor each other's places. */
static void test_flood_of_newcomers(void)
{
	uint8_t disk[DISK_ID_LEN] = {0xf0};
	unsigned waiting = 0;

	serve("{\"approval\":{\"max_pending\":3}}", ",\"recognise\":\"set\"", false);
	for (unsigned i = 0; i < 8; i++) {
		disk[1] = (uint8_t)i;
		CHECK(setting_try(&at.a, disk) == E_DENY_PENDING);
	}
	CHECK(node("pending", NULL) == 0);
	for (unsigned i = 0; i < 8; i++) {
		char start[8];

		snprintf(start, sizeof(start), "f0%02x00", i);
		waiting += printed(start);
	}
	CHECK(waiting == 3 && printed("f00000") == 1 && printed("f00300") == 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	identity_open();
	RUN(test_flood_of_newcomers);
	RUN(test_nothing_is_told_of_others);
	identity_close();
	setting_close();
	return test_summary();
}
