/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/config.h"

#include <string.h>
#include "early/contract/config_text.h"
#include "early/contract/errors.h"

#define OUR_PREFIX "protostar."

static struct status set_roothash(struct config *c, struct text v)
{
	return text_hex(v, c->root_hash, sizeof(c->root_hash)) ? OK : fail(E_CONFIG_ROOTHASH);
}

static struct status set_service(struct config *c, struct text v)
{
	struct text one, rest = v;

	while (text_next(&rest, ',', &one)) {
		if (c->service_count == CONFIG_SERVICES_MAX ||
			!text_endpoint(one, &c->services[c->service_count]))
			return fail(E_CONFIG_SERVICE);
		c->service_count++;
	}
	return OK;
}

static bool read_pins(struct text v, uint8_t pins[CONFIG_PINS_MAX][32], size_t *count)
{
	struct text one, rest = v;

	while (text_next(&rest, ',', &one)) {
		if (*count == CONFIG_PINS_MAX || !text_hex(one, pins[*count], sizeof(pins[0])))
			return false;
		(*count)++;
	}
	return true;
}

static struct status set_pin(struct config *c, struct text v)
{
	return read_pins(v, c->pins, &c->pin_count) ? OK : fail(E_CONFIG_PIN);
}

static struct status set_operator(struct config *c, struct text v)
{
	return read_pins(v, c->operators, &c->operator_count) ? OK : fail(E_CONFIG_OPERATOR);
}

static struct status set_listen(struct config *c, struct text v)
{
	return text_number(v, 1, 65535, &c->listen_port) ? OK : fail(E_CONFIG_LISTEN);
}

static struct status set_listen_after(struct config *c, struct text v)
{
	return text_number(v, 0, 86400, &c->listen_after_s) ? OK : fail(E_CONFIG_LISTEN_AFTER);
}

static struct status set_evidence(struct config *c, struct text v)
{
	struct service_wanted *e = &c->service_wanted;
	struct text bank, ak, mask;
	uint8_t m[3];

	if (!text_cut(v, ':', &bank, &v) || !text_cut(v, ':', &ak, &v) ||
		!text_cut(v, ':', &mask, &v) || !text_is(bank, "sha256") ||
		!text_hex(ak, e->ak, sizeof(e->ak)) || !text_hex(mask, m, sizeof(m)) ||
		!text_hex(v, e->pcr_digest, sizeof(e->pcr_digest)))
		return fail(E_CONFIG_EVIDENCE);
	e->pcr_mask = (uint32_t)m[0] << 16 | (uint32_t)m[1] << 8 | m[2];
	e->given = e->pcr_mask != 0;
	return e->given ? OK : fail(E_CONFIG_EVIDENCE_PCRS);
}

static struct status set_selector(struct selector *s, struct text v)
{
	return text_selector(v, s) ? OK : fail(E_CONFIG_SELECTOR);
}

/* "eio", a selector, or both with a comma between. */
static struct status set_verity(struct config *c, struct text v)
{
	struct text word = v, selector = {NULL, 0};

	(void)text_cut(v, ',', &word, &selector);
	if (!text_is(word, "eio"))
		return set_selector(&c->verity, v);
	c->verity_eio = true;
	return selector.data ? set_selector(&c->verity, selector) : OK;
}

static struct status set_net_address(struct config *c, struct text v)
{
	struct text host, prefix;

	if (!text_cut(v, '/', &host, &prefix) || !text_host(host, &c->net_address) ||
		!text_number(prefix, 1, IN6_IS_ADDR_V4MAPPED(&c->net_address) ? 32 : 128,
			&c->net_prefix))
		return fail(E_CONFIG_ADDRESS);
	return OK;
}

static struct status set_net_gateway(struct config *c, struct text v)
{
	return text_host(v, &c->net_gateway) ? OK : fail(E_CONFIG_GATEWAY);
}

static struct status set_net_interface(struct config *c, struct text v)
{
	if (!text_mac(v, c->net_interface.mac) && !text_interface(v, c->net_interface.name))
		return fail(E_CONFIG_INTERFACE);
	c->net_interface.given = true;
	return OK;
}

static struct status set_join_timeout(struct config *c, struct text v)
{
	return text_number(v, 1, 86400, &c->join_timeout_s) ? OK : fail(E_CONFIG_TIMEOUT);
}

enum key {
	KEY_ROOTHASH,
	KEY_SERVICE,
	KEY_PIN,
	KEY_SERVICE_EVIDENCE,
	KEY_OPERATOR,
	KEY_LISTEN,
	KEY_LISTEN_AFTER,
	KEY_ROOT,
	KEY_VERITY,
	KEY_STATE,
	KEY_STATE_MOUNT,
	KEY_STATE_CIPHER,
	KEY_NET,
	KEY_NET_ADDRESS,
	KEY_NET_GATEWAY,
	KEY_NET_INTERFACE,
	KEY_NET_KEEP,
	KEY_JOIN_TIMEOUT,
	KEY_TEE_PRIVLEVEL,
	KEY_FAILURE,
	KEY_INIT,
	KEY_COUNT,
};

/* How a value is read, and so the type of the field that it goes to. */
enum form {
	FORM_OWN,      /* by a function of the key's own */
	FORM_SELECTOR, /* struct selector */
	FORM_PATH,     /* char[CONFIG_TEXT_MAX] */
	FORM_CHOICE,   /* unsigned, or an enum: which of the words it is */
};

#define FIELD(name) offsetof(struct config, name)

static const struct {
	const char *name;
	struct status (*set)(struct config *c, struct text value);
	enum form form;
	size_t field;
	const char *words[4];
} keys[KEY_COUNT] = {
	[KEY_ROOTHASH] = {.name = "roothash", .set = set_roothash},
	[KEY_SERVICE] = {.name = "protostar.service", .set = set_service},
	[KEY_PIN] = {.name = "protostar.pin", .set = set_pin},
	[KEY_SERVICE_EVIDENCE] = {.name = "protostar.service.evidence", .set = set_evidence},
	[KEY_OPERATOR] = {.name = "protostar.operator", .set = set_operator},
	[KEY_LISTEN] = {.name = "protostar.listen", .set = set_listen},
	[KEY_LISTEN_AFTER] = {.name = "protostar.listen.after", .set = set_listen_after},
	[KEY_ROOT] = {.name = "protostar.root", .form = FORM_SELECTOR, .field = FIELD(root)},
	[KEY_VERITY] = {.name = "protostar.verity", .set = set_verity},
	[KEY_STATE] = {.name = "protostar.state", .form = FORM_SELECTOR, .field = FIELD(state)},
	[KEY_STATE_MOUNT] = {.name = "protostar.state.mount",
		.form = FORM_PATH,
		.field = FIELD(state_mount)},
	[KEY_STATE_CIPHER] = {.name = "protostar.state.cipher",
		.form = FORM_CHOICE,
		.field = FIELD(state_cipher),
		.words = {"aegis128-random", "aes-xts-hmac-sha256"}},
	[KEY_NET] = {.name = "protostar.net",
		.form = FORM_CHOICE,
		.field = FIELD(net),
		.words = {"dhcp", "ra", "static"}},
	[KEY_NET_ADDRESS] = {.name = "protostar.net.address", .set = set_net_address},
	[KEY_NET_GATEWAY] = {.name = "protostar.net.gateway", .set = set_net_gateway},
	[KEY_NET_INTERFACE] = {.name = "protostar.net.interface", .set = set_net_interface},
	[KEY_NET_KEEP] = {.name = "protostar.net.keep",
		.form = FORM_CHOICE,
		.field = FIELD(net_keep),
		.words = {"no", "yes"}},
	[KEY_JOIN_TIMEOUT] = {.name = "protostar.join.timeout", .set = set_join_timeout},
	[KEY_TEE_PRIVLEVEL] = {.name = "protostar.tee.privlevel",
		.form = FORM_CHOICE,
		.field = FIELD(tee_privlevel),
		.words = {"0", "1", "2", "3"}},
	[KEY_FAILURE] = {.name = "protostar.failure",
		.form = FORM_CHOICE,
		.field = FIELD(failure),
		.words = {"poweroff", "reboot"}},
	[KEY_INIT] = {.name = "protostar.init", .form = FORM_PATH, .field = FIELD(init)},
};

static struct status choose(enum key key, struct text v, void *field)
{
	for (unsigned i = 0; i < sizeof(keys[key].words) / sizeof(keys[key].words[0]); i++) {
		if (keys[key].words[i] && text_is(v, keys[key].words[i])) {
			memcpy(field, &i, sizeof(i));
			return OK;
		}
	}
	return fail(E_CONFIG_CHOICE);
}

static struct status set_value(struct config *c, enum key key, struct text v)
{
	void *field = (uint8_t *)c + keys[key].field;

	switch (keys[key].form) {
	case FORM_SELECTOR:
		return set_selector(field, v);
	case FORM_PATH:
		return text_path(v, field) ? OK : fail(E_CONFIG_PATH);
	case FORM_CHOICE:
		return choose(key, v, field);
	case FORM_OWN:
	default:
		return keys[key].set(c, v);
	}
}

struct parse {
	struct config config;
	bool seen[KEY_COUNT];
};

static bool is_ours(struct text word)
{
	size_t len = strlen(OUR_PREFIX);

	return word.len >= len && memcmp(word.data, OUR_PREFIX, len) == 0;
}

static struct status take_word(struct parse *p, struct text word)
{
	struct text name = word, value = {word.data + word.len, 0};

	(void)text_cut(word, '=', &name, &value);
	for (enum key i = 0; i < KEY_COUNT; i++) {
		if (!text_is(name, keys[i].name))
			continue;
		if (p->seen[i])
			return fail(E_CONFIG_TWICE);
		p->seen[i] = true;
		return set_value(&p->config, i, value);
	}
	return is_ours(word) ? fail(E_CONFIG_UNKNOWN) : OK;
}

/*
 * The next word at *pos, as the kernel separates them: a space inside double quotes belongs to
 * the word. An empty word is the end. None of our values can hold a quote, so a quoted word of
 * ours is refused by its own rules.
 */
static struct status next_word(struct text line, size_t *pos, struct text *out)
{
	size_t start = *pos, end;
	bool quoted = false;

	while (start < line.len && line.data[start] == ' ')
		start++;
	for (end = start; end < line.len && (quoted || line.data[end] != ' '); end++)
		if (line.data[end] == '"')
			quoted = !quoted;
	*out = (struct text){line.data + start, end - start};
	*pos = end;
	return quoted ? fail(E_CMDLINE_QUOTE) : OK;
}

static struct status parse_words(struct text line, struct parse *p, struct text *word)
{
	size_t pos = 0;

	if (line.len > CONFIG_LINE_MAX)
		return fail(E_CMDLINE_LONG);
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] < 0x20 || line.data[i] > 0x7e) {
			*word = (struct text){line.data + i, 1};
			return fail(E_CMDLINE_BYTE);
		}
	}
	for (;;) {
		TRY(next_word(line, &pos, word));
		if (!word->len)
			return OK;
		TRY(take_word(p, *word));
	}
}

/* A partition that was not selected is the one that this half of the root hash names. */
static void by_hash(struct selector *s, const uint8_t half[16])
{
	if (s->kind != SELECT_BY_HASH)
		return;
	s->kind = SELECT_PARTUUID;
	guid_from_text_order(half, s->guid);
}

/* A node has a service, an operator to wait for, or both; each with what tells who it is. */
static bool needed(const bool seen[KEY_COUNT], enum key key)
{
	switch (key) {
	case KEY_ROOTHASH:
		return true;
	case KEY_SERVICE:
		return !seen[KEY_LISTEN] || seen[KEY_LISTEN_AFTER] || seen[KEY_PIN] ||
		       seen[KEY_SERVICE_EVIDENCE];
	case KEY_PIN:
		return seen[KEY_SERVICE] && !seen[KEY_SERVICE_EVIDENCE];
	case KEY_OPERATOR:
		return seen[KEY_LISTEN];
	case KEY_LISTEN:
		return seen[KEY_OPERATOR] || seen[KEY_LISTEN_AFTER];
	default:
		return false;
	}
}

/* One key asks for the other, so what is named is the one that is not there. */
static struct status check_missing(const struct parse *p, struct text *word)
{
	for (enum key i = 0; i < KEY_COUNT; i++) {
		*word = (struct text){keys[i].name, strlen(keys[i].name)};
		if (!p->seen[i] && needed(p->seen, i))
			return fail(E_CONFIG_MISSING);
	}
	return OK;
}

/* Rules that join several keys, and the defaults that follow from the root hash. */
static struct status finish(struct parse *p, struct text *word)
{
	struct config *c = &p->config;

	TRY(check_missing(p, word));
	*word = (struct text){"protostar.listen.after", strlen("protostar.listen.after")};
	if (p->seen[KEY_LISTEN] && p->seen[KEY_SERVICE] && c->listen_after_s >= c->join_timeout_s)
		return fail(E_CONFIG_LISTEN_LATE);
	*word = (struct text){"protostar.net", strlen("protostar.net")};
	if ((c->net == NET_STATIC) != p->seen[KEY_NET_ADDRESS])
		return fail(E_CONFIG_STATIC);
	if (p->seen[KEY_NET_GATEWAY] &&
		(c->net != NET_STATIC || IN6_IS_ADDR_V4MAPPED(&c->net_address) !=
						 IN6_IS_ADDR_V4MAPPED(&c->net_gateway)))
		return fail(E_CONFIG_FAMILY);
	by_hash(&c->root, c->root_hash);
	by_hash(&c->verity, c->root_hash + 16);
	return OK;
}

static void show_word(struct text word, char bad[CONFIG_TEXT_MAX])
{
	size_t len = word.len < CONFIG_TEXT_MAX - 1 ? word.len : CONFIG_TEXT_MAX - 1;

	for (size_t i = 0; i < len; i++)
		bad[i] = word.data[i] >= 0x20 && word.data[i] <= 0x7e ? word.data[i] : '?';
	bad[len] = '\0';
}

struct status config_parse(
	const char *line, size_t len, struct config *out, char bad[CONFIG_TEXT_MAX])
{
	struct parse p = {
		.config =
			{
				.root = {.kind = SELECT_BY_HASH},
				.verity = {.kind = SELECT_BY_HASH},
				.state = {.kind = SELECT_SERIAL, .text = "state*"},
				.state_mount = "/run/state",
				.join_timeout_s = 300,
				.listen_after_s = 30,
				.init = "/sbin/init",
			},
	};
	struct text word = {line, 0};
	struct status s;

	if (len && line[len - 1] == '\n')
		len--;
	s = parse_words((struct text){line, len}, &p, &word);
	if (!failed(s))
		s = finish(&p, &word);
	if (failed(s))
		show_word(word, bad);
	else
		*out = p.config;
	return s;
}
