#include "tools/serve/places.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"

#define SOURCE_WORDS (SOURCE_LEN / 4u)

/* A source's connections in one stage, the oldest first. */
struct queue {
	struct source *source;
	enum stage stage;
	size_t count;
	struct list_node members;
	struct list_node in_rank; /* among the queues of its stage and count */
};

struct source {
	uint8_t address[SOURCE_LEN];
	struct source *next; /* in its bucket */
	size_t count;	     /* in all stages */
	struct queue queues[STAGES];
};

struct places {
	size_t most, per_source, count;
	size_t in_stage[STAGES];
	/* Of each stage and for each count the queues that have it; ranks[stage * (per_source + 1)]
	 */
	struct list_node *ranks;
	size_t fullest[STAGES]; /* no queue of the stage has more */
	unsigned bucket_bits;
	struct source **buckets;
	uint64_t factors[SOURCE_WORDS + 1]; /* random: nobody outside can aim at one bucket */
};

static struct list_node *rank(const struct places *p, enum stage stage, size_t count)
{
	return &p->ranks[(size_t)stage * (p->per_source + 1) + count];
}

/* Multiply-shift over 32-bit words. */
static struct source **bucket(const struct places *p, const uint8_t address[SOURCE_LEN])
{
	uint64_t h = p->factors[SOURCE_WORDS];
	uint32_t word;

	for (size_t i = 0; i < SOURCE_WORDS; i++) {
		memcpy(&word, address + 4 * i, sizeof(word));
		h += p->factors[i] * word;
	}
	return &p->buckets[h >> (64 - p->bucket_bits)];
}

static struct source *find(const struct places *p, const uint8_t address[SOURCE_LEN])
{
	struct source *s = *bucket(p, address);

	while (s && memcmp(s->address, address, SOURCE_LEN) != 0)
		s = s->next;
	return s;
}

static struct source *add_source(struct places *p, const uint8_t address[SOURCE_LEN])
{
	struct source **head = bucket(p, address);
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	memcpy(s->address, address, SOURCE_LEN);
	for (unsigned i = 0; i < STAGES; i++) {
		s->queues[i].source = s;
		s->queues[i].stage = (enum stage)i;
		list_init(&s->queues[i].members);
		list_init(&s->queues[i].in_rank);
	}
	s->next = *head;
	*head = s;
	return s;
}

static void drop_source(struct places *p, struct source *s)
{
	struct source **at = bucket(p, s->address);

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

/* After its count changed: to the rank of that count. */
static void rank_queue(struct places *p, struct queue *q)
{
	list_remove(&q->in_rank);
	if (!q->count)
		return;
	list_append(rank(p, q->stage, q->count), &q->in_rank);
	if (p->fullest[q->stage] < q->count)
		p->fullest[q->stage] = q->count;
}

static void enter(struct places *p, struct place *place, struct queue *q)
{
	place->queue = q;
	list_append(&q->members, &place->in_queue);
	q->count++;
	p->in_stage[q->stage]++;
	rank_queue(p, q);
}

static void leave(struct places *p, struct place *place)
{
	struct queue *q = place->queue;

	list_remove(&place->in_queue);
	place->queue = NULL;
	q->count--;
	p->in_stage[q->stage]--;
	rank_queue(p, q);
}

static struct place *oldest(const struct queue *q)
{
	return list_owner(q->members.after, struct place, in_queue);
}

struct failure places_open(size_t most, size_t per_source, struct places **out)
{
	struct places *p = calloc(1, sizeof(*p));
	size_t ranks;

	if (!p)
		return refuse("out of memory");
	p->most = most;
	p->per_source = per_source < most ? per_source : most;
	ranks = STAGES * (p->per_source + 1);
	for (p->bucket_bits = 4; (size_t)1 << p->bucket_bits < most; p->bucket_bits++)
		;
	p->buckets = calloc((size_t)1 << p->bucket_bits, sizeof(struct source *));
	p->ranks = calloc(ranks, sizeof(*p->ranks));
	if (!p->buckets || !p->ranks ||
		failed(random_bytes((uint8_t *)p->factors, sizeof(p->factors)))) {
		places_close(p);
		return refuse("out of memory, or of random bytes");
	}
	for (size_t i = 0; i < ranks; i++)
		list_init(&p->ranks[i]);
	*out = p;
	return failure_none();
}

void places_close(struct places *p)
{
	if (!p)
		return;
	free(p->buckets);
	free(p->ranks);
	free(p);
}

enum room places_room(const struct places *p, const uint8_t source[SOURCE_LEN])
{
	const struct source *s = find(p, source);

	if (s && s->count >= p->per_source)
		return ROOM_SOURCE_FULL;
	return p->count >= p->most ? ROOM_ALL_FULL : ROOM_FREE;
}

struct place *places_loser_of(struct places *p, const uint8_t source[SOURCE_LEN])
{
	struct source *s = find(p, source);

	for (unsigned i = 0; s && i < STAGES_THAT_GIVE_WAY; i++)
		if (s->queues[i].count)
			return oldest(&s->queues[i]);
	return NULL;
}

/* The counts that are passed over here were passed on the way up, one by one. */
struct place *places_first(struct places *p, enum stage stage)
{
	struct list_node *first;

	if (!p->in_stage[stage])
		return NULL;
	while (list_empty(rank(p, stage, p->fullest[stage])))
		p->fullest[stage]--;
	first = rank(p, stage, p->fullest[stage])->after;
	return oldest(list_owner(first, struct queue, in_rank));
}

struct place *places_loser(struct places *p)
{
	struct place *loser = NULL;

	for (unsigned i = 0; !loser && i < STAGES_THAT_GIVE_WAY; i++)
		loser = places_first(p, (enum stage)i);
	return loser;
}

bool place_take(struct places *p, struct place *place, const uint8_t source[SOURCE_LEN])
{
	struct source *s = find(p, source);

	if (!s)
		s = add_source(p, source);
	if (!s)
		return false;
	list_init(&place->in_queue);
	s->count++;
	p->count++;
	enter(p, place, &s->queues[STAGE_SILENT]);
	return true;
}

enum stage place_stage(const struct place *place)
{
	return place->queue->stage;
}

void place_move(struct places *p, struct place *place, enum stage stage)
{
	struct source *s = place->queue->source;

	if (place->queue->stage == stage)
		return;
	leave(p, place);
	enter(p, place, &s->queues[stage]);
}

void place_leave(struct places *p, struct place *place)
{
	struct source *s;

	if (!place->queue)
		return;
	s = place->queue->source;
	leave(p, place);
	p->count--;
	if (--s->count == 0)
		drop_source(p, s);
}

size_t places_in(const struct places *p, enum stage stage)
{
	return p->in_stage[stage];
}
