/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "early/disk/block.h"
#include "early/disk/block_disk.h"
#include "early/console.h"
#include "early/contract/errors.h"

#define DISKS_MAX      16u /* that are told of, and partitions of all of them together */
#define PARTITIONS_MAX 32u
#define NAMES_LEN      400u /* bytes of all names of a disk, with NUL */
#define KIB	       1024u
#define GUID_TEXT_MAX  37u

struct told {
	size_t disks, partitions;
};

static unsigned long long kib(const struct disk *d, uint64_t blocks)
{
	/* Whole blocks of a disk whose bytes fit into 63 bits. */
	return (unsigned long long)(blocks * d->block_len / KIB);
}

/* Text order: the first three fields are little-endian on the disk. */
static void guid_text(const uint8_t g[16], char out[GUID_TEXT_MAX])
{
	(void)snprintf(out, GUID_TEXT_MAX,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3], g[2],
		g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14],
		g[15]);
}

void block_selector_text(const struct selector *s, char out[BLOCK_SELECTOR_MAX])
{
	static const char *const kinds[] = {
		[SELECT_PARTUUID] = "partuuid",
		[SELECT_PARTLABEL] = "partlabel",
		[SELECT_PARTTYPE] = "parttype",
		[SELECT_SERIAL] = "serial",
	};
	bool by_guid = s->kind == SELECT_PARTUUID || s->kind == SELECT_PARTTYPE;
	char guid[GUID_TEXT_MAX];

	guid_text(s->guid, guid);
	(void)snprintf(out, BLOCK_SELECTOR_MAX, "%s:%s", kinds[s->kind], by_guid ? guid : s->text);
}

static void say_partition(const struct disk *d, uint32_t number, const struct gpt_entry *e)
{
	char guid[GUID_TEXT_MAX], type[GUID_TEXT_MAX];

	guid_text(e->guid, guid);
	guid_text(e->type, type);
	console_say("  partition %u of %s: %llu KiB, partuuid:%s parttype:%s partlabel:%s", number,
		d->name, kib(d, e->last_lba - e->first_lba + 1), guid, type, e->name);
}

static void say_partitions(const struct disk *d, struct told *told)
{
	struct gpt_entry e;

	for (uint32_t i = 0; i < d->table.entry_count; i++) {
		if (!gpt_entry(&d->table, d->entries, i, &e))
			continue;
		if (told->partitions++ < PARTITIONS_MAX)
			say_partition(d, i + 1, &e);
	}
}

static bool is_there_before(const struct block_names *names, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(names->text[k], names->text[i]) == 0)
			return true;
	return false;
}

/* What the selector serial: may name, each once and with ", " before it. */
static void names_text(const struct disk *d, char out[NAMES_LEN])
{
	struct block_names names;
	size_t len = 0;

	block_names_read(d->sys, &names);
	for (size_t i = 0; i < BLOCK_NAME_KINDS && len < NAMES_LEN; i++)
		if (names.text[i][0] && !is_there_before(&names, i))
			len += (size_t)snprintf(
				out + len, NAMES_LEN - len, ", \"serial:%s\"", names.text[i]);
	if (!len)
		(void)snprintf(out, NAMES_LEN, ", no serial");
}

static void say_disk(struct disk *d, void *context)
{
	struct told *told = context;
	char names[NAMES_LEN];
	struct status table;

	if (!disk_geometry(d) || told->disks++ >= DISKS_MAX)
		return;
	names_text(d, names);
	table = disk_table(d);
	console_say("disk %s: %llu KiB%s%s%s", d->name, kib(d, d->blocks), names,
		failed(table) ? ", " : "", failed(table) ? error_text(table.code) : "");
	if (!failed(table))
		say_partitions(d, told);
}

size_t block_say_disks(const char *sys_class_block, const char *dev)
{
	struct told told = {0, 0};

	if (failed(disks_look(sys_class_block, dev, say_disk, &told)))
		return 0;
	if (told.disks > DISKS_MAX)
		console_say("and %zu more disks", told.disks - DISKS_MAX);
	if (told.partitions > PARTITIONS_MAX)
		console_say("and %zu more partitions", told.partitions - PARTITIONS_MAX);
	return told.disks;
}
