/*
 * A predicted boot in the shapes that people and other programs read. All of them append text or
 * bytes to out and never fail but for what is said.
 */
#ifndef TOOLS_MEASURE_OUTPUT_OUTPUT_H
#define TOOLS_MEASURE_OUTPUT_OUTPUT_H

#include "tools/lib/bytes.h"
#include "tools/measure/model/boot.h"

/* Constellation's: {"measurements":{"4":{"expected":"hex","warnOnly":false},...}}, known PCRs. */
void output_measurements(const struct boot *boot, enum bank bank, struct bytes *out);

/*
 * The whole boot as JSON, which measurements_read() takes back: registers with their values in
 * every bank or the reason why they are unknown, events with digests, rules and pieces. A superset
 * of Constellation's shape: its "measurements" are those of the first bank.
 */
void output_full(const struct boot *boot, struct bytes *out);

/* Reads what output_full() wrote, or Constellation's shape alone (values, no events). */
struct register_values {
	unsigned banks;		    /* BANK_BIT of each bank that values are known in */
	uint32_t known[BANK_COUNT]; /* bit n: PCR n */
	uint8_t pcr[BANK_COUNT][BOOT_PCRS][BANK_DIGEST_MAX];
};
bool measurements_read(const char *path, struct boot *boot, struct register_values *values);

#endif
