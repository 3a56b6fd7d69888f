/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <stdlib.h>
#include "early/net/dhcp6.h"
#include "tests/unit/early/dhcp6_message.h"
#include "tests/unit/test.h"

#define XID 0x123456u

static struct dhcp6_query query = {.type = DHCP6_SOLICIT, .xid = XID};
static struct dhcp6_reply reply;
static struct message answer;

static bool read_exact(size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool good;

	if (!copy)
		abort();
	memcpy(query.mac, client_mac, 6);
	memcpy(copy, answer.data, len);
	memset(&reply, 0, sizeof(reply));
	good = dhcp6_read(copy, len, &query, &reply);
	free(copy);
	return good;
}

static void test_answers(void)
{
	char text[INET6_ADDRSTRLEN];

	make_answer(&answer, 2, XID);
	REQUIRE(read_exact(answer.len));
	CHECK(reply.type == DHCP6_ADVERTISE && !reply.rapid && reply.status == 0);
	CHECK(reply.offer.server_len == 14 && reply.offer.server[13] == 9);
	CHECK(inet_ntop(AF_INET6, &reply.offer.address, text, sizeof(text)) &&
		strcmp(text, "fd00:9::1ab") == 0);
	make_answer(&answer, 7, XID);
	add_option(&answer, 14, NULL, 0);
	add_option(&answer, 23, "what was not asked for", 22);
	REQUIRE(read_exact(answer.len));
	CHECK(reply.type == DHCP6_REPLY && reply.rapid && reply.status == 0);
}

/* Answers of other types, numbers and clients are none. */
static void test_not_ours(void)
{
	for (unsigned type = 0; type < 256; type++) {
		make_answer(&answer, (uint8_t)type, XID);
		CHECK(read_exact(answer.len) == (type == 2 || type == 7));
	}
	make_answer(&answer, 2, XID ^ 1);
	CHECK(!read_exact(answer.len));
	make_answer(&answer, 2, XID ^ 0x800000);
	CHECK(!read_exact(answer.len));
	make_answer(&answer, 2, XID);
	answer.data[8 + 4] ^= 1; /* a byte of the client's MAC */
	CHECK(!read_exact(answer.len));
	start(&answer, 2, XID);
	CHECK(!read_exact(answer.len));
}

/* Reads an answer whose identity association holds these options; the status, or -1. */
static int inside(const struct message *options)
{
	start(&answer, 7, XID);
	add_ids(&answer);
	add_ia(&answer, options);
	return read_exact(answer.len) ? reply.status : -1;
}

/* An address option made of the good one with one byte changed; what a reader says. */
static int changed(size_t at, uint8_t value)
{
	struct message m = {.len = 0};
	uint8_t address[24];

	memcpy(address, good_address, sizeof(address));
	address[at] = value;
	add_option(&m, 5, address, sizeof(address));
	return inside(&m);
}

static void test_addresses(void)
{
	static const uint8_t loopback[24] = {[15] = 1, [19] = 1, [23] = 2};
	static const uint8_t mapped[24] = {[10] = 0xff, 0xff, 10, 0, 0, 1, [19] = 1, [23] = 2};
	static const uint8_t forever[24] = {
		0x20, 1, [15] = 1, 255, 255, 255, 255, 255, 255, 255, 255};
	struct message m = {.len = 0};

	CHECK(changed(15, 0xac) == 0);
	CHECK(changed(0, 0xff) == 2);  /* multicast */
	CHECK(changed(22, 0x00) == 2); /* valid for less than preferred */
	CHECK(changed(16, 0xff) == 2); /* preferred for longer than valid */
	CHECK(inside(&m) == 2);	       /* none at all */
	add_option(&m, 5, loopback, sizeof(loopback));
	CHECK(inside(&m) == 2);
	add_option(&m, 5, mapped, sizeof(mapped));
	CHECK(inside(&m) == 2);
	add_option(&m, 5, forever, sizeof(forever));
	add_option(&m, 5, good_address, sizeof(good_address));
	CHECK(inside(&m) == 0);
	CHECK(reply.offer.address.s6_addr[0] == 0x20);
}

/* No longer valid, link-local, unspecified. */
static void test_unusable_addresses(void)
{
	static const uint8_t rows[][24] = {
		{0x20, 1, [15] = 1},
		{0xfe, 0x80, [15] = 1, [19] = 1, [23] = 2},
		{[19] = 1, [23] = 2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m = {.len = 0};

		add_option(&m, 5, rows[i], 24);
		CHECK(inside(&m) == 2);
	}
}

static void test_statuses(void)
{
	static const uint8_t none_left[] = {0, 2, 'n', 'o'}, good[] = {0, 0}, cut[] = {0};
	struct message m = {.len = 0}, with_status = {.len = 0};

	add_option(&m, 13, none_left, sizeof(none_left));
	CHECK(inside(&m) == 2);
	add_option(&m, 5, good_address, sizeof(good_address));
	CHECK(inside(&m) == 2);
	m.len = 0;
	add_option(&m, 13, good, sizeof(good));
	add_option(&m, 5, good_address, sizeof(good_address));
	CHECK(inside(&m) == 0);
	m.len = 0;
	add_option(&m, 13, cut, sizeof(cut));
	CHECK(inside(&m) == -1);
	m.len = 0;
	add(&with_status, good_address, sizeof(good_address));
	add_option(&with_status, 13, none_left, sizeof(none_left));
	add_option(&m, 5, with_status.data, with_status.len);
	CHECK(inside(&m) == 2);
	make_answer(&answer, 7, XID);
	add_option(&answer, 13, (const uint8_t[]){0, 1}, 2);
	CHECK(read_exact(answer.len) && reply.status == 1);
	make_answer(&answer, 7, XID);
	add_option(&answer, 13, cut, sizeof(cut));
	CHECK(!read_exact(answer.len));
}

static void test_refused_options(void)
{
	struct message m = {.len = 0};
	uint8_t duid[131] = {0}, ia[12] = {0};

	m.len = 0;
	add_option(&m, 5, good_address, 23);
	CHECK(inside(&m) == -1); /* an address of 23 bytes */
	m.len = 0;
	add_option(&m, 5, good_address, 24);
	m.data[3] = 25;
	CHECK(inside(&m) == -1); /* longer than what holds it */
	make_answer(&answer, 7, XID);
	add_option(&answer, 14, duid, 1);
	CHECK(!read_exact(answer.len)); /* rapid commit has no value */
	make_answer(&answer, 7, XID);
	add_option(&answer, 3, client_mac, 6);
	CHECK(!read_exact(answer.len)); /* half an identity association */
	make_answer(&answer, 7, XID);
	memcpy(ia, client_mac + 2, 4);
	add_option(&answer, 3, ia, sizeof(ia));
	CHECK(!read_exact(answer.len)); /* ours twice */
	make_answer(&answer, 7, XID);
	ia[0] ^= 1;
	add_option(&answer, 3, ia, sizeof(ia));
	CHECK(read_exact(answer.len)); /* another one of another's */
	make_answer(&answer, 7, XID);
	add_option(&answer, 2, duid, 10);
	CHECK(!read_exact(answer.len)); /* two servers */
}

/* A server's name has 3 to 130 bytes. */
static void test_server_names(void)
{
	static const struct {
		size_t len;
		bool good;
	} rows[] = {{0, false}, {2, false}, {3, true}, {130, true}, {131, false}, {1000, false}};
	uint8_t client[10] = {0, 3, 0, 1}, name[1000] = {7};

	memcpy(client + 4, client_mac, 6);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(&answer, 2, XID);
		add_option(&answer, 1, client, sizeof(client));
		add_option(&answer, 2, name, rows[i].len);
		CHECK(read_exact(answer.len) == rows[i].good);
	}
	start(&answer, 2, XID);
	add_option(&answer, 1, client, sizeof(client));
	CHECK(!read_exact(answer.len));
}

/* Cut anywhere but between options it is no message; between them it lacks what it needs. */
static void test_truncation(void)
{
	make_answer(&answer, 2, XID);
	for (size_t cut = 0; cut < answer.len; cut++)
		CHECK(!read_exact(cut) || reply.status == 2);
	CHECK(read_exact(answer.len) && reply.status == 0);
}

/* No flip makes it read outside (ASan) or gives an address that no host can have. */
static void test_bit_flips(void)
{
	make_answer(&answer, 7, XID);
	for (size_t bit = 0; bit < answer.len * 8; bit++) {
		answer.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (read_exact(answer.len) && reply.status == 0)
			CHECK(!IN6_IS_ADDR_MULTICAST(&reply.offer.address) &&
				!IN6_IS_ADDR_LINKLOCAL(&reply.offer.address) &&
				reply.offer.server_len <= DHCP6_DUID_MAX);
		answer.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_queries(void)
{
	static const uint8_t solicit[] = {1, 0x12, 0x34, 0x56, 0, 1, 0, 10, 0, 3, 0, 1, 0x52, 0x54,
		0, 0x12, 0x34, 0x56, 0, 8, 0, 2, 1, 2, 0, 6, 0, 2, 0, 82, 0, 14, 0, 0, 0, 3, 0, 12,
		0, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t association[] = {0, 2, 0, 3, 7, 8, 9, 0, 3, 0, 40, 0, 0x12, 0x34, 0x56,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24};
	struct dhcp6_offer offer = {.server = {7, 8, 9}, .server_len = 3};
	struct dhcp6_query q = {.type = DHCP6_SOLICIT, .xid = XID, .hundredths = 0x102};
	uint8_t out[DHCP6_QUERY_MAX];

	memcpy(q.mac, client_mac, 6);
	REQUIRE(dhcp6_write(&q, out) == sizeof(solicit));
	CHECK_BYTES(out, solicit, sizeof(solicit));
	q.type = DHCP6_REQUEST;
	q.offer = &offer;
	memcpy(&offer.address, good_address, 16);
	REQUIRE(dhcp6_write(&q, out) == 30 + sizeof(association) + 24);
	CHECK(out[0] == 3);
	CHECK_BYTES(out + 30, association, sizeof(association));
	CHECK_BYTES(out + 30 + sizeof(association), good_address, 16);
	offer.server_len = DHCP6_DUID_MAX;
	CHECK(dhcp6_write(&q, out) <= DHCP6_QUERY_MAX);
}

int main(void)
{
	RUN(test_answers);
	RUN(test_not_ours);
	RUN(test_addresses);
	RUN(test_unusable_addresses);
	RUN(test_statuses);
	RUN(test_refused_options);
	RUN(test_server_names);
	RUN(test_truncation);
	RUN(test_bit_flips);
	RUN(test_queries);
	return test_summary();
}
