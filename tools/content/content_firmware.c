/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware images, by volumes and the files in them. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/firmware_volume.h"
#include "tools/lib/printable.h"
#include "tools/content/content_private.h"
#include "tools/content/match.h"

#define FILES_MAX 4096u /* OVMF's largest volume has some 120 */

struct files {
	struct firmware_file *list;
	struct match_key *keys;
	size_t count;
};

static struct files read_files(const struct firmware_volume *volume)
{
	struct firmware_files walk;
	struct firmware_file file;
	size_t capacity = 32;
	struct files files = {.list = must_realloc(NULL, capacity, sizeof(*files.list))};

	firmware_files_begin(&walk, volume);
	while (files.count < FILES_MAX && firmware_files_next(&walk, &file)) {
		if (files.count == capacity) {
			capacity *= 2;
			files.list = must_realloc(files.list, capacity, sizeof(*files.list));
		}
		files.list[files.count++] = file;
	}
	files.keys = must_realloc(NULL, files.count, sizeof(*files.keys));
	for (size_t i = 0; i < files.count; i++)
		files.keys[i] = (struct match_key){.data = files.list[i].name, .len = GUID_LEN};
	return files;
}

static void files_free(struct files *files)
{
	free(files->list);
	free(files->keys);
}

/* "Tcg2Pei a6c1..."; the caller frees it. */
static char *name_of(const struct firmware_file *file)
{
	char guid[GUID_TEXT], name[FIRMWARE_NAME_MAX], *shown, *text;

	guid_text(file->name, guid);
	firmware_file_name(file, name);
	shown = printable(name, strlen(name), PRINTABLE_MAX);
	text = must_format("%s%s%s", shown, *shown ? " " : "", guid);
	free(shown);
	return text;
}

static void compare_file(const struct content_at *outer, const struct firmware_file *a,
	const struct firmware_file *b, bool moved)
{
	struct content in_a = {a->data, a->len}, in_b = {b->data, b->len};
	char *name = name_of(a);
	struct content_at at = content_enter(outer, name);

	content_tell_number(&at, "type", BASE_HEX, a->type, b->type);
	content_compare(&at, CONTENT_OPAQUE, &in_a, &in_b);
	if (moved)
		content_tell(&at, FINDING_MOVED, "order", NULL);
	free(name);
}

static void tell_file(const struct content_at *outer, enum finding_change change,
	const struct firmware_file *file)
{
	char *name = name_of(file), *size = must_format("%zu bytes", file->len);
	struct content_at at = content_enter(outer, name);
	struct content_values values = {.a = change == FINDING_REMOVED ? size : NULL,
		.b = change == FINDING_ADDED ? size : NULL};

	content_tell(&at, change, "file", &values);
	free(size);
	free(name);
}

static void compare_files(const struct content_at *at, const struct firmware_volume *a,
	const struct firmware_volume *b)
{
	struct files in_a = read_files(a), in_b = read_files(b);
	struct match match;

	match_keys(in_a.keys, in_a.count, in_b.keys, in_b.count, &match);
	for (size_t i = 0; i < in_a.count; i++) {
		size_t other = match.b_of_a[i];

		if (other == MATCH_NONE)
			tell_file(at, FINDING_REMOVED, &in_a.list[i]);
		else
			compare_file(at, &in_a.list[i], &in_b.list[other], match.moved[i]);
	}
	for (size_t j = 0; j < in_b.count; j++)
		if (match.a_of_b[j] == MATCH_NONE)
			tell_file(at, FINDING_ADDED, &in_b.list[j]);
	match_free(&match);
	files_free(&in_a);
	files_free(&in_b);
}

static char *volume_name(const struct firmware_volume *volume, size_t index)
{
	static const uint8_t none[GUID_LEN];
	char guid[GUID_TEXT];

	guid_text(volume->name, guid);
	return must_format("volume %zu%s%s%s", index, volume->unpacked ? " (unpacked)" : "",
		memcmp(volume->name, none, GUID_LEN) == 0 ? "" : " ",
		memcmp(volume->name, none, GUID_LEN) == 0 ? "" : guid);
}

/* Volumes stand where firmware expects them, so they are paired by their number. */
static void compare_volumes(const struct content_at *outer, const struct firmware_volumes *a,
	const struct firmware_volumes *b)
{
	content_tell_number(outer, "volumes", BASE_DECIMAL, a->count, b->count);
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		const struct firmware_volume *x = &a->volumes[i], *y = &b->volumes[i];
		char *name = volume_name(x, i);
		struct content_at at = content_enter(outer, name);
		size_t before = *at.told;

		content_tell_number(&at, "size", BASE_DECIMAL, x->len, y->len);
		compare_files(&at, x, y);
		if (*at.told == before) {
			struct content in_a = {x->data, x->len}, in_b = {y->data, y->len};

			content_compare(&at, CONTENT_OPAQUE, &in_a, &in_b);
		}
		free(name);
	}
}

static bool read_one(const struct content_at *at, bool is_b, const struct content *image,
	struct firmware_volumes *out)
{
	struct flaw flaw;

	if (firmware_volumes_read(image->data, image->len, out, &flaw))
		return true;
	content_tell_unreadable(at, is_b, flaw.offset, flaw.reason);
	return false;
}

void content_firmware(const struct content_at *at, const struct content *a, const struct content *b)
{
	struct firmware_volumes *in_a = must_alloc(sizeof(*in_a)),
				*in_b = must_alloc(sizeof(*in_b));
	bool fine_a = read_one(at, false, a, in_a), fine_b = read_one(at, true, b, in_b);

	if (fine_a && fine_b)
		compare_volumes(at, in_a, in_b);
	else
		content_opaque(at, a, b);
	if (fine_a)
		firmware_volumes_free(in_a);
	if (fine_b)
		firmware_volumes_free(in_b);
	free(in_a);
	free(in_b);
}
