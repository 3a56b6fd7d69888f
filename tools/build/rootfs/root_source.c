/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --root names: a folder, a tar file, either of them packed by a compressor, or a finished
 * file system image; anything else is refused, with what it is.
 */
#include "tools/build/rootfs/root_source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/lib/run.h"
#include "tools/lib/tar_list.h"

/* Compressed files by their first bytes, and the program that unpacks them. */
static const struct {
	const char *magic, *program, *package;
	size_t len;
} compressors[] = {
	{"\x1f\x8b", "gzip", "gzip", 2},
	{"\xfd"
	 "7zXZ\0",
		"xz", "xz-utils", 6},
	{"\x28\xb5\x2f\xfd", "zstd", "zstd", 4},
	{"BZh", "bzip2", "bzip2", 3},
	{"\x04\x22\x4d\x18", "lz4", "lz4", 4},
};

/* What people have at hand beside root file systems. */
static const struct {
	size_t at, len;
	const char *magic, *what;
} others[] = {
	{512, 8, "EFI PART", "a disk image with a partition table: give the root partition in it"},
	{4096, 8, "EFI PART", "a disk image with a partition table: give the root partition in it"},
	{0, 4, "QFI\xfb", "a qcow2 disk image: give the root partition in it"},
	{0, 4, "KDMV", "a VMDK disk image: give the root partition in it"},
	{0, 8, "conectix", "a VHD disk image: give the root partition in it"},
	{0, 8, "vhdxfile", "a VHDX disk image: give the root partition in it"},
	{0x8001, 5, "CD001", "an ISO image: give a folder with its files"},
	{0, 6, "070701", "a cpio archive: unpack it into a folder"},
	{0, 4, "PK\3\4", "a zip archive: unpack it into a folder"},
	{0, 8, "!<arch>\n", "a package or static library"},
	{0, 4, "XFSB", "an XFS image, which PID 1 does not mount"},
	{0x10040, 8, "_BHRfS_M", "a btrfs image, which PID 1 does not mount"},
	{0, 4, "\177ELF", "a program"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool starts_with(const struct mapped *m, size_t at, const char *magic, size_t len)
{
	return m->len >= at + len && memcmp(m->data + at, magic, len) == 0;
}

bool root_source_is_packed(const struct mapped *m)
{
	for (size_t i = 0; i < COUNT(compressors); i++)
		if (starts_with(m, 0, compressors[i].magic, compressors[i].len))
			return true;
	return false;
}

bool root_source_unpack(const struct packed_file *packed, const struct mapped *m, const char *out)
{
	for (size_t i = 0; i < COUNT(compressors); i++) {
		const char *const argv[] = {compressors[i].program, "-dc", NULL};
		const struct run_output output = {out, packed->max, compressors[i].package};

		if (!starts_with(m, 0, compressors[i].magic, compressors[i].len))
			continue;
		progress("root: unpacking %s with %s", packed->name, compressors[i].program);
		return run_to_file(&output, argv, packed->path) ||
		       complain("%s cannot be unpacked", packed->name);
	}
	return complain("%s is not compressed", packed->name);
}

bool root_source_refuse(const char *path, const struct mapped *m)
{
	for (size_t i = 0; i < COUNT(others); i++)
		if (starts_with(m, others[i].at, others[i].magic, others[i].len))
			return complain("--root %s is %s", path, others[i].what);
	return complain("--root %s is neither a folder, nor a tar file (plain, or compressed with "
			"gzip, xz, zstd, bzip2 or lz4), nor an erofs, squashfs or ext4 image",
		path);
}

/* How container tools name what is not a file. */
static const char *const references[] = {"docker://", "docker-daemon:", "containers-storage:"};
/* The same of files, which are given here without. */
static const char *const transports[] = {
	"oci:", "oci-archive:", "docker-archive:", "dir:", "ostree:", "file://"};

static bool has_prefix(const char *path, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(path, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}

/* FILE:TAG, as container tools have it. */
static bool refuse_tag(const char *path)
{
	const char *colon = strrchr(path, ':');
	char *file = must_format("%.*s", colon ? (int)(colon - path) : 0, path);
	bool is = colon && *file && access(file, F_OK) == 0;

	if (is)
		complain("--root %s is not there: say --root %s --root-tag %s", path, file,
			colon + 1);
	free(file);
	return is;
}

bool root_source_missing(const char *path, int error)
{
	if (has_prefix(path, references, COUNT(references)))
		return complain("--root %s is a reference, not a file: skopeo copy %s "
				"oci-archive:root.tar, and give root.tar",
			path, path);
	if (has_prefix(path, transports, COUNT(transports)))
		return complain("--root %s: give the path alone, without what is before its first "
				"colon; an image's name goes to --root-tag",
			path);
	if (refuse_tag(path))
		return false;
	return complain("--root %s: %s; an image that docker or podman has: docker save -o "
			"root.tar NAME, and give root.tar",
		path, strerror(error));
}
