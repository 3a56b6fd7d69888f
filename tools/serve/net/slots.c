/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/slots.h"

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

struct slots {
	size_t max, per_source, count;
	size_t in_stage[STAGES];
	/* Of each stage and for each count the queues that have it; ranks[stage * (per_source + 1)]
	 */
	struct list_node *ranks;
	size_t fullest[STAGES]; /* no queue of the stage has more */
	unsigned bucket_bits;
	struct source **buckets;
	uint64_t factors[SOURCE_WORDS + 1]; /* random: nobody outside can aim at one bucket */
};

static struct list_node *rank(const struct slots *p, enum stage stage, size_t count)
{
	return &p->ranks[(size_t)stage * (p->per_source + 1) + count];
}

/* Multiply-shift over 32-bit words. */
static struct source **bucket(const struct slots *p, const uint8_t address[SOURCE_LEN])
{
	uint64_t h = p->factors[SOURCE_WORDS];
	uint32_t word;

	for (size_t i = 0; i < SOURCE_WORDS; i++) {
		memcpy(&word, address + 4 * i, sizeof(word));
		h += p->factors[i] * word;
	}
	return &p->buckets[h >> (64 - p->bucket_bits)];
}

static struct source *find(const struct slots *p, const uint8_t address[SOURCE_LEN])
{
	struct source *s = *bucket(p, address);

	while (s && memcmp(s->address, address, SOURCE_LEN) != 0)
		s = s->next;
	return s;
}

static struct source *add_source(struct slots *p, const uint8_t address[SOURCE_LEN])
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

static void drop_source(struct slots *p, struct source *s)
{
	struct source **at = bucket(p, s->address);

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

/* After its count changed: to the rank of that count. */
static void rank_queue(struct slots *p, struct queue *q)
{
	list_remove(&q->in_rank);
	if (!q->count)
		return;
	list_append(rank(p, q->stage, q->count), &q->in_rank);
	if (p->fullest[q->stage] < q->count)
		p->fullest[q->stage] = q->count;
}

static void enter(struct slots *p, struct slot *slot, struct queue *q)
{
	slot->queue = q;
	list_append(&q->members, &slot->in_queue);
	q->count++;
	p->in_stage[q->stage]++;
	rank_queue(p, q);
}

static void leave(struct slots *p, struct slot *slot)
{
	struct queue *q = slot->queue;

	list_remove(&slot->in_queue);
	slot->queue = NULL;
	q->count--;
	p->in_stage[q->stage]--;
	rank_queue(p, q);
}

static struct slot *oldest(const struct queue *q)
{
	return list_entry(q->members.after, struct slot, in_queue);
}

struct failure slots_open(size_t max, size_t per_source, struct slots **out)
{
	struct slots *p = calloc(1, sizeof(*p));
	size_t ranks;

	if (!p)
		return refuse("out of memory");
	p->max = max;
	p->per_source = per_source < max ? per_source : max;
	ranks = STAGES * (p->per_source + 1);
	for (p->bucket_bits = 4; (size_t)1 << p->bucket_bits < max; p->bucket_bits++)
		;
	p->buckets = calloc((size_t)1 << p->bucket_bits, sizeof(struct source *));
	p->ranks = calloc(ranks, sizeof(*p->ranks));
	if (!p->buckets || !p->ranks ||
		failed(random_bytes((uint8_t *)p->factors, sizeof(p->factors)))) {
		slots_close(p);
		return refuse("out of memory, or of random bytes");
	}
	for (size_t i = 0; i < ranks; i++)
		list_init(&p->ranks[i]);
	*out = p;
	return failure_none();
}

void slots_close(struct slots *p)
{
	if (!p)
		return;
	free(p->buckets);
	free(p->ranks);
	free(p);
}

enum slot_state slots_check(const struct slots *p, const uint8_t source[SOURCE_LEN])
{
	const struct source *s = find(p, source);

	if (s && s->count >= p->per_source)
		return SLOTS_SOURCE_FULL;
	return p->count >= p->max ? SLOTS_FULL : SLOT_FREE;
}

struct slot *slots_candidate_of(struct slots *p, const uint8_t source[SOURCE_LEN])
{
	struct source *s = find(p, source);

	for (unsigned i = 0; s && i < STAGES_THAT_GIVE_WAY; i++)
		if (s->queues[i].count)
			return oldest(&s->queues[i]);
	return NULL;
}

/* The counts that are passed over here were passed on the way up, one by one. */
struct slot *slots_first(struct slots *p, enum stage stage)
{
	struct list_node *first;

	if (!p->in_stage[stage])
		return NULL;
	while (list_empty(rank(p, stage, p->fullest[stage])))
		p->fullest[stage]--;
	first = rank(p, stage, p->fullest[stage])->after;
	return oldest(list_entry(first, struct queue, in_rank));
}

struct slot *slots_candidate(struct slots *p)
{
	struct slot *candidate = NULL;

	for (unsigned i = 0; !candidate && i < STAGES_THAT_GIVE_WAY; i++)
		candidate = slots_first(p, (enum stage)i);
	return candidate;
}

bool slot_take(struct slots *p, struct slot *slot, const uint8_t source[SOURCE_LEN])
{
	struct source *s = find(p, source);

	if (!s)
		s = add_source(p, source);
	if (!s)
		return false;
	list_init(&slot->in_queue);
	s->count++;
	p->count++;
	enter(p, slot, &s->queues[STAGE_SILENT]);
	return true;
}

enum stage slot_stage(const struct slot *slot)
{
	return slot->queue->stage;
}

void slot_move(struct slots *p, struct slot *slot, enum stage stage)
{
	struct source *s = slot->queue->source;

	if (slot->queue->stage == stage)
		return;
	leave(p, slot);
	enter(p, slot, &s->queues[stage]);
}

void slot_leave(struct slots *p, struct slot *slot)
{
	struct source *s;

	if (!slot->queue)
		return;
	s = slot->queue->source;
	leave(p, slot);
	p->count--;
	if (--s->count == 0)
		drop_source(p, s);
}

size_t slots_in(const struct slots *p, enum stage stage)
{
	return p->in_stage[stage];
}
