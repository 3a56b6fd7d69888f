/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the codecs of this folder share: the frame around a body, and the rules for its fields.
 *
 * Each message that needs more than bounds has one list of rules, X_valid() in rules.c, used when
 * it is written and when it is read, so that neither side can send what the other must refuse.
 */
#ifndef EARLY_CONTRACT_FRAME_H
#define EARLY_CONTRACT_FRAME_H

#include "early/contract/messages.h"

/*
 * Starts a frame, leaving room for the length that frame_end() fills in, and returns the position
 * where it begins. A message that is not `valid` fails the writer.
 */
size_t frame_begin(struct wire_writer *w, enum message_type type, bool valid);
void frame_end(struct wire_writer *w, size_t at);

#define PROOF_MAX 32u

bool claims_valid(const struct msg_claims *m);
bool hello_valid(const struct msg_hello *m);
bool evidence_valid(const struct msg_evidence *m);
bool grant_valid(const struct msg_grant *m);
bool deny_valid(const struct msg_deny *m);
bool commit_valid(const struct msg_commit *m);

#endif
