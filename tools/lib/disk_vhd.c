/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed VHDs (Microsoft's Virtual Hard Disk Image Format Specification): the disk, then a footer.
 * The geometry in it cannot express every size; readers that know their business take the size
 * from "current size" when the creator is one that says so, as "qem2" does.
 */
#include <string.h>
#include "tools/lib/disk_container_private.h"
#include "tools/lib/file.h"

#define FOOTER	 512u
#define SECTOR	 512u
#define COOKIE	 "conectix"
#define AT_DATA	 16u
#define AT_SIZE	 48u
#define AT_TYPE	 60u
#define AT_SUM	 64u
#define AT_ID	 68u
#define FEATURES 2u /* the bit that is always set */
#define VERSION	 0x00010000u
#define CREATOR	 "qem2"
#define TOOL	 0x00050003u
#define HOST	 "Wi2k"
#define FIXED	 2u

#define CHS_MAX (65535u * 16u * 255u) /* sectors: the most that a geometry can express */

/* Cylinders, heads and sectors a track, by the algorithm in the specification's appendix. */
static uint32_t geometry(uint64_t len)
{
	uint64_t sectors = len / SECTOR, tracks, heads, per_track;

	if (sectors > CHS_MAX)
		sectors = CHS_MAX;
	if (sectors >= 65535u * 16u * 63u) {
		per_track = 255;
		heads = 16;
		tracks = sectors / per_track;
	} else {
		per_track = 17;
		tracks = sectors / per_track;
		heads = (tracks + 1023) / 1024;
		if (heads < 4)
			heads = 4;
		if (tracks >= heads * 1024 || heads > 16) {
			per_track = 31;
			heads = 16;
			tracks = sectors / per_track;
		}
		if (tracks >= heads * 1024) {
			per_track = 63;
			tracks = sectors / per_track;
		}
	}
	return (uint32_t)(tracks / heads << 16 | heads << 8 | per_track);
}

/* The complement of the sum of all bytes, its own four not counted. */
static uint32_t checksum(const uint8_t footer[FOOTER])
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < FOOTER; i++)
		if (i < AT_SUM || i >= AT_SUM + 4)
			sum += footer[i];
	return ~sum;
}

/* The time in it is 0: 2000-01-01. */
static void make_footer(uint64_t len, const uint8_t id[DISK_ID_LEN], uint8_t out[FOOTER])
{
	memset(out, 0, FOOTER);
	memcpy(out, COOKIE, 8);
	put_be32(out + 8, FEATURES);
	put_be32(out + 12, VERSION);
	put_be64(out + AT_DATA, UINT64_MAX);
	memcpy(out + 28, CREATOR, 4);
	put_be32(out + 32, TOOL);
	memcpy(out + 36, HOST, 4);
	put_be64(out + 40, len);
	put_be64(out + AT_SIZE, len);
	put_be32(out + 56, geometry(len));
	put_be32(out + AT_TYPE, FIXED);
	memcpy(out + AT_ID, id, DISK_ID_LEN);
	put_be32(out + AT_SUM, checksum(out));
}

bool disk_vhd_write(const uint8_t *disk, size_t len, const uint8_t id[DISK_ID_LEN], int fd)
{
	uint8_t footer[FOOTER];

	make_footer(len, id, footer);
	return file_put_sparse(fd, disk, len, 0) && disk_put(fd, footer, sizeof(footer), len);
}

bool disk_vhd_is(const uint8_t *file, size_t len)
{
	return len >= FOOTER && memcmp(file + len - FOOTER, COOKIE, 8) == 0;
}

/* Anybody's, as long as it is a fixed one: the bytes before the footer are the disk. */
bool disk_vhd_open(const uint8_t *file, size_t len, struct disk_view *out, struct flaw *flaw)
{
	uint64_t size = len - FOOTER;
	const uint8_t *footer = file + size;

	if (be32(footer + AT_SUM) != checksum(footer))
		return flaw_at(flaw, size + AT_SUM, "the VHD's footer does not fit its checksum");
	if (be32(footer + AT_TYPE) != FIXED || be64(footer + AT_DATA) != UINT64_MAX)
		return flaw_at(flaw, size + AT_TYPE, "the VHD is not a fixed one");
	if (be64(footer + AT_SIZE) != size || !size || size % SECTOR)
		return flaw_at(flaw, size + AT_SIZE,
			"the VHD's footer has another size than the disk before it");
	*out = (struct disk_view){.data = file, .len = (size_t)size};
	return true;
}
