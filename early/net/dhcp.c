/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/dhcp.h"

#include <string.h>
#include "early/contract/config_text.h"
#include "early/net/bytes.h"

#define IP_LEN	    20u
#define UDP_LEN	    8u
#define SERVER_PORT 67u
#define CLIENT_PORT 68u
#define PROTO_UDP   17u

/* Offsets in a BOOTP message, RFC 2131 section 2. */
#define BOOTP_XID     4u
#define BOOTP_SECS    8u
#define BOOTP_FLAGS   10u
#define BOOTP_YIADDR  16u
#define BOOTP_CHADDR  28u
#define BOOTP_MAGIC   236u
#define BOOTP_OPTIONS 240u
#define OP_REQUEST    1u
#define OP_REPLY      2u
#define ETHERNET      1u

/* RFC 2132. */
enum option {
	OPTION_PAD = 0,
	OPTION_MASK = 1,
	OPTION_ROUTER = 3,
	OPTION_MTU = 26,
	OPTION_ADDRESS = 50,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_PARAMETERS = 55,
	OPTION_CLASSLESS = 121, /* RFC 3442 */
	OPTION_END = 255,
};

static const uint8_t magic[4] = {99, 130, 83, 99};

/* The Internet checksum (RFC 1071) of len bytes, an even number, added to a start value. */
static unsigned checksum(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		sum += get16(data + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Appends an option; the caller's list is known to fit. */
static uint8_t *put_option(uint8_t *p, enum option option, const uint8_t *value, uint8_t len)
{
	*p++ = (uint8_t)option;
	*p++ = len;
	memcpy(p, value, len);
	return p + len;
}

static void write_options(const struct dhcp_query *q, uint8_t *p)
{
	static const uint8_t wanted[] = {OPTION_MASK, OPTION_CLASSLESS, OPTION_ROUTER, OPTION_MTU};
	uint8_t type = (uint8_t)q->type;

	p = put_option(p, OPTION_TYPE, &type, 1);
	if (q->type == DHCP_REQUEST) {
		p = put_option(p, OPTION_ADDRESS, q->offer->address, 4);
		p = put_option(p, OPTION_SERVER, q->offer->server, 4);
	}
	p = put_option(p, OPTION_PARAMETERS, wanted, sizeof(wanted));
	*p = OPTION_END;
}

void dhcp_write(const struct dhcp_query *q, uint8_t out[DHCP_QUERY_LEN])
{
	uint8_t *udp = out + IP_LEN, *bootp = udp + UDP_LEN;
	size_t udp_len = DHCP_QUERY_LEN - IP_LEN;
	unsigned sum;

	memset(out, 0, DHCP_QUERY_LEN);
	out[0] = 0x45;
	(void)put16(out + 2, DHCP_QUERY_LEN);
	out[8] = 64;
	out[9] = PROTO_UDP;
	memset(out + 16, 0xff, 4);
	(void)put16(out + 10, checksum(0, out, IP_LEN));
	(void)put16(udp, CLIENT_PORT);
	(void)put16(udp + 2, SERVER_PORT);
	(void)put16(udp + 4, (unsigned)udp_len);
	bootp[0] = OP_REQUEST;
	bootp[1] = ETHERNET;
	bootp[2] = 6;
	(void)put16(put16(bootp + BOOTP_XID, q->xid >> 16), q->xid & 0xffff);
	(void)put16(bootp + BOOTP_SECS, q->seconds);
	/* Asks for a broadcast answer: there is no address yet to send another one to. */
	(void)put16(bootp + BOOTP_FLAGS, 0x8000);
	memcpy(bootp + BOOTP_CHADDR, q->mac, 6);
	memcpy(bootp + BOOTP_MAGIC, magic, sizeof(magic));
	write_options(q, bootp + BOOTP_OPTIONS);
	/* The pseudo header: addresses (0 and all ones), protocol, length. */
	sum = checksum(0xffff + 0xffff + PROTO_UDP + (uint32_t)udp_len, udp, udp_len);
	(void)put16(udp + 6, sum ? sum : 0xffff);
}

/*
 * The BOOTP message inside an IPv4 packet; NULL when it is none. The UDP checksum is not looked
 * at: on virtual links it is often left to hardware that is not there.
 */
static const uint8_t *unwrap(const uint8_t *packet, size_t len, size_t *out_len)
{
	size_t head, total, udp_len;

	if (len < IP_LEN || packet[0] >> 4 != 4)
		return NULL;
	head = (size_t)(packet[0] & 15) * 4;
	total = get16(packet + 2);
	if (head < IP_LEN || total > len || total < head + UDP_LEN || packet[9] != PROTO_UDP ||
		checksum(0, packet, head) != 0)
		return NULL;
	/* No fragment: offset and more-fragments are zero. */
	if (get16(packet + 6) & 0x3fff)
		return NULL;
	udp_len = get16(packet + head + 4);
	if (get16(packet + head) != SERVER_PORT || get16(packet + head + 2) != CLIENT_PORT ||
		udp_len < UDP_LEN + BOOTP_OPTIONS || udp_len > total - head)
		return NULL;
	*out_len = udp_len - UDP_LEN;
	return packet + head + UDP_LEN;
}

/* The first occurrence of each option that matters; NULL for one that is not there. */
struct options {
	const uint8_t *type, *mask, *router, *server, *mtu;
	uint8_t routes[DHCP_ROUTES_MAX]; /* all occurrences of option 121, as RFC 3396 has it */
	size_t routes_len;
};

/* Where an option's value goes, and how long it must be. NULL: it does not matter. */
static const uint8_t **slot_of(struct options *o, uint8_t option, size_t size, size_t *want)
{
	*want = 4;
	switch (option) {
	case OPTION_TYPE:
		*want = 1;
		return &o->type;
	case OPTION_MTU:
		*want = 2;
		return &o->mtu;
	case OPTION_MASK:
		return &o->mask;
	case OPTION_SERVER:
		return &o->server;
	case OPTION_ROUTER:
		/* A list, the preferred one first; an empty one is no router. */
		*want = size % 4 == 0 ? size : 4;
		return size ? &o->router : NULL;
	default:
		return NULL;
	}
}

static bool take_option(struct options *o, uint8_t option, const uint8_t *value, size_t size)
{
	size_t want = 0;
	const uint8_t **slot = slot_of(o, option, size, &want);

	if (option == OPTION_CLASSLESS) {
		if (size > sizeof(o->routes) - o->routes_len)
			return false;
		memcpy(o->routes + o->routes_len, value, size);
		o->routes_len += size;
	}
	if (slot && size != want)
		return false;
	if (slot && !*slot)
		*slot = value;
	return true;
}

static bool read_options(const uint8_t *p, size_t len, struct options *out)
{
	memset(out, 0, sizeof(*out));
	while (len && *p != OPTION_END) {
		size_t whole = 1;

		if (*p != OPTION_PAD) {
			if (len < 2 || p[1] > len - 2 || !take_option(out, p[0], p + 2, p[1]))
				return false;
			whole = 2u + p[1];
		}
		p += whole;
		len -= whole;
	}
	return len > 0 && out->type;
}

/* The length of a mask without holes, 1..32; 0 for any other. */
static unsigned mask_prefix(const uint8_t m[4])
{
	uint32_t mask = get32(m), rest = ~mask;

	if (!mask || (rest & (rest + 1)) != 0)
		return 0;
	return 32 - (unsigned)(rest ? __builtin_popcount(rest) : 0);
}

/* RFC 3442: the prefix's length, as many bytes of the destination as it covers, the router. */
bool dhcp_next_route(const struct dhcp_lease *l, size_t *at, struct dhcp_route *out)
{
	static const uint8_t on_link[4];
	struct dhcp_route route = {0};
	const uint8_t *p = l->routes + *at;
	size_t left = l->routes_len - *at, bytes;

	if (!left || p[0] > 32)
		return false;
	bytes = (p[0] + 7u) / 8;
	if (left < 1 + bytes + 4)
		return false;
	route.prefix = p[0];
	memcpy(route.to, p + 1, bytes);
	memcpy(route.router, p + 1 + bytes, 4);
	if (route.prefix % 8)
		route.to[bytes - 1] &= (uint8_t)(0xff00u >> route.prefix % 8);
	if (memcmp(route.router, on_link, 4) != 0 && !host_ipv4(route.router))
		return false;
	*at += 1 + bytes + 4;
	*out = route;
	return true;
}

static bool take_routes(const struct options *o, struct dhcp_lease *out)
{
	struct dhcp_route route;
	size_t at = 0;

	memcpy(out->routes, o->routes, o->routes_len);
	out->routes_len = o->routes_len;
	while (dhcp_next_route(out, &at, &route))
		continue;
	return at == out->routes_len;
}

static bool read_lease(const uint8_t *bootp, const struct options *o, struct dhcp_lease *out)
{
	struct dhcp_lease lease = {.prefix = o->mask ? mask_prefix(o->mask) : 32};

	if (!host_ipv4(bootp + BOOTP_YIADDR) || !o->server || !lease.prefix)
		return false;
	memcpy(lease.address, bootp + BOOTP_YIADDR, 4);
	memcpy(lease.server, o->server, 4);
	if (!take_routes(o, &lease))
		return false;
	/* RFC 3442: who understands the routes ignores the router. */
	if (!lease.routes_len && o->router && host_ipv4(o->router))
		memcpy(lease.router, o->router, 4);
	if (o->mtu && get16(o->mtu) >= DHCP_MTU_MIN)
		lease.mtu = get16(o->mtu);
	*out = lease;
	return true;
}

bool dhcp_read(const uint8_t *packet, size_t len, uint32_t xid, const uint8_t mac[6],
	struct dhcp_reply *out)
{
	struct dhcp_reply reply = {0};
	struct options o;
	size_t bootp_len = 0;
	const uint8_t *bootp = unwrap(packet, len, &bootp_len);

	if (!bootp || bootp[0] != OP_REPLY || bootp[1] != ETHERNET || bootp[2] != 6 ||
		get32(bootp + BOOTP_XID) != xid || memcmp(bootp + BOOTP_CHADDR, mac, 6) != 0 ||
		memcmp(bootp + BOOTP_MAGIC, magic, sizeof(magic)) != 0 ||
		!read_options(bootp + BOOTP_OPTIONS, bootp_len - BOOTP_OPTIONS, &o))
		return false;
	reply.type = (enum dhcp_type) * o.type;
	if (reply.type == DHCP_OFFER || reply.type == DHCP_ACK) {
		if (!read_lease(bootp, &o, &reply.lease))
			return false;
	} else if (reply.type != DHCP_NAK) {
		return false;
	}
	*out = reply;
	return true;
}
