/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/ccel.h"

#include <string.h>
#include "tools/lib/bytes.h"

/* An ACPI table's header, then what CCEL adds to it: offsets in bytes. */
#define OFFSET_LENGTH  4u
#define OFFSET_TYPE    36u
#define OFFSET_SUBTYPE 37u
#define OFFSET_LAML    40u
#define OFFSET_LASA    48u
#define TABLE_LEN      56u

bool ccel_table_is(const uint8_t *bytes, size_t len)
{
	return len >= 4 && memcmp(bytes, "CCEL", 4) == 0;
}

static bool sum_is_zero(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

bool ccel_table_read(const uint8_t *bytes, size_t len, struct ccel_table *out, struct flaw *flaw)
{
	if (!ccel_table_is(bytes, len))
		return flaw_at(flaw, 0, "this is no CCEL table");
	if (len < TABLE_LEN)
		return flaw_at(flaw, len, "the CCEL table ends early");
	if (le32(bytes + OFFSET_LENGTH) != TABLE_LEN || len != TABLE_LEN)
		return flaw_at(flaw, OFFSET_LENGTH, "a CCEL table has 56 bytes");
	if (!sum_is_zero(bytes, TABLE_LEN))
		return flaw_at(flaw, 0, "the CCEL table's checksum is wrong");
	if (bytes[OFFSET_TYPE] != CCEL_SEV && bytes[OFFSET_TYPE] != CCEL_TDX)
		return flaw_at(flaw, OFFSET_TYPE, "the CCEL table is for neither TDX nor SEV");
	*out = (struct ccel_table){
		.type = bytes[OFFSET_TYPE],
		.subtype = bytes[OFFSET_SUBTYPE],
		.log_len = le64(bytes + OFFSET_LAML),
		.log_address = le64(bytes + OFFSET_LASA),
	};
	return true;
}
