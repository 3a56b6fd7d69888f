/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the writer and the reader of our own JSON; private to this folder. */
#ifndef TOOLS_MEASURE_OUTPUT_FULL_H
#define TOOLS_MEASURE_OUTPUT_FULL_H

#include "tools/lib/json_read.h"
#include "tools/lib/json_text.h"
#include "tools/measure/output/output.h"

#define FULL_FORMAT    "protostar-measurements-1"
#define FULL_FILE_MAX  (16u << 20) /* bytes */
#define FULL_DATA_MAX  (1u << 20)  /* bytes that a log shows of one event */
#define FULL_TEXT_MAX  4096u	   /* characters of a text */
#define FULL_NOT_GIVEN "the measurements file does not give it"

/* The member "measurements": the PCRs of the set pcrs. */
void put_measurements(
	struct json_text *w, const struct register_values *values, enum bank bank, uint32_t pcrs);

/* The member "cc". */
void put_cc(struct json_text *json, const struct boot *boot);
bool read_cc(const struct json_at *root, struct boot *boot);

/* Appends the event that is at this place. */
bool read_event(const struct json_at *at, struct boot *boot);
/* A text of at most FULL_TEXT_MAX characters, kept in the boot. */
bool read_text(const struct json_at *at, struct boot *boot, const char **out);
/* {"sha256":"hex",...}: exactly the banks of the boot, each digest to out[bank]. */
bool read_digests(const struct json_at *at, const struct boot *boot,
	uint8_t out[BANK_COUNT][BANK_DIGEST_MAX]);

#endif
