/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protostar attest and many peers at once: those that say nothing, that stop halfway, that stay
 * after their answer, that speak out of turn. None keeps another one from its answer. Times here
 * are of a test that hangs; each peer's own is ENDPOINT_TIMEOUT_MS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"
#include "tools/attest/endpoint.h"

#define PATIENCE_MS 300000 /* forty silent peers, one after the other, would take longer */
#define CROWD	    40u

static char node[32];
static pid_t answering;
static const uint8_t nonce[STATEMENT_NONCE_MIN] = {1, 2, 3};

/* The test ends when nobody listens. */
static int connected(void)
{
	int fd = -1;
	struct failure f;

	for (int i = 0; i < 1200; i++) {
		f = endpoint_connect(node, &fd);
		if (!f.happened)
			return fd;
		(void)poll(NULL, 0, 100);
	}
	fprintf(stderr, "%s\n", f.text);
	exit(1);
}

static size_t request(enum attest_frame type, uint8_t frame[ATTEST_REQUEST_MAX])
{
	struct attest_request m = {
		.nonce = {nonce, sizeof(nonce)}, .bank = 0x000B, .pcr_mask = 1u << 15};
	uint8_t body[ATTEST_REQUEST_MAX];
	struct wire_writer w, f;

	wire_write_start(&w, body, sizeof(body));
	attest_request_put(&w, &m);
	wire_write_start(&f, frame, ATTEST_REQUEST_MAX);
	attest_frame_put(&f, type, (struct span){body, w.len});
	return f.len;
}

static void say(int fd, const uint8_t *bytes, size_t len)
{
	CHECK(send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static int asking(void)
{
	uint8_t frame[ATTEST_REQUEST_MAX];
	int fd = connected();

	say(fd, frame, request(ATTEST_REQUEST, frame));
	return fd;
}

/* The next byte from the node; -1: it closed the connection, -2: it did neither. */
static int heard(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t byte;
	ssize_t n;

	if (poll(&p, 1, PATIENCE_MS) != 1)
		return -2;
	n = recv(fd, &byte, 1, MSG_DONTWAIT);
	return n == 1 ? byte : n == 0 || errno == ECONNRESET ? -1 : -2;
}

static bool closed(int fd)
{
	bool yes = heard(fd) == -1;

	close(fd);
	return yes;
}

/* True when a whole statement comes. */
static bool answered(int fd)
{
	static uint8_t buf[STATEMENT_MAX];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct statement m;
	struct span body;
	uint8_t type = 0;

	return poll(&p, 1, PATIENCE_MS) == 1 &&
	       !endpoint_receive(fd, buf, sizeof(buf), &type, &body).happened &&
	       type == ATTEST_STATEMENT && statement_get(body, &m);
}

static void test_silent_peers(void)
{
	int silent[CROWD], fd;

	for (size_t i = 0; i < CROWD; i++)
		silent[i] = connected();
	fd = asking();
	CHECK(answered(fd));
	close(fd);
	/* Each has its end: the first made room, the last one's time ends. */
	for (size_t i = 0; i < CROWD; i++)
		CHECK(closed(silent[i]));
}

static void test_half_a_request(void)
{
	uint8_t frame[ATTEST_REQUEST_MAX];
	size_t len = request(ATTEST_REQUEST, frame);
	int half[CROWD], fd;

	for (size_t i = 0; i < CROWD; i++) {
		half[i] = connected();
		say(half[i], frame, 1 + i % (len - 1));
	}
	fd = asking();
	CHECK(answered(fd));
	close(fd);
	for (size_t i = 0; i < CROWD; i++)
		CHECK(closed(half[i]));
}

static void test_who_stays_after_the_answer(void)
{
	int stays[CROWD], fd;

	for (size_t i = 0; i < CROWD; i++) {
		stays[i] = asking();
		CHECK(answered(stays[i]));
	}
	fd = asking();
	CHECK(answered(fd));
	close(fd);
	for (size_t i = 0; i < CROWD; i++)
		CHECK(closed(stays[i]));
}

static void test_byte_by_byte(void)
{
	uint8_t frame[ATTEST_REQUEST_MAX];
	size_t len = request(ATTEST_REQUEST, frame);
	int fd = connected();

	for (size_t i = 0; i < len; i++)
		say(fd, frame + i, 1);
	CHECK(answered(fd));
	close(fd);
}

/* What the node hears is not what may come now: it closes, and says nothing. */
static void test_out_of_turn(void)
{
	static const uint8_t garbage[] = "GET / HTTP/1.1\r\n\r\n";
	uint8_t frame[ATTEST_REQUEST_MAX];
	size_t len = request(ATTEST_RENEWAL, frame);
	int fd = connected();

	say(fd, frame, len);
	CHECK(closed(fd));
	fd = connected();
	say(fd, garbage, sizeof(garbage));
	CHECK(closed(fd));
	/* A second request is no renewal, and a renewal of no certificate is not taken. */
	fd = asking();
	CHECK(answered(fd));
	say(fd, frame, request(ATTEST_REQUEST, frame));
	CHECK(closed(fd));
	fd = asking();
	CHECK(answered(fd));
	say(fd, frame, request(ATTEST_RENEWAL, frame));
	CHECK(closed(fd));
	fd = asking();
	CHECK(answered(fd));
	close(fd);
}

static void test_end(void)
{
	int silent = connected(), fd = asking(), status = 1;

	CHECK(answered(fd));
	kill(answering, SIGTERM);
	CHECK(waitpid(answering, &status, 0) == answering && status == 0);
	CHECK(closed(silent));
	CHECK(closed(fd));
}

int main(int argc, char **argv)
{
	char tcti[160];

	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	snprintf(tcti, sizeof(tcti), "swtpm:path=%s/tpm-a/tpm", at.folder);
	snprintf(node, sizeof(node), "127.0.0.1:%u", service_free_port());
	rig_close(&at.a.rig);
	answering = fork();
	if (answering == 0) {
		execl(argv[1], argv[1], "attest", "--listen", node, "--tcti", tcti, "--certificate",
			"/nonexistent", "--event-log", "/nonexistent", (char *)NULL);
		_exit(127);
	}
	RUN(test_silent_peers);
	RUN(test_half_a_request);
	RUN(test_who_stays_after_the_answer);
	RUN(test_byte_by_byte);
	RUN(test_out_of_turn);
	RUN(test_end);
	snprintf(tcti, sizeof(tcti), "%s/tpm-a/tpm", at.folder);
	if (!rig_open(&at.a.rig, tcti))
		return 1;
	setting_close();
	return test_summary();
}
