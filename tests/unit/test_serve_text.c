/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's small parts: addresses, JSON lines, the log that never blocks, bounds. */
#include "tests/unit/test.h"
#include "tools/serve/net/address.h"
#include "tools/serve/join/denial_budget.h"
#include "tools/serve/log/log.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <unistd.h>

static void test_addresses(void)
{
	static const char *const good[] = {
		"127.0.0.1:0", "192.0.2.255:65535", "[::1]:7443", "[2001:db8::1]:1"};
	static const char *const bad[] = {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
		"127.0.0.1:-1", "127.0.0.1:1x", "127.0.0.1:000001", "::1:80", "[::1]", "[::1:80",
		"::1]:80", "[]:80", "[127.0.0.1]:80", "join:80", "256.0.0.1:80", "1.2.3:80",
		"[::1%lo]:80", " 127.0.0.1:80",
		"[11111111111111111111111111111111111111111111111111111111111111111111]:80"};
	struct sockaddr_in6 address;
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		REQUIRE(address_parse(good[i], &address));
		address_text(&address, text);
		CHECK(strcmp(text, good[i]) == 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!address_parse(bad[i], &address));
}

static bool same_source(const char *one, const char *other)
{
	struct sockaddr_in6 a, b;
	uint8_t x[16], y[16];

	if (!address_parse(one, &a) || !address_parse(other, &b))
		return false;
	address_source(&a, x);
	address_source(&b, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

static void test_sources(void)
{
	CHECK(same_source("192.0.2.1:1", "192.0.2.1:2"));
	CHECK(!same_source("192.0.2.1:1", "192.0.2.2:1"));
	CHECK(same_source("[2001:db8::1]:1", "[2001:db8::ffff:1:2:3]:1"));
	CHECK(!same_source("[2001:db8::1]:1", "[2001:db8:0:1::1]:1"));
}

/* Whatever goes in, a JSON parser gets the same out, and the line is one line of ASCII. */
static void test_json_lines(void)
{
	static struct json_line l;
	struct json_object *o, *v;
	char all[256];

	for (unsigned i = 1; i < 128; i++)
		all[i - 1] = (char)i;
	all[127] = 0;
	json_line_start(&l);
	json_line_text(&l, "all", all);
	json_line_number(&l, "n", UINT64_MAX);
	json_line_object(&l, "in");
	json_line_bool(&l, "yes", true);
	json_line_close(&l);
	json_line_hex(&l, "hex", (const uint8_t *)"\x00\xff", 2);
	REQUIRE(json_line_end(&l));
	CHECK(memchr(l.text, '\n', l.len) == l.text + l.len - 1);
	l.text[l.len - 1] = 0;
	o = json_tokener_parse(l.text);
	REQUIRE(o != NULL);
	CHECK(json_object_object_get_ex(o, "all", &v) &&
		strcmp(json_object_get_string(v), all) == 0);
	CHECK(json_object_object_get_ex(o, "n", &v) && json_object_get_uint64(v) == UINT64_MAX);
	CHECK(json_object_object_get_ex(o, "hex", &v) &&
		strcmp(json_object_get_string(v), "00ff") == 0);
	json_object_put(o);
	json_line_start(&l);
	for (unsigned i = 0; i < 100; i++)
		json_line_text(&l, "all", all);
	CHECK(!json_line_end(&l));
}

static void say(struct log *log, const char *text)
{
	log_message(log, "event", text);
}

static void test_log_lines(void)
{
	struct log log = {0};
	char text[1024];
	int ends[2];
	ssize_t n;

	REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
	log.fd = ends[1];
	say(&log, "a forged\nline \x1b[31m");
	n = read(ends[0], text, sizeof(text) - 1);
	REQUIRE(n > 0);
	text[n] = 0;
	CHECK(strstr(text, "Z event text=\"a forged?line ?[31m\"\n"));
	log.json = true;
	say(&log, "two\nlines");
	n = read(ends[0], text, sizeof(text) - 1);
	REQUIRE(n > 0);
	text[n] = 0;
	CHECK(strstr(text, "\"event\":\"event\",\"text\":\"two\\u000alines\"}\n"));
	close(ends[0]);
	close(ends[1]);
}

/* A pipe that nobody reads fills up; the lines after that are dropped, counted, and told of. */
static void test_log_never_blocks(void)
{
	struct log log = {.json = true};
	char text[4096];
	int ends[2];
	ssize_t n;

	REQUIRE(pipe2(ends, 0) == 0);
	REQUIRE(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096);
	log.fd = ends[1];
	for (unsigned i = 0; i < 200; i++)
		say(&log, "some text to fill the pipe with");
	CHECK(log.dropped > 100);
	n = read(ends[0], text, sizeof(text));
	CHECK(n > 0);
	say(&log, "again");
	n = read(ends[0], text, sizeof(text) - 1);
	REQUIRE(n > 0);
	text[n] = 0;
	CHECK(strstr(text, "\"dropped\":"));
	CHECK(log.dropped == 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_denial_budget(void)
{
	struct denial_budget b = {0};
	unsigned recorded = 0;

	for (unsigned i = 0; i < DENIALS_PER_MINUTE + 50; i++)
		recorded += denial_budget_take(&b, 60000);
	CHECK(recorded == DENIALS_PER_MINUTE && b.left_out == 50);
	CHECK(!denial_budget_take(&b, 119999) && b.left_out == 51);
	CHECK(denial_budget_take(&b, 120000) && denial_budget_take(&b, 120000));
	CHECK(b.left_out == 51); /* whoever records it takes it back */
}

/* However short or long the lines are, and however they come: never more than so much a day. */
static void test_denial_bytes(void)
{
	struct denial_budget b = {0};
	const uint64_t day = 24 * 3600 * 1000;
	size_t bytes = 0;

	for (uint64_t now = 5 * day; now < 6 * day; now += 97) {
		size_t len = now % (JSON_LINE_MAX - 400) + 401;

		if (!denial_budget_take(&b, now))
			continue;
		denial_budget_spend(&b, len);
		bytes += len;
	}
	CHECK(bytes <= DENIAL_BYTES_PER_DAY && bytes > DENIAL_BYTES_PER_DAY - JSON_LINE_MAX);
	CHECK(!denial_budget_take(&b, 6 * day - 1));
	CHECK(denial_budget_take(&b, 6 * day));
}

int main(void)
{
	RUN(test_addresses);
	RUN(test_sources);
	RUN(test_json_lines);
	RUN(test_log_lines);
	RUN(test_log_never_blocks);
	RUN(test_denial_budget);
	RUN(test_denial_bytes);
	return test_summary();
}
