/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an event differs. A cause is a small function that looks at the first events of a gap (what
 * was predicted and is not in the log, what is in the log and was not predicted) and says how many
 * of them it explains, how surely, and what shows it. cause_of() asks them in order and takes the
 * first that is proved, else the first that is likely. Nothing here changes the check.
 */
#ifndef TOOLS_MEASURE_CAUSE_CAUSE_H
#define TOOLS_MEASURE_CAUSE_CAUSE_H

#include "tools/lib/printable.h"
#include "tools/measure/cause/comparison.h"

enum cause {
#define CAUSE(id, name, meaning) CAUSE_##id,
#include "tools/measure/cause/cause.def"
#undef CAUSE
	CAUSE_COUNT
};

const char *cause_name(enum cause cause);
const char *cause_meaning(enum cause cause);
/* CAUSE_COUNT for a name that is not in the list. */
enum cause cause_by_name(const char *name);

struct gap {
	const struct check *check;
	const struct alignment *alignment;
	size_t first_expected, first_logged; /* in the alignment */
	const struct boot_event *const *expected;
	size_t expected_count;
	const struct logged_event *const *logged;
	size_t logged_count;
};

struct explanation {
	enum cause cause;
	enum certainty certainty;
	size_t expected, logged; /* how many of the gap's first events it explains; not both 0 */
	struct bytes text;	 /* what shows it */
};

/* Fills in all but the text; true. */
bool cause_say(struct explanation *out, enum cause cause, enum certainty certainty, size_t expected,
	size_t logged);

/* False: this is not the cause; the explanation's text is then dropped. */
typedef bool cause_function(const struct gap *gap, struct explanation *out);

/* cause_firmware.c */
cause_function cause_boot_attempt, cause_secure_boot_state, cause_secure_boot_keys, cause_authority,
	cause_firmware_version, cause_firmware_volume, cause_platform, cause_gpt;
/* cause_application.c */
cause_function cause_inner_kernel, cause_inner_kernel_missing, cause_application;
/* cause_stub.c */
cause_function cause_command_line_passed, cause_command_line_kernel, cause_archive, cause_profile,
	cause_section_padded, cause_section_unknown_to_stub, cause_section, cause_section_missing,
	cause_smbios;
/* cause_initrd.c */
cause_function cause_initrd_padded, cause_initrd;
/* cause.c */
cause_function cause_truncated;

/* cause_variant.c: another assumption has the events that were logged. */
cause_function cause_variant;

/*
 * The cause that explains the gap's first events best. counts: the register is known and differs.
 * The caller owns the text; empty: nothing to be shown but what was logged.
 */
void cause_of(const struct gap *gap, bool counts, struct explanation *out);

#define EFI_GLOBAL_GUID "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFI_IMAGE_GUID	"d719b2cb-3d3a-4596-a3bc-dad00e67656f" /* security database */

/* UEFI_VARIABLE_DATA (PFP 10.4.1) of a short name and at most one byte; its length. */
size_t variable_data(
	const char *guid, const char *name, const uint8_t *data, size_t len, uint8_t out[64]);
/* The forms in which firmware measures the variable SecureBoot, as UEFI_VARIABLE_DATA. */
enum { SECURE_BOOT_FORM_UNSET, SECURE_BOOT_FORM_OFF, SECURE_BOOT_FORM_ON, SECURE_BOOT_FORMS };
size_t secure_boot_variable(unsigned form, uint8_t out[64]);
const char *secure_boot_form_text(unsigned form);
/* The form that the log shows by an event's hash, in the register that it belongs to;
 * SECURE_BOOT_FORMS: none. */
unsigned logged_secure_boot(const struct check *check);

/* What a log says and what of it is proved. */
extern const struct printable_form logged_text_form; /* how its texts are shown */
bool logged_is(
	const struct check *check, const struct logged_event *event, const void *data, size_t len);
bool logged_same(
	const struct check *check, const struct logged_event *a, const struct logged_event *b);
/* The digest is the hash of the event's own data, so the data is what was measured. */
bool logged_proved(const struct check *check, const struct logged_event *event);
/* The bytes that a predicted event hashes; false when they are not known or more than max. */
bool expected_bytes(const struct boot_event *event, size_t max, struct bytes *out);
/* The name of a section whose name with NUL was measured; NULL: none that is known. */
const char *logged_section_name(const struct check *check, const struct logged_event *event);
/* The tag of an EV_EVENT_TAG, as claimed; 0: none. */
uint32_t logged_tag(const struct logged_event *event);
/* The name of a variable, as claimed, in ASCII; empty: it is none. */
void logged_variable(const struct logged_event *event, char out[32]);

/* Says what the log says of an event: "proved: ..." or "claimed: ...". */
void logged_describe(
	const struct check *check, const struct logged_event *event, struct bytes *out);

#endif
