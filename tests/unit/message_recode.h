/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decodes one frame of any type and encodes it again: what the codec tests and the fuzz target both
 * look at. Accepted input must come out as the very bytes that went in.
 */
#ifndef TESTS_UNIT_MESSAGE_RECODE_H
#define TESTS_UNIT_MESSAGE_RECODE_H

#include "early/contract/messages.h"

/* False: refused, nothing written. Otherwise w holds the frame encoded anew. */
bool frame_recode(struct span frame, struct wire_writer *w);
/* The same for the two parts that have no frame of their own. */
bool claims_recode(struct span body, struct wire_writer *w);
bool grant_secrets_recode(struct span body, struct wire_writer *w);

/* An item of EVIDENCE, of that type. */
bool evidence_recode(uint8_t type, struct span item, struct wire_writer *w);
bool service_evidence_recode(struct span item, struct wire_writer *w);

#endif
