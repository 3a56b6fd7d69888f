/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a place at the service, and who gives way: a crowd that proves nothing turns out its
 * own, and nobody whose TPM or disk is at work. Addresses of the crowd are those of the loopback
 * network.
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PER_SOURCE 64u /* the service's default */
#define FLOOD	   5000u

static int crowd[FLOOD];

/* A connection from 127.0.0.<host>. */
static int connect_from(uint8_t host)
{
	const struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host)};
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(at.service.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&from, sizeof(from)) ||
		connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		exit(2);
	return fd;
}

/* The same, with the beginning of a ClientHello sent. */
static int half_shaken(uint8_t host)
{
	static const uint8_t hello[] = {0x16, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3};
	int fd = connect_from(host);

	if (send(fd, hello, sizeof(hello), MSG_NOSIGNAL) != sizeof(hello))
		exit(2);
	return fd;
}

/* True when the service has closed it, or does within the time given. */
static bool closed_within(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&p, 1, wait_ms) != 1)
		return false;
	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

static void leave(size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(crowd[i]);
}

/* What was sent so far has been seen when one that came later was answered. */
static void settle(void)
{
	struct client c;
	int fd = connect_from(9);

	if (!client_open(&c, fd, at.service.pin))
		exit(2);
	client_close(&c);
}

static void start(const char *const *options)
{
	if (!service_start(&at.service, options))
		exit(2);
}

static void stop(void)
{
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* Silent sockets of the node's own address: NAT, a /64, a load balancer. */
static void test_silent_neighbours(void)
{
	start(NULL);
	for (size_t i = 0; i < 100; i++)
		crowd[i] = connect_from(1);
	for (size_t i = 0; i < 36; i++)
		CHECK(closed_within(crowd[i], 5000));
	for (size_t i = 36; i < 100; i++)
		CHECK(!closed_within(crowd[i], 0));
	CHECK(service_logged(&at.service, "\"reason\":\"gave-way-to-its-source\""));
	CHECK(service_logged(&at.service, "--max-per-source"));
	CHECK(setting_try(&at.a, disk_1) == 0);
	CHECK(closed_within(crowd[36], 5000));
	leave(100);
	stop();
}

static void test_half_shaken_neighbours(void)
{
	start(NULL);
	for (size_t i = 0; i < PER_SOURCE; i++)
		crowd[i] = half_shaken(1);
	settle();
	CHECK(setting_try(&at.a, disk_1) == 0);
	CHECK(closed_within(crowd[0], 5000));
	leave(PER_SOURCE);
	stop();
}

/* A node whose TPM makes its quote, answers a challenge, or whose disk is made ready. */
static void flood_during(uint8_t stage, const char *const *options)
{
	static uint8_t frame[FRAME_MAX + 4];
	struct client c;
	struct evidence e;
	struct outcome o, last;
	struct span body;

	start(options);
	setting_connect(&c);
	evidence_make(&e, &c, &at.b, disk_2);
	if (stage == MSG_CHALLENGE) {
		CHECK(client_send(&c, frame, evidence_frame(&e, frame)));
		CHECK(client_receive(&c, &body) == MSG_CHALLENGE);
	}
	if (stage == MSG_GRANT)
		client_join(&c, &e, &at.b, &o);
	for (size_t i = 0; i < FLOOD; i++)
		crowd[i] = connect_from(1);
	settle();
	CHECK(!closed_within(c.fd, 0));
	if (stage == MSG_HELLO)
		client_join(&c, &e, &at.b, &o);
	if (stage == MSG_GRANT || stage == MSG_HELLO) {
		CHECK(o.type == MSG_GRANT);
		client_commit(&c, &o, mac_1, &last);
		CHECK(last.type == MSG_ACK);
	}
	evidence_free(&e);
	client_close(&c);
	leave(FLOOD);
	stop();
}

static void test_bare_connects(void)
{
	static const char *const many[] = {
		"--max-per-source", "65536", "--max-connections", "512", NULL};

	flood_during(MSG_CHALLENGE, NULL);
	flood_during(MSG_CHALLENGE, many);
	flood_during(MSG_HELLO, NULL);
	flood_during(MSG_HELLO, many);
	flood_during(MSG_GRANT, NULL);
	flood_during(MSG_GRANT, many);
}

/* Places that are all at work are kept; the newcomer is told so in the log, and how to go on. */
static void test_places_at_work(void)
{
	static const char *const few[] = {"--max-per-source", "4", "--max-connections", "6", NULL};
	static struct client held[6];
	struct client late;
	int fd;

	start(few);
	for (size_t i = 0; i < 4; i++)
		setting_connect(&held[i]);
	fd = connect_from(1);
	CHECK(closed_within(fd, 5000));
	close(fd);
	CHECK(service_logged(&at.service, "\"reason\":\"source-full\""));
	CHECK(service_logged(&at.service, "raise --max-per-source"));
	for (size_t i = 4; i < 6; i++)
		CHECK(client_open(&held[i], connect_from(2), at.service.pin));
	fd = connect_from(3);
	CHECK(closed_within(fd, 5000));
	close(fd);
	CHECK(service_logged(&at.service, "\"reason\":\"places-full\""));
	CHECK(service_logged(&at.service, "raise --max-connections"));
	for (size_t i = 0; i < 6; i++)
		CHECK(!closed_within(held[i].fd, 0));
	/* A place that is free again is given to the next one. */
	client_close(&held[0]);
	CHECK(service_logged(&at.service, "\"reason\":\"cut\""));
	CHECK(client_open(&late, connect_from(1), at.service.pin));
	client_close(&late);
	for (size_t i = 1; i < 6; i++)
		client_close(&held[i]);
	stop();
}

/* With all places taken it is the greatest crowd that gives way, and the silent before others. */
static void test_fullest_source_first(void)
{
	static const char *const few[] = {"--max-connections", "16", NULL};
	int quiet[2], half[2];

	start(few);
	for (size_t i = 0; i < 2; i++)
		half[i] = half_shaken(4);
	for (size_t i = 0; i < 2; i++)
		quiet[i] = connect_from(3);
	for (size_t i = 0; i < 60; i++)
		crowd[i] = connect_from(2);
	settle();
	for (size_t i = 0; i < 2; i++) {
		CHECK(!closed_within(quiet[i], 0));
		CHECK(!closed_within(half[i], 0));
	}
	for (size_t i = 0; i < 40; i++)
		CHECK(closed_within(crowd[i], 5000));
	CHECK(!closed_within(crowd[59], 0));
	CHECK(service_logged(&at.service, "\"reason\":\"gave-way\""));
	leave(60);
	/* Those that have begun to speak are the last to go, even when they are the oldest. */
	for (size_t i = 0; i < 60; i++)
		crowd[i] = connect_from((uint8_t)(10 + i));
	settle();
	for (size_t i = 0; i < 2; i++)
		CHECK(closed_within(quiet[i], 5000) && !closed_within(half[i], 0));
	for (size_t i = 0; i < 2; i++) {
		close(quiet[i]);
		close(half[i]);
	}
	leave(60);
	stop();
}

static bool enough_files(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur >= FLOOD + 64;
}

/* However the program ends, what it started ends too. */
static void clean_up(void)
{
	service_stop(&at.service, SIGKILL);
	setting_close();
}

int main(int argc, char **argv)
{
	if (argc != 2 || !enough_files())
		return 2;
	setting_open(argv[1]);
	atexit(clean_up);
	RUN(test_silent_neighbours);
	RUN(test_half_shaken_neighbours);

	RUN(test_bare_connects);
	RUN(test_places_at_work);
	RUN(test_fullest_source_first);
	return test_summary();
}
