/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/dm_check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "crypto/secret.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/disk/header_mac.h"

#define NODE_MAX   64u
#define OPTION_MAX 7u

/* Walks over the words of a table; text is cut at its spaces. */
static char *next_word(char **at)
{
	return strsep(at, " ");
}

static bool next_is(char **at, const char *want)
{
	const char *word = next_word(at);

	return word && strcmp(word, want) == 0;
}

static bool next_is_device(char **at, dev_t device)
{
	char want[32];

	(void)snprintf(want, sizeof(want), "%u:%u", major(device), minor(device));
	return next_is(at, want);
}

static bool next_is_key(char **at, unsigned bytes)
{
	const char *word = next_word(at);

	return word && strlen(word) == 2u * bytes && strspn(word, "0123456789abcdef") == 2u * bytes;
}

/* cipher key iv_offset device offset #options options */
static bool crypt_words_fit(char *text, const struct luks_profile *p, dev_t lower)
{
	char tag[32], sector[32];

	(void)snprintf(tag, sizeof(tag), "integrity:%u:aead", LUKS_TAG_BYTES);
	(void)snprintf(sector, sizeof(sector), "sector_size:%u", LUKS_SECTOR);
	return next_is(&text, p->kernel_cipher) && next_is_key(&text, p->key_bytes) &&
	       next_is(&text, "0") && next_is_device(&text, lower) && next_is(&text, "0") &&
	       next_is(&text, "2") && next_is(&text, tag) && next_is(&text, sector) && !text;
}

bool dm_crypt_fits(const struct dm_target *t, const struct luks_profile *p, dev_t lower)
{
	char text[DM_PARAMETERS_MAX];
	bool fits;

	if (strcmp(t->type, "crypt") != 0 || t->start != 0)
		return false;
	(void)snprintf(text, sizeof(text), "%s", t->parameters);
	fits = crypt_words_fit(text, p, lower);
	wipe(text, sizeof(text));
	return fits;
}

/* Numbers that depend on the disk's size or the kernel's defaults are free; nothing else is. */
static bool integrity_option_known(const char *word, unsigned *seen)
{
	static const char *const known[OPTION_MAX] = {"block_size:4096",
		"journal_sectors:", "interleave_sectors:", "buffer_sectors:", "journal_watermark:",
		"commit_time:", "fix_padding"};

	for (unsigned i = 0; i < OPTION_MAX; i++) {
		size_t len = strlen(known[i]);
		bool number = known[i][len - 1] == ':';

		if (strncmp(word, known[i], len) != 0 || *seen & 1u << i)
			continue;
		if (number ? !word[len] || word[len + strspn(word + len, "0123456789")]
			   : word[len] != '\0')
			return false;
		*seen |= 1u << i;
		return true;
	}
	return false;
}

/* device start tag_size mode #options options */
bool dm_integrity_fits(const struct dm_target *t, dev_t disk)
{
	char copy[DM_PARAMETERS_MAX], start[24], tag[24], count[24];
	char *text = copy;
	const char *word, *announced;
	unsigned seen = 0;

	if (strcmp(t->type, "integrity") != 0 || t->start != 0)
		return false;
	(void)snprintf(copy, sizeof(copy), "%s", t->parameters);
	(void)snprintf(start, sizeof(start), "%u", DATA_AT / 512);
	(void)snprintf(tag, sizeof(tag), "%u", LUKS_TAG_BYTES);
	if (!next_is_device(&text, disk) || !next_is(&text, start) || !next_is(&text, tag) ||
		!next_is(&text, "J"))
		return false;
	announced = next_word(&text);
	while ((word = next_word(&text))) {
		if (!integrity_option_known(word, &seen))
			return false;
	}
	(void)snprintf(count, sizeof(count), "%d", __builtin_popcount(seen));
	return announced && strcmp(announced, count) == 0 && seen & 1;
}

static struct status device_of(const char *path, dev_t *out)
{
	struct stat st;

	if (stat(path, &st) || !S_ISBLK(st.st_mode)) {
		console_detail("%s", path);
		return fail(E_TABLE_DEVICE);
	}
	*out = st.st_rdev;
	return OK;
}

static struct status compare(const char *name, const struct luks_profile *p, const char *device,
	struct dm_target *crypt, struct dm_target *integrity)
{
	char below[NODE_MAX], node[NODE_MAX + 16];
	dev_t disk, lower;

	(void)snprintf(below, sizeof(below), "%s_dif", name);
	(void)snprintf(node, sizeof(node), "/dev/mapper/%s", below);
	TRY(device_of(device, &disk));
	TRY(device_of(node, &lower));
	TRY(dm_table(name, E_TABLE_CRYPT_READ, crypt));
	TRY(dm_table(below, E_TABLE_INTEGRITY_READ, integrity));
	if (!dm_crypt_fits(crypt, p, lower))
		return fail(E_TABLE_CRYPT);
	if (!dm_integrity_fits(integrity, disk)) {
		console_detail("%s", integrity->parameters);
		return fail(E_TABLE_INTEGRITY);
	}
	return crypt->sectors == integrity->sectors ? OK : fail(E_TABLE_SIZE);
}

struct status dm_check(const char *name, const struct luks_profile *p, const char *device)
{
	struct dm_target crypt = {0}, integrity = {0};
	struct status s = compare(name, p, device, &crypt, &integrity);

	/* dm-crypt's table shows the key. */
	wipe(&crypt, sizeof(crypt));
	return s;
}
