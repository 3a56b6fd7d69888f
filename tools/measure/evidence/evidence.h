/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine says it measured: an event log, PCR values, a quote over them. `check` lays it
 * beside a predicted boot.
 *
 * All of it comes from the machine that is judged. Event types and event texts can be invented.
 * Digests prove something once they lead to PCR values, and values once a quote that somebody
 * trusts has signed them. Nothing is judged here: the readers refuse what is malformed, with the
 * file, the byte and the reason.
 *
 * Registers are PCRs 0 to 23 or, in a confidential VM's log, measurement registers 0 to 4 (UEFI
 * specification 2.10, 38.4.1): 0 is MRTD, 1 is RTMR 0.
 *
 * Order: a zeroed struct evidence; any of the readers; evidence_free().
 */
#ifndef TOOLS_MEASURE_EVIDENCE_EVIDENCE_H
#define TOOLS_MEASURE_EVIDENCE_EVIDENCE_H

#include "tools/lib/bank.h"
#include "tools/lib/event_log.h"
#include "tools/lib/file.h"
#include "tools/measure/output/output.h"

#define EVIDENCE_FILE_MAX (1u << 20) /* bytes of a file with PCR values */

#define EVIDENCE_SELECTIONS 16u /* TPM2_NUM_PCR_BANKS of the reference code */

struct pcr_selection {
	uint16_t alg;  /* TPM_ALG_ID */
	uint32_t mask; /* bit n: PCR n */
};

struct logged_event {
	unsigned reg; /* PCR or measurement register */
	uint32_t type;
	unsigned number; /* in the log, from 1; the header is 0 */
	unsigned banks;	 /* BANK_BIT of each digest that it has */
	const uint8_t *digest[BANK_COUNT];
	const uint8_t *data;
	size_t data_len;
};

/* Events that extend a register, in the log's order; they borrow from the log's bytes. */
struct evidence_log {
	struct logged_event *events;
	size_t count, capacity;
	unsigned banks;	  /* those that every event has a digest in */
	uint8_t locality; /* PCR 0 starts as this (TPM 2.0 Part 1, 11.6) */
	bool cc;	  /* a confidential VM's log */
	size_t cut;	  /* where the event begins inside which the log ends; 0: nowhere */
};

struct selected_bank {
	enum bank bank;
	uint32_t pcrs; /* bit n: PCR n */
};

struct evidence {
	const char *log_path; /* NULL: no log; the caller's text */
	struct mapped log_file;
	struct evidence_log log;
	bool has_values;
	struct register_values values; /* of the machine's PCRs */
	/* The selection that a file of tpm2_quote -o states; count 0: another kind of file. */
	struct pcr_selection selections[EVIDENCE_SELECTIONS];
	size_t selection_count;
	/* What the caller says a file of bare digests is of, in its order. */
	struct selected_bank binary[BANK_COUNT];
	size_t binary_count;
	bool vouched; /* a quote that was checked covers the values */
};

void evidence_free(struct evidence *evidence);

/*
 * Reads a log's bytes, which must outlive it. cc: it is a confidential VM's, whether its first
 * record says so or not. False with a flaw when it is malformed; one that ends inside an event is
 * read up to there.
 */
bool evidence_log_read(
	struct evidence_log *log, const uint8_t *bytes, size_t len, bool cc, struct flaw *flaw);
void evidence_log_free(struct evidence_log *log);
/* The same of a file; complains. */
bool evidence_log_open(struct evidence *evidence, const char *path, bool cc);

/* The value that an event list leads to from the register's first value. */
void evidence_start(const struct evidence_log *log, enum bank bank, unsigned reg, uint8_t *value);
/* The values of all registers in one bank after the whole log, and how many events each has. */
void evidence_replay(const struct evidence_log *log, enum bank bank,
	uint8_t value[BOOT_PCRS][BANK_DIGEST_MAX], unsigned events[BOOT_PCRS]);

/*
 * Reads PCR values; complains. A folder is read as the kernel shows PCRs (pcr-sha256/4, or the
 * folder that holds pcr-sha256). A file is JSON ({"sha256":{"4":"hex"}}, a measurements file, the
 * rows of systemd-analyze pcrs --json) or lines: what tpm2_pcrread prints ("sha256:" and
 * "4 : 0xHEX"), what tpm2_eventlog prints at its end, the table of systemd-analyze pcrs, or "4 HEX"
 * with the bank told by the digest's length; or what tpm2_quote -o writes.
 */
bool evidence_pcrs_open(struct evidence *evidence, const char *path);
/* The lines alone, from memory. */
bool evidence_pcrs_lines(
	const uint8_t *text, size_t len, struct register_values *values, struct flaw *flaw);

/* Reads what a file of bare digests is of, "sha256:0,4+sha1:all", into evidence; complains. */
bool evidence_selection(const char *text, struct evidence *evidence);
/* Reads such a file, as tpm2_pcrread -o writes it, after evidence_selection(); complains. */
bool evidence_pcrs_binary_open(struct evidence *evidence, const char *path);
/* The same from memory. */
bool evidence_pcrs_binary(
	struct evidence *evidence, const uint8_t *bytes, size_t len, struct flaw *flaw);

/* Notes one value; false when it is known already and different. */
bool evidence_value(
	struct register_values *values, enum bank bank, unsigned pcr, const uint8_t *digest);
/* The bank whose digests have len bytes. */
bool evidence_bank_of_len(size_t len, enum bank *out);

#endif
