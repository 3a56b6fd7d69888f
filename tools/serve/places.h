/*
 * Who holds a connection's place, by how far he has come and by where he comes from, and who gives
 * way when a place is needed.
 *
 * Stages are in the order in which they give way. From STAGE_EVIDENCE on nobody does: a TPM or a
 * disk is at work, which takes seconds, and who has come so far has spent more than a newcomer.
 * Within a stage it is the source with the most connections in that stage that loses one, the one
 * that has been in the stage longest. So who comes with thousands of connections turns out his own.
 *
 * Everything here takes constant time (hashing a source, on average), however many connections and
 * sources there are. A place is part of its connection, a source lives while it has places.
 */
#ifndef TOOLS_SERVE_PLACES_H
#define TOOLS_SERVE_PLACES_H

#include <stdint.h>
#include "tools/serve/list.h"
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

/* Fields belong to places.c. */
struct place {
	struct list_node in_queue;
	struct queue *queue; /* NULL without a place */
};

struct places;

/* For `most` connections in all and `per_source` of one source. */
struct failure places_open(size_t most, size_t per_source, struct places **out) MUST_CHECK;
/* No place may be taken any more. */
void places_close(struct places *p);

enum room { ROOM_FREE, ROOM_SOURCE_FULL, ROOM_ALL_FULL };

/* Whether a newcomer of this source has a place, or where one would have to be made. */
enum room places_room(const struct places *p, const uint8_t source[SOURCE_LEN]);
/* Who gives way to a newcomer of the source, among its own or among all; NULL: nobody. */
struct place *places_loser_of(struct places *p, const uint8_t source[SOURCE_LEN]);
struct place *places_loser(struct places *p);

/* Takes a free place in STAGE_SILENT. False when there is no memory. */
bool place_take(struct places *p, struct place *place, const uint8_t source[SOURCE_LEN]);
enum stage place_stage(const struct place *place);
/* To another stage, as its newest; nothing when it is there already. */
void place_move(struct places *p, struct place *place, enum stage stage);
void place_leave(struct places *p, struct place *place);

size_t places_in(const struct places *p, enum stage stage);
/* Who of a stage would be the first to give way; NULL when nobody is in it. */
struct place *places_first(struct places *p, enum stage stage);

#endif
