/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A predicted boot in the shapes that people and other programs read, and the reader of our own
 * shape. Writers append text or bytes to out, never fail but for what is said, and give the same
 * bits for the same boot. Texts from images and logs may be hostile: JSON escapes them, tables show
 * what is not printable as \xNN.
 */
#ifndef TOOLS_MEASURE_OUTPUT_OUTPUT_H
#define TOOLS_MEASURE_OUTPUT_OUTPUT_H

#include "tools/lib/bytes.h"
#include "tools/measure/model/boot.h"

/*
 * These keep the host's code out of a boot, and keep a machine that has joined from joining again.
 * The join service takes no set that leaves one of them out, unless the policy names it. Bit n: PCR
 * n.
 */
#define OUTPUT_REQUIRED_PCRS (1u << 2 | 1u << 3 | 1u << 4 | 1u << 11 | 1u << 12 | 1u << 15)
/* What a policy names by default, as far as it is known. */
#define OUTPUT_POLICY_PCRS (OUTPUT_REQUIRED_PCRS | 1u << 0 | 1u << 7 | 1u << 9 | 1u << 13)

/*
 * The default where secure_boot_keys says whether the firmware's variables or keys were given:
 * without them PCR 7 rests on none being enrolled, and is left out.
 */
uint32_t output_policy_pcrs(bool secure_boot_keys);
/* The PCRs of the set pcrs that are known. pcrs 0: output_policy_pcrs(). */
uint32_t output_known(const struct boot *boot, uint32_t pcrs);
/* The bank that is meant where one is shown of a set: SHA-256 if it is there, else the longest. */
enum bank output_bank(unsigned banks);

/* Constellation's: {"measurements":{"4":{"expected":"hex","warnOnly":false},...}} */
void output_measurements(const struct boot *boot, enum bank bank, uint32_t pcrs, struct bytes *out);

/*
 * The whole boot as JSON, which measurements_read() takes back; README.md beside this file
 * specifies it. A superset of Constellation's shape: its "measurements" are those of output_bank().
 */
void output_full(const struct boot *boot, uint32_t pcrs, struct bytes *out);

/*
 * What AWS KMS conditions on a NitroTPM name:
 * {"Measurements":{"HashAlgorithm":"SHA384","PCR4":...}}. pcrs 0: OUTPUT_AWS_PCRS. Complains and
 * returns false without the SHA-384 bank.
 */
#define OUTPUT_AWS_PCRS (1u << 4 | 1u << 7 | 1u << 12)
bool output_aws(const struct boot *boot, uint32_t pcrs, struct bytes *out);

/*
 * Reference values for Confidential Containers' trustee:
 * {"tpm_pcr11":["hex"],"rtmr_1":["hex"],...}, which RVPS takes, in base64, as the payload of a
 * message of type "sample".
 */
void output_rvps(const struct boot *boot, enum bank bank, uint32_t pcrs, struct bytes *out);

/*
 * The event log of a TPM that this boot would leave, as to the PCRs that are known, in the
 * crypto-agile binary form (TCG PC Client Platform Firmware Profile 10.2) and in the Canonical
 * Event Log's JSON (TCG CEL 1.0).
 */
void output_tcg2(const struct boot *boot, struct bytes *out);
void output_cel(const struct boot *boot, struct bytes *out);

/*
 * Says on stderr what a shape has no place for: the conditions on which its PCRs are known, and why
 * PCRs that were wanted are left out. set: the policy's set that they are of; NULL: none.
 */
void output_conditions(const struct boot *boot, const char *set, uint32_t given, uint32_t wanted);
/* The same of a confidential VM's registers. */
void output_cc_conditions(const struct boot *boot, const char *set);

/* What is known of the registers, and in which banks. */
struct register_values {
	unsigned banks;		    /* BANK_BIT of each bank that values are known in */
	uint32_t known[BANK_COUNT]; /* bit n: PCR n */
	uint32_t named;	 /* bit n: a measurements file names PCR n below "measurements" */
	uint32_t warned; /* bit n: the file calls PCR n warnOnly: another value decides nothing */
	bool secure_boot_keys; /* as of struct boot; true of a file that gives PCR 7 by itself */
	uint8_t pcr[BANK_COUNT][BOOT_PCRS][BANK_DIGEST_MAX];
};

/*
 * Reads what output_full() wrote, or Constellation's shape or that of output_aws() alone (values,
 * no events), into an empty boot and values. Registers that a file does not give are unknown in the
 * boot, with that reason. The file may come from anybody: whatever is malformed or contradicts
 * itself (values that its own events do not lead to) is complained about with its place in the
 * file, and false.
 */
bool measurements_read(const char *path, struct boot *boot, struct register_values *values);
/* The same of text in memory; name is for complaints. */
bool measurements_parse(const char *name, const uint8_t *text, size_t len, struct boot *boot,
	struct register_values *values);

/* The values of a boot after boot_hash(), in the shape that a measurements file is read into. */
void register_values_of(const struct boot *boot, struct register_values *out);

/*
 * For people: the PCRs of the set, known or not. pcrs 0: all that a boot extends. colour: with the
 * terminal's escape codes.
 */
#define OUTPUT_TABLE_PCRS 0xFFFFu
void output_table(const struct boot *boot, uint32_t pcrs, bool colour, struct bytes *out);
/* Each event with its digests, its rule and the bytes of files that were hashed. */
void output_events_table(const struct boot *boot, bool colour, struct bytes *out);
/* Whether results on this stream should have colour: a terminal, and NO_COLOR not set. */
bool output_colour(int fd);

#endif
