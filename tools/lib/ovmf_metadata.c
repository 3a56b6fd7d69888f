/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/ovmf_metadata.h"

#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"

#define AFTER_TABLE 32u /* bytes from the table's end to the image's: the reset vector */
#define ENTRY_HEADER \
	18u /* length of the whole entry, u16, then its GUID; behind the entry's data */

static const char footer_guid[] = "96b582de-1fb2-45f7-baea-a366c55a082d";
static const char tdx_guid[] = "e47a6535-984a-4798-865e-4685a7bf8ec2";
static const char sev_guid[] = "dc886566-984a-4798-a75e-5585a7bf67cc";
static const char reset_guid[] = "00f771de-1a7e-4fcb-890e-68c77e2fb44e";
static const char hashes_guid[] = "7255371f-3a3b-4b04-927b-1da6efa8d454";

struct reader {
	const uint8_t *image;
	size_t len;
	struct ovmf_metadata *out;
	struct flaw *flaw;
	uint64_t memory; /* bytes that sections claim so far */
};

/* The entry whose header lies at offset header; its data are the len bytes before that. */
struct entry {
	const uint8_t *data;
	size_t offset, len; /* of data */
};

/* Adds what a section claims; at is where its description lies. */
static bool claim(struct reader *r, size_t at, uint64_t address, uint64_t size)
{
	if (address % OVMF_PAGE || size % OVMF_PAGE)
		return flaw_at(r->flaw, at, "a section is not of whole pages");
	if (address > UINT64_MAX - size || (address + size) >> 52)
		return flaw_at(r->flaw, at, "a section ends beyond any guest's memory");
	if (size > OVMF_MEMORY_MAX - r->memory)
		return flaw_at(r->flaw, at, "the sections claim more than 256 MiB of memory");
	r->memory += size;
	return true;
}

static bool read_tdvf_section(struct reader *r, size_t at, struct ovmf_tdvf_section *s)
{
	const uint8_t *p = r->image + at;

	*s = (struct ovmf_tdvf_section){
		.data_offset = le32(p),
		.raw_size = le32(p + 4),
		.address = le64(p + 8),
		.size = le64(p + 16),
		.type = le32(p + 24),
		.attributes = le32(p + 28),
		.entry = at,
	};
	if (s->raw_size > s->size)
		return flaw_at(r->flaw, at, "a section has more bytes than memory for them");
	/* Memory that the guest accepts later costs nothing at launch, however much it is. */
	if (s->attributes & TDVF_PAGE_AUG && !(s->attributes & TDVF_MR_EXTEND))
		return true;
	return claim(r, at, s->address, s->size);
}

static bool read_sev_section(struct reader *r, size_t at, struct ovmf_sev_section *s)
{
	const uint8_t *p = r->image + at;

	*s = (struct ovmf_sev_section){
		.address = le32(p), .size = le32(p + 4), .type = le32(p + 8), .entry = at};
	return claim(r, at, s->address, s->size);
}

/*
 * Both kinds of metadata begin with a signature, their length, version 1 and a count of sections of
 * section_len bytes. The entry's data are how many bytes before the image's end they lie.
 */
static bool find_sections(struct reader *r, const struct entry *e, const char *signature,
	size_t section_len, size_t *first, size_t *count)
{
	size_t from_end, at;

	if (e->len < 4)
		return flaw_at(r->flaw, e->offset, "the offset of metadata is cut short");
	from_end = le32(e->data);
	if (from_end < 16 || from_end > r->len)
		return flaw_at(r->flaw, e->offset, "the offset of metadata is outside the image");
	at = r->len - from_end;
	if (memcmp(r->image + at, signature, 4) != 0)
		return flaw_at(r->flaw, at, "no metadata are where the table says");
	if (le32(r->image + at + 8) != 1)
		return flaw_at(r->flaw, at + 8, "the metadata are of a version other than 1");
	*count = le32(r->image + at + 12);
	if (*count > OVMF_SECTIONS_MAX)
		return flaw_at(r->flaw, at + 12, "the metadata have more than 64 sections");
	if (*count * section_len > from_end - 16)
		return flaw_at(r->flaw, at + 12, "the metadata end outside the image");
	*first = at + 16;
	return true;
}

static bool read_tdvf(struct reader *r, const struct entry *e)
{
	struct ovmf_metadata *m = r->out;
	size_t first;

	if (m->has_tdvf)
		return flaw_at(r->flaw, e->offset, "the table names the TDX metadata twice");
	if (!find_sections(r, e, "TDVF", 32, &first, &m->tdvf_count))
		return false;
	r->memory = 0;
	for (size_t i = 0; i < m->tdvf_count; i++)
		if (!read_tdvf_section(r, first + 32 * i, &m->tdvf[i]))
			return false;
	m->has_tdvf = true;
	return true;
}

static bool read_sev(struct reader *r, const struct entry *e)
{
	struct ovmf_metadata *m = r->out;
	size_t first;

	if (m->has_sev)
		return flaw_at(r->flaw, e->offset, "the table names the SEV metadata twice");
	if (!find_sections(r, e, "ASEV", 12, &first, &m->sev_count))
		return false;
	r->memory = 0;
	for (size_t i = 0; i < m->sev_count; i++)
		if (!read_sev_section(r, first + 12 * i, &m->sev[i]))
			return false;
	m->has_sev = true;
	return true;
}

static bool read_reset_block(struct reader *r, const struct entry *e)
{
	if (r->out->has_reset_eip || e->len < 4)
		return flaw_at(r->flaw, e->offset, "the SEV-ES reset block is cut short or twice");
	r->out->has_reset_eip = true;
	r->out->reset_eip = le32(e->data);
	return true;
}

static bool read_hashes(struct reader *r, const struct entry *e)
{
	if (r->out->hashes_address || e->len < 8)
		return flaw_at(r->flaw, e->offset, "the hash table's place is cut short or twice");
	r->out->hashes_address = le32(e->data);
	r->out->hashes_size = le32(e->data + 4);
	return true;
}

static bool read_entry(struct reader *r, const uint8_t *guid, const struct entry *e)
{
	if (guid_is(guid, tdx_guid))
		return read_tdvf(r, e);
	if (guid_is(guid, sev_guid))
		return read_sev(r, e);
	if (guid_is(guid, reset_guid))
		return read_reset_block(r, e);
	if (guid_is(guid, hashes_guid))
		return read_hashes(r, e);
	return true; /* of no interest here */
}

/* The table is read backwards, for every entry's header lies behind its data. */
static bool read_entries(struct reader *r, size_t start, size_t end)
{
	while (end - start >= ENTRY_HEADER) {
		size_t header = end - ENTRY_HEADER;
		size_t len = le16(r->image + header);
		struct entry e;

		if (len < ENTRY_HEADER || len > end - start)
			return flaw_at(r->flaw, header, "an entry's length does not fit the table");
		e = (struct entry){r->image + end - len, end - len, len - ENTRY_HEADER};
		if (!read_entry(r, r->image + header + 2, &e))
			return false;
		end -= len;
	}
	return true;
}

bool ovmf_metadata_read(
	const uint8_t *image, size_t len, struct ovmf_metadata *out, struct flaw *flaw)
{
	struct reader r = {image, len, out, flaw, 0};
	size_t footer, size;

	*out = (struct ovmf_metadata){0};
	if (len < AFTER_TABLE + ENTRY_HEADER)
		return flaw_at(flaw, len, "this is too short for an OVMF image");
	if (len > OVMF_IMAGE_MAX)
		return flaw_at(flaw, OVMF_IMAGE_MAX, "this is too long for an OVMF image");
	footer = len - AFTER_TABLE - ENTRY_HEADER;
	if (!guid_is(image + footer + 2, footer_guid))
		return flaw_at(flaw, footer, "this image has no table of GUIDed structures");
	size = le16(image + footer);
	if (size < ENTRY_HEADER || size - ENTRY_HEADER > footer)
		return flaw_at(flaw, footer, "the table's length does not fit the image");
	return read_entries(&r, footer - (size - ENTRY_HEADER), footer);
}

const uint8_t *ovmf_section_data(const struct ovmf_tdvf_section *section, const uint8_t *image,
	size_t len, struct flaw *flaw)
{
	if (section->raw_size == 0)
		return image;
	if (section->data_offset > len || section->raw_size > len - section->data_offset) {
		flaw_at(flaw, section->entry,
			"a section's bytes are outside the file: a split image must be whole");
		return NULL;
	}
	return image + section->data_offset;
}
