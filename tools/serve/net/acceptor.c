/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/acceptor.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tools/serve/net/address.h"
#include "tools/serve/net/connection.h"
#include "tools/serve/net/listener.h"

#define ACCEPTS_MAX 64 /* in one turn, so that others get theirs */

static struct connection *connection_of(struct slot *slot)
{
	return slot ? list_entry(slot, struct connection, server.slot) : NULL;
}

/*
 * Who gives way to a newcomer of the source, or to any newcomer where that is NULL. One that has
 * just begun to write_output and was not listened to yet is no longer silent, and takes that slot
 * first.
 */
static struct connection *find_candidate(struct server *s, const uint8_t *source)
{
	for (;;) {
		struct connection *c = connection_of(
			source ? slots_candidate_of(s->slots, source) : slots_candidate(s->slots));

		if (!c || slot_stage(&c->server.slot) != STAGE_SILENT || !connection_heard(c))
			return c;
		slot_move(s->slots, &c->server.slot, STAGE_HANDSHAKE);
	}
}

static bool evict(struct server *s, const uint8_t *source, enum refusal reason)
{
	struct connection *c = find_candidate(s, source);

	if (!c)
		return false;
	if (slot_stage(&c->server.slot) != STAGE_ENDING)
		loop_log(s, reason, c);
	loop_drop(s, c);
	return true;
}

/* Sees to it that a newcomer has a slot. False, and a line in the log, when there is none. */
static bool make_slot(struct server *s, const uint8_t source[SOURCE_LEN], const char *peer)
{
	struct service *service = s->service;
	enum slot_state state = slots_check(s->slots, source);

	if (state == SLOT_FREE)
		return true;
	if (state == SLOTS_SOURCE_FULL) {
		if (evict(s, source, REFUSAL_GAVE_WAY_SOURCE))
			return true;
		refusal_log(&service->refusals, &service->log, REFUSAL_SOURCE_FULL, peer, NULL);
		return false;
	}
	if (evict(s, NULL, REFUSAL_GAVE_WAY))
		return true;
	refusal_log(&service->refusals, &service->log, REFUSAL_PLACES_FULL, peer, NULL);
	return false;
}

/* Takes over fd, whatever happens. */
static void begin_connection(
	struct server *s, int fd, const char *peer, const uint8_t source[SOURCE_LEN])
{
	struct service *service = s->service;
	struct connection *c = connection_open(fd, peer);
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	if (c)
		memcpy(c->exchange.source, source, SOURCE_LEN);
	if (c && slot_take(s->slots, &c->server.slot, source) &&
		epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0) {
		c->server.events = e.events;
		loop_settle(s, c);
		return;
	}
	refusal_log(&service->refusals, &service->log, REFUSAL_NO_MEMORY, peer, NULL);
	if (c) {
		slot_leave(s->slots, &c->server.slot);
		connection_close(c);
	}
}

static void admit(struct server *s, int fd, const struct sockaddr_in6 *address)
{
	char peer[ADDRESS_TEXT_MAX];
	uint8_t source[SOURCE_LEN];

	address_source(address, source);
	address_text(address, peer);
	if (make_slot(s, source, peer))
		begin_connection(s, fd, peer, source);
	else
		close(fd);
}

void acceptor_run(struct server *s)
{
	for (int i = 0; s->listening && i < ACCEPTS_MAX; i++) {
		struct sockaddr_in6 address;
		int fd = listener_accept(s->listen, &address);

		if (fd >= 0) {
			admit(s, fd, &address);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		/* Short of descriptors: make room, or listen again when one is closed. */
		if (errno != EAGAIN && !evict(s, NULL, REFUSAL_NO_FILES))
			loop_listen(s, false);
		return;
	}
}
