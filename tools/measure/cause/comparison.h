/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot that was predicted and what a machine measured, beside each other: the plain data that
 * `check` fills in, register by register, and that the causes read. Everything here belongs to the
 * struct check of check/check.h; request, evidence and boots are its caller's.
 */
#ifndef TOOLS_MEASURE_CAUSE_COMPARISON_H
#define TOOLS_MEASURE_CAUSE_COMPARISON_H

#include "tools/measure/evidence/evidence.h"
#include "tools/measure/model/boot.h"

#define CHECK_RTMR_REGISTERS 5u /* MRTD, which no event extends, and four RTMRs */
#define CHECK_VARIANTS_MAX   24u

enum check_state { CHECK_SAME, CHECK_DIFFERS, CHECK_UNKNOWN };
enum certainty { CERTAINTY_NONE, CERTAINTY_LIKELY, CERTAINTY_PROVED };

/* The same boot under another assumption: that is a cause if it fits better. */
struct check_variant {
	const char *cause; /* a name of cause.def */
	const char *text; /* the assumption: "the stub is systemd-257"; owned by boot or constant */
	bool contradicted;    /* by what the image says of itself: likely at best */
	unsigned secure_boot; /* assumed: 1 + SECURE_BOOT_FORM_... of cause.h; 0: nothing of it */
	struct boot boot;
};

/* Makes variant number index; false when there are no more. Not called when all is the same. */
typedef bool check_vary(void *context, size_t index, struct check_variant *out);

struct check_request {
	const struct boot *boot; /* the prediction; no events: expected alone counts */
	const struct register_values *expected; /* values without events; NULL: of the boot */
	const struct evidence *evidence;
	uint32_t only;	  /* bit n: register n counts; 0: all */
	check_vary *vary; /* NULL: none */
	void *context;
};

struct divergence {
	unsigned reg;
	bool counts;				  /* the register is known and differs */
	const struct boot_event *const *expected; /* predicted, and not in the log here */
	size_t expected_count;
	const struct logged_event *const *logged; /* in the log, and not predicted here */
	size_t logged_count;
	size_t when;		     /* order in time */
	const char *cause, *meaning; /* cause.def */
	enum certainty certainty;
	char *evidence; /* for people: what shows it; printable */
};

/* How a register's log and its PCR value belong together. */
enum check_binding {
	BINDING_NONE,  /* there are not both */
	BINDING_HOLDS, /* the log leads to the value */
	BINDING_LATER, /* it does with what is extended later and never logged by firmware */
	BINDING_BROKEN
};

struct check_register {
	enum check_state state;
	bool has_expected, has_measured;
	const char *why; /* unknown: the reason; otherwise a remark or NULL */
	uint8_t expected[BANK_DIGEST_MAX], measured[BANK_DIGEST_MAX];
	unsigned events; /* in the log */
	enum check_binding binding;
	char *binding_text; /* for people; NULL: nothing to be said */
};

/* The events of one register, side by side. */
struct alignment {
	unsigned reg;
	const struct boot_event **expected;
	size_t expected_count;
	const struct logged_event **logged;
	size_t logged_count;
	size_t *match; /* of each logged event: the expected one, or ALIGN_NONE */
};

struct check {
	const struct check_request *request;
	bool cc;	/* registers are a confidential VM's */
	unsigned regs;	/* how many */
	unsigned banks; /* in which both sides have digests */
	enum bank bank; /* the one that is shown */
	bool same;	/* the verdict, for what is known */
	bool broken;	/* log and values do not belong together */
	unsigned known, differing;
	uint32_t unmet; /* bit n: register n was to be judged, and a side has no value of it */
	struct check_register registers[BOOT_PCRS];
	struct alignment alignments[BOOT_PCRS];
	struct divergence *divergences; /* in order of time; those that count first */
	size_t divergence_count;
	struct check_variant variants[CHECK_VARIANTS_MAX];
	struct alignment (*variant_alignments)[BOOT_PCRS]; /* of each variant */
	size_t variant_count;
};

/* Whether the two have the same digest in every bank that is compared. */
bool comparison_same_event(const struct check *check, const struct boot_event *expected,
	const struct logged_event *logged);

#endif
