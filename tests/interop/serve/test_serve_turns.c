/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node that does not wait for its turn, or whose last word is malformed: it is told 601 wherever
 * it can be told, what was granted meanwhile does not leave, and the audit record says how it
 * ended.
 */
#include "tests/interop/serve/flight.h"
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "early/contract/errors.h"

static const uint8_t proof[] = {0, 0, 0, 38, MSG_PROOF, 1, 0, 0, 0, 32, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static const uint8_t commit[47] = {0, 0, 0, 43, MSG_COMMIT, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0x11};

static struct flight flight;

/* The last line of the audit record. */
static const char *last_line(void)
{
	static char line[16384];
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/audit.jsonl", at.service.state);
	f = fopen(path, "r");
	line[0] = 0;
	while (f && fgets(line, sizeof(line), f))
		;
	if (f)
		fclose(f);
	return line;
}

/* The code of the DENY that comes next; 0 for anything else. */
static uint16_t next_denial(struct client *c)
{
	struct msg_deny deny = {0};
	struct span body;

	if (client_receive(c, &body) == MSG_DENY)
		CHECK(message_get_deny(body, &deny));
	return deny.code;
}

/*
 * Good evidence with more behind it, all in one segment and in records of `each` bytes; what it is
 * answered with.
 */
static uint16_t evidence_and(struct machine *m, const uint8_t *disk, struct span more, size_t each)
{
	static uint8_t frames[FRAME_MAX + 4 + 64];
	struct client c;
	struct evidence e;
	uint16_t code = 0;
	size_t len;

	setting_connect(&c);
	evidence_make(&e, &c, m, disk);
	len = evidence_frame(&e, frames);
	memcpy(frames + len, more.data, more.len);
	flight.len = 0;
	flight_data(&flight, &c.tls, frames, len + more.len, each);
	if (flight_send(&flight, c.fd))
		code = next_denial(&c);
	evidence_free(&e);
	client_close(&c);
	return code;
}

static void test_proof_before_its_challenge(void)
{
	static const size_t each[] = {16384, 500, 38, 11, 1};

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		CHECK(evidence_and(&at.a, disk_1, (struct span){proof, sizeof(proof)}, each[i]) ==
			E_DENY_PROTOCOL);
	/* One byte more than the message is enough. */
	CHECK(evidence_and(&at.a, disk_1, (struct span){proof, 1}, 16384) == E_DENY_PROTOCOL);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"grant\"") == 0);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

/* On a rejoin the grant is on record before anybody knows of the frame behind the evidence. */
static void test_commit_before_its_grant(void)
{
	static const size_t each[] = {16384, 500, 47, 1};
	struct outcome o;

	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		CHECK(evidence_and(&at.a, disk_1, (struct span){commit, sizeof(commit)}, each[i]) ==
			E_DENY_PROTOCOL);
		CHECK(strstr(last_line(), "\"event\":\"deny\"") &&
			strstr(last_line(), "\"code\":601"));
	}
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
}

/* A node that is gone before its grant has left: the record does not end with the grant. */
static void test_grant_that_never_left(void)
{
	static uint8_t frame[FRAME_MAX + 4];
	struct client c;
	struct evidence e;

	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	flight.len = 0;
	flight_data(&flight, &c.tls, frame, evidence_frame(&e, frame), 16384);
	/* Held back until the end comes too, so that both are there at once. */
	CHECK(send(c.fd, flight.bytes, flight.len, MSG_MORE) == (ssize_t)flight.len);
	shutdown(c.fd, SHUT_WR);
	CHECK(next_denial(&c) == 0);
	evidence_free(&e);
	client_close(&c);
	CHECK(service_logged(&at.service, "\"event\":\"unsent\""));
	CHECK(strstr(last_line(), "\"event\":\"unsent\"") != NULL);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

/* A malformed ABORT, after a CHALLENGE or after a GRANT. */
static void bad_abort(const uint8_t *bytes, size_t len, bool granted)
{
	static uint8_t frame[FRAME_MAX + 4];
	struct client c;
	struct evidence e;
	struct span body;
	uint8_t type = 0;

	setting_connect(&c);
	evidence_make(&e, &c, granted ? &at.a : &at.b, granted ? disk_1 : disk_2);
	if (client_send(&c, frame, evidence_frame(&e, frame)))
		type = client_receive(&c, &body);
	CHECK(type == (granted ? MSG_GRANT : MSG_CHALLENGE));
	CHECK(client_send(&c, bytes, len));
	CHECK(next_denial(&c) == E_DENY_PROTOCOL);
	CHECK(strstr(last_line(), "\"event\":\"deny\"") && strstr(last_line(), "\"code\":601"));
	evidence_free(&e);
	client_close(&c);
}

static void test_malformed_aborts(void)
{
	static const struct {
		uint8_t bytes[9];
		size_t len;
	} bad[] = {
		{{0, 0, 0, 4, MSG_ABORT, 1, 0, 0}, 8},	     /* no code */
		{{0, 0, 0, 3, MSG_ABORT, 1, 2}, 7},	     /* half of one */
		{{0, 0, 0, 2, MSG_ABORT, 1}, 6},	     /* nothing */
		{{0, 0, 0, 5, MSG_ABORT, 1, 2, 0x12, 0}, 9}, /* too much */
		{{0, 0, 0, 4, MSG_ABORT, 2, 2, 0x12}, 8},    /* another version */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bad_abort(bad[i].bytes, bad[i].len, false);
		bad_abort(bad[i].bytes, bad[i].len, true);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	CHECK(service_start(&at.service, NULL));
	RUN(test_proof_before_its_challenge);
	RUN(test_commit_before_its_grant);
	RUN(test_grant_that_never_left);
	RUN(test_malformed_aborts);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	setting_close();
	return test_summary();
}
