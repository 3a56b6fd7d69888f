/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCR 11: the sections in the order of efi/contract/sections.def, as systemd-measure predicts them.
 * Every measurer is extended, for one left out could be filled with anything later.
 */
#include "efi/stub.h"

struct walk {
	const struct firmware *fw;
	unsigned measurers;
	struct status status;
};

/* The section's name as UTF-16LE with its NUL. */
static size_t to_text(const char *name, uint8_t *text)
{
	size_t n = 0;

	do {
		text[n++] = (uint8_t)*name;
		text[n++] = 0;
	} while (*name++ && n < FIRMWARE_TEXT_MAX);
	return n;
}

static bool extend_one(struct walk *walk, enum measurer measurer, const struct firmware_event *e)
{
	if (walk->measurers & (unsigned)measurer)
		walk->status = walk->fw->extend(walk->fw->context, measurer, e);
	return !failed(walk->status);
}

static bool extend_all(void *context, const struct measured_event *event)
{
	struct walk *walk = context;
	uint8_t text[FIRMWARE_TEXT_MAX];
	const struct firmware_event e = {
		.pcr = event->pcr,
		.type = event->type,
		.data = event->data,
		.len = event->len,
		.text = text,
		.text_len = to_text(event->section, text),
	};

	return extend_one(walk, MEASURER_CC, &e) && extend_one(walk, MEASURER_TCG2, &e);
}

struct status measure_sections(const struct firmware *fw, const struct pe_image *image)
{
	struct walk walk = {.fw = fw, .status = OK};

	TRY(fw->measurers(fw->context, &walk.measurers));
	if (!walk.measurers)
		return fail(E_STUB_NO_MEASURER);
	switch (measured_walk(image, extend_all, &walk, NULL)) {
	case MEASURED_OK:
		return OK;
	case MEASURED_MISSING:
	case MEASURED_REFUSED:
		return fail(E_STUB_SECTION_REFUSED);
	case MEASURED_STOPPED:
	default:
		return walk.status;
	}
}
