/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Compute Engine imports: disk.tar.gz, a gzip stream over a tar file in GNU's old format
 * (tar --format=oldgnu) with the one member disk.raw, whose size is a multiple of 1 GiB.
 */
#include <string.h>
#include <zlib.h>
#include "tools/lib/disk_container_private.h"
#include "tools/lib/report.h"

#define HEADER	    512u
#define RECORD	    10240u /* a tar file's length is a multiple of this */
#define MEMBER	    "disk.raw"
#define MAGIC	    "ustar  " /* GNU's; with the NUL behind it 8 bytes */
#define AT_MODE	    100u
#define AT_OWNER    108u
#define AT_GROUP    116u
#define AT_SIZE	    124u
#define AT_TIME	    136u
#define AT_SUM	    148u
#define AT_TYPE	    156u
#define AT_MAGIC    257u
#define SIZE_LEN    12u
#define GZIP_WINDOW (15 + 16)	 /* 32 KiB window, gzip header */
#define FIXED_TIME  315532800ull /* 1980-01-01, as everything built here has */
#define STEP	    65536u

/* The sum of all bytes, those of its own field taken as spaces. */
static unsigned checksum(const uint8_t header[HEADER])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < HEADER; i++)
		sum += i >= AT_SUM && i < AT_SUM + 8 ? ' ' : header[i];
	return sum;
}

static void put_octal(uint8_t *field, unsigned digits, uint64_t value)
{
	while (digits--) {
		field[digits] = (uint8_t)('0' + (value & 7));
		value >>= 3;
	}
}

/* Sizes that 11 octal digits cannot hold are binary, big-endian, with the top bit set. */
static void put_size(uint8_t *field, uint64_t value)
{
	if (value < 1ull << 33) {
		put_octal(field, SIZE_LEN - 1, value);
		return;
	}
	field[0] = 0x80;
	put_be64(field + SIZE_LEN - 8, value);
}

static void make_header(uint64_t len, uint8_t out[HEADER])
{
	memset(out, 0, HEADER);
	memcpy(out, MEMBER, sizeof(MEMBER));
	put_octal(out + AT_MODE, 7, 0644);
	put_octal(out + AT_OWNER, 7, 0);
	put_octal(out + AT_GROUP, 7, 0);
	put_size(out + AT_SIZE, len);
	put_octal(out + AT_TIME, 11, FIXED_TIME);
	out[AT_TYPE] = '0';
	memcpy(out + AT_MAGIC, MAGIC, sizeof(MAGIC));
	put_octal(out + AT_SUM, 6, checksum(out));
	out[AT_SUM + 7] = ' ';
}

struct packer {
	z_stream z;
	uint8_t out[STEP];
	uint64_t written; /* bytes */
	int fd;
};

/* Compresses len bytes, and writes what the compressor has ready. */
static bool pack(struct packer *p, const uint8_t *data, size_t len, int flush)
{
	while (len || flush == Z_FINISH) {
		size_t n = len < STEP ? len : STEP;
		bool last = n == len && flush == Z_FINISH;
		int result;

		p->z.next_in = (Bytef *)(uintptr_t)data;
		p->z.avail_in = (uInt)n;
		do {
			size_t ready;

			p->z.next_out = p->out;
			p->z.avail_out = STEP;
			result = deflate(&p->z, last ? Z_FINISH : Z_NO_FLUSH);
			ready = STEP - p->z.avail_out;
			if (result == Z_STREAM_ERROR)
				return complain("zlib cannot compress the disk image");
			if (!disk_put(p->fd, p->out, ready, p->written))
				return false;
			p->written += ready;
		} while (p->z.avail_out == 0);
		if (last)
			return true;
		data += n;
		len -= n;
	}
	return true;
}

bool disk_gcp_write(const uint8_t *disk, size_t len, int fd)
{
	static const uint8_t zeros[RECORD];
	uint8_t header[HEADER];
	struct packer p = {.fd = fd};
	uint64_t end = HEADER + (uint64_t)len + 2 * HEADER;
	uint64_t padded = (end + RECORD - 1) / RECORD * RECORD;
	bool fine;

	make_header(len, header);
	if (deflateInit2(&p.z, 6, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return complain("zlib does not start");
	fine = pack(&p, header, sizeof(header), Z_NO_FLUSH) && pack(&p, disk, len, Z_NO_FLUSH) &&
	       pack(&p, zeros, 2 * HEADER, Z_NO_FLUSH) &&
	       pack(&p, zeros, (size_t)(padded - end), Z_FINISH);
	deflateEnd(&p.z);
	return fine;
}

struct unpacker {
	z_stream z;
	bool ended; /* the stream, and its checksum was right */
};

static bool unpack_start(struct unpacker *u, const uint8_t *file, size_t len)
{
	*u = (struct unpacker){0};
	u->z.next_in = (Bytef *)(uintptr_t)file;
	u->z.avail_in = len < UINT32_MAX ? (uInt)len : UINT32_MAX;
	return inflateInit2(&u->z, GZIP_WINDOW) == Z_OK;
}

/* Up to STEP bytes more; less only at the end of the stream. False when it is damaged or cut. */
static bool unpack(struct unpacker *u, const uint8_t *end, uint8_t *out, size_t want, size_t *got)
{
	u->z.next_out = out;
	u->z.avail_out = (uInt)want;
	while (u->z.avail_out && !u->ended) {
		size_t left = (size_t)(end - u->z.next_in);
		int result;

		u->z.avail_in = left < STEP ? (uInt)left : STEP;
		result = inflate(&u->z, Z_NO_FLUSH);
		u->ended = result == Z_STREAM_END;
		if (result != Z_OK && !u->ended)
			break;
	}
	*got = want - u->z.avail_out;
	u->z.next_out = NULL;
	return u->ended || *got == want;
}

bool disk_gcp_is(const uint8_t *file, size_t len)
{
	uint8_t header[HEADER];
	struct unpacker u;
	size_t got = 0;
	bool fine;

	if (len < 18 || file[0] != 0x1f || file[1] != 0x8b || !unpack_start(&u, file, len))
		return false;
	fine = unpack(&u, file + len, header, HEADER, &got) && got == HEADER &&
	       memcmp(header, MEMBER, sizeof(MEMBER)) == 0 &&
	       memcmp(header + AT_MAGIC, "ustar", 5) == 0;
	inflateEnd(&u.z);
	return fine;
}

static uint64_t octal(const uint8_t *field, unsigned len)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	return value;
}

static bool read_header(const uint8_t header[HEADER], uint64_t *out_len, struct flaw *flaw)
{
	if (octal(header + AT_SUM, 6) != checksum(header))
		return flaw_at(flaw, AT_SUM, "the archive's header does not fit its checksum");
	if (memcmp(header + AT_MAGIC, MAGIC, sizeof(MAGIC)) != 0)
		return flaw_at(flaw, AT_MAGIC, "the archive is not in GNU's old tar format");
	if (header[AT_TYPE] != '0')
		return flaw_at(flaw, AT_TYPE,
			"disk.raw in the archive is stored sparse, or is no file: unpack it with "
			"tar -xzf and give disk.raw");
	*out_len = header[AT_SIZE] & 0x80 ? be64(header + AT_SIZE + SIZE_LEN - 8)
					  : octal(header + AT_SIZE, SIZE_LEN - 1);
	return true;
}

/* Blocks that are not zero may take this much memory, in bytes. */
static uint64_t filled_max(size_t packed_len)
{
	return (64ull << 20) + 256ull * packed_len;
}

static bool unpack_disk(struct unpacker *u, const uint8_t *file, size_t len, uint64_t size,
	uint8_t *memory, struct flaw *flaw)
{
	uint8_t block[DISK_BLOCK];
	uint64_t filled = 0;

	for (uint64_t at = 0; at < size; at += DISK_BLOCK) {
		size_t want = size - at < DISK_BLOCK ? (size_t)(size - at) : DISK_BLOCK, got;

		if (!unpack(u, file + len, block, want, &got) || got != want)
			return flaw_at(flaw, HEADER + at,
				"the archive is damaged, or ends inside disk.raw");
		if (disk_is_zero(block, want))
			continue;
		filled += want;
		if (filled > filled_max(len))
			return flaw_at(flaw, HEADER + at,
				"the archive unpacks to more than any disk image does");
		memcpy(memory + at, block, want);
	}
	return true;
}

/* Behind the member: zeros up to a whole record, then the end of stream and file. */
static bool check_end(
	struct unpacker *u, const uint8_t *file, size_t len, uint64_t size, struct flaw *flaw)
{
	uint8_t rest[2 * RECORD];
	size_t got;

	if (!unpack(u, file + len, rest, sizeof(rest), &got) || !u->ended)
		return flaw_at(
			flaw, HEADER + size, "the archive is damaged, or holds more than disk.raw");
	if (!disk_is_zero(rest, got) || got < 2 * HEADER || (HEADER + size + got) % RECORD)
		return flaw_at(flaw, HEADER + size, "the archive does not end behind disk.raw");
	if (u->z.next_in != file + len)
		return flaw_at(
			flaw, (uint64_t)(u->z.next_in - file), "something follows the gzip stream");
	return true;
}

static bool read_archive(struct unpacker *u, const uint8_t *file, size_t len, struct disk_view *out,
	struct flaw *flaw)
{
	struct disk_view view = {0};
	uint8_t header[HEADER], *memory = NULL;
	uint64_t size;
	size_t got = 0;

	if (!unpack(u, file + len, header, HEADER, &got) || got != HEADER)
		return flaw_at(flaw, 0, "the archive is damaged");
	if (!read_header(header, &size, flaw))
		return false;
	if (size % HEADER)
		return flaw_at(flaw, AT_SIZE, "disk.raw in the archive has no whole sectors");
	if (!disk_view_make(size, &view, &memory, flaw))
		return false;
	if (!unpack_disk(u, file, len, size, memory, flaw) ||
		!check_end(u, file, len, size, flaw)) {
		disk_container_close(&view);
		return false;
	}
	*out = view;
	return true;
}

/* Offsets of flaws count from the start of what is unpacked. */
bool disk_gcp_open(const uint8_t *file, size_t len, struct disk_view *out, struct flaw *flaw)
{
	struct unpacker u;
	bool fine;

	if (!unpack_start(&u, file, len))
		return flaw_at(flaw, 0, "zlib does not start");
	fine = read_archive(&u, file, len, out, flaw);
	inflateEnd(&u.z);
	return fine;
}
