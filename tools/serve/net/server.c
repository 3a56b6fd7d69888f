/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tools/serve/net/connection.h"
#include "tools/serve/net/acceptor.h"
#include "tools/serve/net/listener.h"
#include "tools/serve/net/loop.h"
#include "tools/serve/net/notify.h"
#include "tools/serve/join/record.h"
#include "tools/serve/join/standing.h"

#define EVENTS_MAX 64

static void run_connection(struct server *s, struct connection *c)
{
	enum connection_result result;

	if (c->server.is_dropped)
		return;
	result = connection_run(c, s->service);
	if (result == CONNECTION_OVER) {
		loop_drop(s, c);
		return;
	}
	if (result == CONNECTION_READY)
		list_append(&s->ready, &c->server.ready);
	loop_settle(s, c);
}

/* One more turn for each connection that stopped at its bound; some may be ready again after it. */
static void run_ready(struct server *s)
{
	struct list_node now;

	list_init(&now);
	list_move(&s->ready, &now);
	while (!list_empty(&now)) {
		struct list_node *first = now.after;

		list_remove(first);
		run_connection(s, list_entry(first, struct connection, server.ready));
	}
}

static void reload_policy(struct server *s)
{
	struct policy *fresh = NULL;
	struct log_line l;
	struct failure f = policy_load(s->policy_path, &fresh);

	/* Every disk's key depends on it. */
	if (!f.happened && strcmp(fresh->tenant, s->service->policy->tenant) != 0) {
		policy_free(fresh);
		f = refuse("the policy names another tenant: no disk in use would open");
	}
	if (f.happened) {
		log_message(&s->service->log, "policy-kept", f.text);
		return;
	}
	policy_free(s->service->policy);
	s->service->policy = fresh;
	s->service->policy_serial++;
	log_begin(&s->service->log, &l, "policy-reloaded");
	log_number(&l, "reload", s->service->policy_serial);
	log_number(&l, "epoch", fresh->epoch);
	log_number(&l, "sets", fresh->set_count);
	log_end(&s->service->log, &l);
}

/* SIGHUP: what was written anew or moved away is read again or begun anew. */
static void reload(struct server *s)
{
	notify_reloading();
	record_reopen(s->service);
	reload_policy(s);
	notify("READY=1");
}

size_t server_granted(const struct server *s)
{
	return slots_in(s->slots, STAGE_GRANT);
}

/* Only who holds a grant is waited for, until its ACK has left. */
static void begin_drain(struct server *s)
{
	struct connection *c;
	struct log_line l;

	notify("STOPPING=1");
	s->draining = true;
	s->drain_until_ms = now_ms() + DRAIN_MS;
	loop_listen(s, false);
	close(s->listen);
	s->listen = -1;
	while ((c = deadline_next(&s->steps)))
		loop_drop(s, c);
	log_begin(&s->service->log, &l, "stopping");
	log_number(&l, "granted", server_granted(s));
	log_text(&l, "text",
		server_granted(s) ? "waiting for the commits of nodes that hold a grant"
				  : "no node holds a grant");
	log_end(&s->service->log, &l);
}

static void take_signals(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(s);
		else if (!s->draining)
			begin_drain(s);
	}
}

static enum refusal too_late(const struct connection *c)
{
	switch (c->exchange.phase) {
	case EXCHANGE_HANDSHAKE:
		return c->heard ? REFUSAL_HANDSHAKE_LATE : REFUSAL_SILENT;
	case EXCHANGE_EVIDENCE:
		return REFUSAL_EVIDENCE_LATE;
	case EXCHANGE_PROOF:
		return REFUSAL_PROOF_LATE;
	case EXCHANGE_COMMIT:
	case EXCHANGE_COMMIT_NEXT:
		return REFUSAL_COMMIT_LATE;
	default:
		return REFUSAL_UNREAD;
	}
}

static void expire(struct server *s, struct deadline_list *list)
{
	uint64_t now = now_ms();
	struct connection *c;

	while ((c = deadline_next(list)) && c->server.deadline_ms <= now) {
		if (slot_stage(&c->server.slot) != STAGE_ENDING)
			loop_log(s, too_late(c), c);
		loop_drop(s, c);
	}
}

/* Milliseconds that the loop may wait for events; -1 without an end. */
static int next_wait(const struct server *s, uint64_t now)
{
	const struct deadline_list *lists[] = {&s->steps, &s->commits, &s->endings};
	uint64_t first = refusals_due(&s->service->refusals);

	if (!list_empty(&s->ready))
		return 0;
	if (metrics_due(&s->service->metrics) < first)
		first = metrics_due(&s->service->metrics);
	if (s->draining && s->drain_until_ms < first)
		first = s->drain_until_ms;
	for (size_t i = 0; i < 3; i++) {
		const struct connection *c = deadline_next(lists[i]);

		if (c && c->server.deadline_ms < first)
			first = c->server.deadline_ms;
	}
	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

/* Newcomers come last: who was heard of meanwhile has moved on and need not give way to them. */
static void take_events(struct server *s, const struct epoll_event *events, int count)
{
	bool incoming = false;

	for (int i = 0; i < count; i++) {
		void *what = events[i].data.ptr;

		if (what == &s->listen)
			incoming = true;
		else if (what == &s->signals)
			take_signals(s);
		else
			run_connection(s, what);
	}
	run_ready(s);
	if (incoming)
		acceptor_run(s);
}

static bool drained(const struct server *s)
{
	return s->draining && (!server_granted(s) || now_ms() >= s->drain_until_ms);
}

struct failure server_run(struct server *s)
{
	struct epoll_event events[EVENTS_MAX];

	while (!drained(s)) {
		int n = epoll_wait(s->epoll, events, EVENTS_MAX, next_wait(s, now_ms()));

		if (n < 0 && errno != EINTR)
			return refuse("epoll_wait: %s", strerror(errno));
		take_events(s, events, n);
		expire(s, &s->steps);
		expire(s, &s->commits);
		expire(s, &s->endings);
		refusals_sum_up(&s->service->refusals, &s->service->log);
		standing_count(s->service, false);
		metrics_write(&s->service->metrics, &s->service->log);
		loop_close_dropped(s);
	}
	return failure_none();
}

static struct failure open_all(struct server *s, const struct sockaddr_in6 *address)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->signals};

	TRY_FAILURE(slots_open(s->limits.connections, s->limits.per_source, &s->slots));
	TRY_FAILURE(listener_open(address, &s->listen));
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->signals = listener_signals();
	if (s->epoll < 0 || s->signals < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->signals, &e))
		return refuse("cannot wait for events: %s", strerror(errno));
	loop_listen(s, true);
	return failure_none();
}

struct failure server_open(const struct sockaddr_in6 *address, const struct server_limits *limits,
	struct service *service, const char *policy_path, struct server **out)
{
	struct server *s = calloc(1, sizeof(*s));
	struct failure f;

	if (!s)
		return refuse("out of memory");
	*s = (struct server){
		.service = service,
		.policy_path = policy_path,
		.limits = *limits,
		.epoll = -1,
		.listen = -1,
		.signals = -1,
	};
	deadline_list_open(&s->steps, STEP_MS);
	deadline_list_open(&s->commits, COMMIT_MS);
	deadline_list_open(&s->endings, STEP_MS);
	list_init(&s->ready);
	list_init(&s->dropped);
	f = open_all(s, address);
	if (f.happened)
		server_close(s);
	else
		*out = s;
	return f;
}

void server_address(const struct server *s, char out[ADDRESS_TEXT_MAX])
{
	struct sockaddr_in6 address;

	listener_address(s->listen, &address);
	address_text(&address, out);
}

static void drop_all(struct server *s)
{
	struct slot *slot;

	for (unsigned stage = 0; s->slots && stage < STAGES; stage++)
		while ((slot = slots_first(s->slots, (enum stage)stage)))
			loop_drop(s, list_entry(slot, struct connection, server.slot));
}

void server_close(struct server *s)
{
	if (!s)
		return;
	s->draining = true;
	drop_all(s);
	loop_close_dropped(s);
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? s->listen : i == 1 ? s->epoll : s->signals;

		if (fd >= 0)
			close(fd);
	}
	slots_close(s->slots);
	free(s);
}
