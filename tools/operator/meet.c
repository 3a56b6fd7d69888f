/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/operator/meet.h"

#include <time.h>

#include "early/contract/errors.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"
#include "tools/operator/dial.h"
#include "tools/serve/keys/identity.h"
#include "tools/serve/log/clock.h"

#define PAUSE_S 1

/* Alerts of RFC 5246, 7.2.2, by which a peer refuses a certificate. */
static bool is_about_the_key(const struct dialled *d)
{
	return d->broken && d->reason == REFUSAL_BY_PEER && d->peer_alert >= 42 &&
	       d->peer_alert <= 48;
}

static struct failure tell_denial(const struct dialled *d)
{
	if (d->code == E_DENY_PENDING)
		return refuse("the node waits for your word (E%u): protostar node approve, then "
			      "the same command again",
			d->code);
	return refuse("the node gets no key: E%u, %s; protostar explain %u", d->code,
		error_text(d->code), d->code);
}

static struct failure tell_key(const struct meeting *m)
{
	uint8_t pin[32];
	char text[65];

	identity_pin(m->key, pin);
	hex_encode(pin, sizeof(pin), text);
	return refuse("the node does not take this operator's key: it has to be booted with "
		      "protostar.operator=%s",
		text);
}

/* Why there is no commit. */
static struct failure tell(const struct meeting *m, const struct dialled *d)
{
	if (d->end == EXCHANGE_DENIED)
		return tell_denial(d);
	if (d->end == EXCHANGE_ABORTED)
		return refuse("the node gave up with E%u: protostar explain %u", d->code, d->code);
	if (is_about_the_key(d))
		return tell_key(m);
	if (d->granted)
		return refuse("the connection ended behind the grant, before the node was told "
			      "that all is well: give the same command again");
	if (d->broken)
		return refuse("what listens there does not speak the join protocol");
	return refuse("the node ended the connection, or did not answer in time, before it had a "
		      "grant");
}

/* Nothing was given, and the node, or this side, may be ready in a moment. What this machine could
 * not do is for its operator to see. */
static bool may_heal(const struct dialled *d)
{
	if (d->granted || d->broken || d->end == EXCHANGE_ABORTED)
		return false;
	return d->end != EXCHANGE_DENIED || d->code == E_DENY_BUSY;
}

static struct failure run(const struct meeting *m, struct service *s, struct dialled *out)
{
	uint64_t until_ms = now_ms() + m->wait_s * 1000;
	int fd = -1;

	for (;;) {
		TRY_FAILURE(dial(&m->node, until_ms, &fd));
		TRY_FAILURE(dialled_run(fd, &m->node, s, out));
		if (out->end == EXCHANGE_COMMITTED && !out->unsent)
			return failure_none();
		if (!may_heal(out) || now_ms() + PAUSE_S * 1000 >= until_ms)
			return tell(m, out);
		progress("no grant yet; trying again");
		nanosleep(&(struct timespec){PAUSE_S, 0}, NULL);
	}
}

struct failure meet(const struct meeting *m, struct service *s, struct dialled *out)
{
	struct failure f;

	TRY_FAILURE(tls_server_open(m->key, &s->tls));
	f = run(m, s, out);
	tls_server_close(s->tls);
	s->tls = NULL;
	return f;
}
