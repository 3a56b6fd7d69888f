/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/standing.h"

#include "tools/serve/log/clock.h"
#include "tools/serve/store/store_keks.h"
#include "tools/serve/store/store_revocations.h"

static void count_revocation(void *context, const struct store_revocation *revocation)
{
	struct metrics_state *state = context;

	(void)revocation;
	state->revocations++;
}

/* Retired versions have no disks. */
static void count_version(void *context, const struct store_kek *kek)
{
	struct metrics_state *state = context;

	if (kek->state == KEK_RETIRED || state->version_count == METRICS_VERSIONS)
		return;
	state->versions[state->version_count].version = kek->version;
	state->versions[state->version_count++].disks = kek->disks;
}

static struct failure count(struct store *s, struct metrics_state *out)
{
	TRY_FAILURE(store_each_revocation(s, count_revocation, out));
	return store_each_kek(s, count_version, out);
}

void standing_count(struct service *s, bool now)
{
	struct metrics *m = &s->metrics;
	struct metrics_state state = {.known = true};
	struct failure f;

	if (!m->path[0])
		return;
	if (!now && (metrics_due(m) > now_ms() || now_ms() < m->state_ms + STANDING_MS))
		return;
	m->state_ms = now_ms();
	f = count(s->store, &state);
	if (!f.happened)
		m->state = state;
}
