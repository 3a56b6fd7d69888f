/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/dialled.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "tools/serve/log/clock.h"
#include "tools/serve/net/connection.h"
#include "tools/serve/net/limits.h"

static uint64_t allowance_ms(enum exchange_phase phase)
{
	return phase == EXCHANGE_COMMIT || phase == EXCHANGE_COMMIT_NEXT ? COMMIT_MS : STEP_MS;
}

static struct failure wait_for(const struct connection *c, uint64_t until_ms)
{
	struct pollfd p = {.fd = c->fd, .events = c->waits_for == EPOLLIN ? POLLIN : POLLOUT};
	uint64_t now = now_ms();

	if (poll(&p, 1, until_ms > now ? (int)(until_ms - now) : 0) < 0 && errno != EINTR)
		return refuse("cannot wait for the node: %s", strerror(errno));
	return failure_none();
}

/* A new phase is a new deadline, as in the event loop. */
static struct failure run_to_end(struct connection *c, struct service *s)
{
	enum exchange_phase phase = c->exchange.phase;
	uint64_t until_ms = now_ms() + allowance_ms(phase);

	for (;;) {
		enum connection_result result = connection_run(c, s);

		if (result == CONNECTION_OVER)
			return failure_none();
		if (c->exchange.phase != phase) {
			phase = c->exchange.phase;
			until_ms = now_ms() + allowance_ms(phase);
		}
		if (now_ms() >= until_ms)
			return failure_none();
		if (result == CONNECTION_WAITS)
			TRY_FAILURE(wait_for(c, until_ms));
	}
}

static void tell(const struct connection *c, struct dialled *out)
{
	*out = (struct dialled){
		.end = c->exchange.end,
		.code = c->exchange.end_code,
		.disk = c->exchange.granted.disk,
		.action = c->exchange.granted.action,
		.granted = c->granted,
		.unsent = c->unsent,
		.broken = c->broken,
		.reason = c->reason,
		.peer_alert = c->peer_alert,
	};
	memcpy(out->node_id, c->exchange.granted.node.node_id, TPM_NAME_LEN);
}

struct failure dialled_run(
	int fd, const struct sockaddr_in6 *to, struct service *s, struct dialled *out)
{
	char peer[ADDRESS_TEXT_MAX];
	struct connection *c;
	struct failure f;

	address_text(to, peer);
	c = connection_open(fd, peer);
	if (!c)
		return refuse("out of memory");
	address_source(to, c->exchange.source);
	f = run_to_end(c, s);
	connection_end(c, s);
	tell(c, out);
	connection_close(c);
	return f;
}
