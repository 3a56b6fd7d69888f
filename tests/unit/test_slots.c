/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places against a model that is as simple as can be: an array that is searched from end to end.
 * Thousands of random comings, goings and moves, and after each both name the same candidate.
 */
#include "tests/unit/done.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/serve/net/slots.h"

#define MOST	   40u
#define PER_SOURCE 9u
#define SOURCES	   12u
#define ROUNDS	   200000u

static struct {
	struct slot slot;
	bool taken;
	uint8_t source;
	enum stage stage;
	uint64_t since; /* in its stage */
} model[MOST];

static struct slots *slots;
static uint64_t now;
static uint64_t changed[SOURCES][STAGES]; /* when the source's count in the stage last changed */
static uint64_t seed = 1;

static unsigned below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const uint8_t *address(uint8_t source)
{
	static uint8_t out[SOURCE_LEN];

	out[3] = source;
	out[15] = (uint8_t)(source / 3);
	return out;
}

static size_t count(int source, int stage)
{
	size_t n = 0;

	for (size_t i = 0; i < MOST; i++)
		n += model[i].taken && (source < 0 || model[i].source == source) &&
		     (stage < 0 || (int)model[i].stage == stage);
	return n;
}

/* The oldest of a source in a stage. */
static struct slot *oldest(int source, enum stage stage)
{
	size_t best = MOST;

	for (size_t i = 0; i < MOST; i++)
		if (model[i].taken && model[i].source == source && model[i].stage == stage &&
			(best == MOST || model[i].since < model[best].since))
			best = i;
	return best == MOST ? NULL : &model[best].slot;
}

static struct slot *candidate_of(uint8_t source)
{
	for (unsigned stage = 0; stage < STAGES_THAT_GIVE_WAY; stage++)
		if (count(source, (int)stage))
			return oldest(source, (enum stage)stage);
	return NULL;
}

/* Of sources with equally many, the one that has had so many for longest. */
static struct slot *candidate(void)
{
	for (unsigned stage = 0; stage < STAGES_THAT_GIVE_WAY; stage++) {
		int best = -1;

		for (int source = 0; source < (int)SOURCES; source++) {
			size_t own = count(source, (int)stage);
			size_t most = best < 0 ? 0 : count(best, (int)stage);

			if (own > most || (own && own == most &&
						  changed[source][stage] < changed[best][stage]))
				best = source;
		}
		if (best >= 0)
			return oldest(best, (enum stage)stage);
	}
	return NULL;
}

static enum slot_state state(uint8_t source)
{
	if (count(source, -1) >= PER_SOURCE)
		return SLOTS_SOURCE_FULL;
	return count(-1, -1) >= MOST ? SLOTS_FULL : SLOT_FREE;
}

static void come(size_t i)
{
	uint8_t source = (uint8_t)(below(2) ? 0 : below(SOURCES));

	if (state(source) != SLOT_FREE)
		return;
	if (!slot_take(slots, &model[i].slot, address(source)))
		exit(2);
	model[i].taken = true;
	model[i].source = source;
	model[i].stage = STAGE_SILENT;
	model[i].since = changed[source][STAGE_SILENT] = now;
}

static void move(size_t i)
{
	enum stage to = (enum stage)below(STAGES);

	slot_move(slots, &model[i].slot, to);
	if (model[i].stage == to)
		return;
	changed[model[i].source][model[i].stage] = changed[model[i].source][to] = now;
	model[i].stage = to;
	model[i].since = now;
}

static void go(size_t i)
{
	slot_leave(slots, &model[i].slot);
	changed[model[i].source][model[i].stage] = now;
	model[i].taken = false;
}

static void test_against_the_model(void)
{
	unsigned wrong = 0;

	for (now = 1; now <= ROUNDS; now++) {
		size_t i = below(MOST);
		uint8_t source = (uint8_t)below(SOURCES);

		if (!model[i].taken)
			come(i);
		else if (below(3))
			move(i);
		else
			go(i);
		wrong += slots_candidate(slots) != candidate();
		wrong += slots_candidate_of(slots, address(source)) != candidate_of(source);
		wrong += slots_check(slots, address(source)) != state(source);
		for (int stage = 0; stage < STAGES; stage++)
			wrong += slots_in(slots, (enum stage)stage) != count(-1, stage);
		wrong += model[i].taken && slot_stage(&model[i].slot) != model[i].stage;
	}
	CHECK(wrong == 0);
	for (size_t i = 0; i < MOST; i++)
		if (model[i].taken)
			go(i);
	CHECK(!slots_candidate(slots));
	slot_leave(slots, &model[0].slot); /* twice does no harm */
	CHECK(slots_in(slots, STAGE_SILENT) == 0);
}

/* A source may have all slots when its own limit is higher than the limit for all. */
static void test_one_source_only(void)
{
	static struct slot slot[4];
	struct slots *few;

	REQUIRE(done(slots_open(3, 65536, &few)));
	for (size_t i = 0; i < 3; i++) {
		CHECK(slots_check(few, address(1)) == SLOT_FREE);
		CHECK(slot_take(few, &slot[i], address(1)));
	}
	CHECK(slots_check(few, address(1)) == SLOTS_SOURCE_FULL);
	CHECK(slots_check(few, address(2)) == SLOTS_FULL);
	slot_move(few, &slot[0], STAGE_EVIDENCE);
	CHECK(slots_candidate(few) == &slot[1] && slots_candidate_of(few, address(1)) == &slot[1]);
	CHECK(!slots_candidate_of(few, address(2)));
	slot_move(few, &slot[1], STAGE_GRANT);
	slot_move(few, &slot[2], STAGE_EVIDENCE);
	CHECK(!slots_candidate(few) && !slots_candidate_of(few, address(1)));
	CHECK(slots_first(few, STAGE_GRANT) == &slot[1]);
	for (size_t i = 0; i < 3; i++)
		slot_leave(few, &slot[i]);
	slots_close(few);
}

int main(void)
{

	if (failed(secret_pool_open(1u << 16)) || failed(random_open()) ||
		!done(slots_open(MOST, PER_SOURCE, &slots)))
		return 2;
	RUN(test_against_the_model);
	RUN(test_one_source_only);
	slots_close(slots);
	secret_pool_close();
	return test_summary();
}
