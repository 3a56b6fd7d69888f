/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small text readers that the command line is made of, and writers for the console. Readers are
 * total: any bytes in, true and a written *out, or false and *out untouched. Text is a pointer and
 * a length in bytes, no NUL.
 */
#ifndef EARLY_CONTRACT_CONFIG_TEXT_H
#define EARLY_CONTRACT_CONFIG_TEXT_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "early/contract/selector.h"

#define MAC_TEXT_MAX 18u /* bytes, NUL included */

struct text {
	const char *data;
	size_t len; /* bytes */
};

bool text_is(struct text t, const char *want);
/* Cuts t at the first `at`: *head gets what stands before, *tail what follows. False without one.
 */
bool text_cut(struct text t, char at, struct text *head, struct text *tail);
/*
 * Takes the next part of a list off *rest: what stands before the first `at`, or all of it, which
 * leaves rest->data NULL. False when it was NULL.
 */
bool text_next(struct text *rest, char at, struct text *out);
/* Copies t with a NUL to out, a buffer of size bytes. False when it does not fit. */
bool text_copy(struct text t, char *out, size_t size);

/* Exactly 2 * len hex digits of either case. */
bool text_hex(struct text t, uint8_t *out, size_t len);
/* The other way: lower case, out has room for 2 * len + 1 characters. */
void hex_text(const uint8_t *bytes, size_t len, char *out);
/* A decimal number without sign and leading zero, min..max. */
bool text_number(struct text t, unsigned min, unsigned max, unsigned *out);
/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx to the 16 mixed-endian bytes that a GPT stores. */
bool text_guid(struct text t, uint8_t out[16]);
/* The 16 bytes of a UUID in the order of its text become those that a GPT stores. */
void guid_from_text_order(const uint8_t in[16], uint8_t out[16]);
/* "/a/b": absolute, no empty, "." or ".." part, no slash at the end; not "/" itself. */
bool text_path(struct text t, char out[CONFIG_TEXT_MAX]);
/* An IPv4 or IPv6 literal of one host; IPv4 becomes v4-mapped IPv6. */
bool text_host(struct text t, struct in6_addr *out);
/* Whether an address can be a host's own: no multicast, loopback, link-local and the like. */
bool host_ipv4(const uint8_t a[4]);
bool host_ipv6(const struct in6_addr *a);
/* ADDR:PORT or [ADDR6]:PORT. */
bool text_endpoint(struct text t, struct sockaddr_in6 *out);
/* The text of such an address, IPv4 as IPv4. */
void host_text(const struct in6_addr *a, char out[INET6_ADDRSTRLEN]);
/* xx:xx:xx:xx:xx:xx, hex digits of either case; a host's own address, no group's and not zero. */
bool text_mac(struct text t, uint8_t out[6]);
/* The other way. */
void mac_text(const uint8_t mac[6], char out[MAC_TEXT_MAX]);
/* A network interface's name: 1 to 15 letters, digits, dots, hyphens, underscores. */
bool text_interface(struct text t, char out[IFNAMSIZ]);
/* A selector as early/contract/config.h writes it. */
bool text_selector(struct text t, struct selector *out);

#endif
