/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/race.h"

#include <poll.h>
#include <stdio.h>

#include "crypto/errors.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/clock.h"
#include "early/net/net_connect.h"

/* What the peers that are out of the race left behind. */
struct losses {
	struct status last;
	size_t wrong_pin;
};

static void lost(struct losses *l, struct status s, const struct sockaddr_in6 *endpoint)
{
	char cause[CONSOLE_DETAIL_MAX], text[ENDPOINT_TEXT_MAX];

	/* The detail is one buffer: copied out before it is written again. */
	snprintf(cause, sizeof(cause), "%s", console_detail_text());
	endpoint_text(endpoint, text);
	console_detail("%s%s%s", text, cause[0] ? ": " : "", cause);
	l->last = s;
	if (s.code == E_TLS_PIN)
		l->wrong_pin++;
}

static void start_all(struct race *r, const struct config *config, struct losses *l)
{
	for (size_t i = 0; i < config->service_count; i++) {
		console_detail("%s", "");
		struct status s = peer_start(&r->peers[i], config, &config->services[i]);

		if (failed(s))
			lost(l, s, &config->services[i]);
	}
}

/* Waits until one of the peers can move, or the first of their deadlines. False: none is left. */
static bool wait_for_any(const struct race *r, uint64_t deadline_ms)
{
	struct pollfd ready[CONFIG_SERVICES_MAX];
	nfds_t n = 0;

	for (size_t i = 0; i < CONFIG_SERVICES_MAX; i++) {
		const struct peer *p = &r->peers[i];

		if (p->state == PEER_IDLE)
			continue;
		ready[n++] = (struct pollfd){.fd = p->fd, .events = peer_events(p)};
		if (p->deadline_ms < deadline_ms)
			deadline_ms = p->deadline_ms;
		if (p->unfinished)
			deadline_ms = 0;
	}
	if (n == 0)
		return false;
	(void)poll(ready, n, clock_left(deadline_ms, POLL_MAX_MS));
	return true;
}

/* Moves every peer on; the first with a whole message is returned. */
static struct peer *step_all(struct race *r, const struct config *config, struct losses *l)
{
	for (size_t i = 0; i < config->service_count; i++) {
		struct peer *p = &r->peers[i];
		struct span body;
		struct status s;
		uint8_t type;

		if (p->state == PEER_IDLE)
			continue;
		console_detail("%s", "");
		s = peer_step(p);
		if (failed(s)) {
			peer_close(p);
			lost(l, s, &config->services[i]);
		} else if (peer_frame(p, &type, &body)) {
			return p;
		}
	}
	return NULL;
}

static void close_others(struct race *r, const struct peer *winner)
{
	for (size_t i = 0; i < CONFIG_SERVICES_MAX; i++) {
		if (&r->peers[i] != winner)
			peer_close(&r->peers[i]);
	}
}

struct status race_run(
	struct race *r, const struct config *config, uint64_t deadline_ms, struct peer **out_winner)
{
	struct losses losses = {fail(E_JOIN_NO_TIME), 0};
	struct peer *winner = NULL;

	r->every_pin_differs = false;
	start_all(r, config, &losses);
	while (!winner && clock_ms() < deadline_ms && wait_for_any(r, deadline_ms))
		winner = step_all(r, config, &losses);
	close_others(r, winner);
	if (!winner) {
		r->every_pin_differs = losses.wrong_pin == config->service_count;
		return losses.last;
	}
	*out_winner = winner;
	return OK;
}

void race_close(struct race *r)
{
	close_others(r, NULL);
}

bool race_worth_retrying(const struct race *r, struct status cause, uint32_t retry_after_ms)
{
	enum error_retry retry = error_retry(cause.code);

	if (cause.code >= DENY_CODE_MIN && cause.code <= DENY_CODE_MAX)
		return retry_after_ms != 0;
	if (retry == ERROR_RETRY_UNLESS_ALL)
		return !r->every_pin_differs;
	return retry == ERROR_RETRY;
}
