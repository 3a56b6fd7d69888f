/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/cpio_read.h"

#include <string.h>
#include "tools/lib/hex.h"

#define HEADER	110u
#define FIELDS	13u
#define TRAILER "TRAILER!!!"

enum field {
	F_INODE,
	F_MODE,
	F_UID,
	F_GID,
	F_LINKS,
	F_MTIME,
	F_LEN,
	F_MAJOR,
	F_MINOR,
	F_SPECIAL_MAJOR,
	F_SPECIAL_MINOR,
	F_NAME_LEN,
	F_CHECK,
};

static bool numbers(const uint8_t *header, uint32_t out[FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++) {
		uint8_t raw[4];

		if (!hex_decode_text((const char *)header + 6 + 8 * i, 8, raw, sizeof(raw)))
			return false;
		out[i] = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 |
			 raw[3];
	}
	return true;
}

static void fill(struct cpio_item *item, const uint32_t f[FIELDS])
{
	*item = (struct cpio_item){
		.name_len = f[F_NAME_LEN] - 1,
		.inode = f[F_INODE],
		.mode = f[F_MODE],
		.uid = f[F_UID],
		.gid = f[F_GID],
		.links = f[F_LINKS],
		.mtime = f[F_MTIME],
		.check = f[F_CHECK],
		.device = {f[F_MAJOR], f[F_MINOR]},
		.special = {f[F_SPECIAL_MAJOR], f[F_SPECIAL_MINOR]},
		.len = f[F_LEN],
	};
}

static bool magic_fits(const uint8_t *header)
{
	return memcmp(header, "070701", 6) == 0 || memcmp(header, "070702", 6) == 0;
}

/* Reads the entry at the start of len bytes; *used becomes its length with padding, at most len. */
static bool read_entry(
	const uint8_t *data, size_t len, size_t *used, struct cpio_item *item, struct flaw *flaw)
{
	uint32_t f[FIELDS];
	size_t body, end;

	if (len < HEADER)
		return flaw_at(flaw, 0, "the archive ends within a header");
	if (!magic_fits(data))
		return flaw_at(flaw, 0, "no newc header (070701 or 070702) where one must be");
	if (!numbers(data, f))
		return flaw_at(flaw, 6, "a number in the header is not hexadecimal");
	if (f[F_NAME_LEN] < 1 || f[F_NAME_LEN] > CPIO_NAME_MAX)
		return flaw_at(flaw, 94, "the name's length is not 1 to 4096 bytes");
	body = (HEADER + (size_t)f[F_NAME_LEN] + 3) & ~(size_t)3;
	if (HEADER + (size_t)f[F_NAME_LEN] > len)
		return flaw_at(flaw, HEADER, "the archive ends within a name");
	if (memchr(data + HEADER, 0, f[F_NAME_LEN]) != data + HEADER + f[F_NAME_LEN] - 1)
		return flaw_at(flaw, HEADER, "the name does not end where its length says");
	if (f[F_LEN] && (body > len || f[F_LEN] > len - body))
		return flaw_at(flaw, 54, "the contents reach past the end of the archive");
	fill(item, f);
	item->name = (const char *)data + HEADER;
	item->data = data + (body < len ? body : len);
	end = (body + f[F_LEN] + 3) & ~(size_t)3;
	*used = end < len ? end : len;
	return true;
}

enum cpio_step cpio_next(
	const uint8_t *data, size_t len, size_t *pos, struct cpio_item *out, struct flaw *flaw)
{
	struct cpio_item item;
	size_t at = *pos, used;

	while (at < len && data[at] == 0)
		at++;
	*pos = at;
	if (at == len)
		return CPIO_END;
	if (data[at] != '0')
		return CPIO_OTHER;
	if (at % 4) {
		flaw_at(flaw, at, "an archive starts at no multiple of four");
		return CPIO_BAD;
	}
	if (!read_entry(data + at, len - at, &used, &item, flaw)) {
		flaw->offset += at;
		return CPIO_BAD;
	}
	*pos = at + used;
	if (item.name_len == strlen(TRAILER) && memcmp(item.name, TRAILER, item.name_len) == 0)
		return CPIO_TRAILER;
	item.offset = at;
	*out = item;
	return CPIO_ITEM;
}
