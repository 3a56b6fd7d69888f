/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "efi/contract/pe.h"
#include "crypto/digest.h"
#include "tools/build/build.h"
#include "tools/build/rootfs/container_image.h"
#include "tools/build/rootfs/root_source.h"
#include "tools/build/rootfs/root_tree.h"
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

/*
 * Of all entries mksquashfs passes over that of the root itself: it would let everybody write to
 * it, and have it belong to who builds.
 */
static bool squashfs_from_tar(const struct build *b, const char *tar, const struct root_tree *tree)
{
	const struct tar_entry *root = tar_list_find(&tree->tar, "");
	char *mode = must_format("%o", root ? (unsigned)(root->mode & 07777) : 0755);
	const char *const argv[] = {"mksquashfs", "-", b->root_image, "-tar", "-noappend",
		"-reproducible", "-all-time", "0", "-mkfs-time", "0", "-no-progress", "-quiet",
		"-comp", "lz4", "-root-uid", "0", "-root-gid", "0", "-root-mode", mode, NULL};
	bool fine = run_as_root(argv, tar, "squashfs-tools");

	free(mode);
	return fine;
}

static bool squashfs_from_folder(const struct build *b)
{
	const char *const argv[] = {"mksquashfs", b->options.root, b->root_image, "-noappend",
		"-reproducible", "-all-time", "0", "-mkfs-time", "0", "-no-progress", "-quiet",
		"-comp", "lz4", b->options.keep_owners ? NULL : "-all-root", NULL};

	return run(argv, NULL, "squashfs-tools", NULL);
}

static bool erofs_from_folder(const struct build *b, const char *folder, bool keep_owners)
{
	const char *const argv[] = {"mkfs.erofs", "-zlz4hc", "-T0", "-U" ROOT_UUID, "--quiet",
		b->root_image, folder, NULL};
	const char *const argv_root[] = {"mkfs.erofs", "-zlz4hc", "-T0", "-U" ROOT_UUID, "--quiet",
		"--all-root", b->root_image, folder, NULL};

	return run(keep_owners ? argv : argv_root, NULL, "erofs-utils", NULL);
}

static bool erofs_from_tar(const struct build *b, const char *tar)
{
	char *folder = must_format("%s/root", b->work);
	const char *const unpack[] = {"tar", "--extract", "--file", tar, "--directory", folder,
		"--numeric-owner", "--same-owner", "--same-permissions", "--xattrs",
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

/* tree: what is in the tar file. */
static bool from_tar(struct build *b, const char *path, const struct root_tree *tree)
{
	b->root_format = wanted_format(b, ROOT_SQUASHFS);
	b->root_packed = true;
	b->tar_unpacked = b->root_format == ROOT_EROFS;
	if (!root_check(b, tree) || !kernel_config_check_root(b, b->root_format))
		return false;
	return b->root_format == ROOT_SQUASHFS ? squashfs_from_tar(b, path, tree)
					       : erofs_from_tar(b, path);
}

/* A container image becomes a tar file with the files of all its layers. */
static bool from_image(struct build *b, enum image_kind kind, const struct root_tree *archive)
{
	const struct image_request request = {.root = b->options.root,
		.tree = archive,
		.tag = b->options.root_tag,
		.architecture = b->machine == PE_MACHINE_X86_64 ? "amd64" : "arm64",
		.unpacked_max = IMAGE_UNPACKED_MAX};
	char *path = must_format("%s/layers.tar", b->work);
	struct root_tree tree;
	struct mapped m = {0};
	bool fine = image_unpack(&request, kind, b->work, path) && file_map(path, &m);

	b->root_of_image = true;
	if (fine && root_tree_of_tar(b->options.root, &m, &tree)) {
		fine = from_tar(b, path, &tree);
		root_tree_close(&tree);
	} else {
		fine = false;
	}
	file_unmap(&m);
	unlink(path);
	free(path);
	return fine;
}

/* Only container images have names. */
static bool check_tag(const struct build *b)
{
	return !b->options.root_tag ||
	       complain("--root-tag: --root %s is no container image (an OCI image layout, or what "
			"docker save and podman save write)",
		       b->options.root);
}

static bool from_archive(struct build *b, const char *path, const struct mapped *m)
{
	struct root_tree tree;
	enum image_kind kind;
	bool fine;

	if (!root_tree_of_tar(b->options.root, m, &tree))
		return false;
	kind = image_kind_of(&tree);
	fine = kind ? from_image(b, kind, &tree) : check_tag(b) && from_tar(b, path, &tree);
	root_tree_close(&tree);
	return fine;
}

static bool from_folder(struct build *b)
{
	const char *path = b->options.root;
	struct root_tree tree;
	enum image_kind kind;
	bool fine;

	if (!root_tree_of_folder(path, &tree))
		return false;
	kind = image_kind_of(&tree);
	if (kind) {
		fine = from_image(b, kind, &tree);
	} else {
		b->root_format = wanted_format(b, ROOT_EROFS);
		b->root_packed = true;
		fine = check_tag(b) && root_check(b, &tree) &&
		       kernel_config_check_root(b, b->root_format);
		if (fine && b->root_format == ROOT_SQUASHFS)
			fine = squashfs_from_folder(b);
		else if (fine)
			fine = erofs_from_folder(b, path, b->options.keep_owners);
	}
	root_tree_close(&tree);
	return fine;
}

static bool take_apart(enum root_format format, const char *path, const char *folder)
{
	char *dump = must_format("rdump / %s", folder);
	char *extract = must_format("--extract=%s", folder);
	const char *const squashfs[] = {"unsquashfs", "-quiet", "-no-progress", "-no-xattrs",
		"-force", "-dest", folder, path, NULL};
	const char *const erofs[] = {"fsck.erofs", "--no-preserve-owner", "--preserve-perms",
		"--overwrite", extract, path, NULL};
	const char *const ext4[] = {"debugfs", "-R", dump, path, NULL};
	bool done = run_quietly(format == ROOT_SQUASHFS ? squashfs
				: format == ROOT_EROFS	? erofs
							: ext4);

	free(dump);
	free(extract);
	return done;
}

/*
 * A finished image is looked into by the programs of its format. Where they are not at hand, or
 * cannot take it apart, that is said: the image may well be a good one.
 */
static bool check_image(const struct build *b, const char *path)
{
	char *folder = must_format("%s/look", b->work);
	struct root_tree tree;
	bool looked = false, fine = true;

	if (!mkdir(folder, 0700) && take_apart(b->root_format, path, folder) &&
		root_tree_of_folder(folder, &tree)) {
		/* debugfs ends with 0 whatever happens: an empty folder means that it failed. */
		looked = !root_tree_is_empty(&tree);
		fine = !looked || root_check(b, &tree);
		root_tree_close(&tree);
	}
	if (!looked)
		report_error("warning: --root %s cannot be looked into on this machine: it needs "
			     "/dev, /proc, /sys, /run, init and mkfs.ext4",
			b->options.root);
	folder_remove(folder);
	free(folder);
	return fine;
}

static bool from_file(struct build *b, const char *path, bool may_be_packed)
{
	char *unpacked = must_format("%s/unpacked", b->work);
	const struct packed_file packed = {path, path, ROOT_UNPACKED_MAX};
	struct mapped m;
	bool fine;

	if (!file_map(path, &m)) {
		free(unpacked);
		return false;
	}
	if (image_format(&m, &b->root_format))
		fine = check_tag(b) && copy_image(b, &m) && check_image(b, path);
	else if (tar_is(m.data, m.len))
		fine = from_archive(b, path, &m);
	else if (may_be_packed && root_source_is_packed(&m))
		fine = root_source_unpack(&packed, &m, unpacked) && from_file(b, unpacked, false);
	else
		fine = root_source_refuse(b->options.root, &m);
	unlink(unpacked);
	file_unmap(&m);
	free(unpacked);
	return fine;
}

static bool make_image(struct build *b)
{
	struct stat st;

	if (stat(b->options.root, &st))
		return root_source_missing(b->options.root, errno);
	return S_ISDIR(st.st_mode) ? from_folder(b) : from_file(b, b->options.root, true);
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
