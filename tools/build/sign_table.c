/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/sign_table.h"

#include <string.h>
#include "tools/lib/pe_read.h"
#include "tools/lib/report.h"

#define ENTRY_ALIGN  8u
#define ENTRY_HEADER 8u /* length, revision, type */

/* The length of the entry at the start, with the zeros up to the next; 0 when it is malformed. */
static size_t entry_len(const uint8_t *entry, size_t left)
{
	uint64_t len = left >= ENTRY_HEADER ? le32(entry) : 0;
	uint64_t padded = (len + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;

	if (len < ENTRY_HEADER || len > left)
		return 0;
	return padded < left ? (size_t)padded : left;
}

static bool table_is_sound(const uint8_t *table, size_t len)
{
	while (len) {
		size_t n = entry_len(table, len);

		if (!n)
			return false;
		table += n;
		len -= n;
	}
	return true;
}

/* Puts the place and length of the table into the headers. */
static void put_row(struct bytes *image, const struct pe_file *pe, size_t at, size_t len)
{
	put_le32(image->data + pe->certificate_entry_at, len ? (uint32_t)at : 0);
	put_le32(image->data + pe->certificate_entry_at + 4, (uint32_t)len);
}

/* The sum of 16-bit words with carry, without the checksum itself, plus the length (PE/COFF). */
static uint32_t checksum(const struct bytes *image, uint32_t checksum_at)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < image->len; i += 2) {
		uint8_t second = i + 1 < image->len ? image->data[i + 1] : 0;

		if (i < checksum_at || i >= checksum_at + 4)
			sum += (uint64_t)image->data[i] | (uint64_t)second << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint32_t)(((sum & 0xffff) + (sum >> 16)) + image->len);
}

bool sign_table_take(struct bytes *image, bool must_be_sound, struct bytes *out)
{
	struct pe_file pe;
	struct flaw flaw;

	if (!pe_read(image->data, image->len, &pe, &flaw))
		return flaw_complain("the image to be signed", &flaw);
	if (!pe.certificates_len)
		return true;
	if (!pe_ends_signed(&pe))
		return complain(
			"the image has bytes behind its table of signatures, which would be "
			"lost: take them off first");
	if (must_be_sound &&
		(pe.certificates_at % ENTRY_ALIGN ||
			!table_is_sound(image->data + pe.certificates_at, pe.certificates_len)))
		return complain("the image's table of signatures at byte 0x%x is malformed: "
				"--replace drops it",
			pe.certificates_at);
	bytes_add(out, image->data + pe.certificates_at, pe.certificates_len);
	bytes_align(out, ENTRY_ALIGN);
	image->len = pe.certificates_at;
	put_row(image, &pe, 0, 0);
	put_le32(image->data + pe.checksum_at, 0);
	return true;
}

/* Whether the table has an entry of these bytes. */
static bool has_entry(const struct bytes *table, const uint8_t *entry, size_t len)
{
	for (size_t at = 0; at < table->len;) {
		size_t n = entry_len(table->data + at, table->len - at);

		if (n == len && memcmp(table->data + at, entry, len) == 0)
			return true;
		at += n;
	}
	return false;
}

bool sign_table_put_before(const struct bytes *before, struct bytes *image)
{
	struct bytes table = {0};
	struct pe_file pe;
	struct flaw flaw;
	size_t at, n;

	if (!pe_read(image->data, image->len, &pe, &flaw))
		return flaw_complain("the signed image", &flaw);
	at = pe.certificates_at;
	if (!pe_ends_signed(&pe) || at % ENTRY_ALIGN ||
		!table_is_sound(image->data + at, pe.certificates_len))
		return complain("the signed image has no sound table of signatures");
	bytes_add(&table, before->data, before->len);
	for (; at < image->len; at += n) {
		n = entry_len(image->data + at, image->len - at);
		if (!has_entry(before, image->data + at, n))
			bytes_add(&table, image->data + at, n);
	}
	image->len = pe.certificates_at;
	put_row(image, &pe, image->len, table.len);
	bytes_add(image, table.data, table.len);
	bytes_free(&table);
	put_le32(image->data + pe.checksum_at, checksum(image, pe.checksum_at));
	return true;
}
