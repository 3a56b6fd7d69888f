/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI table that says where a confidential VM's event log lies (UEFI specification 2.10,
 * 38.4.2; ACPI 6.5, table 5.150). Linux shows the table as /sys/firmware/acpi/tables/CCEL and the
 * bytes that it points to as /sys/firmware/acpi/tables/data/CCEL; the log is in the latter, which
 * is as long as the area that the table states. The host may have written both.
 */
#ifndef TOOLS_LIB_CCEL_H
#define TOOLS_LIB_CCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"

enum { CCEL_SEV = 1, CCEL_TDX = 2 };

struct ccel_table {
	uint8_t type, subtype; /* CCEL_TDX: the log names RTMRs */
	uint64_t log_len;      /* bytes of the area, the part after the log included */
	uint64_t log_address;  /* physical */
};

/* Whether the bytes begin as the table does. */
bool ccel_table_is(const uint8_t *bytes, size_t len);
/* Reads a whole table and checks its sum. *out is written on success only. */
bool ccel_table_read(const uint8_t *bytes, size_t len, struct ccel_table *out, struct flaw *flaw);

#endif
