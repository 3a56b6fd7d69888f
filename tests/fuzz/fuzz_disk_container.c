/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images in containers. The first byte chooses: any bytes at all, or a sound container in
 * which the input says what to change (3 bytes offset, 1 byte value, again and again). Checksums
 * are put right after, so that the input reaches what lies behind them. What opens must lie in
 * memory from end to end.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include "tools/lib/bytes.h"
#include "tools/lib/disk_container.h"

#define DISK_LEN (1u << 20)
#define TAR_LEN	 20480u /* the archive of a disk of 16 KiB */
#define TAR_DISK 16384u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_it(const uint8_t *file, size_t len)
{
	enum disk_container kind = disk_container_of(file, len);
	struct disk_view view;
	struct flaw flaw = {0};
	volatile uint8_t seen;

	if (kind == DISK_RAW)
		return;
	if (!disk_container_open(kind, file, len, &view, &flaw)) {
		if (!flaw.reason)
			__builtin_trap();
		return;
	}
	for (size_t i = 0; i < view.len; i += 4096)
		seen = view.data[i];
	seen = view.data[view.len - 1];
	(void)seen;
	disk_container_close(&view);
}

static void change(uint8_t *file, size_t len, const uint8_t *data, size_t size)
{
	for (; size >= 4; data += 4, size -= 4) {
		size_t at = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;

		file[at % len] = data[3];
	}
}

static void sound(enum disk_container kind, struct bytes *out)
{
	static uint8_t disk[DISK_LEN];
	static const uint8_t id[DISK_ID_LEN] = {7};
	int fd = memfd_create("container", MFD_CLOEXEC);
	off_t end;

	memset(disk, 0x33, 5000);
	memset(disk + DISK_LEN - 600, 0x44, 600);
	if (fd < 0 || !disk_container_write(kind, disk, DISK_LEN, id, fd))
		abort();
	end = lseek(fd, 0, SEEK_END);
	bytes_zeros(out, (size_t)end);
	if (pread(fd, out->data, out->len, 0) != end)
		abort();
	close(fd);
}

static void sum_vhd(uint8_t *footer)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 512; i++)
		sum += i >= 64 && i < 68 ? 0 : footer[i];
	put_be32(footer + 64, ~sum);
}

static void try_archive(const uint8_t *data, size_t size)
{
	static const char octal[] = "01234567";
	static uint8_t tar[TAR_LEN], packed[2 * TAR_LEN];
	z_stream z = {0};
	unsigned sum = 0;

	memset(tar, 0, sizeof(tar));
	memcpy(tar, "disk.raw", 8);
	memcpy(tar + 124, "00000040000", 11);
	tar[156] = '0';
	memcpy(tar + 257, "ustar  ", 8);
	memset(tar + 512, 0x55, TAR_DISK);
	change(tar, sizeof(tar), data, size);
	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : tar[i];
	for (unsigned i = 0; i < 6; i++)
		tar[148 + i] = (uint8_t)octal[sum >> (3 * (5 - i)) & 7];
	if (deflateInit2(&z, 1, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = tar;
	z.avail_in = sizeof(tar);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	open_it(packed, z.total_out);
	deflateEnd(&z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bytes vhd, qcow2;
	struct bytes file = {0};

	if (!size)
		return 0;
	if (!vhd.len) {
		sound(DISK_VHD, &vhd);
		sound(DISK_QCOW2, &qcow2);
	}
	switch (data[0] & 3) {
	case 0:
		open_it(data + 1, size - 1);
		break;
	case 1:
		bytes_add(&file, vhd.data, vhd.len);
		change(file.data + DISK_LEN, 512, data + 1, size - 1);
		sum_vhd(file.data + DISK_LEN);
		open_it(file.data, file.len);
		break;
	case 2:
		bytes_add(&file, qcow2.data, qcow2.len);
		change(file.data, file.len, data + 1, size - 1);
		open_it(file.data, file.len);
		break;
	default:
		try_archive(data + 1, size - 1);
	}
	bytes_free(&file);
	return 0;
}
