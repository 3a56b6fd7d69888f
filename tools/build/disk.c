/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "tools/build/build.h"
#include "tools/lib/gpt.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

#define MIB	     (1024u * 1024u)
#define ALIGN	     MIB
#define ESP_MIN	     (64ull * MIB) /* FAT32 needs 65,525 clusters: 33 MiB of 512 bytes each */
#define ESP_SLACK    (4ull * MIB)
#define FAT_EPOCH    315532800 /* 1980-01-01: the earliest time a FAT can hold */
#define BOOT_FILE    "::/EFI/BOOT/BOOTX64.EFI"
#define ESP_INDEX    0u
#define ROOT_INDEX   1u
#define VERITY_INDEX 2u
#define PARTITIONS   3u

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

/* 16 bytes that depend on the whole disk's contents and on what they are for. */
static void derive_guid(const struct build *b, const char *purpose, uint8_t out[GUID_LEN])
{
	uint8_t uki[SHA256_LEN], hash[SHA256_LEN];
	struct bytes text = {0};

	sha256(b->uki.data, b->uki.len, uki);
	bytes_add_text(&text, purpose);
	bytes_add(&text, uki, sizeof(uki));
	bytes_add(&text, b->root_hash, sizeof(b->root_hash));
	sha256(text.data, text.len, hash);
	bytes_free(&text);
	/* A version 8 UUID (RFC 9562): its bits are the maker's own. */
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	guid_from_uuid(hash, out);
}

/* mcopy takes the file's time from the file: it gets the fixed one. */
static bool set_fixed_time(const char *path)
{
	const struct timespec times[2] = {{.tv_sec = FAT_EPOCH}, {.tv_sec = FAT_EPOCH}};

	return !utimensat(AT_FDCWD, path, times, 0) ||
	       complain("cannot set the time of %s: %s", path, strerror(errno));
}

static bool esp_make(const struct build *b, const char *esp)
{
	uint64_t size = round_up(b->uki.len + b->uki.len / 32 + ESP_SLACK, ALIGN);
	uint8_t id[GUID_LEN];
	char *uki = must_format("%s/uki.efi", b->work), *volume, *blocks;
	bool fine;

	if (size < ESP_MIN)
		size = ESP_MIN;
	derive_guid(b, "esp volume", id);
	volume = must_format("%08x", le32(id));
	blocks = must_format("%llu", (unsigned long long)size / 1024);
	{
		const char *const format[] = {"mkfs.vfat", "--invariant", "-F", "32", "-s", "1",
			"-S", "512", "-n", "ESP", "-i", volume, "-C", esp, blocks, NULL};
		const char *const folders[] = {"mmd", "-i", esp, "::/EFI", "::/EFI/BOOT", NULL};
		const char *const copy[] = {"mcopy", "-m", "-i", esp, uki, BOOT_FILE, NULL};

		fine = set_fixed_time(uki) && run(format, NULL, "dosfstools", NULL) &&
		       run(folders, NULL, "mtools", NULL) && run(copy, NULL, "mtools", NULL);
	}
	free(uki);
	free(volume);
	free(blocks);
	return fine;
}

struct part_source {
	const char *path, *type, *name;
	uint64_t attributes;
	struct mapped data;
};

static void lay_out(const struct build *b, const struct part_source *sources,
	struct gpt_partition *parts, uint64_t *out_sectors)
{
	uint64_t next = ALIGN / GPT_SECTOR;

	for (unsigned i = 0; i < PARTITIONS; i++) {
		uint64_t sectors = round_up(sources[i].data.len, ALIGN) / GPT_SECTOR;

		parts[i] = (struct gpt_partition){
			.first = next,
			.last = next + sectors - 1,
			.attributes = sources[i].attributes,
		};
		guid_parse(sources[i].type, parts[i].type);
		memcpy(parts[i].name, sources[i].name, strlen(sources[i].name));
		next += sectors;
	}
	/* Discoverable Partitions: the two halves of the root hash name data and hash tree. */
	derive_guid(b, "esp partition", parts[ESP_INDEX].uuid);
	guid_from_uuid(b->root_hash, parts[ROOT_INDEX].uuid);
	guid_from_uuid(b->root_hash + 16, parts[VERITY_INDEX].uuid);
	*out_sectors = round_up((next * GPT_SECTOR) + ALIGN,
			       disk_container_unit(b->options.format)) /
		       GPT_SECTOR;
}

static bool write_disk(const struct build *b, const struct part_source *sources, int fd)
{
	struct gpt_partition parts[PARTITIONS];
	uint8_t disk_guid[GUID_LEN];
	uint64_t sectors, tail_at;
	struct bytes head = {0}, tail = {0};
	bool fine;

	lay_out(b, sources, parts, &sectors);
	derive_guid(b, "disk", disk_guid);
	gpt_make(disk_guid, sectors, parts, PARTITIONS, &head, &tail);
	tail_at = (sectors - GPT_TAIL_SECTORS) * GPT_SECTOR;
	fine = !ftruncate(fd, (off_t)(sectors * GPT_SECTOR)) ||
	       complain("cannot size the disk image: %s", strerror(errno));
	fine = fine && file_put_sparse(fd, head.data, head.len, 0) &&
	       file_put_sparse(fd, tail.data, tail.len, tail_at);
	for (unsigned i = 0; fine && i < PARTITIONS; i++)
		fine = file_put_sparse(
			fd, sources[i].data.data, sources[i].data.len, parts[i].first * GPT_SECTOR);
	bytes_free(&head);
	bytes_free(&tail);
	if (fine)
		progress("disk: %llu MiB", (unsigned long long)(sectors * GPT_SECTOR / MIB));
	return fine;
}

/* A new file of the work folder; the descriptor, or -1 after a complaint. */
static int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd >= 0 && !fchmod(fd, 0644))
		return fd;
	complain("cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool finish(int fd, const char *path)
{
	return !close(fd) || complain("cannot write %s: %s", path, strerror(errno));
}

static bool make_raw(const struct build *b, const char *path)
{
	char *esp = must_format("%s/esp.img", b->work);
	struct part_source sources[PARTITIONS] = {
		[ESP_INDEX] = {esp, GPT_TYPE_ESP, "esp", 0, {NULL, 0}},
		[ROOT_INDEX] = {b->root_image, GPT_TYPE_ROOT_X86_64, "root", GPT_ATTR_READ_ONLY,
			{NULL, 0}},
		[VERITY_INDEX] = {b->hash_tree, GPT_TYPE_ROOT_X86_64_VERITY, "root-verity",
			GPT_ATTR_READ_ONLY, {NULL, 0}},
	};
	bool fine = esp_make(b, esp);
	int fd = -1;

	for (unsigned i = 0; fine && i < PARTITIONS; i++)
		fine = file_map(sources[i].path, &sources[i].data);
	if (fine)
		fd = create(path);
	fine = fine && fd >= 0 && write_disk(b, sources, fd);
	if (fd >= 0)
		fine = finish(fd, path) && fine;
	for (unsigned i = 0; i < PARTITIONS; i++) {
		file_unmap(&sources[i].data);
		unlink(sources[i].path);
	}
	free(esp);
	return fine;
}

/* The raw image gives way to the container that holds it. */
static bool make_container(const struct build *b, const char *raw)
{
	char *path = must_format("%s/%s", b->work, disk_container_file(b->options.format));
	uint8_t id[GUID_LEN];
	struct mapped disk = {NULL, 0};
	bool fine = file_map(raw, &disk);
	int fd = fine ? create(path) : -1;

	derive_guid(b, "disk container", id);
	fine = fd >= 0 && disk_container_write(b->options.format, disk.data, disk.len, id, fd);
	if (fd >= 0)
		fine = finish(fd, path) && fine;
	file_unmap(&disk);
	unlink(raw);
	if (fine)
		progress("disk: packed as %s", disk_container_file(b->options.format));
	free(path);
	return fine;
}

bool disk_make(const struct build *b)
{
	char *raw = must_format("%s/%s", b->work, disk_container_file(DISK_RAW));
	bool fine = make_raw(b, raw) && (b->options.format == DISK_RAW || make_container(b, raw));

	free(raw);
	return fine;
}
