/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a digest is that of known bytes with more or fewer zeros at their end: sections are
 * hashed by their size in memory, in the file, or padded, as the one who measures sees it.
 */
#ifndef TOOLS_MEASURE_CAUSE_PADDING_H
#define TOOLS_MEASURE_CAUSE_PADDING_H

#include "tools/measure/model/boot.h"

#define PADDING_MAX 4096u /* zeros that are tried on either side */

/*
 * *zeros: how many more zeros (negative: fewer) than predicted. False when no number of them gives
 * the digest, or the event's bytes are not known.
 */
bool padding_fits(
	const struct boot_event *event, enum bank bank, const uint8_t *digest, long *zeros);

#endif
