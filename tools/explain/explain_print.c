/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/explain/explain_print.h"

#include "tools/lib/json_text.h"

static const char *const retry_text[] = {
	[ERROR_FINAL] = "final",
	[ERROR_RETRY] = "retry",
	[ERROR_RETRY_UNLESS_ALL] = "retry-unless-all",
};

static const char *const part_text[] = {
	[CATALOGUE_STUB] = "stub",
	[CATALOGUE_CRYPTO] = "crypto",
	[CATALOGUE_EARLY] = "pid1",
	[CATALOGUE_DENIAL] = "denial",
};

void explain_entry(struct bytes *out, const struct catalogue_entry *entry, bool follows)
{
	bytes_addf(out, "%sE%u: %s\n\n", follows ? "\n" : "", entry->code, entry->meaning);
	bytes_addf(out, "  Said by:       %s (%s)\n", catalogue_who(entry), entry->name);
	bytes_addf(out, "  What follows:  %s\n", catalogue_then(entry));
	for (size_t i = 0; entry->causes[i]; i++)
		bytes_addf(out, "  %-14s %s\n", i ? "" : "Usual causes:", entry->causes[i]);
	bytes_addf(out, "  What to do:    %s\n", entry->advice);
}

void explain_line(struct bytes *out, const struct catalogue_entry *entry)
{
	bytes_addf(out, "E%u  %s\n", entry->code, entry->meaning);
}

static void put_entry(struct json_text *json, const struct catalogue_entry *entry)
{
	json_open(json, NULL, '{');
	json_number(json, "code", entry->code);
	json_string(json, "name", entry->name);
	json_string(json, "part", part_text[catalogue_part(entry)]);
	json_string(json, "retry", retry_text[entry->retry]);
	json_string(json, "meaning", entry->meaning);
	json_string(json, "advice", entry->advice);
	json_open(json, "causes", '[');
	for (size_t i = 0; entry->causes[i]; i++)
		json_string(json, NULL, entry->causes[i]);
	json_close(json);
	json_close(json);
}

void explain_json(struct bytes *out, const struct catalogue_entry entries[], size_t count)
{
	struct json_text json;

	json_start(&json, out);
	json_open(&json, NULL, '{');
	json_open(&json, "errors", '[');
	for (size_t i = 0; i < count; i++)
		put_entry(&json, &entries[i]);
	json_close(&json);
	json_close(&json);
}
