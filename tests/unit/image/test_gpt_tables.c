/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables: written, read back, cut and flipped. sfdisk's opinion: tests/interop. */
#include <stdlib.h>
#include <zlib.h>
#include "tests/unit/test.h"
#include "tools/lib/gpt.h"

#define SECTORS 512u

static const uint8_t disk_guid[GUID_LEN] = {1, 2, 3};

static void fill(struct gpt_partition parts[2])
{
	parts[0] = (struct gpt_partition){.first = 64, .last = 127, .name = "esp"};
	parts[1] = (struct gpt_partition){
		.first = 128, .last = 300, .attributes = GPT_ATTR_READ_ONLY, .name = "root"};
	guid_parse(GPT_TYPE_ESP, parts[0].type);
	guid_parse(GPT_TYPE_ROOT_X86_64, parts[1].type);
	memset(parts[0].uuid, 0xaa, GUID_LEN);
	memset(parts[1].uuid, 0xbb, GUID_LEN);
}

/* A disk of exactly SECTORS sectors that the caller frees. */
static uint8_t *make_disk(const struct gpt_partition *parts, size_t count)
{
	uint8_t *disk = calloc(SECTORS, GPT_SECTOR);
	struct bytes head = {0}, tail = {0};

	gpt_make(disk_guid, SECTORS, parts, count, &head, &tail);
	if (!disk || head.len != GPT_HEAD_SECTORS * GPT_SECTOR ||
		tail.len != GPT_TAIL_SECTORS * GPT_SECTOR)
		abort();
	memcpy(disk, head.data, head.len);
	memcpy(disk + (SECTORS - GPT_TAIL_SECTORS) * GPT_SECTOR, tail.data, tail.len);
	bytes_free(&head);
	bytes_free(&tail);
	return disk;
}

static void refresh_checksums(uint8_t *disk)
{
	uint8_t *h = disk + GPT_SECTOR;

	put_le32(h + 88, (uint32_t)crc32(0, disk + 2 * GPT_SECTOR, GPT_ENTRIES * GPT_ENTRY_LEN));
	put_le32(h + 16, 0);
	put_le32(h + 16, (uint32_t)crc32(0, h, 92));
}

static void test_round_trip(void)
{
	struct gpt_partition parts[2];
	uint8_t *disk;
	struct gpt gpt;

	fill(parts);
	disk = make_disk(parts, 2);
	REQUIRE(gpt_read(disk, SECTORS * GPT_SECTOR, &gpt) == GPT_OK);
	REQUIRE(gpt.count == 2);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_BYTES(gpt.partitions[i].type, parts[i].type, GUID_LEN);
		CHECK_BYTES(gpt.partitions[i].uuid, parts[i].uuid, GUID_LEN);
		CHECK(gpt.partitions[i].first == parts[i].first);
		CHECK(gpt.partitions[i].last == parts[i].last);
		CHECK(gpt.partitions[i].attributes == parts[i].attributes);
		CHECK(strcmp(gpt.partitions[i].name, parts[i].name) == 0);
	}
	free(disk);
}

static void test_truncated(void)
{
	struct gpt_partition parts[2];
	uint8_t *disk;
	struct gpt gpt;

	fill(parts);
	disk = make_disk(parts, 2);
	for (size_t len = 0; len < SECTORS * GPT_SECTOR; len += 61) {
		uint8_t *cut = malloc(len ? len : 1);

		REQUIRE(cut != NULL);
		memcpy(cut, disk, len);
		CHECK(gpt_read(cut, len, &gpt) != GPT_OK);
		free(cut);
	}
	free(disk);
}

/* Every bit of the header and of the two entries is under a checksum. */
static void test_flipped(void)
{
	struct gpt_partition parts[2];
	uint8_t *disk;
	struct gpt gpt;

	fill(parts);
	disk = make_disk(parts, 2);
	for (size_t bit = 0; bit < 8 * (92 + 2 * GPT_ENTRY_LEN); bit++) {
		size_t at = bit / 8 < 92 ? GPT_SECTOR + bit / 8 : 2 * GPT_SECTOR + bit / 8 - 92;

		disk[at] ^= (uint8_t)(1 << bit % 8);
		CHECK(gpt_read(disk, SECTORS * GPT_SECTOR, &gpt) != GPT_OK);
		disk[at] ^= (uint8_t)(1 << bit % 8);
	}
	CHECK(gpt_read(disk, SECTORS * GPT_SECTOR, &gpt) == GPT_OK);
	free(disk);
}

static enum gpt_result read_changed(size_t at, uint64_t value, size_t size)
{
	struct gpt_partition parts[2];
	enum gpt_result result;
	struct gpt gpt;
	uint8_t *disk;

	fill(parts);
	disk = make_disk(parts, 2);
	if (size == 8)
		put_le64(disk + at, value);
	else
		put_le32(disk + at, (uint32_t)value);
	refresh_checksums(disk);
	result = gpt_read(disk, SECTORS * GPT_SECTOR, &gpt);
	free(disk);
	return result;
}

static void test_numbers_out_of_range(void)
{
	const size_t header = GPT_SECTOR, entry = 2 * GPT_SECTOR;

	CHECK(read_changed(entry + 32, 64, 8) == GPT_OK);
	CHECK(read_changed(header + 24, 2, 8) == GPT_LAYOUT);
	CHECK(read_changed(header + 40, UINT64_MAX, 8) == GPT_LAYOUT);
	CHECK(read_changed(header + 48, SECTORS, 8) == GPT_LAYOUT);
	CHECK(read_changed(header + 72, UINT64_MAX, 8) == GPT_LAYOUT);
	CHECK(read_changed(header + 72, 1, 8) == GPT_LAYOUT);
	CHECK(read_changed(header + 80, 0, 4) == GPT_ENTRY_COUNT);
	CHECK(read_changed(header + 80, UINT32_MAX, 4) == GPT_ENTRY_COUNT);
	CHECK(read_changed(header + 80, 4000, 4) == GPT_ENTRY_COUNT);
	CHECK(read_changed(header + 84, 0, 4) == GPT_ENTRY_SIZE);
	CHECK(read_changed(header + 84, 64, 4) == GPT_ENTRY_SIZE);
	CHECK(read_changed(header + 84, 192, 4) == GPT_ENTRY_SIZE);
	CHECK(read_changed(header + 12, 91, 4) == GPT_LAYOUT);
	CHECK(read_changed(header + 12, 513, 4) == GPT_LAYOUT);
	CHECK(read_changed(header + 32, SECTORS, 8) == GPT_TRUNCATED);
	CHECK(read_changed(entry + 32, 33, 8) == GPT_PARTITION);
	CHECK(read_changed(entry + 32, 128, 8) == GPT_PARTITION);
	CHECK(read_changed(entry + 40, UINT64_MAX, 8) == GPT_PARTITION);
	CHECK(read_changed(entry + 40, 128, 8) == GPT_OVERLAP);
}

/* A table of any shape: sectors of so many bytes, so many entries of such a size. */
static uint8_t *make_shape(uint32_t sector, uint32_t count, uint32_t entry_len, size_t *out_len)
{
	size_t entries = (size_t)count * entry_len, sectors = 64 + 2 * (entries / sector + 1);
	uint8_t *disk = calloc(sectors, sector), *h, *e;
	uint64_t first = 2 + entries / sector + 1;

	if (!disk)
		abort();
	h = disk + sector;
	e = disk + 2 * (size_t)sector;
	/* The last entry is the one in use. */
	guid_parse(GPT_TYPE_ESP, e + entries - entry_len);
	put_le64(e + entries - entry_len + 32, first + 3);
	put_le64(e + entries - entry_len + 40, first + 9);
	memcpy(h, "EFI PART", 8);
	put_le32(h + 8, 0x10000);
	put_le32(h + 12, 92);
	put_le64(h + 24, 1);
	put_le64(h + 32, sectors - 1);
	put_le64(h + 40, first);
	put_le64(h + 48, first + 20);
	put_le64(h + 72, 2);
	put_le32(h + 80, count);
	put_le32(h + 84, entry_len);
	put_le32(h + 88, (uint32_t)crc32(0, e, (uInt)entries));
	put_le32(h + 16, (uint32_t)crc32(0, h, 92));
	*out_len = sectors * sector;
	return disk;
}

static void test_shapes(void)
{
	static const uint32_t sectors[] = {512, 1024, 2048, 4096},
			      counts[] = {1, 4, 56, 128, 129, 300, 4096};

	for (size_t i = 0; i < sizeof(sectors) / sizeof(sectors[0]); i++) {
		for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
			for (uint32_t entry_len = 128; entry_len <= 1024; entry_len *= 2) {
				size_t len, at, room;
				struct gpt gpt;
				uint8_t *disk = make_shape(sectors[i], counts[k], entry_len, &len);

				REQUIRE(gpt_read(disk, len, &gpt) == GPT_OK);
				CHECK(gpt.sector == sectors[i] && !gpt.ambiguous);
				CHECK(gpt.entry_count == counts[k]);
				CHECK(gpt.entry_len == entry_len && gpt.count == 1);
				CHECK(gpt.header == disk + sectors[i]);
				CHECK(gpt.entries == disk + 2 * (size_t)sectors[i]);
				gpt_extent(&gpt, &gpt.partitions[0], &at, &room);
				CHECK(at == gpt.partitions[0].first * sectors[i]);
				CHECK(room == 7 * (size_t)sectors[i]);
				free(disk);
			}
		}
	}
}

/* More in use than the reader takes, and as many as it takes. */
static void test_many_in_use(void)
{
	for (uint32_t used = GPT_USED_MAX; used <= GPT_USED_MAX + 1; used++) {
		size_t len;
		uint8_t *disk = make_shape(512, 2000, 128, &len);
		uint8_t *grown = calloc(1, len + 2000 * 512), *h = grown + 512;
		uint64_t first = le64(disk + 512 + 40);
		struct gpt gpt;

		REQUIRE(grown != NULL);
		memcpy(grown, disk, len);
		free(disk);
		put_le64(h + 48, first + 2000);
		for (uint32_t i = 0; i + 1 < used; i++) {
			uint8_t *e = grown + 1024 + 128 * (size_t)i;

			guid_parse(GPT_TYPE_ESP, e);
			put_le64(e + 32, first + 20 + i);
			put_le64(e + 40, first + 20 + i);
		}
		put_le32(h + 88, (uint32_t)crc32(0, grown + 1024, 2000 * 128));
		put_le32(h + 16, 0);
		put_le32(h + 16, (uint32_t)crc32(0, h, 92));
		CHECK(gpt_read(grown, len + 2000 * 512, &gpt) ==
			(used > GPT_USED_MAX ? GPT_ENTRY_COUNT : GPT_OK));
		free(grown);
	}
}

/* Two tables, for sectors of two sizes: the smaller ones count, and it is said. */
static void test_two_tables(void)
{
	size_t len, other_len;
	uint8_t *disk = make_shape(512, 4, 128, &len);
	uint8_t *other = make_shape(4096, 4, 128, &other_len);
	struct gpt gpt;

	memcpy(other + 512, disk + 512, 2 * 512);
	REQUIRE(gpt_read(other, other_len, &gpt) == GPT_OK);
	CHECK(gpt.sector == 512 && gpt.ambiguous);
	other[512 + 16] ^= 1;
	REQUIRE(gpt_read(other, other_len, &gpt) == GPT_OK);
	CHECK(gpt.sector == 4096 && !gpt.ambiguous);
	other[4096 + 16] ^= 1;
	CHECK(gpt_read(other, other_len, &gpt) == GPT_CHECKSUM && gpt_present(other, other_len));
	free(disk);
	free(other);
}

static void test_no_table(void)
{
	uint8_t disk[8192] = {0};
	struct gpt gpt;

	CHECK(gpt_read(disk, sizeof(disk), &gpt) == GPT_NOT_GPT);
	CHECK(!gpt_present(disk, sizeof(disk)) && !gpt_present(disk, 0));
	put_le16(disk + 510, 0xaa55);
	disk[446 + 4] = 0xee; /* a protective row, and no table behind it */
	put_le32(disk + 446 + 12, 100);
	CHECK(gpt_read(disk, sizeof(disk), &gpt) == GPT_NOT_GPT);
	disk[446 + 16 + 4] = 0xef;
	put_le32(disk + 446 + 16 + 12, 100);
	CHECK(gpt_read(disk, sizeof(disk), &gpt) == GPT_MBR);
	disk[446] = 1; /* no flag that a row has */
	CHECK(gpt_read(disk, sizeof(disk), &gpt) == GPT_NOT_GPT);
	for (int i = 0; i <= GPT_OVERLAP; i++)
		CHECK(strcmp(gpt_error((enum gpt_result)i), "unknown result") != 0);
}

static void test_guids(void)
{
	static const uint8_t uuid[16] = {0x4f, 0x68, 0xbc, 0xe3, 0xe8, 0xcd, 0x4d, 0xb1, 0x96, 0xe7,
		0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09};
	static const uint8_t on_disk[16] = {0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d, 0x96,
		0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09};
	uint8_t guid[GUID_LEN];
	char text[GUID_TEXT];

	CHECK(guid_parse(GPT_TYPE_ROOT_X86_64, guid));
	CHECK_BYTES(guid, on_disk, 16);
	guid_from_uuid(uuid, guid);
	CHECK_BYTES(guid, on_disk, 16);
	guid_text(guid, text);
	CHECK(strcmp(text, GPT_TYPE_ROOT_X86_64) == 0);
	CHECK(guid_is(guid, GPT_TYPE_ROOT_X86_64) && !guid_is(guid, GPT_TYPE_ESP));
	CHECK(!guid_is(guid, "") && !guid_is(guid, "4f68bce3"));
	CHECK(!guid_parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b70", guid));
	CHECK(!guid_parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b7099", guid));
	CHECK(!guid_parse("4f68bce3+e8cd-4db1-96e7-fbcaf984b709", guid));
	CHECK(!guid_parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b70g", guid));
}

int main(void)
{
	RUN(test_round_trip);
	RUN(test_truncated);
	RUN(test_flipped);
	RUN(test_numbers_out_of_range);
	RUN(test_shapes);
	RUN(test_many_in_use);
	RUN(test_two_tables);
	RUN(test_no_table);
	RUN(test_guids);
	return test_summary();
}
