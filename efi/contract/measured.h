/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the stub measures, as data: walks efi/contract/sections.def over an image and hands out
 * each event in the order in which it is extended. The stub extends them through the firmware; the
 * predictor hashes them. No hashing here, no allocation; events point into the caller's image.
 */
#ifndef EFI_CONTRACT_MEASURED_H
#define EFI_CONTRACT_MEASURED_H

#include "efi/contract/pe.h"

#define MEASURED_PCR_SECTIONS 11u /* PCR of the sections */
#define EV_IPL		      0x0000000Du

enum section_need { SECTION_MANDATORY, SECTION_OPTIONAL, SECTION_REFUSED };

struct section_rule {
	const char *name;
	enum section_need need;
	bool measured;
};

/* The table of sections.def, in measurement order. */
extern const struct section_rule section_rules[];
extern const unsigned section_rule_count;

struct measured_event {
	uint32_t pcr, type;
	const uint8_t *data; /* the bytes that are hashed */
	size_t len;	     /* bytes at data */
	size_t zeros;	     /* zero bytes hashed after them (a section longer than its raw data) */
	const char *section; /* its name: the event text, as UTF-16 with NUL */
};

/* Takes one event, valid during the call; false stops the walk. */
typedef bool (*measured_sink)(void *context, const struct measured_event *event);

enum measured_result {
	MEASURED_OK = 0,
	MEASURED_MISSING, /* a mandatory section is absent */
	MEASURED_REFUSED, /* a section is present that this stub refuses */
	MEASURED_STOPPED, /* the sink said stop */
};

/*
 * First checks that every mandatory section is there and no refused one, then hands all events to
 * the sink. With a result other than MEASURED_OK, *out_section (out_section may be NULL) is the
 * name of the section concerned.
 */
enum measured_result measured_walk(
	const struct pe_image *image, measured_sink sink, void *context, const char **out_section);

#endif
