/*
 * One connection: a non-blocking socket, its TLS session, and the exchange that runs on it. Memory
 * is bounded: the struct, a TLS session (about 26 KiB, from the first byte on), one body (at most
 * 64 KiB, taken when its header announced a message that is due, given back when it was judged) and
 * one reply (at most 17 KiB).
 *
 * The server owns connections and their places in its deadline lists; the fields under `server` are
 * its own.
 */
#ifndef TOOLS_SERVE_CONNECTION_H
#define TOOLS_SERVE_CONNECTION_H

#include "crypto/tls.h"
#include "tools/serve/exchange.h"

#define SOURCE_LEN 16u /* an IPv6 address; IPv4 mapped into it */

struct connection {
	int fd;
	struct tls_session *tls; /* NULL before the first byte came */
	struct exchange exchange;
	uint8_t header[FRAME_HEADER_LEN];
	size_t header_len;
	uint8_t type; /* of the body being read */
	uint8_t *body;
	size_t body_len, body_have;
	uint8_t *reply; /* what TLS has not yet taken */
	size_t reply_len, reply_sent;
	bool closing; /* close_notify was sent or is due */

	struct {
		struct connection *older,
			*newer; /* in the deadline list, or in the list of the dead */
		struct deadline_list *list;
		uint64_t deadline_ms;
		size_t index;		   /* among all connections */
		enum exchange_phase phase; /* that the deadline was set for */
		uint32_t events;	   /* that epoll watches */
		bool dead;
	} server;
};

/* Takes over fd, whatever happens. NULL when there is no memory. */
struct connection *connection_open(int fd, const char *peer);
/* Wipes and releases everything. */
void connection_close(struct connection *c);
/*
 * Does what can be done without waiting: moves records, reads a message, answers it. False when the
 * connection is at its end. Bounded work: what is left is done at the next call.
 */
bool connection_run(struct connection *c, struct service *s);
/* The epoll events that the connection waits for. */
uint32_t connection_wants(const struct connection *c);

#endif
