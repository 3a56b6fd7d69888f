/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool parse_port(const char *text, in_port_t *out)
{
	unsigned port = 0;

	if (!*text || strlen(text) > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = 10 * port + (unsigned)(*text - '0');
	}
	*out = htons((uint16_t)port);
	return port <= UINT16_MAX;
}

static bool parse_host(const char *host, bool bracketed, struct in6_addr *out)
{
	struct in_addr v4;

	if (bracketed)
		return inet_pton(AF_INET6, host, out) == 1;
	if (inet_pton(AF_INET, host, &v4) != 1)
		return false;
	memcpy(out->s6_addr, mapped, sizeof(mapped));
	memcpy(out->s6_addr + sizeof(mapped), &v4, sizeof(v4));
	return true;
}

bool address_parse(const char *text, struct sockaddr_in6 *out)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6};
	char host[ADDRESS_TEXT_MAX];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';

	if (bracketed) {
		text++;
		len -= 2;
	}
	if (!len || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	if (!parse_host(host, bracketed, &address.sin6_addr) ||
		!parse_port(colon + 1, &address.sin6_port))
		return false;
	*out = address;
	return true;
}

void address_text(const struct sockaddr_in6 *address, char out[ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];
	const struct in6_addr *a = &address->sin6_addr;
	unsigned port = ntohs(address->sin6_port);

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		inet_ntop(AF_INET, a->s6_addr + sizeof(mapped), host, sizeof(host));
		snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host, port);
	} else {
		inet_ntop(AF_INET6, a, host, sizeof(host));
		snprintf(out, ADDRESS_TEXT_MAX, "[%s]:%u", host, port);
	}
}

void address_source(const struct sockaddr_in6 *address, uint8_t out[16])
{
	const struct in6_addr *a = &address->sin6_addr;

	memcpy(out, a->s6_addr, 16);
	if (!IN6_IS_ADDR_V4MAPPED(a))
		memset(out + 8, 0, 8);
}
