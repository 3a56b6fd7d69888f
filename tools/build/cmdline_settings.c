#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "tools/build/cmdline.h"
#include "tools/lib/hex.h"

/* Limits of PID 1's configuration (early/config.h); tests/unit/test_cmdline_agrees.c compares. */
#define SERVICES_MAX 8u
#define PINS_MAX     2u
#define TEXT_MAX     128u /* bytes of a path, NUL included */
#define LABEL_MAX    36u  /* characters of a GPT name */
#define SERIAL_MAX   20u  /* characters of a virtio serial */
#define TIMEOUT_MAX  86400u

static bool copy(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* Decimal, no sign, no leading zero. */
static bool number(const char *text, unsigned low, unsigned high)
{
	size_t len = strlen(text);
	unsigned long value;

	if (len == 0 || len > 6 || strspn(text, "0123456789") != len || (len > 1 && *text == '0'))
		return false;
	value = strtoul(text, NULL, 10);
	return value >= low && value <= high;
}

/* An address that can be another host's own: no loopback, multicast, link-local and the like. */
static bool is_ipv4(const char *text)
{
	uint8_t a[4];

	return inet_pton(AF_INET, text, a) == 1 && a[0] != 0 && a[0] != 127 && a[0] < 224;
}

static bool is_ipv6(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, text, &a) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&a) &&
	       !IN6_IS_ADDR_LOOPBACK(&a) && !IN6_IS_ADDR_MULTICAST(&a) &&
	       !IN6_IS_ADDR_LINKLOCAL(&a) && !IN6_IS_ADDR_V4MAPPED(&a);
}

/* 192.0.2.1:8443 or [2001:db8::1]:8443 */
static bool endpoint(const char *text)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (!len || !number(colon + 1, 1, 65535))
		return false;
	if (text[0] == '[')
		return len > 2 && text[len - 1] == ']' &&
		       copy(host, sizeof(host), text + 1, len - 2) && is_ipv6(host);
	return copy(host, sizeof(host), text, len) && is_ipv4(host);
}

static bool pin(const char *text)
{
	uint8_t hash[32];

	return hex_decode(text, hash, sizeof(hash));
}

/* Every part of a list with commas between satisfies one(), and there are at most max. */
static bool list(const char *text, bool (*one)(const char *part), unsigned max)
{
	unsigned count = 0;

	for (;; text++) {
		char part[TEXT_MAX];
		size_t len = strcspn(text, ",");

		if (++count > max || !copy(part, sizeof(part), text, len) || !one(part))
			return false;
		text += len;
		if (!*text)
			return true;
	}
}

static const char *check_service(const char *v)
{
	return list(v, endpoint, SERVICES_MAX)
		       ? NULL
		       : "it takes 1 to 8 of ADDR:PORT or [ADDR6]:PORT, with commas between";
}

static const char *check_pin(const char *v)
{
	return list(v, pin, PINS_MAX) ? NULL : "it takes one or two SHA-256 in hexadecimal";
}

static const char *check_selector(const char *v)
{
	uint8_t guid[GUID_LEN];
	const char *text = strchr(v, ':');
	size_t kind = text ? (size_t)(text - v) : 0, len;

	if (!text)
		return "it takes partuuid:, partlabel:, parttype: or serial: and a value";
	text++;
	len = strlen(text);
	if ((kind == 8 && !memcmp(v, "partuuid", 8)) || (kind == 8 && !memcmp(v, "parttype", 8)))
		return guid_parse(text, guid) ? NULL : "that is no UUID";
	if (kind == 9 && !memcmp(v, "partlabel", 9))
		return len && len <= LABEL_MAX ? NULL : "the name is empty or too long";
	if (kind == 6 && !memcmp(v, "serial", 6))
		return len && len <= SERIAL_MAX ? NULL : "the serial is empty or too long";
	return "it takes partuuid:, partlabel:, parttype: or serial: and a value";
}

static const char *check_path(const char *v)
{
	size_t len = strlen(v);

	if (v[0] != '/' || len < 2 || len >= TEXT_MAX || v[len - 1] == '/')
		return "it takes an absolute path";
	if (strstr(v, "//") || strstr(v, "/./") || strstr(v, "/../") ||
		(len >= 2 && !strcmp(v + len - 2, "/.")) ||
		(len >= 3 && !strcmp(v + len - 3, "/..")))
		return "the path must not have empty parts, \".\" or \"..\"";
	return NULL;
}

static const char *check_cipher(const char *v)
{
	return strcmp(v, "aegis128-random") && strcmp(v, "aes-xts-hmac-sha256")
		       ? "it takes aegis128-random or aes-xts-hmac-sha256"
		       : NULL;
}

static const char *check_net(const char *v)
{
	return strcmp(v, "dhcp") && strcmp(v, "ra") && strcmp(v, "static")
		       ? "it takes dhcp, ra or static"
		       : NULL;
}

static const char *check_address(const char *v)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(v, '/');

	if (slash && copy(host, sizeof(host), v, (size_t)(slash - v)) &&
		((is_ipv4(host) && number(slash + 1, 1, 32)) ||
			(is_ipv6(host) && number(slash + 1, 1, 128))))
		return NULL;
	return "it takes ADDR/PREFIX";
}

static const char *check_gateway(const char *v)
{
	return is_ipv4(v) || is_ipv6(v) ? NULL : "it takes an address";
}

static const char *check_timeout(const char *v)
{
	return number(v, 1, TIMEOUT_MAX) ? NULL : "it takes 1 to 86400 seconds";
}

static const char *check_failure(const char *v)
{
	return strcmp(v, "poweroff") && strcmp(v, "reboot") ? "it takes poweroff or reboot" : NULL;
}

static const struct {
	const char *key;
	const char *(*check)(const char *value);
} settings[] = {
	{"protostar.service", check_service},
	{"protostar.pin", check_pin},
	{"protostar.root", check_selector},
	{"protostar.verity", check_selector},
	{"protostar.state", check_selector},
	{"protostar.state.mount", check_path},
	{"protostar.state.cipher", check_cipher},
	{"protostar.net", check_net},
	{"protostar.net.address", check_address},
	{"protostar.net.gateway", check_gateway},
	{"protostar.join.timeout", check_timeout},
	{"protostar.failure", check_failure},
	{"protostar.init", check_path},
};

/* A space would end the word, and what follows it would not be looked at. */
static bool one_word(const char *value)
{
	for (; *value; value++)
		if (*value <= ' ' || *value > '~' || *value == '"')
			return false;
	return true;
}

const char *cmdline_setting_refused(const char *key, const char *value)
{
	if (!one_word(value))
		return "spaces, quotes and characters beyond ASCII cannot stand in it";
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].key, key) == 0)
			return settings[i].check(value);
	return "PID 1 knows no such setting";
}
