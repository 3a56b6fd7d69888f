/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MRTD: what the TDX module hashes while a VMM builds a guest. */
#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/measure/cc/cc.h"

#define BUFFER_LEN 128u /* of one extension: the leaf's name, at 16 the address, zeros */
#define CHUNK	   256u

struct mrtd {
	struct bank_hash_state *hash;
	const struct ovmf_tdvf_section *section;
	const uint8_t *data; /* section->raw_size bytes */
};

static void add_buffer(struct mrtd *m, const char *leaf, uint64_t address)
{
	uint8_t buffer[BUFFER_LEN] = {0};

	memcpy(buffer, leaf, strlen(leaf));
	put_le64(buffer + 16, address);
	bank_add(m->hash, buffer, sizeof(buffer));
}

static void page_add(struct mrtd *m, uint64_t offset)
{
	if (!(m->section->attributes & TDVF_PAGE_AUG))
		add_buffer(m, "MEM.PAGE.ADD", m->section->address + offset);
}

/* Memory beyond a section's bytes is zero. */
static void page_extend(struct mrtd *m, uint64_t page)
{
	uint64_t raw = m->section->raw_size;

	if (!(m->section->attributes & TDVF_MR_EXTEND))
		return;
	for (uint64_t offset = page; offset < page + OVMF_PAGE; offset += CHUNK) {
		size_t there = offset >= raw	      ? 0
			       : raw - offset < CHUNK ? (size_t)(raw - offset)
						      : CHUNK;

		add_buffer(m, "MR.EXTEND", m->section->address + offset);
		if (there)
			bank_add(m->hash, m->data + offset, there);
		bank_add_zeros(m->hash, CHUNK - there);
	}
}

static void add_section(struct mrtd *m, bool two_pass)
{
	uint64_t size = m->section->size;

	/* Nothing is done at launch, whatever size is claimed. */
	if (m->section->attributes & TDVF_PAGE_AUG && !(m->section->attributes & TDVF_MR_EXTEND))
		return;
	for (uint64_t page = 0; page < size; page += OVMF_PAGE) {
		page_add(m, page);
		if (!two_pass)
			page_extend(m, page);
	}
	for (uint64_t page = 0; two_pass && page < size; page += OVMF_PAGE)
		page_extend(m, page);
}

bool cc_mrtd(const uint8_t *image, size_t len, const struct ovmf_metadata *metadata, bool two_pass,
	uint8_t out[BOOT_CC_LEN], struct flaw *flaw)
{
	struct mrtd m = {.hash = bank_begin(BANK_SHA384)};
	bool fine = true;

	for (size_t i = 0; fine && i < metadata->tdvf_count; i++) {
		m.section = &metadata->tdvf[i];
		m.data = ovmf_section_data(m.section, image, len, flaw);
		fine = m.data != NULL;
		if (fine)
			add_section(&m, two_pass);
	}
	bank_end(m.hash, out);
	return fine;
}
