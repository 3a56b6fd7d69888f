/*
 * What the codecs of this folder share: the frame around a body, and checks of a field's value.
 *
 * Each message has one list of value rules, X_valid(), used when it is written and when it is read,
 * so that neither side can send what the other must refuse.
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

/* True when each byte is 0x20..0x7e. */
bool text_printable(struct span text);
bool field_within(struct span field, size_t min, size_t max);

#endif
