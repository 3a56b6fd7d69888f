/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/block_disk.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"

#define SECTOR 512u /* sysfs counts sizes in these, whatever the disk's own blocks are */

/* Names of devices become paths: nothing but letters, digits, '-' and '_'. */
static bool name_is_sound(const char *name)
{
	if (!*name || strlen(name) >= BLOCK_NODE_MAX)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	return true;
}

/* Whether the folder `name` in the disk's own is its partition `number`, just where e says. */
static bool is_partition(const struct disk *d, const char *name, uint64_t number,
	const struct gpt_entry *e, bool *out_same_place)
{
	uint64_t found, start, sectors, factor = d->block_len / SECTOR;
	int sys = openat(d->sys, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is;

	if (sys < 0)
		return false;
	is = attribute_number(sys, "partition", &found) && found == number;
	/* The table was checked against the disk's size: neither product can overflow. */
	*out_same_place = is && attribute_number(sys, "start", &start) &&
			  attribute_number(sys, "size", &sectors) &&
			  start == e->first_lba * factor &&
			  sectors == (e->last_lba - e->first_lba + 1) * factor;
	close(sys);
	return is;
}

struct status disk_partition(
	const struct disk *d, uint64_t number, const struct gpt_entry *e, char out[BLOCK_NODE_MAX])
{
	int fd = openat(d->sys, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *child;
	bool found = false, same_place = false;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return fail(E_DEVICE_FOLDER);
	}
	while (!found && (child = readdir(dir))) {
		if (!name_is_sound(child->d_name))
			continue;
		found = is_partition(d, child->d_name, number, e, &same_place);
		if (found)
			(void)snprintf(out, BLOCK_NODE_MAX, "%.*s", (int)BLOCK_NODE_MAX - 1,
				child->d_name);
	}
	(void)closedir(dir);
	return found && same_place ? OK : fail(E_GPT_KERNEL);
}

bool disk_geometry(struct disk *d)
{
	uint64_t sectors;

	if (!attribute_number(d->sys, "size", &sectors) || !sectors ||
		!attribute_number(d->sys, "queue/logical_block_size", &d->block_len) ||
		d->block_len < GPT_BLOCK_MIN || d->block_len > GPT_BLOCK_MAX ||
		(d->block_len & (d->block_len - 1)) || sectors > INT64_MAX / SECTOR)
		return false;
	d->blocks = sectors / (d->block_len / SECTOR);
	return true;
}

/* A disk gives all that is asked for, or fails. */
static bool reads_at(int fd, uint8_t *buf, size_t len, uint64_t at)
{
	return pread(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static struct status read_table(struct disk *d, int node)
{
	static uint8_t entries[GPT_ENTRIES_MAX];
	uint8_t block[GPT_BLOCK_MAX];
	size_t len;

	if (!reads_at(node, block, (size_t)d->block_len, d->block_len))
		return fail(E_GPT_READ);
	TRY(gpt_header(block, (size_t)d->block_len, d->blocks, &d->table));
	len = (size_t)d->table.entry_count * d->table.entry_len;
	if (!reads_at(node, entries, len, d->table.entries_lba * d->block_len))
		return fail(E_GPT_ENTRIES_READ);
	d->entries = entries;
	return gpt_entries(&d->table, entries, len);
}

struct status disk_table(struct disk *d)
{
	int node = openat(d->dev, d->name, O_RDONLY | O_CLOEXEC);
	struct status s;

	if (node < 0)
		return fail(E_DEVICE_NODE);
	s = read_table(d, node);
	close(node);
	return s;
}

/* A path of a disk that has several, and that stands in the list as well. */
static bool is_hidden(int sys)
{
	uint64_t hidden;

	return attribute_number(sys, "hidden", &hidden) && hidden;
}

static void look_at(int class_block, int dev, const char *name,
	void (*look)(struct disk *d, void *context), void *context)
{
	struct disk d = {.dev = dev};

	if (!name_is_sound(name))
		return;
	(void)snprintf(d.name, sizeof(d.name), "%.*s", (int)BLOCK_NODE_MAX - 1, name);
	d.sys = openat(class_block, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.sys < 0)
		return;
	if (faccessat(d.sys, "partition", F_OK, 0) != 0 && !is_hidden(d.sys))
		look(&d, context);
	close(d.sys);
}

struct status disks_look(const char *sys_class_block, const char *dev,
	void (*look)(struct disk *d, void *context), void *context)
{
	DIR *dir = opendir(sys_class_block);
	int dev_fd = open(dev, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct status result = OK;
	struct dirent *entry;

	if (!dir || dev_fd < 0) {
		result = system_failure(dir ? dev : sys_class_block, errno, E_DEVICE_SCAN);
	} else {
		while ((entry = readdir(dir)))
			look_at(dirfd(dir), dev_fd, entry->d_name, look, context);
	}
	if (dir)
		(void)closedir(dir);
	if (dev_fd >= 0)
		close(dev_fd);
	return result;
}
