#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "tools/build/build.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

#define VERITY_BLOCK 4096u

/* Of a file system that has a UUID of its own: fixed, since nothing may look it up by that. */
#define ROOT_UUID "6e1c1d9a-95dd-4a33-8d0c-5f3c3a0b6f10"

static const char *const format_names[] = {
	[ROOT_EROFS] = "erofs", [ROOT_SQUASHFS] = "squashfs", [ROOT_EXT4] = "ext4"};

const char *root_format_name(enum root_format format)
{
	return format_names[format] ? format_names[format] : "";
}

bool root_format_by_name(const char *name, enum root_format *out)
{
	for (unsigned i = ROOT_EROFS; i <= ROOT_EXT4; i++) {
		if (strcmp(format_names[i], name) == 0) {
			*out = (enum root_format)i;
			return true;
		}
	}
	return false;
}

static bool squashfs_from(const struct build *b, bool is_tar)
{
	const char *const from_folder[] = {"mksquashfs", b->options.root, b->root_image,
		"-noappend", "-reproducible", "-all-time", "0", "-mkfs-time", "0", "-no-progress",
		"-quiet", "-comp", "lz4", b->options.keep_owners ? NULL : "-all-root", NULL};
	const char *const from_tar[] = {"mksquashfs", "-", b->root_image, "-tar", "-noappend",
		"-reproducible", "-all-time", "0", "-mkfs-time", "0", "-no-progress", "-quiet",
		"-comp", "lz4", NULL};

	return is_tar ? run(from_tar, b->options.root, "squashfs-tools", NULL)
		      : run(from_folder, NULL, "squashfs-tools", NULL);
}

static bool erofs_from_folder(const struct build *b, const char *folder, bool keep_owners)
{
	const char *const argv[] = {"mkfs.erofs", "-zlz4hc", "-T0", "-U" ROOT_UUID, "--quiet",
		b->root_image, folder, NULL};
	const char *const argv_root[] = {"mkfs.erofs", "-zlz4hc", "-T0", "-U" ROOT_UUID, "--quiet",
		"--all-root", b->root_image, folder, NULL};

	return run(keep_owners ? argv : argv_root, NULL, "erofs-utils", NULL);
}

static bool erofs_from_tar(const struct build *b)
{
	char *folder = must_format("%s/root", b->work);
	const char *const unpack[] = {"tar", "--extract", "--file", b->options.root, "--directory",
		folder, "--numeric-owner", "--same-owner", "--same-permissions", "--xattrs",
		"--xattrs-include=*", NULL};
	bool fine;

	if (geteuid() != 0)
		fine = complain("only root can unpack the owners that %s holds: run as root, or "
				"take --root-format squashfs",
			b->options.root);
	else if (mkdir(folder, 0755))
		fine = complain("cannot make %s: %s", folder, strerror(errno));
	else
		fine = run(unpack, NULL, "tar", NULL) && erofs_from_folder(b, folder, true);
	folder_remove(folder);
	free(folder);
	return fine;
}

/* What a regular file holds, by its magic number; false when it is no file system known here. */
static bool image_format(const struct mapped *m, enum root_format *out)
{
	if (m->len > 1028 && le32(m->data + 1024) == 0xe0f5e1e2u)
		*out = ROOT_EROFS;
	else if (m->len > 4 && memcmp(m->data, "hsqs", 4) == 0)
		*out = ROOT_SQUASHFS;
	else if (m->len > 1082 && le16(m->data + 1080) == 0xef53u)
		*out = ROOT_EXT4;
	else
		return false;
	return true;
}

/* ext4 blocks smaller than those of dm-verity cannot be mounted over it. */
static bool ext4_fits(const struct mapped *m)
{
	return le32(m->data + 1048) == 2 ||
	       complain(
		       "the ext4 image has blocks smaller than %u bytes: make it with mkfs.ext4 -b "
		       "%u",
		       VERITY_BLOCK, VERITY_BLOCK);
}

static bool copy_image(struct build *b, const struct mapped *m)
{
	int fd;
	bool fine;

	if (b->root_format == ROOT_EXT4 && !ext4_fits(m))
		return false;
	fd = open(b->root_image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return complain("cannot write %s: %s", b->root_image, strerror(errno));
	fine = file_put_sparse(fd, m->data, m->len, 0) && !ftruncate(fd, (off_t)m->len);
	close(fd);
	return fine;
}

static enum root_format wanted_format(const struct build *b, enum root_format fallback)
{
	return b->options.root_format == ROOT_DEFAULT ? fallback : b->options.root_format;
}

static bool from_file(struct build *b)
{
	struct mapped m;
	bool fine;

	if (!file_map(b->options.root, &m))
		return false;
	if (image_format(&m, &b->root_format)) {
		fine = copy_image(b, &m);
	} else {
		b->root_format = wanted_format(b, ROOT_SQUASHFS);
		b->root_packed = true;
		b->tar_unpacked = b->root_format == ROOT_EROFS;
		fine = kernel_config_check_root(b, b->root_format) &&
		       (b->root_format == ROOT_SQUASHFS ? squashfs_from(b, true)
							: erofs_from_tar(b));
	}
	file_unmap(&m);
	return fine;
}

static bool make_image(struct build *b)
{
	struct stat st;

	if (stat(b->options.root, &st))
		return complain("--root %s: %s", b->options.root, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return from_file(b);
	b->root_format = wanted_format(b, ROOT_EROFS);
	b->root_packed = true;
	if (!kernel_config_check_root(b, b->root_format))
		return false;
	return b->root_format == ROOT_SQUASHFS
		       ? squashfs_from(b, false)
		       : erofs_from_folder(b, b->options.root, b->options.keep_owners);
}

/* dm-verity works in whole blocks. */
static bool pad_image(const struct build *b)
{
	struct stat st;
	off_t blocks;

	if (stat(b->root_image, &st))
		return complain("cannot find %s: %s", b->root_image, strerror(errno));
	blocks = (st.st_size + VERITY_BLOCK - 1) / VERITY_BLOCK;
	return !truncate(b->root_image, blocks * VERITY_BLOCK) ||
	       complain("cannot pad %s: %s", b->root_image, strerror(errno));
}

static bool read_root_hash(const struct bytes *text, uint8_t out[32])
{
	static const char label[] = "Root hash:";
	char hex[65] = {0};
	const char *at = text->len ? memmem(text->data, text->len, label, strlen(label)) : NULL;
	const char *end = (const char *)text->data + text->len;

	for (at = at ? at + strlen(label) : end; at < end && (*at == ' ' || *at == '\t'); at++)
		;
	if (end - at >= 64)
		memcpy(hex, at, 64);
	return hex_decode(hex, out, 32) || complain("veritysetup printed no root hash");
}

/* Salt and UUID come from the image, so that the same image has the same root hash. */
static bool make_hash_tree(struct build *b)
{
	uint8_t salt[32], seed[32], guid[GUID_LEN];
	char hex[65], uuid[GUID_TEXT], *salt_option, *uuid_option;
	struct bytes text = {0};
	bool fine;

	if (!file_sha256(b->root_image, salt))
		return false;
	sha256(salt, sizeof(salt), seed);
	guid_from_uuid(seed, guid);
	guid_text(guid, uuid);
	hex_encode(salt, sizeof(salt), hex);
	salt_option = must_format("--salt=%s", hex);
	uuid_option = must_format("--uuid=%s", uuid);
	{
		const char *const argv[] = {"veritysetup", "format", b->root_image, b->hash_tree,
			salt_option, uuid_option, "--hash=sha256", "--data-block-size=4096",
			"--hash-block-size=4096", "--format=1", NULL};

		fine = run(argv, NULL, "cryptsetup-bin", &text) &&
		       read_root_hash(&text, b->root_hash);
	}
	free(salt_option);
	free(uuid_option);
	bytes_free(&text);
	return fine;
}

bool root_make(struct build *b)
{
	char hex[65];
	struct stat st;

	b->root_image = must_format("%s/root.img", b->work);
	b->hash_tree = must_format("%s/verity.img", b->work);
	progress("root: packing %s", b->options.root);
	if (!make_image(b) || !pad_image(b) || !make_hash_tree(b) || stat(b->root_image, &st))
		return false;
	hex_encode(b->root_hash, sizeof(b->root_hash), hex);
	progress("root: %lld KiB, root hash %s", (long long)st.st_size / 1024, hex);
	return true;
}
