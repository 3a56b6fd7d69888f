/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/stub/archive.h"

#include <string.h>
#include "tools/lib/report.h"

#define FOLDER 0040000u
#define FILE   0100000u

/* One header: what differs between entries, and the path with its NUL, padded to four bytes. */
static bool add_header(struct archive *a, uint32_t mode, uint64_t len, const char *path)
{
	struct bytes b = {0};
	struct boot_piece piece;

	bytes_addf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", a->inode++,
		mode, 0u, 0u, 1u, 0u, (uint32_t)len, 0u, 0u, 0u, 0u, (uint32_t)strlen(path) + 1,
		0u);
	bytes_add(&b, path, strlen(path) + 1);
	bytes_align(&b, 4);
	piece = (struct boot_piece){.data = boot_own(a->boot, b.data), .len = b.len};
	return pieces_add(&a->pieces, &piece);
}

bool archive_begin(struct archive *archive, struct boot *boot, const char *folder,
	uint32_t folder_mode, uint32_t file_mode)
{
	*archive = (struct archive){
		.boot = boot, .inode = 1, .folder = folder, .file_mode = file_mode};
	for (const char *slash = strchr(folder, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!add_header(archive, FOLDER | 0555, 0,
			    boot_text(boot, "%.*s", (int)(slash - folder), folder)))
			return false;
	return add_header(archive, FOLDER | folder_mode, 0, folder);
}

bool archive_add(struct archive *archive, const char *name, const struct boot_piece *contents)
{
	const char *path = boot_text(archive->boot, "%s/%s", archive->folder, name);
	uint64_t len = contents->len + contents->zeros;

	if (len > UINT32_MAX)
		return complain("%s: an archive holds no file of 4 GiB or more", name);
	if (!add_header(archive, FILE | archive->file_mode, len, path) ||
		!pieces_add(&archive->pieces, contents))
		return false;
	pieces_pad(&archive->pieces);
	return true;
}

/* The one header whose path length is written with an upper-case B. */
bool archive_end(struct archive *archive)
{
	static const char trailer[] = "070701"
				      "00000000000000000000000000000000"
				      "00000001"
				      "000000000000000000000000000000000000000000000000"
				      "0000000B00000000TRAILER!!!\0\0\0";
	_Static_assert(sizeof(trailer) == 124, "13 fields of 8 digits, the name, padding to 4");
	const struct boot_piece piece = {.data = (const uint8_t *)trailer, .len = sizeof(trailer)};

	return pieces_add(&archive->pieces, &piece);
}
