/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket addresses as text. IPv4 is mapped into IPv6 throughout the service. */
#ifndef TOOLS_SERVE_NET_ADDRESS_H
#define TOOLS_SERVE_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT_MAX 64u

/* "192.0.2.1:4433" or "[2001:db8::1]:4433"; literals only, port 0..65535. */
bool address_parse(const char *text, struct sockaddr_in6 *out);
void address_text(const struct sockaddr_in6 *address, char out[ADDRESS_TEXT_MAX]);
/* What a limit per source counts by: an IPv4 address, or the first 64 bits of an IPv6 address. */
void address_source(const struct sockaddr_in6 *address, uint8_t out[16]);

#endif
