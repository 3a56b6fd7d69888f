/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service among thousands of connections that want nothing good: silent ones, slow ones,
 * such as talk nonsense. A node that joins meanwhile is served, and memory stays bounded. The
 * service's clock is the test's, so that no verdict depends on how fast the machine is: it stands
 * still while the crowd gathers and the node joins, and then the crowd's time is up.
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/serve/net/server.h"

#define CROWD	   2000
#define PATIENT_MS 120000 /* for what must come; how long it takes is no verdict */

static int crowd[CROWD];
static const char *stopped_clock; /* the module for LD_PRELOAD */
static uint64_t *clock_ms;

static void clock_open(void)
{
	char path[160];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/clock", at.folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*clock_ms)) || setenv("PROTOSTAR_TEST_CLOCK", path, 1))
		exit(1);
	map = mmap(NULL, sizeof(*clock_ms), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		exit(1);
	close(fd);
	clock_ms = map;
	*clock_ms = 1000000;
}

/* The service looks at its clock when something happens, so something does. */
static void clock_move(uint64_t by_ms)
{
	*(volatile uint64_t *)clock_ms += by_ms;
	close(client_connect(at.service.port));
}

static bool start_for_many(void)
{
	static const char *const many[] = {"--max-per-source", "4096", NULL};
	bool good;

	setenv("LD_PRELOAD", stopped_clock, 1);
	good = service_start(&at.service, many);
	unsetenv("LD_PRELOAD");
	return good;
}

/* True when the other side has closed the socket, or does within the time given. */
static bool closed_within(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char alert[64];
	ssize_t n;

	do {
		if (poll(&p, 1, wait_ms) != 1)
			return false;
		n = recv(fd, alert, sizeof(alert), MSG_DONTWAIT);
	} while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

/* How many of the crowd the service has not closed. */
static unsigned crowd_here(void)
{
	unsigned here = 0;

	for (size_t i = 0; i < CROWD; i++)
		here += crowd[i] >= 0 && !closed_within(crowd[i], 0);
	return here;
}

static bool crowd_leaves(void)
{
	bool gone = true;

	for (size_t i = 0; i < CROWD; i++)
		gone = gone && (crowd[i] < 0 || closed_within(crowd[i], PATIENT_MS));
	return gone;
}

static void close_crowd(void)
{
	for (size_t i = 0; i < CROWD; i++)
		if (crowd[i] >= 0)
			close(crowd[i]);
}

/* A third says nothing, a third starts a ClientHello and stops, a third talks no TLS at all. */
static void gather_crowd(void)
{
	static const uint8_t hello[] = {0x16, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3};
	static const char http[] = "GET / HTTP/1.1\r\n";

	for (size_t i = 0; i < CROWD; i++) {
		crowd[i] = client_connect(at.service.port);
		if (crowd[i] < 0)
			continue;
		if (i % 3 == 1)
			(void)!send(crowd[i], hello, sizeof(hello), MSG_NOSIGNAL);
		if (i % 3 == 2)
			(void)!send(crowd[i], http, sizeof(http) - 1, MSG_NOSIGNAL);
	}
}

/* Shakes hands, announces 256 KiB of evidence, sends a little of it, and stops. */
static struct client *stall(void)
{
	static const uint8_t header[16] = {0, 4, 0, 0, MSG_EVIDENCE, 1};
	struct client *c = malloc(sizeof(*c));

	if (!c)
		exit(1);
	setting_connect(c);
	CHECK(client_send(c, header, sizeof(header)));
	return c;
}

#define STALLED 100

static void test_stalled_evidence(void)
{
	struct client *stalled[STALLED];
	unsigned long before, after;
	struct outcome o;

	REQUIRE(start_for_many());
	before = service_memory(&at.service);
	for (size_t i = 0; i < STALLED; i++)
		stalled[i] = stall();
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	after = service_memory(&at.service);
	printf("%d stalled nodes take %lu KiB\n", STALLED, after - before);
	/* What was announced takes no room before it comes. */
	CHECK(after - before < 64ul * STALLED + 8192);
	for (size_t i = 0; i < STALLED; i++)
		CHECK(!closed_within(stalled[i]->fd, 0));
	clock_move(STEP_MS);
	for (size_t i = 0; i < STALLED; i++) {
		CHECK(closed_within(stalled[i]->fd, PATIENT_MS));
		client_close(stalled[i]);
		free(stalled[i]);
	}
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* Those that began to say something go on, a byte each. */
static void trickle(void)
{
	for (size_t i = 1; i < CROWD; i += 3)
		(void)!send(crowd[i], "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void test_slow_crowd(void)
{
	unsigned long before, after;
	struct outcome o;

	REQUIRE(start_for_many());
	before = service_memory(&at.service);
	gather_crowd();
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	after = service_memory(&at.service);
	printf("memory grew by %lu KiB\n", after - before);
	/* Two thirds have a TLS session of about 25 KiB; the rest is for allocators and sanitizers.
	 */
	CHECK(after - before < 27ul * (CROWD * 2 / 3) + 16384);
	CHECK(crowd_here() > CROWD / 2); /* the crowd really was there */
	trickle();
	clock_move(STEP_MS - 1);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(crowd_here() > CROWD / 2); /* and has the time that it is promised */
	/* Then it is gone, though some keep sending. */
	trickle();
	clock_move(1);
	CHECK(crowd_leaves());
	close_crowd();
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* The code of the DENY that bytes after HELLO are answered with; 0 for an end without one. */
static uint16_t answer_to(const uint8_t *bytes, size_t len, bool hang_up)
{
	struct client c;
	struct span body;
	struct msg_deny deny = {0};

	setting_connect(&c);
	CHECK(client_send(&c, bytes, len));
	if (hang_up)
		shutdown(c.fd, SHUT_WR);
	if (client_receive(&c, &body) == MSG_DENY)
		CHECK(message_get_deny(body, &deny));
	client_close(&c);
	return deny.code;
}

static void test_malformed_frames(void)
{
	static const struct {
		uint8_t bytes[8];
		size_t len;
	} bad[] = {
		{{0, 0, 0, 0, MSG_EVIDENCE, 1}, 6}, /* length below 2 */
		{{0, 4, 0, 1, MSG_EVIDENCE, 1}, 6}, /* above 262144 */
		{{0xff, 0xff, 0xff, 0xff, MSG_EVIDENCE, 1}, 6},
		{{0, 0, 0, 10, MSG_EVIDENCE, 2}, 6},	  /* another version */
		{{0, 0, 0, 10, 77, 1}, 6},		  /* unknown type */
		{{0, 0, 0, 10, MSG_HELLO, 1}, 6},	  /* the service's own */
		{{0, 0, 0, 43, MSG_COMMIT, 1}, 6},	  /* not due */
		{{0, 0, 0, 10, MSG_PROOF, 1}, 6},	  /* not due */
		{{0, 0, 0, 4, MSG_ABORT, 1, 2, 0x12}, 8}, /* nothing to abort yet */
		{{0, 0, 0, 2, MSG_EVIDENCE, 1}, 6},	  /* empty body */
		{{0, 0, 0, 4, MSG_EVIDENCE, 1, 1, 2}, 8}, /* short body */
	};

	REQUIRE(service_start(&at.service, NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(answer_to(bad[i].bytes, bad[i].len, false) == E_DENY_PROTOCOL);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

/* A node that is cut off anywhere in its evidence changes nothing. */
static void test_truncated_evidence(void)
{
	static uint8_t frame[FRAME_MAX + 4];
	unsigned grants = service_count(&at.service, "audit.jsonl", "\"event\":\"grant\"");
	struct client c;
	struct evidence e;
	size_t len;

	for (unsigned i = 0; i < 20; i++) {
		setting_connect(&c);
		evidence_make(&e, &c, &at.a, disk_1);
		len = evidence_frame(&e, frame);
		CHECK(client_send(&c, frame, len * i / 20 + (i == 0)));
		evidence_free(&e);
		client_close(&c);
	}
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"grant\"") == grants);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

/* Every byte of a good evidence frame, one at a time changed: never a grant, never a hang. */
static void test_changed_bytes(void)
{
	static uint8_t frame[FRAME_MAX + 4];
	struct client c;
	struct evidence e;
	struct span body;
	size_t len = 100;
	unsigned answers = 0, tries = 0;

	for (size_t at_byte = 4; at_byte < len; at_byte += 23, tries++) {
		setting_connect(&c);
		evidence_make(&e, &c, &at.a, disk_1);
		len = evidence_frame(&e, frame);
		frame[at_byte] ^= 0x40;
		CHECK(client_send(&c, frame, len));
		answers += client_receive(&c, &body) == MSG_DENY;
		evidence_free(&e);
		client_close(&c);
	}
	CHECK(tries > 20 && answers == tries);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static bool enough_files(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur >= CROWD + 64;
}

int main(int argc, char **argv)
{
	if (argc != 3 || !enough_files())
		return 2;
	stopped_clock = argv[2];
	setting_open(argv[1]);
	clock_open();
	RUN(test_slow_crowd);
	RUN(test_stalled_evidence);
	RUN(test_malformed_frames);
	RUN(test_truncated_evidence);
	RUN(test_changed_bytes);
	service_stop(&at.service, SIGKILL);
	setting_close();
	return test_summary();
}
