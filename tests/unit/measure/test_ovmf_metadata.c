/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the metadata of OVMF images, good and broken. */
#include "tests/unit/test.h"
#include "tests/unit/measure/ovmf_image.h"
#include "tools/lib/ovmf_metadata.h"

#include <stdlib.h>

static uint8_t image[IMAGE_LEN];

static void test_reads_both_kinds(void)
{
	struct ovmf_metadata m;
	struct flaw flaw;

	make_image(image);
	REQUIRE(ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
	REQUIRE(m.has_tdvf && m.tdvf_count == TDVF_SECTIONS);
	CHECK(m.tdvf[0].data_offset == 0x2000 && m.tdvf[0].raw_size == 0x6000 - 100);
	CHECK(m.tdvf[0].address == 0xffffa000 && m.tdvf[0].size == 0x6000);
	CHECK(m.tdvf[0].type == TDVF_BFV && m.tdvf[0].attributes == TDVF_MR_EXTEND);
	CHECK(m.tdvf[2].type == TDVF_TD_HOB && m.tdvf[2].entry == IMAGE_TDVF + 80);
	REQUIRE(m.has_sev && m.sev_count == SEV_SECTIONS);
	CHECK(m.sev[4].type == SEV_KERNEL_HASHES && m.sev[4].address == 0x810000);
	CHECK(m.has_reset_eip && m.reset_eip == IMAGE_RESET);
	CHECK(m.hashes_address == IMAGE_HASHES && m.hashes_size == 0x400);
	CHECK(ovmf_section_data(&m.tdvf[0], image, IMAGE_LEN, &flaw) == image + 0x2000);
	CHECK(ovmf_section_data(&m.tdvf[2], image, IMAGE_LEN, &flaw) == image);
	/* The code part of a split image has the whole image's offsets. */
	CHECK(!ovmf_section_data(&m.tdvf[0], image, IMAGE_LEN - 0x2000, &flaw));
	CHECK(flaw.offset == IMAGE_TDVF + 16);
}

/* One field changed, and the byte that is blamed for it. */
static void refused(size_t at, size_t width, uint64_t value, size_t blamed)
{
	struct ovmf_metadata m;
	struct flaw flaw = {0};

	make_image(image);
	if (width == 2)
		put_le16(image + at, (uint16_t)value);
	else if (width == 4)
		put_le32(image + at, (uint32_t)value);
	else
		put_le64(image + at, value);
	CHECK(!ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
	CHECK(flaw.reason && flaw.offset == blamed);
	if (flaw.offset != blamed)
		fprintf(stderr, "0x%zx: blamed 0x%llx: %s\n", at, (unsigned long long)flaw.offset,
			flaw.reason);
}

static void test_refusals(void)
{
	const size_t tdx_entry = IMAGE_TABLE, sev_entry = IMAGE_TABLE + 22;
	const size_t reset_header = IMAGE_FOOTER - 18;

	refused(IMAGE_FOOTER + 2, 4, 0, IMAGE_FOOTER);
	refused(IMAGE_FOOTER, 2, 17, IMAGE_FOOTER);
	refused(IMAGE_FOOTER, 2, 0xffff, IMAGE_FOOTER);
	refused(reset_header, 2, 17, reset_header);
	refused(reset_header, 2, 0x1000, reset_header);
	refused(reset_header, 2, 18, IMAGE_FOOTER - 18); /* the data are gone */
	refused(tdx_entry, 4, IMAGE_LEN + 1, tdx_entry);
	refused(tdx_entry, 4, 15, tdx_entry);
	refused(sev_entry, 4, 0xffffffff, sev_entry);
	refused(tdx_entry, 4, IMAGE_LEN, 0);
	refused(IMAGE_TDVF + 8, 4, 2, IMAGE_TDVF + 8);
	refused(IMAGE_TDVF + 12, 4, OVMF_SECTIONS_MAX + 1, IMAGE_TDVF + 12);
	refused(IMAGE_SEV + 12, 4, 0xffffffff, IMAGE_SEV + 12);
	refused(IMAGE_SEV, 4, 0, IMAGE_SEV);
	refused(IMAGE_TDVF + 16 + 4, 4, 0x6001, IMAGE_TDVF + 16);      /* more bytes than memory */
	refused(IMAGE_TDVF + 16 + 8, 8, 0xffffa001, IMAGE_TDVF + 16);  /* half a page */
	refused(IMAGE_TDVF + 80 + 16, 8, 1ull << 50, IMAGE_TDVF + 80); /* all memory there is */
	refused(IMAGE_TDVF + 80 + 8, 8, ~0ull << 12, IMAGE_TDVF + 80); /* beyond 64 bits */
	refused(IMAGE_SEV + 16 + 4, 4, 0xfffff000, IMAGE_SEV + 16);
	refused(IMAGE_SEV + 16 + 4, 4, 1, IMAGE_SEV + 16);
}

static void test_structure_twice(void)
{
	uint8_t *tdx_entry = image + IMAGE_TABLE, *sev_entry = tdx_entry + 22;
	struct ovmf_metadata m;
	struct flaw flaw;

	make_image(image);
	memcpy(sev_entry, tdx_entry, 22);
	CHECK(!ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw) && flaw.offset == IMAGE_TABLE);
	make_image(image);
	memcpy(tdx_entry, sev_entry, 22);
	CHECK(!ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw) && flaw.offset == IMAGE_TABLE);
}

/* Memory that the guest itself accepts later may be as large as it likes. */
static void test_accepted_memory_costs_nothing(void)
{
	struct ovmf_metadata m;
	struct flaw flaw;

	make_image(image);
	put_le64(image + IMAGE_TDVF + 112 + 16, 1ull << 40);
	put_le32(image + IMAGE_TDVF + 112 + 28, TDVF_PAGE_AUG);
	CHECK(ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
	put_le32(image + IMAGE_TDVF + 112 + 28, TDVF_PAGE_AUG | TDVF_MR_EXTEND);
	CHECK(!ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw));
}

/* Cut at its beginning an image is another image: the table counts from the end. */
static void test_truncation_at_every_byte(void)
{
	struct ovmf_metadata m;
	struct flaw flaw;

	make_image(image);
	for (size_t cut = 0; cut < IMAGE_LEN; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);

		REQUIRE(copy != NULL);
		memcpy(copy, image, cut);
		CHECK(!ovmf_metadata_read(copy, cut, &m, &flaw) && flaw.offset <= cut);
		memcpy(copy, image + IMAGE_LEN - cut, cut);
		CHECK(ovmf_metadata_read(copy, cut, &m, &flaw) == (cut >= IMAGE_LEN - IMAGE_TDVF));
		free(copy);
	}
}

static void test_bit_flips(void)
{
	struct ovmf_metadata first, m;
	struct flaw flaw;
	unsigned refusals = 0, changes = 0;

	make_image(image);
	REQUIRE(ovmf_metadata_read(image, IMAGE_LEN, &first, &flaw));
	for (size_t bit = 8 * IMAGE_TDVF; bit < 8 * IMAGE_LEN; bit++) {
		image[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (!ovmf_metadata_read(image, IMAGE_LEN, &m, &flaw)) {
			refusals++;
			CHECK(flaw.offset <= IMAGE_LEN && flaw.reason);
		} else if (memcmp(&first, &m, sizeof(m)) != 0) {
			changes++;
		}
		image[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	CHECK(refusals > 500 && changes > 500);
}

int main(void)
{
	RUN(test_reads_both_kinds);
	RUN(test_refusals);
	RUN(test_structure_twice);
	RUN(test_accepted_memory_costs_nothing);
	RUN(test_truncation_at_every_byte);
	RUN(test_bit_flips);
	return test_summary();
}
