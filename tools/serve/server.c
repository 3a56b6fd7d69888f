#include "tools/serve/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tools/serve/address.h"
#include "tools/serve/deadlines.h"
#include "tools/serve/listener.h"
#include "tools/serve/notify.h"

#define EVENTS_MAX  64
#define ACCEPTS_MAX 64 /* in one turn, so that others get theirs */

struct place {
	struct connection *connection;
	uint8_t source[SOURCE_LEN];
};

struct server {
	struct service *service;
	const char *policy_path;
	struct server_limits limits;
	int epoll, listen, signals;
	bool listening; /* false while file descriptors are short, and at the end */
	bool draining;
	uint64_t drain_until_ms;
	struct place *places; /* limits.connections of them, the first `count` taken */
	size_t count;
	struct deadline_list steps, commits, endings;
	struct list_node ready; /* connections with work that no event will tell of */
	struct list_node dead;	/* closed when the events of this turn are all done */
};

static void log_peer(struct server *s, const char *event, const struct connection *c)
{
	struct log_line l;

	log_begin(&s->service->log, &l, event);
	log_text(&l, "peer", c->exchange.peer);
	log_end(&s->service->log, &l);
}

static void set_listening(struct server *s, bool on)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->listen};

	if (on == s->listening)
		return;
	epoll_ctl(s->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, s->listen, &e);
	s->listening = on;
}

/* The connection's memory stays until the turn ends: an event for it may be waiting in the batch.
 */
static void bury(struct server *s, struct connection *c)
{
	struct place *last = &s->places[s->count - 1];

	connection_end(c, s->service);
	list_remove(&c->server.by_deadline);
	list_remove(&c->server.ready);
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	s->places[c->server.index] = *last;
	last->connection->server.index = c->server.index;
	s->count--;
	c->server.buried = true;
	list_append(&s->dead, &c->server.dead);
}

static void close_the_dead(struct server *s)
{
	while (!list_empty(&s->dead)) {
		struct list_node *first = s->dead.after;

		list_remove(first);
		connection_close(list_owner(first, struct connection, server.dead));
		set_listening(s, !s->draining);
	}
}

/* Nothing proven yet; granted and preparing its disk; or only to be told the end. */
static struct deadline_list *list_of(struct server *s, enum exchange_phase phase)
{
	if (phase == EXCHANGE_OVER)
		return &s->endings;
	return phase == EXCHANGE_COMMIT ? &s->commits : &s->steps;
}

/* A new phase is a new deadline; a phase that goes on keeps the one it has, however much is sent.
 */
static void set_deadline(struct server *s, struct connection *c)
{
	enum exchange_phase phase = c->exchange.phase;

	if (!list_empty(&c->server.by_deadline) && c->server.phase == phase)
		return;
	c->server.phase = phase;
	deadline_set(list_of(s, phase), c, now_ms());
}

static void watch(struct server *s, struct connection *c)
{
	struct epoll_event e = {.events = c->waits_for, .data.ptr = c};

	if (e.events == c->server.events)
		return;
	c->server.events = e.events;
	/* What cannot be watched would never be heard of again. */
	if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e))
		bury(s, c);
}

static void run_connection(struct server *s, struct connection *c)
{
	enum connection_result result;

	if (c->server.buried)
		return;
	result = connection_run(c, s->service);
	if (result == CONNECTION_OVER) {
		bury(s, c);
		return;
	}
	if (result == CONNECTION_READY)
		list_append(&s->ready, &c->server.ready);
	set_deadline(s, c);
	watch(s, c);
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
		run_connection(s, list_owner(first, struct connection, server.ready));
	}
}

/* The one that has gone longest without proving anything; those that hold a grant are spared. */
static bool evict_one(struct server *s)
{
	struct connection *c = deadline_next(&s->steps);

	if (!c)
		c = deadline_next(&s->endings);
	if (!c)
		return false;
	log_peer(s, "evicted", c);
	bury(s, c);
	return true;
}

static bool source_is_full(const struct server *s, const uint8_t source[SOURCE_LEN])
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += memcmp(s->places[i].source, source, SOURCE_LEN) == 0;
	return n >= s->limits.per_source;
}

static void add_connection(struct server *s, int fd, const struct sockaddr_in6 *address)
{
	char peer[ADDRESS_TEXT_MAX];
	uint8_t source[SOURCE_LEN];
	struct connection *c;
	struct epoll_event e = {.events = EPOLLIN};

	address_source(address, source);
	if (source_is_full(s, source) || (s->count == s->limits.connections && !evict_one(s))) {
		close(fd);
		return;
	}
	address_text(address, peer);
	c = connection_open(fd, peer);
	if (!c)
		return;
	e.data.ptr = c;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e)) {
		connection_close(c);
		return;
	}
	c->server.events = e.events;
	c->server.index = s->count;
	memcpy(s->places[s->count].source, source, SOURCE_LEN);
	s->places[s->count++].connection = c;
	set_deadline(s, c);
}

static void accept_some(struct server *s)
{
	for (int i = 0; s->listening && i < ACCEPTS_MAX; i++) {
		struct sockaddr_in6 address;
		int fd = listener_accept(s->listen, &address);

		if (fd >= 0) {
			add_connection(s, fd, &address);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		/* Short of descriptors: make room, or listen again when one is closed. */
		if (errno != EAGAIN && !evict_one(s))
			set_listening(s, false);
		return;
	}
}

static void reload_policy(struct server *s)
{
	struct policy *fresh = NULL;
	struct log_line l;
	struct why why;

	notify("RELOADING=1");
	if (policy_load(s->policy_path, &fresh, &why)) {
		policy_free(s->service->policy);
		s->service->policy = fresh;
		s->service->policy_serial++;
		log_begin(&s->service->log, &l, "policy-reloaded");
		log_number(&l, "reload", s->service->policy_serial);
		log_number(&l, "epoch", fresh->epoch);
		log_number(&l, "sets", fresh->set_count);
		log_end(&s->service->log, &l);
	} else {
		log_say(&s->service->log, "policy-kept", why.text);
	}
	notify("READY=1");
}

static void begin_drain(struct server *s)
{
	struct connection *c;

	notify("STOPPING=1");
	s->draining = true;
	s->drain_until_ms = now_ms() + DRAIN_MS;
	set_listening(s, false);
	close(s->listen);
	s->listen = -1;
	while ((c = deadline_next(&s->steps)))
		bury(s, c);
	log_say(&s->service->log, "stopping", "waiting for commits of granted nodes");
}

static void take_signals(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload_policy(s);
		else if (!s->draining)
			begin_drain(s);
	}
}

static void expire(struct server *s, struct deadline_list *list, uint64_t now)
{
	struct connection *c;

	while ((c = deadline_next(list)) && c->server.deadline_ms <= now) {
		log_peer(s, "timed-out", c);
		bury(s, c);
	}
}

/* Milliseconds that the loop may wait for events; -1 without an end. */
static int next_wait(const struct server *s, uint64_t now)
{
	const struct deadline_list *lists[] = {&s->steps, &s->commits, &s->endings};
	uint64_t first = s->draining ? s->drain_until_ms : UINT64_MAX;

	if (!list_empty(&s->ready))
		return 0;
	for (size_t i = 0; i < 3; i++) {
		const struct connection *c = deadline_next(lists[i]);

		if (c && c->server.deadline_ms < first)
			first = c->server.deadline_ms;
	}
	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

static void take_event(struct server *s, const struct epoll_event *e)
{
	if (e->data.ptr == &s->listen)
		accept_some(s);
	else if (e->data.ptr == &s->signals)
		take_signals(s);
	else
		run_connection(s, e->data.ptr);
}

static bool drained(const struct server *s, uint64_t now)
{
	return s->draining && (s->count == 0 || now >= s->drain_until_ms);
}

bool server_run(struct server *s, struct why *why)
{
	struct epoll_event events[EVENTS_MAX];

	while (!drained(s, now_ms())) {
		int n = epoll_wait(s->epoll, events, EVENTS_MAX, next_wait(s, now_ms()));

		if (n < 0 && errno != EINTR)
			return refuse(why, "epoll_wait: %s", strerror(errno));
		for (int i = 0; i < n; i++)
			take_event(s, &events[i]);
		run_ready(s);
		expire(s, &s->steps, now_ms());
		expire(s, &s->commits, now_ms());
		expire(s, &s->endings, now_ms());
		close_the_dead(s);
	}
	return true;
}

static bool open_all(struct server *s, const struct sockaddr_in6 *address, struct why *why)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->signals};

	s->places = calloc(s->limits.connections, sizeof(*s->places));
	if (!s->places)
		return refuse(why, "out of memory");
	s->listen = listener_open(address);
	if (s->listen < 0)
		return refuse(why, "cannot listen: %s", strerror(errno));
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->signals = listener_signals();
	if (s->epoll < 0 || s->signals < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->signals, &e))
		return refuse(why, "cannot wait for events: %s", strerror(errno));
	set_listening(s, true);
	return true;
}

bool server_open(const struct sockaddr_in6 *address, const struct server_limits *limits,
	struct service *service, const char *policy_path, struct server **out, struct why *why)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return refuse(why, "out of memory");
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
	list_init(&s->dead);
	if (!open_all(s, address, why)) {
		server_close(s);
		return false;
	}
	*out = s;
	return true;
}

void server_address(const struct server *s, char out[ADDRESS_TEXT_MAX])
{
	struct sockaddr_in6 address;

	listener_address(s->listen, &address);
	address_text(&address, out);
}

void server_close(struct server *s)
{
	if (!s)
		return;
	s->draining = true;
	while (s->count)
		bury(s, s->places[s->count - 1].connection);
	close_the_dead(s);
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? s->listen : i == 1 ? s->epoll : s->signals;

		if (fd >= 0)
			close(fd);
	}
	free(s->places);
	free(s);
}
