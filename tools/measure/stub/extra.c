/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials and extensions beside a UKI, which systemd-stub hands to the kernel as archives. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "tools/lib/report.h"
#include "tools/measure/stub/archive.h"
#include "tools/measure/stub/systemd.h"

#define NAME_LONGEST 255u /* characters that stubs take */

/* One kind of file, in the order in which they are packed and measured. */
static const struct kind {
	const char *suffix, *but; /* files that end so, but not so */
	unsigned since, until;	  /* releases */
	const char *folder;
	uint32_t folder_mode, file_mode;
	unsigned pcr;
	const char *text; /* what a log shows */
} kinds[] = {
	{".cred", NULL, 252, 999, ".extra/credentials", 0500, 0400, PCR_KERNEL_CONFIG,
		"Credentials initrd"},
	{".raw", NULL, 252, 254, ".extra/sysext", 0555, 0444, PCR_SYSEXTS,
		"System extension initrd"},
	{".raw", ".confext.raw", 255, 999, ".extra/sysext", 0555, 0444, PCR_SYSEXTS,
		"System extension initrd"},
	{".confext.raw", NULL, 255, 999, ".extra/confext", 0555, 0444, PCR_KERNEL_CONFIG,
		"Configuration extension initrd"},
};

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len >= end && strcasecmp(name + len - end, suffix) == 0;
}

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if (*name & 0x80)
			return false;
	return true;
}

/* What the stub looks at: plain files that are not hidden, with ASCII names. */
static bool is_candidate(struct boot *boot, const char *folder, const char *name)
{
	struct stat st;

	return name[0] != '.' && strlen(name) <= NAME_LONGEST && is_ascii(name) &&
	       stat(boot_text(boot, "%s/%s", folder, name), &st) == 0 && S_ISREG(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The folder's files, sorted by their bytes as the stub sorts them. */
static bool list(struct boot *boot, const char *folder, struct extra *out)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (!dir)
		return complain("cannot read the folder %s", folder);
	while ((entry = readdir(dir))) {
		if (!is_candidate(boot, folder, entry->d_name))
			continue;
		if (out->count == EXTRA_FILES_MAX) {
			closedir(dir);
			return complain("%s has more than %u files", folder, EXTRA_FILES_MAX);
		}
		out->names[out->count++] = boot_text(boot, "%s", entry->d_name);
	}
	closedir(dir);
	qsort(out->names, out->count, sizeof(out->names[0]), by_name);
	return true;
}

static bool add_file(struct archive *archive, const char *folder, const char *name)
{
	const char *path = boot_text(archive->boot, "%s/%s", folder, name);
	const struct mapped *file = boot_map(archive->boot, path);
	struct boot_piece piece;

	if (!file)
		return false;
	piece = (struct boot_piece){.data = file->data, .len = file->len, .source = path};
	return archive_add(archive, name, &piece);
}

static bool pack(struct boot *boot, const struct extra *extra, const struct kind *kind,
	struct piece_list *initrd)
{
	struct archive archive = {.boot = NULL};

	for (size_t i = 0; i < extra->count; i++) {
		const char *name = extra->names[i];

		if (!ends_with(name, kind->suffix) || (kind->but && ends_with(name, kind->but)))
			continue;
		if (!archive.boot && !archive_begin(&archive, boot, kind->folder, kind->folder_mode,
					     kind->file_mode))
			return false;
		if (!add_file(&archive, extra->folder, name))
			return false;
	}
	if (!archive.boot)
		return true;
	return archive_end(&archive) &&
	       pieces_to_event(boot,
		       add_ipl(boot, kind->pcr, RULE_STUB_ARCHIVE, kind->folder, kind->text,
			       kind->text),
		       &archive.pieces) &&
	       initrd_part(initrd, &archive.pieces);
}

bool extra_open(struct boot *boot, const char *folder, struct extra *out)
{
	*out = (struct extra){.folder = folder};
	return !folder || list(boot, folder, out);
}

const char *extra_addon(const struct extra *extra)
{
	for (size_t i = 0; i < extra->count; i++)
		if (ends_with(extra->names[i], ".addon.efi"))
			return extra->names[i];
	return NULL;
}

bool extra_events(
	struct boot *boot, const struct extra *extra, unsigned release, struct piece_list *initrd)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (release >= kinds[i].since && release <= kinds[i].until &&
			!pack(boot, extra, &kinds[i], initrd))
			return false;
	return true;
}
