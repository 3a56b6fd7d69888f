#include "tools/serve/door.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tools/serve/address.h"
#include "tools/serve/connection.h"
#include "tools/serve/listener.h"

#define ACCEPTS_MAX 64 /* in one turn, so that others get theirs */

static struct connection *connection_of(struct place *place)
{
	return place ? list_owner(place, struct connection, server.place) : NULL;
}

/*
 * Who gives way to a newcomer of the source, or to any newcomer where that is NULL. One that has
 * just begun to speak and was not listened to yet is no longer silent, and takes that place first.
 */
static struct connection *find_loser(struct server *s, const uint8_t *source)
{
	for (;;) {
		struct connection *c = connection_of(
			source ? places_loser_of(s->places, source) : places_loser(s->places));

		if (!c || place_stage(&c->server.place) != STAGE_SILENT || !connection_heard(c))
			return c;
		place_move(s->places, &c->server.place, STAGE_HANDSHAKE);
	}
}

static bool turn_out(struct server *s, const uint8_t *source, enum refusal reason)
{
	struct connection *c = find_loser(s, source);

	if (!c)
		return false;
	if (place_stage(&c->server.place) != STAGE_ENDING)
		loop_log(s, reason, c);
	loop_bury(s, c);
	return true;
}

/* Sees to it that a newcomer has a place. False, and a line in the log, when there is none. */
static bool make_room(struct server *s, const uint8_t source[SOURCE_LEN], const char *peer)
{
	struct service *service = s->service;
	enum room room = places_room(s->places, source);

	if (room == ROOM_FREE)
		return true;
	if (room == ROOM_SOURCE_FULL) {
		if (turn_out(s, source, REFUSAL_GAVE_WAY_SOURCE))
			return true;
		refusal_log(&service->refusals, &service->log, REFUSAL_SOURCE_FULL, peer, NULL);
		return false;
	}
	if (turn_out(s, NULL, REFUSAL_GAVE_WAY))
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

	if (c && place_take(s->places, &c->server.place, source) &&
		epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0) {
		c->server.events = e.events;
		loop_settle(s, c);
		return;
	}
	refusal_log(&service->refusals, &service->log, REFUSAL_NO_MEMORY, peer, NULL);
	if (c) {
		place_leave(s->places, &c->server.place);
		connection_close(c);
	}
}

static void admit(struct server *s, int fd, const struct sockaddr_in6 *address)
{
	char peer[ADDRESS_TEXT_MAX];
	uint8_t source[SOURCE_LEN];

	address_source(address, source);
	address_text(address, peer);
	if (make_room(s, source, peer))
		begin_connection(s, fd, peer, source);
	else
		close(fd);
}

void door_accept(struct server *s)
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
		if (errno != EAGAIN && !turn_out(s, NULL, REFUSAL_NO_FILES))
			loop_listen(s, false);
		return;
	}
}
