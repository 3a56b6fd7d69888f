/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/block.h"

#include <stdio.h>
#include <string.h>
#include "early/disk/block_disk.h"
#include "early/console.h"
#include "early/contract/errors.h"

/* One walk over all disks. */
struct search {
	const char *dev;
	const struct selector *want;
	const struct block_device *const *taken;
	size_t taken_count;
	struct block_device *out;
	unsigned count;
};

/* The device `name`, a partition when it has a GUID, otherwise a whole disk with a serial. */
static void add_match(struct search *s, const struct disk *d, const char *name, const uint8_t *guid,
	const char *serial)
{
	struct block_device found = {.partition = guid != NULL};

	if (s->count < 2)
		s->count++;
	if (s->count > 1)
		return;
	(void)snprintf(found.path, sizeof(found.path), "%s/%s", s->dev, name);
	memcpy(found.disk, d->name, sizeof(found.disk));
	if (guid)
		memcpy(found.guid, guid, sizeof(found.guid));
	if (serial)
		(void)snprintf(found.serial, sizeof(found.serial), "%s", serial);
	*s->out = found;
}

static bool entry_matches(const struct selector *want, const struct gpt_entry *e)
{
	switch (want->kind) {
	case SELECT_PARTUUID:
		return memcmp(want->guid, e->guid, sizeof(e->guid)) == 0;
	case SELECT_PARTTYPE:
		return memcmp(want->guid, e->type, sizeof(e->type)) == 0;
	case SELECT_PARTLABEL:
		return strcmp(want->text, e->name) == 0;
	case SELECT_SERIAL:
	default:
		return false;
	}
}

static struct status match_partitions(struct search *s, struct disk *d)
{
	struct gpt_entry e;
	char name[BLOCK_NODE_MAX];

	TRY(disk_table(d));
	for (uint32_t i = 0; i < d->table.entry_count; i++) {
		if (!gpt_entry(&d->table, d->entries, i, &e) || !entry_matches(s->want, &e))
			continue;
		TRY(disk_partition(d, (uint64_t)i + 1, &e, name));
		add_match(s, d, name, e.guid, NULL);
	}
	return OK;
}

static void look_at_table(struct search *s, struct disk *d)
{
	struct status result;

	if (!disk_geometry(d))
		return;
	result = match_partitions(s, d);
	if (failed(result) && result.code != E_GPT_SIGNATURE)
		console_detail("%s: %s", d->name, error_text(result.code));
}

/* A '*' at the end of what is wanted matches any rest. */
static bool serial_matches(const char *want, const char *serial)
{
	size_t len = strlen(want);

	if (len && want[len - 1] == '*')
		return strncmp(serial, want, len - 1) == 0;
	return strcmp(serial, want) == 0;
}

static bool is_taken(const struct search *s, const struct disk *d)
{
	for (size_t i = 0; i < s->taken_count; i++)
		if (strcmp(s->taken[i]->disk, d->name) == 0)
			return true;
	return false;
}

/* The first of its names that matches is the one that the disk goes by. */
static void look_at_names(struct search *s, const struct disk *d)
{
	struct block_names names;

	if (is_taken(s, d))
		return;
	block_names_read(d->sys, &names);
	for (size_t i = 0; i < BLOCK_NAME_KINDS; i++) {
		if (names.text[i][0] && serial_matches(s->want->text, names.text[i])) {
			add_match(s, d, d->name, NULL, names.text[i]);
			return;
		}
	}
}

static void look_at(struct disk *d, void *context)
{
	struct search *s = context;

	if (s->want->kind == SELECT_SERIAL)
		look_at_names(s, d);
	else
		look_at_table(s, d);
}

struct status block_find(const char *sys_class_block, const char *dev, const struct selector *s,
	const struct block_device *const taken[], size_t taken_count, struct block_device *out,
	unsigned *out_count)
{
	struct search search = {
		.dev = dev, .want = s, .taken = taken, .taken_count = taken_count, .out = out};

	TRY(disks_look(sys_class_block, dev, look_at, &search));
	*out_count = search.count;
	return OK;
}
