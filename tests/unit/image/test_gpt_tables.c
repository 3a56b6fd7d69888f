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
	CHECK(read_changed(header + 80, 129, 4) == GPT_LAYOUT);
	CHECK(read_changed(header + 84, 256, 4) == GPT_LAYOUT);
	CHECK(read_changed(entry + 32, 33, 8) == GPT_LAYOUT);
	CHECK(read_changed(entry + 32, 128, 8) == GPT_LAYOUT);
	CHECK(read_changed(entry + 40, UINT64_MAX, 8) == GPT_LAYOUT);
	CHECK(read_changed(entry + 40, 128, 8) == GPT_OVERLAP);
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
	RUN(test_guids);
	return test_summary();
}
