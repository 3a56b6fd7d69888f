/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/root_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"
#include "early/disk/dm_table.h"

#define ROOT_NODE	  "/dev/mapper/" ROOT_MAPPING
#define SALT_MAX	  256u
#define SECTORS_PER_BLOCK (VERITY_BLOCK / 512u)
#define DEVICE_NUMBER_LEN 24u
/* 4 PiB: keeps every product below in 64 bits. */
#define DATA_BLOCKS_MAX (UINT64_C(1) << 40)

bool root_parameters_sound(const struct crypt_params_verity *p)
{
	return p->hash_name && strcmp(p->hash_name, "sha256") == 0 && p->hash_type == 1 &&
	       p->data_block_size == VERITY_BLOCK && p->hash_block_size == VERITY_BLOCK &&
	       p->salt_size <= SALT_MAX && p->data_size && p->data_size <= DATA_BLOCKS_MAX &&
	       p->hash_area_offset == 0 && !p->fec_device && !p->fec_roots;
}

bool root_expected_table(const struct crypt_params_verity *p, const char *data, const char *hash,
	const uint8_t root_hash[32], const char *options, char *out, size_t size)
{
	char root[2 * 32 + 1], salt[2 * SALT_MAX + 1] = "-";
	int n;

	if (p->salt_size > SALT_MAX)
		return false;
	hex_text(root_hash, 32, root);
	if (p->salt_size)
		hex_text((const uint8_t *)p->salt, p->salt_size, salt);
	/* The tree starts in block 1 of the verity device, behind the superblock. */
	n = snprintf(out, size, "1 %s %s %u %u %" PRIu64 " 1 sha256 %s %s%s", data, hash,
		p->data_block_size, p->hash_block_size, p->data_size, root, salt, options);
	return n > 0 && (size_t)n < size;
}

const char *root_file_system(const uint8_t start[ROOT_PROBE_LEN])
{
	static const uint8_t erofs[] = {0xe2, 0xe1, 0xf5, 0xe0}, ext4[] = {0x53, 0xef};

	if (memcmp(start + 1024, erofs, sizeof(erofs)) == 0)
		return "erofs";
	if (memcmp(start, "hsqs", 4) == 0)
		return "squashfs";
	if (memcmp(start + 1024 + 56, ext4, sizeof(ext4)) == 0)
		return "ext4";
	return NULL;
}

/* Loads the superblock, judges it and sets the mapping up. *p borrows from cd. */
static struct status activate(
	struct crypt_device *cd, const struct boot *b, struct crypt_params_verity *p)
{
	int r = crypt_load(cd, CRYPT_VERITY, NULL);

	if (r < 0)
		return system_failure(b->verity_device, -r, E_VERITY_SUPERBLOCK);
	r = crypt_get_verity_info(cd, p);
	if (r < 0 || !root_parameters_sound(p))
		return system_failure(b->verity_device, r < 0 ? -r : EINVAL, E_VERITY_PARAMETERS);
	r = crypt_activate_by_volume_key(cd, ROOT_MAPPING, (const char *)b->config.root_hash,
		sizeof(b->config.root_hash), CRYPT_ACTIVATE_READONLY);
	return r < 0 ? system_failure(b->root_device, -r, E_VERITY_ACTIVATE) : OK;
}

static bool device_number(const char *path, char out[DEVICE_NUMBER_LEN])
{
	struct stat st;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return false;
	(void)snprintf(out, DEVICE_NUMBER_LEN, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return true;
}

/* What the kernel should run; false when a device is gone. */
static bool wanted_target(const struct boot *b, const struct crypt_params_verity *p,
	const char *options, struct dm_target *out)
{
	char data[DEVICE_NUMBER_LEN], hash[DEVICE_NUMBER_LEN];

	*out = (struct dm_target){
		.sectors = p->data_size * SECTORS_PER_BLOCK,
		.type = "verity",
	};
	return device_number(b->root_device, data) && device_number(b->verity_device, hash) &&
	       root_expected_table(p, data, hash, b->config.root_hash, options, out->parameters,
		       sizeof(out->parameters));
}

static struct status compare_table(
	const struct boot *b, const struct crypt_params_verity *p, const char *options)
{
	struct dm_target got, want;

	TRY(dm_table(ROOT_MAPPING, E_VERITY_TABLE_READ, &got));
	if (!wanted_target(b, p, options, &want) || strcmp(got.type, want.type) != 0 ||
		got.start != want.start || got.sectors != want.sectors ||
		strcmp(got.parameters, want.parameters) != 0) {
		console_detail("%s %s", got.type, got.parameters);
		return fail(E_VERITY_TABLE);
	}
	return OK;
}

static bool replace_table(
	const struct boot *b, const struct crypt_params_verity *p, const char *options)
{
	struct dm_target want;

	return wanted_target(b, p, options, &want) && dm_replace(ROOT_MAPPING, &want);
}

/*
 * From here on a bad block stops the machine. With an I/O error the host could choose which of the
 * verified files cannot be read, and init would go on without them. Targets before 1.10 are not
 * even asked about reads that fail: the kernel's complaint would be all that comes of it.
 */
static struct status panic_at_bad_blocks(const struct boot *b, const struct crypt_params_verity *p)
{
	if (dm_target_at_least("verity", 1, 10) && replace_table(b, p, ROOT_PANIC_ALL))
		return compare_table(b, p, ROOT_PANIC_ALL);
	if (!replace_table(b, p, ROOT_PANIC_CORRUPTED))
		return fail(E_VERITY_PANIC);
	console_say("root: this kernel panics at corrupted blocks, not at reads that fail");
	return compare_table(b, p, ROOT_PANIC_CORRUPTED);
}

/* "V" means that no block read so far was found corrupted. */
static struct status check_state(void)
{
	struct dm_target got;

	TRY(dm_status(ROOT_MAPPING, E_VERITY_STATUS_READ, &got));
	if (strcmp(got.parameters, "V") != 0) {
		console_detail("verity status %s", got.parameters);
		return fail(E_VERITY_CORRUPT);
	}
	return OK;
}

/* Reads the first and the last block: each checks one path from the root hash to a leaf. */
static struct status read_ends(uint64_t blocks, uint8_t first[VERITY_BLOCK])
{
	uint8_t last[VERITY_BLOCK];
	int fd = open(ROOT_NODE, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && pread(fd, first, VERITY_BLOCK, 0) == (ssize_t)VERITY_BLOCK &&
		    pread(fd, last, VERITY_BLOCK, (off_t)((blocks - 1) * VERITY_BLOCK)) ==
			    (ssize_t)VERITY_BLOCK;
	int error = errno;

	if (fd >= 0)
		close(fd);
	return good ? OK : system_failure(ROOT_NODE, error, E_VERITY_READ);
}

static struct status mount_root(const uint8_t *start)
{
	const char *type = root_file_system(start);

	if (!type)
		return fail(E_ROOT_FILE_SYSTEM);
	if (mkdir(SYSROOT, 0755) && errno != EEXIST)
		return system_failure(SYSROOT, errno, E_ROOT_MOUNT_POINT);
	if (mount(ROOT_NODE, SYSROOT, type, MS_RDONLY | MS_NODEV,
		    strcmp(type, "ext4") == 0 ? "noload" : NULL))
		return system_failure(type, errno, E_ROOT_MOUNT);
	console_say("root %s mounted", type);
	return OK;
}

/* Reads a file to its end: every block of it is checked by verity on the way. */
static bool reads_whole(int fd)
{
	static uint8_t buf[65536];
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	return n == 0;
}

/*
 * The root file system's init is there and intact, links followed as they will be when SYSROOT is
 * /. Found out now, so that no key is asked for by a machine that could not go on.
 */
static struct status check_init(const char *init)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	int root = open(SYSROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = (int)syscall(SYS_openat2, root, init, &how, sizeof(how));
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0;
	int error = errno;

	if (good && (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))) {
		good = false;
		error = EACCES;
	} else if (good && !reads_whole(fd)) {
		good = false;
		error = errno;
	}
	if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
	return good ? OK : system_failure(init, error, E_ROOT_INIT);
}

static struct status open_root(struct crypt_device *cd, const struct boot *b)
{
	uint8_t first[VERITY_BLOCK];
	struct crypt_params_verity p = {0};

	TRY(activate(cd, b, &p));
	TRY(compare_table(b, &p, ""));
	TRY(read_ends(p.data_size, first));
	TRY(check_state());
	TRY(mount_root(first));
	TRY(check_init(b->config.init));
	TRY(check_state());
	return b->config.verity_eio ? OK : panic_at_bad_blocks(b, &p);
}

static void keep_log(int level, const char *text, void *context)
{
	(void)context;
	if (level == CRYPT_LOG_ERROR)
		console_say("libcryptsetup: %.*s", (int)strcspn(text, "\n"), text);
}

struct status stage_root(struct boot *b)
{
	struct crypt_device *cd;
	struct status s;
	int r;

	crypt_set_log_callback(NULL, keep_log, NULL);
	r = crypt_init_data_device(&cd, b->verity_device, b->root_device);
	if (r < 0)
		return system_failure(b->verity_device, -r, E_VERITY_DEVICES);
	s = open_root(cd, b);
	crypt_free(cd);
	return s;
}
