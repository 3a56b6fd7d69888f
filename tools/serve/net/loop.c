/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/loop.h"

#include <sys/epoll.h>

#include "tools/serve/net/connection.h"

void loop_log(struct server *s, enum refusal reason, const struct connection *c)
{
	struct service *service = s->service;

	refusal_log(&service->refusals, &service->log, reason, c->exchange.peer, NULL);
}

void loop_listen(struct server *s, bool on)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s->listen};

	if (on == s->listening)
		return;
	epoll_ctl(s->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, s->listen, &e);
	s->listening = on;
}

void loop_drop(struct server *s, struct connection *c)
{
	connection_end(c, s->service);
	slot_leave(s->slots, &c->server.slot);
	list_remove(&c->server.by_deadline);
	list_remove(&c->server.ready);
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	c->server.is_dropped = true;
	list_append(&s->dropped, &c->server.dropped);
}

void loop_close_dropped(struct server *s)
{
	while (!list_empty(&s->dropped)) {
		struct list_node *first = s->dropped.after;

		list_remove(first);
		connection_close(list_entry(first, struct connection, server.dropped));
		loop_listen(s, !s->draining);
	}
}

/* Nothing proven yet; granted and preparing its disk; or only to be told the end. */
static struct deadline_list *list_of(struct server *s, enum exchange_phase phase)
{
	if (phase == EXCHANGE_OVER)
		return &s->endings;
	return phase == EXCHANGE_COMMIT || phase == EXCHANGE_COMMIT_NEXT ? &s->commits : &s->steps;
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

void loop_settle(struct server *s, struct connection *c)
{
	struct epoll_event e = {.events = c->waits_for, .data.ptr = c};

	slot_move(s->slots, &c->server.slot, connection_stage(c));
	set_deadline(s, c);
	if (e.events == c->server.events)
		return;
	c->server.events = e.events;
	/* What cannot be watched would never be heard of again. */
	if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e))
		loop_drop(s, c);
}
