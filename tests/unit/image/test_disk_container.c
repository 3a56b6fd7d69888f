/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images in the clouds' containers: written, read back, cut, flipped and forged. What qemu-img
 * and tar say of them: tests/interop/disk_formats.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include "tests/unit/test.h"
#include "tools/lib/bytes.h"
#include "tools/lib/disk_container.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

#define MIB	(1u << 20)
#define CLUSTER 65536u

static const uint8_t id[DISK_ID_LEN] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const enum disk_container kinds[] = {DISK_GCP, DISK_VHD, DISK_QCOW2};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void need(bool fine)
{
	if (!fine)
		abort();
}

/* The container of a disk, in memory. */
static void pack(enum disk_container kind, const uint8_t *disk, size_t len, struct bytes *out)
{
	int fd = memfd_create("container", MFD_CLOEXEC);
	off_t end;

	need(fd >= 0 && disk_container_write(kind, disk, len, id, fd));
	end = lseek(fd, 0, SEEK_END);
	need(end > 0);
	bytes_zeros(out, (size_t)end);
	need(pread(fd, out->data, out->len, 0) == end);
	close(fd);
}

/* A disk with bytes at its start, at its end and on both sides of a cluster's border. */
static uint8_t *make_disk(size_t len)
{
	uint8_t *disk = calloc(1, len);

	need(disk != NULL);
	for (size_t i = 0; i < 5000; i++)
		disk[i] = (uint8_t)(i * 7 + 1);
	memset(disk + len - 700, 0xa5, 700);
	if (len > 40 * MIB)
		memset(disk + 33 * MIB - 10, 0x5a, 20);
	return disk;
}

static bool opens(enum disk_container kind, const struct bytes *file)
{
	struct disk_view view;
	struct flaw flaw = {0};
	/* Of its exact length, so that a sanitizer sees what is read behind the end. */
	uint8_t *copy = must_alloc(file->len ? file->len : 1);
	bool fine;

	if (file->len)
		memcpy(copy, file->data, file->len);
	fine = disk_container_of(copy, file->len) == kind &&
	       disk_container_open(kind, copy, file->len, &view, &flaw);
	if (fine)
		disk_container_close(&view);
	free(copy);
	return fine;
}

static void test_round_trip(void)
{
	static const size_t sizes[] = {MIB, 3 * MIB, 64 * MIB};

	for (size_t k = 0; k < KINDS; k++) {
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			struct bytes file = {0}, again = {0};
			uint8_t *disk = make_disk(sizes[s]);
			struct disk_view view;
			struct flaw flaw;

			pack(kinds[k], disk, sizes[s], &file);
			pack(kinds[k], disk, sizes[s], &again);
			CHECK(file.len == again.len);
			CHECK_BYTES(file.data, again.data, file.len);
			REQUIRE(disk_container_of(file.data, file.len) == kinds[k]);
			REQUIRE(disk_container_open(kinds[k], file.data, file.len, &view, &flaw));
			REQUIRE(view.len == sizes[s]);
			CHECK_BYTES(view.data, disk, sizes[s]);
			disk_container_close(&view);
			bytes_free(&file);
			bytes_free(&again);
			free(disk);
		}
	}
}

static void test_names(void)
{
	enum disk_container kind = DISK_VHD;

	for (unsigned i = 0; i < DISK_CONTAINER_COUNT; i++) {
		CHECK(disk_container_by_name(disk_container_name((enum disk_container)i), &kind));
		CHECK(kind == (enum disk_container)i);
	}
	CHECK(!disk_container_by_name("vmdk", &kind) && !disk_container_by_name("", &kind));
	CHECK(disk_container_unit(DISK_GCP) == 1024ull * MIB);
	CHECK(disk_container_unit(DISK_VHD) == MIB);
}

/* The fields that Azure looks at, by the specification's offsets. */
static void test_vhd_footer(void)
{
	struct bytes file = {0};
	uint8_t *disk = make_disk(64 * MIB), *footer;
	uint32_t sum = 0;

	pack(DISK_VHD, disk, 64 * MIB, &file);
	REQUIRE(file.len == 64 * MIB + 512);
	footer = file.data + 64 * MIB;
	CHECK_BYTES(footer, "conectix", 8);
	CHECK(be64(footer + 16) == UINT64_MAX && be32(footer + 24) == 0);
	CHECK(be64(footer + 40) == 64 * MIB && be64(footer + 48) == 64 * MIB);
	/* 131072 sectors: 17 a track, 8 heads, 963 cylinders. */
	CHECK(be16(footer + 56) == 963 && footer[58] == 8 && footer[59] == 17);
	CHECK(be32(footer + 60) == 2);
	CHECK_BYTES(footer + 68, id, sizeof(id));
	for (unsigned i = 0; i < 512; i++)
		sum += i >= 64 && i < 68 ? 0 : footer[i];
	CHECK(be32(footer + 64) == ~sum);
	bytes_free(&file);
	free(disk);
}

static void test_cut(void)
{
	for (size_t k = 0; k < KINDS; k++) {
		struct bytes file = {0};
		uint8_t *disk = make_disk(MIB);
		size_t whole;

		pack(kinds[k], disk, MIB, &file);
		whole = file.len;
		CHECK(opens(kinds[k], &file));
		for (size_t cut = 1; cut <= whole; cut += cut < 1024 ? 1 : whole / 50) {
			file.len = whole - cut;
			CHECK(!opens(kinds[k], &file));
		}
		file.len = whole;
		bytes_add(&file, "x", 1);
		CHECK(!opens(kinds[k], &file));
		bytes_free(&file);
		free(disk);
	}
}

/* Every byte that says something about the disk: flipped, it is noticed. */
static void test_flipped(void)
{
	static const struct {
		enum disk_container kind;
		size_t from, to; /* bytes of the file; from the end where to is 0 */
	} parts[] = {{DISK_VHD, 512, 0}, {DISK_QCOW2, 0, 200}, {DISK_QCOW2, CLUSTER, CLUSTER + 64},
		{DISK_QCOW2, 2 * CLUSTER, 2 * CLUSTER + 64},
		{DISK_QCOW2, 3 * CLUSTER, 3 * CLUSTER + 64},
		{DISK_QCOW2, 4 * CLUSTER, 4 * CLUSTER + 256}};

	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		struct bytes file = {0};
		uint8_t *disk = make_disk(MIB);
		size_t from, to;

		pack(parts[p].kind, disk, MIB, &file);
		from = parts[p].to ? parts[p].from : file.len - parts[p].from;
		to = parts[p].to ? parts[p].to : file.len;
		for (size_t i = from; i < to; i++) {
			/* A larger disk, whose rest is zero: another sound file. */
			if (parts[p].kind == DISK_QCOW2 && i == 28)
				continue;
			file.data[i] ^= 0x11;
			CHECK(!opens(parts[p].kind, &file));
			file.data[i] ^= 0x11;
		}
		CHECK(opens(parts[p].kind, &file));
		bytes_free(&file);
		free(disk);
	}
}

/* gzip's own checksum covers GCP's archive, so that a damaged one is never taken for another. */
static void test_flipped_archive(void)
{
	struct bytes file = {0};
	uint8_t *disk = make_disk(MIB);

	pack(DISK_GCP, disk, MIB, &file);
	/* Bytes 4 to 9 are the header's time and system, which say nothing of the disk. */
	for (size_t i = 10; i < file.len; i += i < 600 ? 1 : 97) {
		file.data[i] ^= 0x40;
		CHECK(!opens(DISK_GCP, &file));
		file.data[i] ^= 0x40;
	}
	CHECK(opens(DISK_GCP, &file));
	bytes_free(&file);
	free(disk);
}

/* Forges an archive: changes the tar file inside, sums it anew when that is wanted, and packs. */
static bool forged_opens(size_t at, const void *bytes, size_t len, bool sum_again, size_t extra)
{
	struct bytes tar = {0}, file = {0};
	uint8_t *disk = make_disk(MIB), *header;
	z_stream z = {0};
	unsigned sum = 0;
	bool fine;

	pack(DISK_GCP, disk, MIB, &file);
	need(inflateInit2(&z, 31) == Z_OK);
	bytes_zeros(&tar, 2 * MIB);
	z.next_in = file.data;
	z.avail_in = (uInt)file.len;
	z.next_out = tar.data;
	z.avail_out = (uInt)tar.len;
	need(inflate(&z, Z_FINISH) == Z_STREAM_END);
	tar.len = z.total_out;
	inflateEnd(&z);
	header = tar.data;
	memcpy(header + at, bytes, len);
	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : header[i];
	if (sum_again)
		(void)snprintf((char *)header + 148, 7, "%06o", sum & 0777777);
	bytes_zeros(&tar, extra);
	file.len = 0;
	z = (z_stream){0};
	need(deflateInit2(&z, 1, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	bytes_zeros(&file, 4 * MIB);
	z.next_in = tar.data;
	z.avail_in = (uInt)tar.len;
	z.next_out = file.data;
	z.avail_out = (uInt)file.len;
	need(deflate(&z, Z_FINISH) == Z_STREAM_END);
	file.len = z.total_out;
	deflateEnd(&z);
	fine = opens(DISK_GCP, &file);
	bytes_free(&tar);
	bytes_free(&file);
	free(disk);
	return fine;
}

static void test_forged_archives(void)
{
	CHECK(forged_opens(0, "disk.raw", 8, true, 0));
	CHECK(forged_opens(0, "disk.raw", 8, true, 10240)); /* a larger record */
	CHECK(!forged_opens(0, "disk.raw", 8, true, 512));
	CHECK(!forged_opens(0, "disk.img", 8, true, 0));
	CHECK(!forged_opens(0, "disk.raw/x", 11, true, 0));
	CHECK(!forged_opens(100, "0000777", 7, false, 0)); /* the sum is not made anew */
	CHECK(!forged_opens(156, "S", 1, true, 0));	   /* sparse */
	CHECK(!forged_opens(156, "5", 1, true, 0));	   /* a folder */
	CHECK(!forged_opens(257,
		"ustar\0"
		"00",
		8, true, 0)); /* POSIX, which GCP refuses */
	CHECK(!forged_opens(124, "00000000000", 11, true, 0));
	CHECK(!forged_opens(124, "00003777777", 11, true, 0)); /* no whole sectors */
	CHECK(!forged_opens(124, "00004016000", 11, true, 0)); /* more than there is */
	CHECK(!forged_opens(124, "77777777777", 11, true, 0));
	CHECK(!forged_opens(124, "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xfe", 12, true, 0));
	/* Something behind the member: a second one would stand there. */
	CHECK(!forged_opens(512 + MIB, "disk.raw", 8, true, 0));
}

/* What others write and we do not read is named as what it is, never as a raw disk. */
static void test_foreign(void)
{
	static const struct {
		enum disk_container kind;
		size_t at;
		uint8_t value;
	} changes[] = {
		{DISK_QCOW2, 7, 2},		     /* version 2 */
		{DISK_QCOW2, 15, 8},		     /* a backing file's name */
		{DISK_QCOW2, 35, 1},		     /* encrypted */
		{DISK_QCOW2, 63, 1},		     /* a snapshot */
		{DISK_QCOW2, 79, 4},		     /* data in another file */
		{DISK_QCOW2, 4 * CLUSTER, 0xc0},     /* a compressed cluster */
		{DISK_QCOW2, 4 * CLUSTER + 7, 0x01}, /* a cluster that reads as zeros */
		{DISK_VHD, MIB + 63, 3},	     /* dynamic */
		{DISK_VHD, MIB + 55, 1},	     /* another size */
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct bytes file = {0};
		uint8_t *disk = make_disk(MIB);

		pack(changes[i].kind, disk, MIB, &file);
		file.data[changes[i].at] = changes[i].value;
		CHECK(disk_container_of(file.data, file.len) == changes[i].kind);
		CHECK(!opens(changes[i].kind, &file));
		bytes_free(&file);
		free(disk);
	}
}

/* So many clusters that a second block of refcounts is needed, and the one that brings it. */
static void test_many_clusters(void)
{
	static const size_t counts[] = {32760, 32761};
	size_t len = (size_t)32761 * CLUSTER;
	uint8_t *disk = mmap(NULL, len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int fd = memfd_create("container", MFD_CLOEXEC);

	REQUIRE(disk != MAP_FAILED && fd >= 0);
	for (size_t c = 0, i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct disk_view view;
		struct flaw flaw;
		uint8_t *mapped;
		off_t end;

		for (; c < counts[i]; c++)
			disk[c * CLUSTER + c % CLUSTER] = 1;
		REQUIRE(!ftruncate(fd, 0));
		REQUIRE(disk_container_write(DISK_QCOW2, disk, len, id, fd));
		end = lseek(fd, 0, SEEK_END);
		mapped = mmap(NULL, (size_t)end, PROT_READ, MAP_PRIVATE, fd, 0);
		REQUIRE(mapped != MAP_FAILED);
		REQUIRE(disk_container_open(DISK_QCOW2, mapped, (size_t)end, &view, &flaw));
		for (size_t k = 0; k < counts[i]; k++)
			CHECK(view.data[k * CLUSTER + k % CLUSTER] == 1);
		disk_container_close(&view);
		munmap(mapped, (size_t)end);
	}
	munmap(disk, len);
	close(fd);
}

int main(void)
{
	report_silence();
	RUN(test_round_trip);
	RUN(test_names);
	RUN(test_vhd_footer);
	RUN(test_cut);
	RUN(test_flipped);
	RUN(test_flipped_archive);
	RUN(test_forged_archives);
	RUN(test_foreign);
	RUN(test_many_clusters);
	return test_summary();
}
