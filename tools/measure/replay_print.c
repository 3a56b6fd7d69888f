/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints what a log leads to. */
#include <stdio.h>
#include <stdlib.h>
#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/measure/model/boot.h"
#include "tools/measure/output/event_text.h"
#include "tools/measure/replay.h"

#define BOOT_TIME_PCRS 16u /* the others are shown when something extended them */
#define DIM	       "\033[2m"
#define PLAIN	       "\033[0m"

/* "pcr 4", or "rtmr 1" for what the log calls register 2. */
static unsigned register_of(const struct replayed *r, const struct event *e)
{
	return r->cc ? e->pcr - 1 : e->pcr;
}

static const uint8_t *value_of(const struct replayed *r, enum bank bank, unsigned n)
{
	return r->cc ? r->rtmr.rtmr[n] : r->pcr[bank].pcr[n];
}

static bool extended(const struct replayed *r, enum bank bank, unsigned n)
{
	return (r->cc ? r->rtmr.extended : r->pcr[bank].extended) & 1u << n;
}

static bool ever_extended(const struct replayed *r, unsigned n)
{
	bool any = false;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		any = any || (r->banks & BANK_BIT(bank) && extended(r, (enum bank)bank, n));
	return any;
}

static unsigned registers(const struct replayed *r)
{
	return r->cc ? EVENT_LOG_RTMRS : EVENT_LOG_PCRS;
}

/* The caller frees it. */
static char *text_of(const struct event *e)
{
	static const struct printable_form form = {.max = 120};
	struct bytes text = {0};

	event_text(&text, e->type, e->data, e->data_len, &form);
	bytes_add(&text, "", 1);
	return (char *)text.data;
}

static void put_event_members(
	struct json_text *json, const struct replayed *r, const struct event *e)
{
	const char *name = tcg_event_name(e->type);
	char *text = text_of(e);

	json_number(json, "offset", e->offset);
	if (e->type != EVENT_NO_ACTION)
		json_number(json, r->cc ? "rtmr" : "pcr", register_of(r, e));
	json_number(json, "type", e->type);
	json_string(json, "typeName", name ? name : "");
	json_open(json, "digests", '{');
	for (size_t i = 0; i < e->digest_count; i++) {
		enum bank bank;

		if (bank_by_alg(e->digests[i].alg, &bank) && r->banks & BANK_BIT(bank))
			json_hex(json, bank_name(bank), e->digests[i].data, e->digests[i].len);
	}
	json_close(json);
	json_string(json, event_text_proven(e) ? "text" : "claimedText", text);
	json_hex(json, "data", e->data, e->data_len);
	free(text);
}

static void put_events(struct json_text *json, const struct replayed *r)
{
	struct event_log log;
	struct event e;

	json_open(json, "events", '[');
	if (replayed_open(r, &log)) {
		while (event_log_next(&log, &e) == EVENT_LOG_EVENT) {
			json_open(json, NULL, '{');
			put_event_members(json, r, &e);
			json_close(json);
		}
	}
	json_close(json);
}

void replay_json(const struct replayed *r, bool events, struct bytes *out)
{
	struct json_text json;

	json_start_lines(&json, out, 2);
	json_open(&json, NULL, '{');
	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		if (!(r->banks & BANK_BIT(bank)))
			continue;
		json_open(&json, bank_name((enum bank)bank), '{');
		for (unsigned n = 0; n < registers(r); n++) {
			char name[16];

			snprintf(name, sizeof(name), r->cc ? "rtmr%u" : "%u", n);
			json_hex(&json, name, value_of(r, (enum bank)bank, n),
				bank_len((enum bank)bank));
		}
		json_close(&json);
	}
	if (events)
		put_events(&json, r);
	json_close(&json);
}

static void print_digests(
	const struct replayed *r, const struct event *e, const char *indent, struct bytes *out)
{
	for (size_t i = 0; i < e->digest_count; i++) {
		char hex[2 * BANK_DIGEST_MAX + 1];
		enum bank bank;

		if (!bank_by_alg(e->digests[i].alg, &bank) || !(r->banks & BANK_BIT(bank)))
			continue;
		hex_encode(e->digests[i].data, e->digests[i].len, hex);
		bytes_addf(out, "%s%-6s  %s\n", indent, bank_name(bank), hex);
	}
}

static void print_event(
	const struct replayed *r, const struct event *e, bool colour, struct bytes *out)
{
	const char *name = tcg_event_name(e->type);
	bool proven = event_text_proven(e);
	char *text = text_of(e);

	bytes_addf(out, "     0x%05zx  ", e->offset);
	if (name)
		bytes_add_text(out, name);
	else
		bytes_addf(out, "event type 0x%x", e->type);
	if (*text)
		bytes_addf(out, "  %s%s%s%s", colour && !proven ? DIM : "",
			proven ? "" : "claimed: ", text, colour && !proven ? PLAIN : "");
	bytes_add(out, "\n", 1);
	print_digests(r, e, "              ", out);
	free(text);
}

/* The events of one register, below its value. */
static void print_events_of(const struct replayed *r, unsigned n, bool colour, struct bytes *out)
{
	struct event_log log;
	struct event e;

	if (!replayed_open(r, &log))
		return;
	while (event_log_next(&log, &e) == EVENT_LOG_EVENT)
		if (e.type != EVENT_NO_ACTION && register_of(r, &e) == n)
			print_event(r, &e, colour, out);
}

static void print_register(const struct replayed *r, unsigned n, bool colour, struct bytes *out)
{
	bool several = r->banks & (r->banks - 1), first = true;

	for (unsigned bank = 0; bank < BANK_COUNT; bank++) {
		char hex[2 * BANK_DIGEST_MAX + 1];
		bool dim = colour && !extended(r, (enum bank)bank, n);

		if (!(r->banks & BANK_BIT(bank)))
			continue;
		hex_encode(value_of(r, (enum bank)bank, n), bank_len((enum bank)bank), hex);
		if (first)
			bytes_addf(out, "%3u  ", n);
		else
			bytes_add_text(out, "     ");
		if (several)
			bytes_addf(out, "%-6s  ", bank_name((enum bank)bank));
		bytes_addf(out, "%s%s%s\n", dim ? DIM : "", hex, dim ? PLAIN : "");
		first = false;
	}
}

void replay_table(const struct replayed *r, bool events, bool colour, struct bytes *out)
{
	bytes_add_text(out, r->cc ? "RTMR" : "PCR ");
	for (unsigned bank = 0; bank < BANK_COUNT; bank++)
		if (r->banks == BANK_BIT(bank))
			bytes_addf(out, " %s", bank_name((enum bank)bank));
	bytes_add(out, "\n", 1);
	for (unsigned n = 0; n < registers(r); n++) {
		if (n >= BOOT_TIME_PCRS && !ever_extended(r, n))
			continue;
		print_register(r, n, colour, out);
		if (events)
			print_events_of(r, n, colour, out);
	}
}
