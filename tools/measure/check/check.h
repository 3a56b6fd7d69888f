/*
 * Lays what a machine measured beside a predicted boot, register by register, and names the cause
 * of each difference.
 *
 * A register is the same when its value is; its value is the machine's PCR when there are PCR
 * values, else what the log leads to. Registers that the prediction does not know are unknown and
 * decide nothing, unless they were asked for; one that is predicted and that the machine gives no
 * value of is never the same: leaving it out would be too easy. A log is held against the PCR
 * values too: one that does not lead to them proves nothing, and its differences are then the
 * log's, not the machine's.
 *
 * A cause is proved when a digest shows it: the digest is that of what the cause says was measured.
 * Otherwise it is likely at best. Event texts are shown as proved when their hash is the digest and
 * as claimed when it is not.
 *
 * Order: a struct check_request; check_run(); read the result; check_free(). The request, the
 * evidence and the boots must outlive the result.
 */
#ifndef TOOLS_MEASURE_CHECK_CHECK_H
#define TOOLS_MEASURE_CHECK_CHECK_H

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
struct lane {
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
	struct lane lanes[BOOT_PCRS];
	struct divergence *divergences; /* in order of time; those that count first */
	size_t divergence_count;
	struct check_variant variants[CHECK_VARIANTS_MAX];
	struct lane (*variant_lanes)[BOOT_PCRS]; /* of each variant */
	size_t variant_count;
};

/* Complains and returns false when the two sides cannot be compared: no bank in common. */
bool check_run(const struct check_request *request, struct check *check);
void check_free(struct check *check);

/* "PCR 4", "RTMR 0"; the text lives until the next call but three. */
const char *check_register_name(const struct check *check, unsigned reg);

/* For the parts of this: cause.c, check_binding.c, check_value.c. */
bool check_same_event(const struct check *check, const struct boot_event *expected,
	const struct logged_event *logged);
/* The register of a predicted event; BOOT_PCRS when it is in none of the evidence. */
unsigned check_register_of(const struct check *check, const struct boot_event *event);
/* PID 1 and systemd extend after the firmware's log has ended. */
bool check_logged_by_firmware(const struct boot_event *event);
void check_binding(struct check *check);
void check_values(struct check *check);
struct divergence *check_add(struct check *check, const struct divergence *divergence);

#endif
