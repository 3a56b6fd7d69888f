/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/config_text.h"

#include <arpa/inet.h>
#include <string.h>

/* GPT names hold 36 UTF-16 units, virtio serials 20 bytes. */
#define PARTLABEL_MAX 36u
#define SERIAL_MAX    20u

bool text_is(struct text t, const char *want)
{
	return t.len == strlen(want) && memcmp(t.data, want, t.len) == 0;
}

bool text_cut(struct text t, char at, struct text *head, struct text *tail)
{
	const char *p = t.len ? memchr(t.data, at, t.len) : NULL;
	size_t before;

	if (!p)
		return false;
	before = (size_t)(p - t.data);
	*head = (struct text){t.data, before};
	*tail = (struct text){p + 1, t.len - before - 1};
	return true;
}

bool text_next(struct text *rest, char at, struct text *out)
{
	if (!rest->data)
		return false;
	if (!text_cut(*rest, at, out, rest)) {
		*out = *rest;
		rest->data = NULL;
	}
	return true;
}

bool text_copy(struct text t, char *out, size_t size)
{
	if (t.len >= size)
		return false;
	memcpy(out, t.data, t.len);
	out[t.len] = '\0';
	return true;
}

/* 16 for what is no hex digit. */
static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool text_hex(struct text t, uint8_t *out, size_t len)
{
	if (t.len != 2 * len)
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (hex_digit(t.data[i]) > 15)
			return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(t.data[2 * i]) << 4 | hex_digit(t.data[2 * i + 1]));
	return true;
}

void hex_text(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

bool text_number(struct text t, unsigned min, unsigned max, unsigned *out)
{
	unsigned long value = 0;

	/* Nine digits cannot overflow. */
	if (!t.len || t.len > 9 || (t.data[0] == '0' && t.len > 1))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.data[i] < '0' || t.data[i] > '9')
			return false;
		value = value * 10 + (unsigned long)(t.data[i] - '0');
	}
	if (value < min || value > max)
		return false;
	*out = (unsigned)value;
	return true;
}

void guid_from_text_order(const uint8_t in[16], uint8_t out[16])
{
	static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

	for (size_t i = 0; i < 16; i++)
		out[i] = in[from[i]];
}

bool text_guid(struct text t, uint8_t out[16])
{
	static const size_t hyphens[] = {8, 13, 18, 23};
	char digits[32];
	uint8_t bytes[16];
	size_t n = 0, next = 0;

	if (t.len != 36)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (next < 4 && i == hyphens[next]) {
			if (t.data[i] != '-')
				return false;
			next++;
		} else {
			digits[n++] = t.data[i];
		}
	}
	if (!text_hex((struct text){digits, sizeof(digits)}, bytes, sizeof(bytes)))
		return false;
	guid_from_text_order(bytes, out);
	return true;
}

bool text_path(struct text t, char out[CONFIG_TEXT_MAX])
{
	struct text part, rest;

	if (t.len < 2 || t.len >= CONFIG_TEXT_MAX || t.data[0] != '/')
		return false;
	rest = (struct text){t.data + 1, t.len - 1};
	while (text_next(&rest, '/', &part)) {
		if (!part.len || text_is(part, ".") || text_is(part, ".."))
			return false;
	}
	return text_copy(t, out, CONFIG_TEXT_MAX);
}

bool host_ipv4(const uint8_t a[4])
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

bool host_ipv6(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) &&
	       !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_LINKLOCAL(a) && !IN6_IS_ADDR_V4MAPPED(a);
}

bool text_host(struct text t, struct in6_addr *out)
{
	char name[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;

	if (!text_copy(t, name, sizeof(name)))
		return false;
	if (inet_pton(AF_INET, name, &v4) == 1) {
		uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};

		memcpy(mapped + 12, &v4, 4);
		if (!host_ipv4(mapped + 12))
			return false;
		memcpy(out, mapped, sizeof(mapped));
		return true;
	}
	if (inet_pton(AF_INET6, name, &v6) != 1 || !host_ipv6(&v6))
		return false;
	*out = v6;
	return true;
}

void host_text(const struct in6_addr *a, char out[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		(void)inet_ntop(AF_INET, a->s6_addr + 12, out, INET6_ADDRSTRLEN);
	else
		(void)inet_ntop(AF_INET6, a, out, INET6_ADDRSTRLEN);
}

bool text_endpoint(struct text t, struct sockaddr_in6 *out)
{
	bool bracket = t.len && t.data[0] == '[';
	struct text host, port;
	struct in6_addr address;
	unsigned number;

	if (bracket) {
		if (!text_cut((struct text){t.data + 1, t.len - 1}, ']', &host, &port))
			return false;
		if (!port.len || port.data[0] != ':')
			return false;
		port = (struct text){port.data + 1, port.len - 1};
	} else if (!text_cut(t, ':', &host, &port)) {
		return false;
	}
	if (!text_host(host, &address) || bracket == IN6_IS_ADDR_V4MAPPED(&address))
		return false;
	if (!text_number(port, 1, 65535, &number))
		return false;
	*out = (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)number),
		.sin6_addr = address,
	};
	return true;
}

bool text_mac(struct text t, uint8_t out[6])
{
	uint8_t mac[6];

	if (t.len != MAC_TEXT_MAX - 1)
		return false;
	for (size_t i = 0; i < sizeof(mac); i++) {
		if (!text_hex((struct text){t.data + 3 * i, 2}, mac + i, 1) ||
			(i && t.data[3 * i - 1] != ':'))
			return false;
	}
	if (mac[0] & 1 || !(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]))
		return false;
	memcpy(out, mac, sizeof(mac));
	return true;
}

void mac_text(const uint8_t mac[6], char out[MAC_TEXT_MAX])
{
	for (size_t i = 0; i < 6; i++) {
		hex_text(mac + i, 1, out + 3 * i);
		out[3 * i + 2] = i < 5 ? ':' : '\0';
	}
}

bool text_interface(struct text t, char out[IFNAMSIZ])
{
	if (!t.len || text_is(t, ".") || text_is(t, ".."))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		char c = t.data[i], lower = (char)(c | 0x20);

		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '.' &&
			c != '-' && c != '_')
			return false;
	}
	return text_copy(t, out, IFNAMSIZ);
}

static bool selector_text(struct text t, size_t max, struct selector *s)
{
	return t.len && t.len <= max && text_copy(t, s->text, sizeof(s->text));
}

bool text_selector(struct text t, struct selector *out)
{
	struct selector s = {0};
	struct text kind, value;
	bool good = false;

	if (!text_cut(t, ':', &kind, &value))
		return false;
	if (text_is(kind, "partuuid")) {
		s.kind = SELECT_PARTUUID;
		good = text_guid(value, s.guid);
	} else if (text_is(kind, "parttype")) {
		s.kind = SELECT_PARTTYPE;
		good = text_guid(value, s.guid);
	} else if (text_is(kind, "partlabel")) {
		s.kind = SELECT_PARTLABEL;
		good = selector_text(value, PARTLABEL_MAX, &s);
	} else if (text_is(kind, "serial")) {
		s.kind = SELECT_SERIAL;
		good = selector_text(value, SERIAL_MAX, &s);
	}
	if (good)
		*out = s;
	return good;
}
