/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of an event of a log, for people. The log's writer may have invented it. Only when the
 * hash of the text is the digest that was measured is the text proved; otherwise it is a claim, and
 * must be shown as one.
 */
#ifndef TOOLS_MEASURE_OUTPUT_EVENT_TEXT_H
#define TOOLS_MEASURE_OUTPUT_EVENT_TEXT_H

#include "tools/lib/event_log.h"
#include "tools/lib/printable.h"

/*
 * Whether the event's data is what was measured: its hash is the digest in every bank that the
 * event has and that is known here, of which there is at least one. A section's name, which stubs
 * show in UTF-16 and measure in ASCII, is hashed as they do.
 */
bool event_text_proven(const struct event *event);

/*
 * Adds one line of printable ASCII: the text of actions and command lines, names and sizes of
 * variables, the path of an image. Nothing in the data is trusted to fit; no text or path in it
 * takes more than the form allows by much.
 */
void event_text(struct bytes *out, uint32_t type, const uint8_t *data, size_t len,
	const struct printable_form *form);

/* Whether it reads as UTF-16LE with one NUL, at its end. */
bool text_is_utf16(const uint8_t *data, size_t len);

#endif
