/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strangers at the service: what they learn of others, whose public keys they know, and how much
 * they fill of what it remembers.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

/* One join of machine A from 127.0.0.`host`. */
static uint16_t try_from(uint8_t host, const uint8_t disk[DISK_ID_LEN])
{
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host - 1u)},
			   to = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons(at.service.port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct evidence e;
	struct outcome o;
	struct client c;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&from, sizeof(from)) ||
		connect(fd, (const struct sockaddr *)&to, sizeof(to)) ||
		!client_open(&c, fd, at.service.pin)) {
		perror("no connection from another address");
		exit(1);
	}
	evidence_make(&e, &c, &at.a, disk);
	client_join(&c, &e, &at.a, &o);
	evidence_free(&e);
	client_close(&c);
	return o.type == MSG_DENY ? o.code : 0;
}

static bool waits(const char *disk)
{
	return NODE("pending", "--json") == 0 && printed(disk) == 1;
}

/* Strangers fill neither the store nor the places of those who come from elsewhere. */
static void test_flood_of_newcomers(void)
{
	uint8_t disk[DISK_ID_LEN] = {0xf0};

	serve("{\"approval\":{\"max_pending\":3}}", ",\"recognise\":\"set\"", false);
	for (unsigned i = 0; i < 8; i++) {
		disk[1] = (uint8_t)i;
		CHECK(try_from(1, disk) == E_DENY_PENDING);
	}
	CHECK(waits("\"disk\":\"f000") && waits("\"disk\":\"f001") && waits("\"disk\":\"f002") &&
		!waits("\"disk\":\"f003"));
	CHECK(printed("\"source\":\"127.0.0.1\"") == 3);
	/* An honest one, from another address: a stranger makes room. */
	CHECK(try_from(2, disk_1) == E_DENY_PENDING);
	CHECK(waits(DISK_1) && printed("\"source\":\"127.0.0.2\"") == 1);
	CHECK(printed("\"source\":\"127.0.0.1\"") == 2);
	/* Who does not come back in its place. */
	CHECK(try_from(1, disk) == E_DENY_PENDING);
	CHECK(waits(DISK_1) && printed("\"source\":\"127.0.0.1\"") == 2);
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
