/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/state_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/errors.h"
#include "early/disk/dm_check.h"
#include "early/disk/luks_header.h"
#include "early/disk/mkfs.h"

#define DISK_MIN   (UINT64_C(32) << 20) /* bytes */
#define ENDS_LEN   (2u << 20)		/* bytes: where signatures of file systems and RAIDs lie */
#define ENDS_PART  (64u << 10)
#define EXT4_GROUP (UINT64_C(32768) * 4096) /* bytes of a block group with blocks of 4096 */

static bool is_open;
static int next_header = -1; /* of a rotation that was begun in this boot */

static struct status device_size(const char *path, uint64_t *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct status s = OK;
	off_t end;

	if (fd < 0)
		return system_failure(path, errno, E_STATE_SIZE_OPEN);
	end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		s = system_failure(path, errno, E_STATE_SIZE);
	else
		*out = (uint64_t)end;
	close(fd);
	return s;
}

static struct status big_enough(const char *device)
{
	uint64_t bytes;

	TRY(device_size(device, &bytes));
	if (bytes < DISK_MIN) {
		console_detail("%llu bytes", (unsigned long long)bytes);
		return fail(E_STATE_SMALL);
	}
	return OK;
}

/* The library's own messages are dropped: the codes say what failed. */
static void stay_silent(int level, const char *message, void *unused)
{
	(void)level;
	(void)message;
	(void)unused;
}

/* libcryptsetup's view of a header in memory and the disk that it is for. */
static struct status library_open(int header, const char *device, struct crypt_device **out)
{
	char path[HEADER_PATH_MAX];
	int r;

	crypt_set_log_callback(NULL, stay_silent, NULL);
	/* One process owns disk and header: no lock files. */
	(void)crypt_metadata_locking(NULL, 0);
	luks_header_path(header, path);
	r = crypt_init_data_device(out, path, device);
	return r < 0 ? system_failure("init", -r, E_STATE_INIT) : OK;
}

static struct status activate(
	struct crypt_device *cd, const struct luks_profile *profile, const uint8_t *disk_key)
{
	int r = crypt_load(cd, CRYPT_LUKS2, NULL);

	if (r < 0)
		return system_failure("load", -r, E_STATE_LOAD);
	TRY(luks_profile_check(cd, profile));
	r = crypt_activate_by_passphrase(
		cd, STATE_MAPPING, 0, (const char *)disk_key, DISK_KEY_LEN, 0);
	if (r < 0)
		return system_failure("activate", -r, E_STATE_ACTIVATE);
	is_open = true;
	return OK;
}

/* From a sealed header whose MAC is known to be right, and from nothing else. */
static struct status open_with(int header, const struct boot *b, const uint8_t *disk_key)
{
	const struct luks_profile *profile = luks_profile(b->config.state_cipher);
	struct crypt_device *cd;
	struct status s;

	TRY(library_open(header, b->state_device, &cd));
	s = activate(cd, profile, disk_key);
	crypt_free(cd);
	if (!failed(s))
		s = dm_check(STATE_MAPPING, profile, b->state_device);
	if (failed(s))
		state_disk_close();
	return s;
}

static struct status open_header(
	int header, const struct boot *b, const struct state_grant *g, struct state_opened *out)
{
	const uint8_t *key = out->with_next ? g->next_key : g->disk_key;

	TRY(luks_header_mac(header, key, b->disk_id, g->generation + 1, out->mac));
	TRY(open_with(header, b, key));
	if (!g->next_key || out->with_next || g->open_only)
		return OK;
	return state_header_next(b->state_device, b->disk_id, g,
		luks_profile(b->config.state_cipher), header, &next_header, out->next_mac);
}

struct status state_disk_open(
	const struct boot *b, const struct state_grant *g, struct state_opened *out)
{
	struct state_opened opened = {0};
	struct status s;
	int header;

	TRY(big_enough(b->state_device));
	TRY(state_header_find(b->state_device, b->disk_id, g, &header, &opened.with_next));
	s = open_header(header, b, g, &opened);
	close(header);
	if (failed(s))
		state_disk_close();
	else
		*out = opened;
	return s;
}

struct status state_disk_rotate(
	const struct boot *b, const struct state_grant *g, uint8_t out_mac[HEADER_MAC_LEN])
{
	TRY(luks_header_write(next_header, b->state_device, 0));
	return luks_header_mac(next_header, g->next_key, b->disk_id, g->generation + 2, out_mac);
}

static struct status make_header(int header, const struct boot *b, const uint8_t *disk_key)
{
	struct crypt_device *cd;
	struct status s;

	TRY(library_open(header, b->state_device, &cd));
	s = luks_format(cd, luks_profile(b->config.state_cipher), disk_key, DISK_KEY_LEN);
	crypt_free(cd);
	TRY(s);
	TRY(luks_header_seal(header));
	return luks_header_write(header, b->state_device, 0);
}

/* Zeros, aligned for O_DIRECT, on their way to the opened disk. */
struct zeros {
	int fd;
	void *bytes; /* ENDS_PART of them */
};

static struct status zero(const struct zeros *z, uint64_t at, size_t len)
{
	if (pwrite(z->fd, z->bytes, len, (off_t)at) != (ssize_t)len)
		return system_failure(STATE_NODE, errno, E_STATE_ZERO);
	return OK;
}

static struct status zero_ends(const struct zeros *z, uint64_t bytes)
{
	for (uint64_t at = 0; at < ENDS_LEN; at += ENDS_PART) {
		TRY(zero(z, at, ENDS_PART));
		TRY(zero(z, bytes - ENDS_LEN + at, ENDS_PART));
	}
	return OK;
}

/* ext4 keeps copies of its superblock in group 1 and in groups that are powers of 3, 5 and 7. */
static struct status zero_superblock_copies(const struct zeros *z, uint64_t bytes)
{
	static const uint64_t bases[] = {3, 5, 7};
	const uint64_t groups = bytes / EXT4_GROUP;

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		for (uint64_t group = 1; group <= groups; group *= bases[i]) {
			if (group * EXT4_GROUP + LUKS_SECTOR <= bytes)
				TRY(zero(z, group * EXT4_GROUP, LUKS_SECTOR));
		}
	}
	return OK;
}

/*
 * On an authenticated disk a sector that was never written cannot be read, and writing a part of a
 * sector reads it first. mkfs writes some sectors in parts, and mkfs and others look for signatures
 * in some. These are written whole before. The cost does not grow with the disk's size.
 */
static struct status zero_what_is_read(uint64_t bytes)
{
	struct zeros z = {.fd = open(STATE_NODE, O_WRONLY | O_CLOEXEC | O_DIRECT)};
	struct status s;

	if (z.fd < 0)
		return system_failure(STATE_NODE, errno, E_STATE_ZERO_OPEN);
	z.bytes = aligned_alloc(LUKS_SECTOR, ENDS_PART);
	if (z.bytes) {
		memset(z.bytes, 0, ENDS_PART);
		s = zero_ends(&z, bytes);
		if (!failed(s))
			s = zero_superblock_copies(&z, bytes);
	} else {
		s = fail(E_STATE_ZERO_MEMORY);
	}
	free(z.bytes);
	close(z.fd);
	return s;
}

static struct status flush(void)
{
	int fd = open(STATE_NODE, O_RDONLY | O_CLOEXEC);
	struct status s = OK;

	if (fd < 0)
		return system_failure(STATE_NODE, errno, E_STATE_FLUSH_OPEN);
	if (fsync(fd))
		s = system_failure(STATE_NODE, errno, E_STATE_FLUSH);
	close(fd);
	return s;
}

static struct status make_file_system(void)
{
	uint64_t bytes;

	TRY(device_size(STATE_NODE, &bytes));
	TRY(zero_what_is_read(bytes));
	TRY(mkfs_run(SYSROOT, STATE_NODE, bytes));
	return flush();
}

static struct status format(int header, const struct boot *b, const uint8_t *disk_key,
	uint64_t generation, uint8_t mac[HEADER_MAC_LEN])
{
	TRY(make_header(header, b, disk_key));
	TRY(luks_header_mac(header, disk_key, b->disk_id, generation, mac));
	TRY(open_with(header, b, disk_key));
	return make_file_system();
}

struct status state_disk_contents(const struct boot *b, uint8_t *out)
{
	bool blank;

	TRY(luks_header_blank(b->state_device, &blank));
	*out = blank ? DISK_BLANK : DISK_NOT_BLANK;
	return OK;
}

struct status state_disk_format(const struct boot *b, const uint8_t disk_key[DISK_KEY_LEN],
	uint64_t generation, bool overwrite, uint8_t out_mac[HEADER_MAC_LEN])
{
	uint8_t mac[HEADER_MAC_LEN], contents;
	struct status s;
	int header;

	TRY(big_enough(b->state_device));
	TRY(state_disk_contents(b, &contents));
	if (!overwrite && contents != DISK_BLANK)
		return fail(E_STATE_NOT_BLANK);
	TRY(luks_header_new(&header));
	s = format(header, b, disk_key, generation, mac);
	close(header);
	if (failed(s)) {
		state_disk_close();
		return s;
	}
	memcpy(out_mac, mac, sizeof(mac));
	return OK;
}

void state_disk_close(void)
{
	if (is_open)
		(void)crypt_deactivate(NULL, STATE_MAPPING);
	is_open = false;
	if (next_header >= 0)
		close(next_header);
	next_header = -1;
}
