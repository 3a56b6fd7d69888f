#include "early/block.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/gpt.h"

#define NAME_LEN    32u	 /* bytes of a kernel device name, NUL included */
#define SECTOR	    512u /* sysfs counts sizes in these, whatever the disk's own blocks are */
#define SERIAL_FILE "serial"

/* One walk over all disks. */
struct search {
	const char *dev;
	const struct selector *want;
	struct block_device *out;
	unsigned count;
};

/* One disk under examination. */
struct disk {
	char name[NAME_LEN];
	int sys;  /* its folder in sysfs */
	int node; /* its device node */
	uint64_t block_len, blocks;
	struct gpt table;
};

/* Names of devices become paths: nothing but letters, digits, '-' and '_'. */
static bool name_is_sound(const char *name)
{
	if (!*name || strlen(name) >= NAME_LEN)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '_')
			return false;
	return true;
}

static void add_match(struct search *s, const char *name, const uint8_t *guid, const char *serial)
{
	struct block_device found = {.partition = guid != NULL};

	if (s->count < 2)
		s->count++;
	if (s->count > 1)
		return;
	(void)snprintf(found.path, sizeof(found.path), "%s/%s", s->dev, name);
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

/* The kernel's name for partition `number`, which lies where entry e says. */
static struct status partition_name(
	const struct disk *d, uint64_t number, const struct gpt_entry *e, char out[NAME_LEN])
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
			(void)snprintf(out, NAME_LEN, "%.*s", (int)NAME_LEN - 1, child->d_name);
	}
	(void)closedir(dir);
	return found && same_place ? OK : fail(E_GPT_KERNEL);
}

static bool read_at(int fd, uint8_t *buf, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pread(fd, buf, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

static struct status match_partitions(struct search *s, struct disk *d)
{
	static uint8_t entries[GPT_ENTRIES_MAX];
	uint8_t block[GPT_BLOCK_MAX];
	struct gpt_entry e;
	char name[NAME_LEN];
	size_t len;

	if (!read_at(d->node, block, (size_t)d->block_len, d->block_len))
		return fail(E_GPT_READ);
	TRY(gpt_header(block, (size_t)d->block_len, d->blocks, &d->table));
	len = (size_t)d->table.entry_count * d->table.entry_len;
	if (!read_at(d->node, entries, len, d->table.entries_lba * d->block_len))
		return fail(E_GPT_ENTRIES_READ);
	TRY(gpt_entries(&d->table, entries, len));
	for (uint32_t i = 0; i < d->table.entry_count; i++) {
		if (!gpt_entry(&d->table, entries, i, &e) || !entry_matches(s->want, &e))
			continue;
		TRY(partition_name(d, (uint64_t)i + 1, &e, name));
		add_match(s, name, e.guid, NULL);
	}
	return OK;
}

/* False for what is no disk with blocks of a known size. */
static bool read_geometry(struct disk *d)
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

static void look_at_table(struct search *s, struct disk *d, int dev)
{
	struct status result;

	if (!read_geometry(d))
		return;
	d->node = openat(dev, d->name, O_RDONLY | O_CLOEXEC);
	if (d->node < 0)
		return;
	result = match_partitions(s, d);
	close(d->node);
	if (failed(result) && result.code != E_GPT_SIGNATURE)
		console_detail("%s: %s", d->name, error_text(result.code));
}

/* A '*' at the end of what is wanted stands for any rest. */
static bool serial_matches(const char *want, const char *serial)
{
	size_t len = strlen(want);

	if (len && want[len - 1] == '*')
		return strncmp(serial, want, len - 1) == 0;
	return strcmp(serial, want) == 0;
}

static void look_at_serial(struct search *s, const struct disk *d)
{
	char serial[CONFIG_TEXT_MAX];

	if (attribute_read(d->sys, SERIAL_FILE, serial, sizeof(serial)) &&
		serial_matches(s->want->text, serial))
		add_match(s, d->name, NULL, serial);
}

/* One entry of /sys/class/block: disks are looked at, their partitions are found through them. */
static void look_at(struct search *s, int class_block, int dev, const char *name)
{
	struct disk d = {.node = -1};

	if (!name_is_sound(name))
		return;
	(void)snprintf(d.name, sizeof(d.name), "%.*s", (int)NAME_LEN - 1, name);
	d.sys = openat(class_block, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.sys < 0)
		return;
	if (faccessat(d.sys, "partition", F_OK, 0) != 0) {
		if (s->want->kind == SELECT_SERIAL)
			look_at_serial(s, &d);
		else
			look_at_table(s, &d, dev);
	}
	close(d.sys);
}

struct status block_find(const char *sys_class_block, const char *dev, const struct selector *s,
	struct block_device *out, unsigned *out_count)
{
	struct search search = {.dev = dev, .want = s, .out = out};
	DIR *dir = opendir(sys_class_block);
	int dev_fd = open(dev, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct status result = OK;
	struct dirent *entry;

	if (!dir || dev_fd < 0) {
		result = system_failure(dir ? dev : sys_class_block, errno, E_DEVICE_SCAN);
	} else {
		while ((entry = readdir(dir)))
			look_at(&search, dirfd(dir), dev_fd, entry->d_name);
		*out_count = search.count;
	}
	if (dir)
		(void)closedir(dir);
	if (dev_fd >= 0)
		close(dev_fd);
	return result;
}
