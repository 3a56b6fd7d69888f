#include <stdlib.h>
#include "early/dhcp.h"
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
	static const uint8_t discover[] = {TYPE(1), 55, 2, 1, 3, END, 0};
	static const uint8_t request[] = {
		TYPE(3), 50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 2, 55, 2, 1, 3, END, 0};
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
	RUN(test_refused_fields);
	RUN(test_truncation);
	RUN(test_bit_flips);
	RUN(test_query);
	return test_summary();
}
