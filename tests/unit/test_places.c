/*
 * Places against a model that is as simple as can be: an array that is searched from end to end.
 * Thousands of random comings, goings and moves, and after each both name the same loser.
 */
#include "tests/unit/done.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/serve/places.h"

#define MOST	   40u
#define PER_SOURCE 9u
#define SOURCES	   12u
#define ROUNDS	   200000u

static struct {
	struct place place;
	bool taken;
	uint8_t source;
	enum stage stage;
	uint64_t since; /* in its stage */
} model[MOST];

static struct places *places;
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
static struct place *oldest(int source, enum stage stage)
{
	size_t best = MOST;

	for (size_t i = 0; i < MOST; i++)
		if (model[i].taken && model[i].source == source && model[i].stage == stage &&
			(best == MOST || model[i].since < model[best].since))
			best = i;
	return best == MOST ? NULL : &model[best].place;
}

static struct place *loser_of(uint8_t source)
{
	for (unsigned stage = 0; stage < STAGES_THAT_GIVE_WAY; stage++)
		if (count(source, (int)stage))
			return oldest(source, (enum stage)stage);
	return NULL;
}

/* Of sources with equally many, the one that has had so many for longest. */
static struct place *loser(void)
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

static enum room room(uint8_t source)
{
	if (count(source, -1) >= PER_SOURCE)
		return ROOM_SOURCE_FULL;
	return count(-1, -1) >= MOST ? ROOM_ALL_FULL : ROOM_FREE;
}

static void come(size_t i)
{
	uint8_t source = (uint8_t)(below(2) ? 0 : below(SOURCES));

	if (room(source) != ROOM_FREE)
		return;
	if (!place_take(places, &model[i].place, address(source)))
		exit(2);
	model[i].taken = true;
	model[i].source = source;
	model[i].stage = STAGE_SILENT;
	model[i].since = changed[source][STAGE_SILENT] = now;
}

static void move(size_t i)
{
	enum stage to = (enum stage)below(STAGES);

	place_move(places, &model[i].place, to);
	if (model[i].stage == to)
		return;
	changed[model[i].source][model[i].stage] = changed[model[i].source][to] = now;
	model[i].stage = to;
	model[i].since = now;
}

static void go(size_t i)
{
	place_leave(places, &model[i].place);
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
		wrong += places_loser(places) != loser();
		wrong += places_loser_of(places, address(source)) != loser_of(source);
		wrong += places_room(places, address(source)) != room(source);
		for (int stage = 0; stage < STAGES; stage++)
			wrong += places_in(places, (enum stage)stage) != count(-1, stage);
		wrong += model[i].taken && place_stage(&model[i].place) != model[i].stage;
	}
	CHECK(wrong == 0);
	for (size_t i = 0; i < MOST; i++)
		if (model[i].taken)
			go(i);
	CHECK(!places_loser(places));
	place_leave(places, &model[0].place); /* twice does no harm */
	CHECK(places_in(places, STAGE_SILENT) == 0);
}

/* A source may have all places when its own limit is higher than the limit for all. */
static void test_one_source_only(void)
{
	static struct place place[4];
	struct places *few;

	REQUIRE(done(places_open(3, 65536, &few)));
	for (size_t i = 0; i < 3; i++) {
		CHECK(places_room(few, address(1)) == ROOM_FREE);
		CHECK(place_take(few, &place[i], address(1)));
	}
	CHECK(places_room(few, address(1)) == ROOM_SOURCE_FULL);
	CHECK(places_room(few, address(2)) == ROOM_ALL_FULL);
	place_move(few, &place[0], STAGE_EVIDENCE);
	CHECK(places_loser(few) == &place[1] && places_loser_of(few, address(1)) == &place[1]);
	CHECK(!places_loser_of(few, address(2)));
	place_move(few, &place[1], STAGE_GRANT);
	place_move(few, &place[2], STAGE_EVIDENCE);
	CHECK(!places_loser(few) && !places_loser_of(few, address(1)));
	CHECK(places_first(few, STAGE_GRANT) == &place[1]);
	for (size_t i = 0; i < 3; i++)
		place_leave(few, &place[i]);
	places_close(few);
}

int main(void)
{

	if (failed(secret_room_open(1u << 16)) || failed(random_open()) ||
		!done(places_open(MOST, PER_SOURCE, &places)))
		return 2;
	RUN(test_against_the_model);
	RUN(test_one_source_only);
	places_close(places);
	secret_room_close();
	return test_summary();
}
