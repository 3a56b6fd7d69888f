/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/dhcp6.h"

#include <string.h>
#include "early/contract/config_text.h"
#include "early/net/bytes.h"

#define HEAD_LEN   4u
#define OPTION_LEN 4u
#define CLIENT_LEN 10u /* our DUID: type, hardware type, MAC */
#define IA_LEN	   12u
#define IAADDR_LEN 24u
#define DUID_MIN   3u
#define NO_ADDRESS 2u /* the status NoAddrsAvail */

/* RFC 8415 section 21. */
enum option {
	OPTION_CLIENT = 1,
	OPTION_SERVER = 2,
	OPTION_IA_NA = 3,
	OPTION_IAADDR = 5,
	OPTION_WANTED = 6,
	OPTION_ELAPSED = 8,
	OPTION_STATUS = 13,
	OPTION_RAPID = 14,
	OPTION_SOL_MAX_RT = 82, /* every Solicit and Request must ask for it */
};

/* Appends an option; the caller's list is known to fit. */
static uint8_t *put_option(uint8_t *p, enum option option, const void *value, size_t len)
{
	p = put16(put16(p, option), (unsigned)len);
	if (len)
		memcpy(p, value, len);
	return p + len;
}

/* A DUID of the link-layer kind, which stays the same over reboots without being stored. */
static void client_id(const uint8_t mac[6], uint8_t out[CLIENT_LEN])
{
	static const uint8_t ethernet[4] = {0, 3, 0, 1};

	memcpy(out, ethernet, sizeof(ethernet));
	memcpy(out + 4, mac, 6);
}

size_t dhcp6_write(const struct dhcp6_query *q, uint8_t out[DHCP6_QUERY_MAX])
{
	static const uint8_t wanted[] = {0, OPTION_SOL_MAX_RT};
	uint8_t duid[CLIENT_LEN], elapsed[2], ia[IA_LEN + OPTION_LEN + IAADDR_LEN] = {0};
	uint8_t address[IAADDR_LEN] = {0}, *p = out, *ia_end = ia + IA_LEN;

	*p++ = (uint8_t)q->type;
	*p++ = (uint8_t)(q->xid >> 16);
	p = put16(p, q->xid & 0xffff);
	client_id(q->mac, duid);
	p = put_option(p, OPTION_CLIENT, duid, sizeof(duid));
	(void)put16(elapsed, q->hundredths);
	p = put_option(p, OPTION_ELAPSED, elapsed, sizeof(elapsed));
	p = put_option(p, OPTION_WANTED, wanted, sizeof(wanted));
	memcpy(ia, q->mac + 2, 4);
	if (q->type == DHCP6_REQUEST) {
		p = put_option(p, OPTION_SERVER, q->offer->server, q->offer->server_len);
		memcpy(address, &q->offer->address, sizeof(q->offer->address));
		ia_end = put_option(ia_end, OPTION_IAADDR, address, sizeof(address));
	} else {
		p = put_option(p, OPTION_RAPID, NULL, 0);
	}
	p = put_option(p, OPTION_IA_NA, ia, (size_t)(ia_end - ia));
	return (size_t)(p - out);
}

/* Options one after the other. */
struct options {
	const uint8_t *at;
	size_t left;
	bool bad; /* the last one does not fit */
};

struct value {
	unsigned option;
	const uint8_t *data;
	size_t len;
};

static bool next_option(struct options *o, struct value *out)
{
	size_t len;

	if (!o->left)
		return false;
	o->bad = o->left < OPTION_LEN || get16(o->at + 2) > o->left - OPTION_LEN;
	if (o->bad)
		return false;
	len = get16(o->at + 2);
	*out = (struct value){get16(o->at), o->at + OPTION_LEN, len};
	o->at += OPTION_LEN + len;
	o->left -= OPTION_LEN + len;
	return true;
}

static bool read_status(const struct value *v, uint16_t *out)
{
	if (v->len < 2)
		return false;
	*out = (uint16_t)get16(v->data);
	return true;
}

/* An address with its lifetimes. *out_usable: a host can have it, now, and no status is against it.
 */
static bool read_address(const struct value *v, struct in6_addr *out, bool *out_usable)
{
	struct options inner = {v->data + IAADDR_LEN, v->len - IAADDR_LEN, false};
	struct in6_addr address;
	uint32_t preferred, valid;
	uint16_t status = 0;
	struct value sub;

	memcpy(&address, v->data, sizeof(address));
	preferred = get32(v->data + 16);
	valid = get32(v->data + 20);
	while (next_option(&inner, &sub))
		if (sub.option == OPTION_STATUS && !read_status(&sub, &status))
			return false;
	*out_usable = !inner.bad && !status && valid && preferred <= valid && host_ipv6(&address);
	if (*out_usable)
		*out = address;
	return !inner.bad;
}

/* What was found in a message so far. */
struct found {
	bool client, server, address, ia, rapid;
	uint16_t status, ia_status;
};

/* The first usable address of an identity association; one that is not ours means nothing. */
static bool read_ia(
	const struct value *v, const uint8_t *iaid, struct found *f, struct dhcp6_offer *offer)
{
	struct options inner = {v->data + IA_LEN, v->len - IA_LEN, false};
	struct value sub;

	if (memcmp(v->data, iaid, 4) != 0)
		return true;
	if (f->ia)
		return false;
	f->ia = true;
	while (next_option(&inner, &sub)) {
		struct in6_addr unused = {0}, *to = f->address ? &unused : &offer->address;
		bool usable = false;

		if (sub.option == OPTION_STATUS && !read_status(&sub, &f->ia_status))
			return false;
		if (sub.option == OPTION_IAADDR &&
			(sub.len < IAADDR_LEN || !read_address(&sub, to, &usable)))
			return false;
		f->address = f->address || usable;
	}
	return !inner.bad;
}

static bool take_option(const struct value *v, const struct dhcp6_query *q, struct found *f,
	struct dhcp6_offer *offer)
{
	uint8_t duid[CLIENT_LEN];

	switch (v->option) {
	case OPTION_CLIENT:
		client_id(q->mac, duid);
		f->client = v->len == sizeof(duid) && memcmp(v->data, duid, sizeof(duid)) == 0;
		return f->client;
	case OPTION_SERVER:
		if (f->server || v->len < DUID_MIN || v->len > DHCP6_DUID_MAX)
			return false;
		f->server = true;
		memcpy(offer->server, v->data, v->len);
		offer->server_len = v->len;
		return true;
	case OPTION_IA_NA:
		return v->len >= IA_LEN && read_ia(v, q->mac + 2, f, offer);
	case OPTION_STATUS:
		return read_status(v, &f->status);
	case OPTION_RAPID:
		f->rapid = true;
		return v->len == 0;
	default:
		return true;
	}
}

bool dhcp6_read(
	const uint8_t *message, size_t len, const struct dhcp6_query *q, struct dhcp6_reply *out)
{
	struct dhcp6_reply reply = {0};
	struct found f = {0};
	struct options all;
	struct value v;

	if (len < HEAD_LEN || (message[0] != DHCP6_ADVERTISE && message[0] != DHCP6_REPLY) ||
		(get32(message) & 0xffffff) != (q->xid & 0xffffff))
		return false;
	all = (struct options){message + HEAD_LEN, len - HEAD_LEN, false};
	while (next_option(&all, &v))
		if (!take_option(&v, q, &f, &reply.offer))
			return false;
	if (all.bad || !f.client || !f.server)
		return false;
	reply.type = (enum dhcp6_type)message[0];
	reply.rapid = f.rapid;
	reply.status = f.status ? f.status : f.ia_status;
	if (!reply.status && !f.address)
		reply.status = NO_ADDRESS;
	*out = reply;
	return true;
}
