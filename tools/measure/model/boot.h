/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot as a list of events. Everything that measures works on this: the predictor makes one from
 * files, a measurements file can be read into one, outputs print one, `check` compares a log with
 * one, `diff` compares two.
 *
 * An event is in time order with all others, whatever its PCR, because TDX folds several PCRs into
 * one register. It knows the rule that put it there, and the pieces of files whose bytes are
 * hashed, so that each value can be traced to bytes. Digests are computed late, for all banks that
 * are wanted and all events at once, by boot_hash().
 *
 * Order: boot_init(); boot_map() for files; boot_add() and boot_piece() for each event in turn,
 * boot_unknown() for each PCR that files do not determine; boot_hash(); then read. boot_free() at
 * the end releases everything that was made here: events, texts, pieces, mapped files.
 */
#ifndef TOOLS_MEASURE_MODEL_BOOT_H
#define TOOLS_MEASURE_MODEL_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bank.h"
#include "tools/lib/file.h"

#define BOOT_PCRS	24u
#define BOOT_EVENTS_MAX 1024u
#define BOOT_PIECES_MAX 128u /* of one event */

enum boot_rule {
#define BOOT_RULE(id, name, text) RULE_##id,
#include "tools/measure/model/rules.def"
#undef BOOT_RULE
	BOOT_RULE_COUNT
};

const char *boot_rule_name(enum boot_rule rule);
const char *boot_rule_text(enum boot_rule rule);

/* A run of bytes that is hashed: len bytes at data, then zeros zero bytes. */
struct boot_piece {
	const uint8_t *data; /* lives as long as the boot; NULL with a len: not at hand */
	size_t len, zeros;
	const char *source; /* the file it is from; NULL: a constant of the rule, or computed */
	uint64_t offset;    /* of data in that file */
	/* What data is ("UTF-16"), where it was made of the file's bytes; NULL: it is those bytes.
	 */
	const char *form;
	uint64_t source_len; /* then: of how many bytes, from offset on */
};

/* Which protocols get an event. Most events go to both. */
enum { BOOT_TO_TPM = 1, BOOT_TO_CC = 2, BOOT_TO_BOTH = 3 };

struct boot_event {
	unsigned pcr;
	uint32_t type; /* TCG event type, as a log shows it */
	enum boot_rule rule;
	unsigned to; /* BOOT_TO_... */
	const char
		*subject; /* short and stable: ".cmdline", "db", "uki.efi"; "" when there is one */
	const char *what; /* for people: ".cmdline (contents)" */
	const struct boot_piece *pieces;
	size_t piece_count; /* 0: only the digest is known */
	/* What a log shows beside the digest, as far as files determine it. */
	const uint8_t *data;
	size_t data_len;
	unsigned banks; /* BANK_BIT of each digest that is filled in */
	uint8_t digest[BANK_COUNT][BANK_DIGEST_MAX];
};

/*
 * The registers of a confidential VM, beside or in place of PCRs: SHA-384 all of them. The launch
 * registers (MRTD, the SEV-SNP launch digest) are of the firmware file; the RTMRs fold several PCRs
 * into one in time order (UEFI 2.10, 38.4.1), but for RTMR 3, which is PID 1's own.
 * tools/measure/cc fills them in.
 */
enum boot_cc {
	BOOT_MRTD,
	BOOT_RTMR0,
	BOOT_RTMR1,
	BOOT_RTMR2,
	BOOT_RTMR3,
	BOOT_SNP_LAUNCH,
	BOOT_CC_COUNT
};
#define BOOT_CC_LEN 48u

struct boot_cc_value {
	bool asked; /* false: this boot is on no such machine, and the rest is empty */
	/* Of the launch digest: it covers the kernel, initrd and command line that the VMM starts.
	 */
	bool kernel_hashed;
	uint8_t value[BOOT_CC_LEN];
	unsigned events;     /* how many events lead to it; 0 for launch registers */
	const char *unknown; /* why files do not determine it; NULL: they do */
	const char *remark;  /* the condition under which it is known; NULL: none */
	const char *rule;    /* how it is computed, and of what, for people */
};

/* "mrtd", "rtmr0" to "rtmr3", "snp-launch-digest" */
const char *boot_cc_name(enum boot_cc cc);
bool boot_cc_by_name(const char *name, enum boot_cc *out);

struct boot_file {
	char *path;
	struct mapped mapped;
};

struct boot {
	struct boot_event *events;
	size_t count;
	unsigned banks; /* those that every event has after boot_hash() */
	/* Why this PCR cannot be known from files; NULL: it is known. */
	const char *unknown[BOOT_PCRS];
	/* A remark on a PCR that is known under a condition; NULL: none. */
	const char *remark[BOOT_PCRS];
	/* The firmware's variables or Secure Boot keys were given, so that PCR 7 is worth binding.
	 */
	bool secure_boot_keys;
	struct boot_cc_value cc[BOOT_CC_COUNT];
	struct boot_file *files;
	size_t file_count;
	bool unreadable; /* a file that was named cannot be read, or is not there */
	void **kept;	 /* the arena: everything that events point to */
	size_t kept_count, kept_capacity;
};

void boot_init(struct boot *boot);
void boot_free(struct boot *boot);

/* Maps a file for as long as the boot lives; complains and returns NULL when it cannot. */
const struct mapped *boot_map(struct boot *boot, const char *path);
/*
 * As boot_map(), and a disk image in a container that `protostar build --format` writes is opened:
 * what is mapped is then the disk. Complains and returns NULL when there is something wrong in it.
 */
const struct mapped *boot_map_disk(struct boot *boot, const char *path);
/* The same of what is small on every machine: firmware, variables, tables. */
#define BOOT_INPUT_MAX (64u << 20) /* bytes */
const struct mapped *boot_map_input(struct boot *boot, const char *path);
/* Copies into the arena. */
void *boot_keep(struct boot *boot, const void *data, size_t len);
/* Hands a malloc'd block over to the arena; returns it. */
void *boot_own(struct boot *boot, void *block);
const char *boot_text(struct boot *boot, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Appends an event without pieces. subject and what are kept as they are (constants, or from
 * boot_text()). Complains and returns NULL when there are too many; the pointer stays good.
 */
struct boot_event *boot_add(struct boot *boot, unsigned pcr, uint32_t type, enum boot_rule rule,
	const char *subject, const char *what);
/* Appends a piece to an event that was added. NULL event: does nothing and returns false. */
bool boot_piece(struct boot *boot, struct boot_event *event, const struct boot_piece *piece);
/* The two most usual events: hash of a copy of data, which the log shows too or does not show. */
struct boot_event *boot_add_shown(struct boot *boot, unsigned pcr, uint32_t type,
	enum boot_rule rule, const char *subject, const char *what, const void *data, size_t len);
struct boot_event *boot_add_data(struct boot *boot, unsigned pcr, uint32_t type,
	enum boot_rule rule, const char *subject, const char *what, const void *data, size_t len);
/* Sets what the log shows (copied). */
void boot_show(struct boot *boot, struct boot_event *event, const void *data, size_t len);

void boot_unknown(struct boot *boot, unsigned pcr, const char *why);
/* Adds to what was remarked before; NULL: nothing. */
void boot_remark(struct boot *boot, unsigned pcr, const char *remark);

/*
 * Fills the digests of all events in the banks of the set (BANK_BIT). Same pieces are hashed once;
 * several threads share the work. Complains and returns false when an event has neither pieces nor
 * a digest in a wanted bank.
 */
bool boot_hash(struct boot *boot, unsigned banks);

/* The value of each PCR in one bank after all events, from their values after a reset. */
struct boot_values {
	enum bank bank;
	uint8_t pcr[BOOT_PCRS][BANK_DIGEST_MAX];
	unsigned events[BOOT_PCRS]; /* how many were extended into it */
};
void boot_replay(const struct boot *boot, enum bank bank, struct boot_values *out);

/* The RTMR that a PCR's events go to (UEFI 2.10, 38.4.1). False for PCR 0 and 16 to 23. */
bool boot_cc_of_pcr(unsigned pcr, enum boot_cc *out);
/* The RTMR that an event goes to: its PCR's, but 3 for PID 1's seal. False: it goes to none. */
bool boot_cc_of(const struct boot_event *event, enum boot_cc *out);
/* Fills value and events of an RTMR from the events; they must be hashed in SHA-384. */
void boot_replay_cc(const struct boot *boot, enum boot_cc rtmr, struct boot_cc_value *out);

/* TCG event types (PFP 10.4.1). */
enum {
	TCG_NO_ACTION = 0x3,
	TCG_SEPARATOR = 0x4,
	TCG_ACTION = 0x5,
	TCG_EVENT_TAG = 0x6,
	TCG_CRTM_CONTENTS = 0x7,
	TCG_CRTM_VERSION = 0x8,
	TCG_PLATFORM_CONFIG = 0xA,
	TCG_IPL = 0xD,
};
#define TCG_EFI_VARIABLE_DRIVER_CONFIG 0x80000001u
#define TCG_EFI_VARIABLE_BOOT	       0x80000002u
#define TCG_EFI_APPLICATION	       0x80000003u
#define TCG_EFI_GPT		       0x80000006u
#define TCG_EFI_ACTION		       0x80000007u
#define TCG_EFI_FIRMWARE_BLOB	       0x80000008u
#define TCG_EFI_HANDOFF_TABLES	       0x80000009u
#define TCG_EFI_FIRMWARE_BLOB2	       0x8000000Au
#define TCG_EFI_HANDOFF_TABLES2	       0x8000000Bu
#define TCG_EFI_VARIABLE_BOOT2	       0x8000000Cu
#define TCG_EFI_VARIABLE_AUTHORITY     0x800000E0u

/* "EV_IPL"; NULL for a type not in the list. */
const char *tcg_event_name(uint32_t type);

#endif
