/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "early/net/dhcp.h"
#include "tests/unit/early/dhcp_packet.h"
#include "tests/unit/test.h"

#define XID 0x12345678u

static const uint8_t mac[6] = {0x52, 0x54, 0, 1, 2, 3};
static uint8_t packet[REPLY_MAX];
static struct dhcp_reply reply;

static bool read_exact(size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool good;

	if (!copy)
		abort();
	memcpy(copy, packet, len);
	good = dhcp_read(copy, len, XID, mac, &reply);
	free(copy);
	return good;
}

#define TYPE(t)	  53, 1, t
#define SERVER	  54, 4, 10, 0, 2, 2
#define MASK(...) 1, 4, __VA_ARGS__
#define ROUTER	  3, 4, 10, 0, 2, 2
#define END	  255

static bool offered(const uint8_t *options, size_t len)
{
	memset(&reply, 0, sizeof(reply));
	return read_exact(reply_make(packet, XID, mac, options, len));
}

static void test_offer(void)
{
	static const uint8_t options[] = {0, 0, TYPE(2), 6, 4, 8, 8, 8, 8, MASK(255, 255, 255, 0),
		SERVER, 3, 8, 10, 0, 2, 2, 10, 0, 2, 3, 51, 4, 0, 0, 1, 0, END, 9, 9};

	REQUIRE(offered(options, sizeof(options)));
	CHECK(reply.type == DHCP_OFFER && reply.lease.prefix == 24);
	CHECK(reply.lease.address[3] == 15 && reply.lease.router[3] == 2);
	CHECK(reply.lease.server[0] == 10);
}

static void test_without_router_or_mask(void)
{
	static const uint8_t bare[] = {TYPE(5), SERVER, END};
	static const uint8_t empty[] = {TYPE(5), SERVER, 3, 0, END};
	static const uint8_t silly[] = {TYPE(5), SERVER, 3, 4, 0, 0, 0, 0, END};
	static const uint8_t nak[] = {TYPE(6), END};

	REQUIRE(offered(bare, sizeof(bare)));
	CHECK(reply.type == DHCP_ACK && reply.lease.prefix == 32 && !reply.lease.router[0]);
	REQUIRE(offered(empty, sizeof(empty)));
	CHECK(!reply.lease.router[0]);
	REQUIRE(offered(silly, sizeof(silly)));
	CHECK(!reply.lease.router[0]);
	REQUIRE(offered(nak, sizeof(nak)));
	CHECK(reply.type == DHCP_NAK);
}

static void test_refused_options(void)
{
	static const struct {
		uint8_t bytes[16];
		size_t len;
	} rows[] = {
		{{SERVER, END}, 7},	      /* no type */
		{{TYPE(2), END}, 4},	      /* no server */
		{{TYPE(2), SERVER}, 9},	      /* no end */
		{{TYPE(1), SERVER, END}, 10}, /* no reply at all */
		{{TYPE(99), SERVER, END}, 10},
		{{53, 2, 2, 2, SERVER, END}, 11},	      /* type of two bytes */
		{{TYPE(2), 54, 3, 1, 2, 3, END}, 9},	      /* server of three bytes */
		{{TYPE(2), SERVER, 3, 5, 1, 1, 1, 1, 1}, 16}, /* no end */
		{{TYPE(2), SERVER, MASK(255, 0, 255, 0), END}, 16},
		{{TYPE(2), SERVER, MASK(0, 0, 0, 0), END}, 16},
		{{TYPE(2), SERVER, 12, 200, END}, 12}, /* longer than the packet */
		{{TYPE(2), SERVER, 12}, 10},	       /* no length */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(!offered(rows[i].bytes, rows[i].len));
}

static void test_masks(void)
{
	uint8_t options[] = {TYPE(2), SERVER, MASK(0, 0, 0, 0), END};

	for (unsigned prefix = 1; prefix <= 32; prefix++) {
		uint32_t mask = 0xffffffffu << (32 - prefix);

		for (int i = 0; i < 4; i++)
			options[11 + i] = (uint8_t)(mask >> (24 - 8 * i));
		CHECK(offered(options, sizeof(options)) && reply.lease.prefix == prefix);
	}
}

/* An MTU that every IPv4 host can have; a smaller one counts as none. */
static void test_mtu(void)
{
	static const struct {
		unsigned given, taken;
	} rows[] = {
		{0, 0}, {68, 0}, {575, 0}, {576, 576}, {1400, 1400}, {9001, 9001}, {65535, 65535}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t options[] = {TYPE(5), SERVER, 26, 2, (uint8_t)(rows[i].given >> 8),
			(uint8_t)rows[i].given, END};

		CHECK(offered(options, sizeof(options)) && reply.lease.mtu == rows[i].taken);
	}
}

/* GCP's shape: a host's address, its router by a route on the link, and all else by the router. */
static void test_routes(void)
{
	static const uint8_t options[] = {TYPE(5), SERVER, MASK(255, 255, 255, 255), 3, 4, 10, 0, 2,
		9, 121, 14, 32, 10, 128, 0, 1, 0, 0, 0, 0, 0, 10, 128, 0, 1, END};
	static const uint8_t to[4] = {10, 128, 0, 1}, zero[4];
	struct dhcp_route route;
	size_t at = 0;

	REQUIRE(offered(options, sizeof(options)));
	CHECK(reply.lease.prefix == 32);
	CHECK_BYTES(reply.lease.router, zero, 4);
	REQUIRE(dhcp_next_route(&reply.lease, &at, &route));
	CHECK(route.prefix == 32);
	CHECK_BYTES(route.to, to, 4);
	CHECK_BYTES(route.router, zero, 4);
	REQUIRE(dhcp_next_route(&reply.lease, &at, &route));
	CHECK(route.prefix == 0);
	CHECK_BYTES(route.to, zero, 4);
	CHECK_BYTES(route.router, to, 4);
	CHECK(!dhcp_next_route(&reply.lease, &at, &route));
}

/* Bits behind the prefix are cut off, for every length; the bytes of the destination are few. */
static void test_route_prefixes(void)
{
	for (unsigned prefix = 0; prefix <= 32; prefix++) {
		uint8_t options[32] = {TYPE(5), SERVER, 121};
		size_t bytes = (prefix + 7) / 8, at = 0;
		uint32_t mask = prefix ? 0xffffffffu << (32 - prefix) : 0;
		struct dhcp_route route;

		options[10] = (uint8_t)(5 + bytes);
		options[11] = (uint8_t)prefix;
		memset(options + 12, 0xff, bytes);
		memcpy(options + 12 + bytes, (const uint8_t[]){10, 0, 2, 2, END}, 5);
		REQUIRE(offered(options, 17 + bytes));
		REQUIRE(dhcp_next_route(&reply.lease, &at, &route));
		CHECK(route.prefix == prefix && route.router[3] == 2);
		for (unsigned i = 0; i < 4; i++)
			CHECK(route.to[i] == (uint8_t)(mask >> (24 - 8 * i)));
	}
}

/* RFC 3396: one long option in two pieces, cut within a route. No routes: the router counts. */
static void test_routes_in_pieces(void)
{
	static const uint8_t options[] = {
		TYPE(5), SERVER, 121, 3, 8, 10, 10, 121, 0, 121, 3, 0, 2, 7, END};
	static const uint8_t none[] = {TYPE(5), SERVER, 121, 0, ROUTER, END};
	struct dhcp_route route;
	size_t at = 0;

	REQUIRE(offered(options, sizeof(options)));
	REQUIRE(dhcp_next_route(&reply.lease, &at, &route));
	CHECK(route.prefix == 8 && route.to[0] == 10 && route.router[0] == 10);
	CHECK(route.router[3] == 7);
	REQUIRE(offered(none, sizeof(none)));
	CHECK(reply.lease.routes_len == 0 && reply.lease.router[3] == 2);
}

static void test_refused_routes(void)
{
	static const struct {
		uint8_t bytes[24];
		size_t len;
	} rows[] = {
		{{TYPE(5), SERVER, 121, 1, 0, END}, 13},	  /* no router */
		{{TYPE(5), SERVER, 121, 4, 0, 1, 2, 3, END}, 16}, /* half a router */
		{{TYPE(5), SERVER, 121, 8, 24, 10, 0, 0, 10, 0, 0, 1, 0, END}, 20}, /* END inside */
		{{TYPE(5), SERVER, 121, 6, 8, 10, 10, 0, 0, 1, 1, END}, 18},
		{{TYPE(5), SERVER, 121, 9, 33, 1, 1, 1, 1, 10, 0, 0, 1, END}, 21}, /* 33 bits */
		{{TYPE(5), SERVER, 121, 9, 255, 1, 1, 1, 1, 10, 0, 0, 1, END}, 21},
		{{TYPE(5), SERVER, 121, 5, 0, 127, 0, 0, 1, END}, 17}, /* no host's address */
		{{TYPE(5), SERVER, 121, 5, 0, 224, 0, 0, 1, END}, 17},
		{{TYPE(5), SERVER, 121, 5, 0, 0, 0, 0, 1, END}, 17},
		{{TYPE(5), SERVER, 26, 1, 5, END}, 13}, /* an MTU of one byte, of four */
		{{TYPE(5), SERVER, 26, 4, 0, 0, 5, 0, END}, 16},
	};
	uint8_t many[3 + 6 + 3 * 257 + 1] = {TYPE(5), SERVER};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(!offered(rows[i].bytes, rows[i].len));
	/* More than a lease holds. */
	for (size_t piece = 0; piece < 3; piece++) {
		uint8_t *p = many + 9 + piece * 257;

		*p++ = 121;
		*p++ = 255;
		for (size_t i = 0; i < 51; i++)
			memcpy(p + 5 * i, (const uint8_t[]){0, 10, 0, 0, 1}, 5);
	}
	many[sizeof(many) - 1] = END;
	CHECK(!offered(many, sizeof(many)));
	many[9 + 2 * 257] = END;
	CHECK(offered(many, sizeof(many)));
}

static const uint8_t good[] = {TYPE(2), SERVER, MASK(255, 255, 255, 0), ROUTER, END};

/* One byte changed where it matters, the header's checksum made right again. */
static void test_refused_fields(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{0, 0x65},
		{0, 0x44},
		{0, 0x4f},
		{9, 6},
		{6, 0x20},
		{7, 1},
		{3, 0},
		{2, 0xff},
		{21, 66},
		{23, 67},
		{25, 0},
		{24, 0xff},
		{28, 1},
		{29, 6},
		{30, 7},
		{32, 0},
		{44, 0},
		{44, 127},
		{44, 224},
		{56, 0},
		{28 + 236, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = reply_make(packet, XID, mac, good, sizeof(good));

		CHECK(read_exact(len));
		packet[rows[i].at] = rows[i].value;
		reply_checksum(packet, 20);
		CHECK(!read_exact(len));
	}
	(void)reply_make(packet, XID, mac, good, sizeof(good));
	packet[10] ^= 1;
	CHECK(!read_exact(REPLY_OPTIONS + sizeof(good)));
}

static void test_truncation(void)
{
	size_t len = reply_make(packet, XID, mac, good, sizeof(good));

	for (size_t cut = 0; cut < len; cut++) {
		CHECK(!read_exact(cut));
		/* The lengths inside fit the cut: the contents must be missed. */
		if (cut >= 28) {
			reply_lengths(packet, cut);
			CHECK(!read_exact(cut));
			reply_lengths(packet, len);
		}
	}
	CHECK(read_exact(len));
	/* Padding of the link behind the packet. */
	CHECK(read_exact(len + 18));
}

/* No flip makes it read outside (ASan) or give an address that no host can have. */
static void test_bit_flips(void)
{
	size_t len = reply_make(packet, XID, mac, good, sizeof(good));

	for (size_t bit = 0; bit < len * 8; bit++) {
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
		reply_checksum(packet, 20);
		if (read_exact(len) && reply.type != DHCP_NAK)
			CHECK(reply.lease.prefix >= 1 && reply.lease.prefix <= 32 &&
				reply.lease.address[0] != 0 && reply.lease.address[0] < 224);
		packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static uint32_t sum16(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void test_query(void)
{
	static const uint8_t discover[] = {TYPE(1), 55, 4, 1, 121, 3, 26, END, 0};
	static const uint8_t request[] = {
		TYPE(3), 50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 2, 55, 4, 1, 121, 3, 26, END, 0};
	struct dhcp_lease offer = {.address = {10, 0, 2, 15}, .server = {10, 0, 2, 2}};
	struct dhcp_query q = {.type = DHCP_DISCOVER, .xid = XID, .seconds = 0x102};
	uint8_t p[DHCP_QUERY_LEN], pseudo[12] = {[4] = 0xff, 0xff, 0xff, 0xff, 0, 17, 1, 0x34};
	uint32_t sum;

	memcpy(q.mac, mac, 6);
	dhcp_write(&q, p);
	CHECK(sum16(p, 20) == 0xffff);
	sum = sum16(pseudo, sizeof(pseudo)) + sum16(p + 20, DHCP_QUERY_LEN - 20);
	CHECK((sum & 0xffff) + (sum >> 16) == 0xffff);
	CHECK(p[28] == 1 && p[32] == 0x12 && p[35] == 0x78 && p[36] == 1 && p[37] == 2);
	CHECK(p[38] == 0x80);
	CHECK_BYTES(p + 56, mac, 6);
	CHECK_BYTES(p + REPLY_OPTIONS, discover, sizeof(discover));
	q.type = DHCP_REQUEST;
	q.offer = &offer;
	dhcp_write(&q, p);
	CHECK_BYTES(p + REPLY_OPTIONS, request, sizeof(request));
}

int main(void)
{
	RUN(test_offer);
	RUN(test_without_router_or_mask);
	RUN(test_refused_options);
	RUN(test_masks);
	RUN(test_mtu);
	RUN(test_routes);
	RUN(test_route_prefixes);
	RUN(test_routes_in_pieces);
	RUN(test_refused_routes);
	RUN(test_refused_fields);
	RUN(test_truncation);
	RUN(test_bit_flips);
	RUN(test_query);
	return test_summary();
}
