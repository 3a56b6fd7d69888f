/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/vars_store.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"

/* Firmware volume header (PI specification, volume 3, 3.2.1). */
#define VOLUME_ALIGNMENT  4096u
#define VOLUME_GUID	  16u
#define VOLUME_LEN	  32u
#define VOLUME_SIGNATURE  40u
#define VOLUME_HEADER_LEN 48u
#define VOLUME_HEADER_MIN 72u

/* VARIABLE_STORE_HEADER and AUTHENTICATED_VARIABLE_HEADER (edk2: VariableFormat.h). */
#define STORE_HEADER	28u
#define STORE_FORMATTED 0x5Au
#define STORE_HEALTHY	0xFEu
#define VARIABLE_HEADER 60u
#define VARIABLE_START	0x55AAu
#define ERASED		0xffu
#define NAME_MAX_LEN	1024u /* bytes; edk2 limits a variable with its name to less */

/* A state is what is left of 0xFF after each step cleared its bit. */
#define STATE_ADDED	  0x3Fu
#define STATE_IN_DELETION 0x3Eu /* its successor is being written */

#define NVRAM_VOLUME  "fff12b8d-7696-4c8b-a985-2747075b4f50"
#define AUTHENTICATED "aaf32c78-947b-439a-a180-2e144ec37792"

/* The 16-bit sum of a sound volume header is 0. */
static bool sums_to_zero(const uint8_t *header, size_t len)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum = (uint16_t)(sum + le16(header + i));
	return sum == 0;
}

static bool is_erased(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != p[0])
			return false;
	return p[0] == 0xff || p[0] == 0;
}

/* Bytes from here to where the next volume can begin; 0: this is no part of a firmware image. */
static size_t step_over(const uint8_t *p, size_t left)
{
	size_t header_len = le16(p + VOLUME_HEADER_LEN);
	uint64_t len = le64(p + VOLUME_LEN);

	if (memcmp(p + VOLUME_SIGNATURE, "_FVH", 4) == 0) {
		if (header_len < VOLUME_HEADER_MIN || header_len % 2 || len < header_len ||
			len > left || !sums_to_zero(p, header_len))
			return 0;
		return ((size_t)len + VOLUME_ALIGNMENT - 1) & ~(size_t)(VOLUME_ALIGNMENT - 1);
	}
	return left >= VOLUME_ALIGNMENT && is_erased(p, VOLUME_ALIGNMENT) ? VOLUME_ALIGNMENT : 0;
}

/*
 * The volume lies at the start of VARS, and of an image with the code behind it; or behind other
 * volumes and erased bytes. It is not searched for: any other file may hold an old copy of it.
 */
static bool find_volume(const uint8_t *file, size_t len, size_t *at)
{
	size_t p = 0, step = 1;

	while (step && p < len && len - p >= VOLUME_HEADER_MIN) {
		if (memcmp(file + p + VOLUME_SIGNATURE, "_FVH", 4) == 0 &&
			guid_is(file + p + VOLUME_GUID, NVRAM_VOLUME)) {
			*at = p;
			return true;
		}
		step = step_over(file + p, len - p);
		p += step;
	}
	return false;
}

bool vars_store_present(const uint8_t *file, size_t len)
{
	size_t at;

	return find_volume(file, len, &at);
}

/* Where the variables lie: *at and *end are file offsets. */
static bool find_store(const uint8_t *file, size_t len, size_t *at, size_t *end, struct flaw *flaw)
{
	size_t volume, header_len;
	uint64_t volume_len, store_len;

	if (!find_volume(file, len, &volume))
		return flaw_at(
			flaw, 0, "there is no variable store, which OVMF's VARS file begins with");
	header_len = le16(file + volume + VOLUME_HEADER_LEN);
	volume_len = le64(file + volume + VOLUME_LEN);
	if (volume_len > len - volume)
		return flaw_at(flaw, volume + VOLUME_LEN, "the volume is longer than the file");
	if (header_len < VOLUME_HEADER_MIN || header_len % 2 ||
		header_len + STORE_HEADER > volume_len)
		return flaw_at(flaw, volume + VOLUME_HEADER_LEN, "the volume header has no room");
	if (!sums_to_zero(file + volume, header_len))
		return flaw_at(flaw, volume, "the volume header does not fit its checksum");
	*at = volume + header_len;
	if (!guid_is(file + *at, AUTHENTICATED))
		return flaw_at(flaw, *at, "this is no store of authenticated variables");
	store_len = le32(file + *at + 16);
	if (store_len < STORE_HEADER || store_len > volume_len - header_len)
		return flaw_at(flaw, *at + 16, "the store is longer than its volume");
	if (file[*at + 20] != STORE_FORMATTED || file[*at + 21] != STORE_HEALTHY)
		return flaw_at(flaw, *at + 20, "the store is not formatted");
	*end = *at + (size_t)store_len;
	*at += STORE_HEADER;
	return true;
}

/* The variable at file offset at, and where the next one begins. */
static bool read_variable(const uint8_t *file, size_t at, size_t end, struct variable *out,
	size_t *next, struct flaw *flaw)
{
	const uint8_t *p = file + at;
	uint64_t name_len = le32(p + 36), data_len = le32(p + 40), total;

	/* The lengths are still erased when the power failed before they were written. */
	if (name_len == UINT32_MAX)
		name_len = 0;
	if (data_len == UINT32_MAX)
		data_len = 0;
	total = VARIABLE_HEADER + name_len + data_len;
	if (total > end - at)
		return flaw_at(flaw, at + 36, "a variable reaches out of the store");
	*out = (struct variable){
		.vendor = p + 44,
		.name = p + VARIABLE_HEADER,
		.name_len = (size_t)name_len,
		.attributes = le32(p + 4),
		.data = p + VARIABLE_HEADER + name_len,
		.len = (size_t)data_len,
		.offset = at + VARIABLE_HEADER + name_len,
	};
	*next = at + (size_t)total;
	*next += (4 - *next % 4) % 4;
	return true;
}

static bool name_is_sound(const struct variable *v)
{
	return v->name_len >= 4 && v->name_len % 2 == 0 && v->name_len <= NAME_MAX_LEN &&
	       le16(v->name + v->name_len - 2) == 0;
}

static bool same_variable(const struct variable *a, const struct variable *b)
{
	return a->name_len == b->name_len && memcmp(a->vendor, b->vendor, GUID_LEN) == 0 &&
	       memcmp(a->name, b->name, a->name_len) == 0;
}

static struct variable *find_same(const struct vars_store *store, const struct variable *v)
{
	for (size_t i = 0; i < store->count; i++)
		if (same_variable(&store->variables[i], v))
			return &store->variables[i];
	return NULL;
}

/* A variable that was being replaced counts until its successor is complete (edk2 does so too). */
static bool keep(struct vars_store *store, const struct variable *v, uint8_t state, size_t at,
	struct flaw *flaw)
{
	struct variable *old = find_same(store, v);

	if (!name_is_sound(v))
		return flaw_at(flaw, at + VARIABLE_HEADER, "a variable's name is no text");
	if (old && state == STATE_ADDED)
		*old = *v;
	if (old)
		return true;
	if (store->count == VARS_MAX)
		return flaw_at(flaw, at, "the store has too many variables");
	store->variables[store->count++] = *v;
	return true;
}

/* Firmware stops at the first header that was never written, and so does this. */
static bool read_all(
	const uint8_t *file, size_t at, size_t end, struct vars_store *store, struct flaw *flaw)
{
	while (at + VARIABLE_HEADER <= end && le16(file + at) == VARIABLE_START) {
		uint8_t state = file[at + 2];
		struct variable v;
		size_t next;

		if (!read_variable(file, at, end, &v, &next, flaw))
			return false;
		if ((state == STATE_ADDED || state == STATE_IN_DELETION) &&
			!keep(store, &v, state, at, flaw))
			return false;
		at = next;
	}
	return true;
}

bool vars_store_read(const uint8_t *file, size_t len, struct vars_store *out, struct flaw *flaw)
{
	struct vars_store store = {0};
	size_t at, end;

	if (!find_store(file, len, &at, &end, flaw))
		return false;
	store.variables = must_alloc(VARS_MAX * sizeof(*store.variables));
	if (!read_all(file, at, end, &store, flaw)) {
		vars_store_free(&store);
		return false;
	}
	*out = store;
	return true;
}

void vars_store_free(struct vars_store *store)
{
	free(store->variables);
	*store = (struct vars_store){0};
}

const struct variable *vars_store_find(
	const struct vars_store *store, const char *vendor, const char *name)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct variable *v = &store->variables[i];
		size_t chars = strlen(name), c = 0;

		if (v->name_len != 2 * (chars + 1) || !guid_is(v->vendor, vendor))
			continue;
		while (c < chars && le16(v->name + 2 * c) == (uint8_t)name[c])
			c++;
		if (c == chars)
			return v;
	}
	return NULL;
}

/* The first offset that no variable was ever written to. */
static bool find_free(const uint8_t *file, size_t *at, size_t end, struct flaw *flaw)
{
	while (*at + VARIABLE_HEADER <= end && le16(file + *at) == VARIABLE_START) {
		struct variable v;
		size_t next;

		if (!read_variable(file, *at, end, &v, &next, flaw))
			return false;
		*at = next;
	}
	return true;
}

/* Header, name and data at p, which has room for them. */
static void write_variable(uint8_t *p, const struct vars_addition *v)
{
	size_t chars = strlen(v->name) + 1;

	memset(p, 0, VARIABLE_HEADER);
	put_le16(p, VARIABLE_START);
	p[2] = STATE_ADDED;
	put_le32(p + 4, v->attributes);
	put_le32(p + 36, (uint32_t)(2 * chars));
	put_le32(p + 40, (uint32_t)v->len);
	guid_parse(v->vendor, p + 44);
	for (size_t i = 0; i < chars; i++)
		put_le16(p + VARIABLE_HEADER + 2 * i, (uint8_t)v->name[i]);
	memcpy(p + VARIABLE_HEADER + 2 * chars, v->data, v->len);
}

bool vars_store_add(
	uint8_t *file, size_t len, const struct vars_addition *addition, struct flaw *flaw)
{
	size_t total = VARIABLE_HEADER + 2 * (strlen(addition->name) + 1) + addition->len, at, end;

	if (!find_store(file, len, &at, &end, flaw) || !find_free(file, &at, end, flaw))
		return false;
	if (at > end || total > end - at)
		return flaw_at(flaw, at, "the store has no room for another variable");
	if (!is_erased(file + at, total) || file[at] != ERASED)
		return flaw_at(flaw, at, "what follows the variables is not erased");
	write_variable(file + at, addition);
	return true;
}
