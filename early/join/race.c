/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/join/race.h"

#include <poll.h>
#include <stdio.h>

#include "crypto/errors.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/clock.h"
#include "early/net/net_connect.h"

/* What the services' peers that are out of the race left behind. */
struct losses {
	struct status last;
	char detail[CONSOLE_DETAIL_MAX]; /* of the last; an operator's steps write the console's */
	size_t wrong_pin;
};

/* When operators are let in, if no service answers from now on. */
static uint64_t listen_from(const struct config *config)
{
	if (!config->listen_port)
		return UINT64_MAX;
	return clock_ms() + (config->service_count ? config->listen_after_s * 1000ull : 0);
}

void race_open(struct race *r, const struct config *config)
{
	listen_start(&r->listener, listen_from(config));
}

static void lost(struct losses *l, struct status s, const struct sockaddr_in6 *endpoint)
{
	const char *cause = console_detail_text();
	char text[ENDPOINT_TEXT_MAX];

	endpoint_text(endpoint, text);
	snprintf(l->detail, sizeof(l->detail), "%s%s%s", text, cause[0] ? ": " : "", cause);
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

/* Waits until one of the peers can move, or the first of their deadlines. */
static void wait_for_any(const struct race *r, uint64_t deadline_ms)
{
	struct pollfd ready[CONFIG_SERVICES_MAX + LISTEN_POLL_MAX];
	nfds_t n = listen_poll(&r->listener, ready, &deadline_ms);

	for (size_t i = 0; i < CONFIG_SERVICES_MAX; i++) {
		if (r->peers[i].state != PEER_IDLE)
			ready[n++] = peer_poll(&r->peers[i], &deadline_ms);
	}
	(void)poll(ready, n, clock_left(deadline_ms, POLL_MAX_MS));
}

static bool any_left(const struct race *r)
{
	bool left = false;

	for (size_t i = 0; i < CONFIG_SERVICES_MAX; i++)
		left |= r->peers[i].state != PEER_IDLE;
	return left;
}

/* Moves every peer on; the first with a whole message is returned, a service's before others. */
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
			listen_put_off(&r->listener, listen_from(config));
			return p;
		}
	}
	return listen_step(&r->listener, config);
}

static void close_services(struct race *r, const struct peer *winner)
{
	for (size_t i = 0; i < CONFIG_SERVICES_MAX; i++) {
		if (&r->peers[i] != winner)
			peer_close(&r->peers[i]);
	}
}

struct status race_run(struct race *r, const struct config *config, bool dial, uint64_t until_ms,
	struct peer **out_winner)
{
	bool services = dial && config->service_count > 0;
	struct losses losses = {
		.last = fail(config->service_count ? E_JOIN_NO_TIME : E_JOIN_NO_OPERATOR)};
	struct peer *winner = NULL;

	r->every_pin_differs = false;
	if (services)
		start_all(r, config, &losses);
	while (!winner && clock_ms() < until_ms && (!services || any_left(r))) {
		wait_for_any(r, until_ms);
		winner = step_all(r, config, &losses);
	}
	close_services(r, winner);
	if (!winner) {
		console_detail("%s", losses.detail);
		r->every_pin_differs = services && !config->listen_port &&
				       losses.wrong_pin == config->service_count;
		return losses.last;
	}
	listen_drop(&r->listener, winner);
	*out_winner = winner;
	return OK;
}

void race_end(struct race *r)
{
	close_services(r, NULL);
	listen_drop(&r->listener, NULL);
}

void race_close(struct race *r)
{
	close_services(r, NULL);
	listen_close(&r->listener);
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
