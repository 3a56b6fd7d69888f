/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of connections that are turned away: how often, and why TLS came to nothing. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/serve/log/refusal.h"
#include "tools/serve/net/tls_refusal.h"

static int pipe_ends[2];

/* Lines that the log has taken since the last call; the last of them in out. */
static unsigned lines(char *out, size_t cap)
{
	static char text[1 << 16];
	ssize_t n = read(pipe_ends[0], text, sizeof(text) - 1);
	unsigned count = 0;
	char *at = text, *end;

	text[n > 0 ? n : 0] = 0;
	out[0] = 0;
	for (; (end = strchr(at, '\n')); at = end + 1, count++) {
		*end = 0;
		snprintf(out, cap, "%.1000s", at);
	}
	return count;
}

static void test_lines_of_a_minute(void)
{
	struct line_limit l = {0};
	unsigned said = 0;

	/* At the clock's beginning as well as later. */
	for (uint64_t now = 0; now < 100; now++)
		said += line_limit_take(&l, 5, now);
	CHECK(said == 5 && l.left_out == 95 && l.total == 100);
	CHECK(line_limit_due(&l) == LINE_LIMIT_MS);
	CHECK(line_limit_end(&l, LINE_LIMIT_MS - 1) == 0);
	/* The minute is over, but what was left out of it is not said yet. */
	CHECK(!line_limit_take(&l, 5, LINE_LIMIT_MS));
	CHECK(line_limit_end(&l, LINE_LIMIT_MS) == 96);
	CHECK(line_limit_due(&l) == UINT64_MAX && line_limit_end(&l, LINE_LIMIT_MS) == 0);
	for (unsigned i = 0; i < 5; i++)
		CHECK(line_limit_take(&l, 5, 2 * LINE_LIMIT_MS));
	CHECK(!line_limit_take(&l, 5, 2 * LINE_LIMIT_MS));
	CHECK(line_limit_end(&l, 3 * LINE_LIMIT_MS) == 1);
	/* A few a minute are all said. */
	for (uint64_t minute = 4; minute < 10; minute++)
		for (unsigned i = 0; i < 5; i++)
			CHECK(line_limit_take(&l, 5, minute * LINE_LIMIT_MS));
}

static void test_log(void)
{
	struct log log = {.fd = pipe_ends[1], .json = true};
	struct refusals r = {0};
	char last[2048];

	for (unsigned reason = 0; reason < REFUSALS; reason++) {
		refusal_log(&r, &log, (enum refusal)reason, "192.0.2.1:5", NULL);
		CHECK(lines(last, sizeof(last)) == 1);
		CHECK(strstr(last, "\"peer\":\"192.0.2.1:5\"") && strstr(last, "\"count\":1,"));
	}
	for (unsigned i = 0; i < 1000; i++)
		refusal_log(&r, &log, REFUSAL_NO_ALPN, "192.0.2.1:5", "more");
	CHECK(lines(last, sizeof(last)) == 4);
	CHECK(strstr(last, "\"reason\":\"no-alpn\"") && strstr(last, "\"detail\":\"more\""));
	refusals_sum_up(&r, &log);
	CHECK(lines(last, sizeof(last)) == 0 && refusals_due(&r) != UINT64_MAX);
	/* A minute later. */
	r.limits[REFUSAL_NO_ALPN].began_ms -= LINE_LIMIT_MS;
	refusals_sum_up(&r, &log);
	CHECK(lines(last, sizeof(last)) == 1);
	CHECK(strstr(last, "\"event\":\"refused-more\",\"reason\":\"no-alpn\",\"left_out\":996,"
			   "\"count\":1001") != NULL);
	CHECK(refusals_due(&r) == UINT64_MAX);
}

/* A ClientHello up to its cipher suites. */
static size_t hello(
	uint8_t out[HELLO_LOOK_MAX], size_t session_id, const uint16_t *suites, size_t count)
{
	static const uint8_t head[] = {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3};
	size_t at = sizeof(head) + 32;

	memset(out, 0x55, HELLO_LOOK_MAX);
	memcpy(out, head, sizeof(head));
	out[at++] = (uint8_t)session_id;
	at += session_id;
	out[at++] = (uint8_t)(2 * count >> 8);
	out[at++] = (uint8_t)(2 * count);
	for (size_t i = 0; i < count; i++) {
		out[at++] = (uint8_t)(suites[i] >> 8);
		out[at++] = (uint8_t)suites[i];
	}
	return at;
}

static void test_tls13_only(void)
{
	static const uint16_t only[] = {0x1302, 0x1303, 0x1301, 0x00ff, 0xdada, 0x5600};
	static const uint16_t both[] = {0x1302, 0xc02c};
	uint8_t bytes[HELLO_LOOK_MAX];
	size_t len = hello(bytes, 32, only, 6);

	CHECK(hello_is_tls13_only(bytes, len) && hello_is_tls13_only(bytes, sizeof(bytes)));
	for (size_t cut = 0; cut < len; cut++)
		CHECK(!hello_is_tls13_only(bytes, cut));
	len = hello(bytes, 0, only, 1);
	CHECK(hello_is_tls13_only(bytes, len));
	CHECK(!hello_is_tls13_only(bytes, hello(bytes, 32, both, 2)));
	CHECK(!hello_is_tls13_only(bytes, hello(bytes, 0, both, 0)));
	len = hello(bytes, 32, only, 6);
	bytes[0] = 23;
	CHECK(!hello_is_tls13_only(bytes, len));
	len = hello(bytes, 32, only, 6);
	bytes[77] = 3; /* half a suite */
	CHECK(!hello_is_tls13_only(bytes, len));
	memset(bytes, 0xff, sizeof(bytes));
	CHECK(!hello_is_tls13_only(bytes, sizeof(bytes)));
}

int main(void)
{
	if (pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC))
		return 2;
	RUN(test_lines_of_a_minute);
	RUN(test_log);
	RUN(test_tls13_only);
	return test_summary();
}
