/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/explain/error_catalogue.h"

#include "early/contract/messages.h"

#define STATUS_ENUM(code, name, retry, meaning, advice, ...) \
	{code, #name, TABLE, ERROR_##retry, meaning, advice, {__VA_ARGS__}},
static const struct catalogue_entry entries[] = {
#define TABLE CATALOGUE_STUB
#include "efi/contract/errors.def"
#undef TABLE
#define TABLE CATALOGUE_CRYPTO
#include "crypto/errors.def"
#undef TABLE
#define TABLE CATALOGUE_EARLY
#include "early/contract/errors.def"
#undef TABLE
};
#undef STATUS_ENUM

const struct catalogue_entry *catalogue(size_t *out_count)
{
	*out_count = sizeof(entries) / sizeof(entries[0]);
	return entries;
}

const struct catalogue_entry *catalogue_find(uint64_t code)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (entries[i].code == code)
			return &entries[i];
	return NULL;
}

enum catalogue_part catalogue_part(const struct catalogue_entry *entry)
{
	if (entry->code >= DENY_CODE_MIN && entry->code <= DENY_CODE_MAX)
		return CATALOGUE_DENIAL;
	return entry->table;
}

const char *catalogue_who(const struct catalogue_entry *entry)
{
	static const char *const who[] = {
		[CATALOGUE_STUB] = "the stub",
		[CATALOGUE_CRYPTO] = "PID 1 or the join service",
		[CATALOGUE_EARLY] = "PID 1",
		[CATALOGUE_DENIAL] = "the join service, and PID 1 after it",
	};

	return who[catalogue_part(entry)];
}

const char *catalogue_then(const struct catalogue_entry *entry)
{
	bool denial = catalogue_part(entry) == CATALOGUE_DENIAL;

	switch (entry->retry) {
	case ERROR_RETRY:
		return denial ? "the service tells the node when to come again"
			      : "the node tries again until protostar.join.timeout is over";
	case ERROR_RETRY_UNLESS_ALL:
		return "the node tries again, unless every address of the service answered so";
	case ERROR_FINAL:
	default:
		return entry->table == CATALOGUE_STUB
			       ? "the machine is switched off"
			       : "the boot ends: the machine is switched off, or restarted with "
				 "protostar.failure=reboot";
	}
}
