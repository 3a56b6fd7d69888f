/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds a connection's slot, by how far he has come and by where he comes from, and who gives
 * way when a slot is needed.
 *
 * Stages are in the order in which they give way. From STAGE_EVIDENCE on nobody does: a TPM or a
 * disk is at work, which takes seconds, and who has come so far has spent more than a newcomer.
 * Within a stage it is the source with the most connections in that stage that loses one, the one
 * that has been in the stage longest. So who comes with thousands of connections turns out his own.
 *
 * Everything here takes constant time (hashing a source, on average), however many connections and
 * sources there are. A slot is part of its connection, a source lives while it has slots.
 */
#ifndef TOOLS_SERVE_NET_SLOTS_H
#define TOOLS_SERVE_NET_SLOTS_H

#include <stdint.h>
#include "tools/serve/net/list.h"
#include "tools/lib/failure.h"

#define SOURCE_LEN 16u /* an IPv4 address mapped into IPv6, or an IPv6 /64 (address_source()) */

enum stage {
	STAGE_ENDING,	 /* all was said: it only has to close */
	STAGE_SILENT,	 /* has not sent a byte */
	STAGE_HANDSHAKE, /* has begun a TLS handshake */
	STAGE_EVIDENCE,	 /* has its HELLO or its challenge: its TPM is at work */
	STAGE_GRANT,	 /* has its grant: its disk is at work */
	STAGES
};
#define STAGES_THAT_GIVE_WAY STAGE_EVIDENCE

struct queue;

/* Fields belong to slots.c. */
struct slot {
	struct list_node in_queue;
	struct queue *queue; /* NULL without a slot */
};

struct slots;

/* For `max` connections in all and `per_source` of one source. */
struct failure slots_open(size_t max, size_t per_source, struct slots **out) MUST_CHECK;
/* No slot may be taken any more. */
void slots_close(struct slots *p);

enum slot_state { SLOT_FREE, SLOTS_SOURCE_FULL, SLOTS_FULL };

/* Whether a newcomer of this source has a slot, or where one would have to be made. */
enum slot_state slots_check(const struct slots *p, const uint8_t source[SOURCE_LEN]);
/* Who gives way to a newcomer of the source, among its own or among all; NULL: nobody. */
struct slot *slots_candidate_of(struct slots *p, const uint8_t source[SOURCE_LEN]);
struct slot *slots_candidate(struct slots *p);

/* Takes a free slot in STAGE_SILENT. False when there is no memory. */
bool slot_take(struct slots *p, struct slot *slot, const uint8_t source[SOURCE_LEN]);
enum stage slot_stage(const struct slot *slot);
/* To another stage, as its newest; nothing when it is there already. */
void slot_move(struct slots *p, struct slot *slot, enum stage stage);
void slot_leave(struct slots *p, struct slot *slot);

size_t slots_in(const struct slots *p, enum stage stage);
/* Who of a stage would be the first to give way; NULL when nobody is in it. */
struct slot *slots_first(struct slots *p, enum stage stage);

#endif
