/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/authenticode.h"

static void add(struct authenticode *a, size_t at, size_t end)
{
	if (end <= at)
		return;
	a->spans[a->count].at = at;
	a->spans[a->count].len = end - at;
	a->count++;
}

/* All headers but the checksum and the directory entry of the signature. */
static void add_headers(struct authenticode *a, const struct pe_file *f)
{
	size_t from = f->checksum_at + 4u;

	add(a, 0, f->checksum_at);
	if (f->certificate_entry_at) {
		add(a, from, f->certificate_entry_at);
		from = f->certificate_entry_at + 8u;
	}
	add(a, from, f->size_of_headers);
}

/* Sections in the order in which they lie in the file; each pass takes the next one. */
static size_t add_sections(struct authenticode *a, const struct pe_file *f)
{
	size_t sum = f->size_of_headers, done_up_to = 0;

	for (unsigned pass = 0; pass < f->section_count; pass++) {
		struct pe_section next = {.raw_offset = UINT32_MAX};

		for (unsigned i = 0; i < f->section_count; i++) {
			struct pe_section s = pe_file_section(f, i);

			if (s.raw_size && s.raw_offset >= done_up_to &&
				s.raw_offset < next.raw_offset)
				next = s;
		}
		if (!next.raw_size)
			break;
		add(a, next.raw_offset, (size_t)next.raw_offset + next.raw_size);
		/* No two sections share bytes, so this passes over none. */
		done_up_to = (size_t)next.raw_offset + next.raw_size;
		sum += next.raw_size;
	}
	return sum;
}

bool authenticode_spans(
	const uint8_t *file, size_t len, struct authenticode *out, struct flaw *flaw)
{
	struct pe_file f;

	if (!pe_read(file, len, &f, flaw))
		return false;
	out->count = 0;
	add_headers(out, &f);
	add(out, add_sections(out, &f), len - f.certificates_len);
	return true;
}

bool authenticode(const uint8_t *file, size_t len, enum bank bank, uint8_t *out, struct flaw *flaw)
{
	struct bank_hash_state *state;
	struct authenticode a;

	if (!authenticode_spans(file, len, &a, flaw))
		return false;
	state = bank_begin(bank);
	for (size_t i = 0; i < a.count; i++)
		bank_add(state, file + a.spans[i].at, a.spans[i].len);
	bank_end(state, out);
	return true;
}
