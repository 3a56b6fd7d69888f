/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection (connection.h). Fields under `server` are the server's own. */
#ifndef TOOLS_SERVE_NET_CONNECTION_DATA_H
#define TOOLS_SERVE_NET_CONNECTION_DATA_H

#include "tools/serve/log/refusal.h"
#include "tools/serve/tls/session.h"
#include "tools/serve/join/exchange_data.h"
#include "tools/serve/net/list.h"
#include "tools/serve/net/slots.h"

struct connection {
	int fd;
	uint32_t waits_for;	    /* after CONNECTION_WAITS: EPOLLIN or EPOLLOUT */
	bool heard;		    /* a byte has come */
	bool tls13_only;	    /* as its ClientHello says; for the log */
	bool broken;		    /* its TLS has failed, and the log says so */
	enum refusal reason;	    /* why, once it is broken */
	unsigned peer_alert;	    /* of REFUSAL_BY_PEER: the description of its alert */
	struct server_session *tls; /* NULL before the first byte came */
	struct exchange exchange;
	uint8_t header[FRAME_HEADER_LEN];
	size_t header_len;
	uint8_t type; /* of the body being read */
	uint8_t *body;
	size_t body_len, body_have;
	size_t body_capacity; /* bytes at body; it grows with what comes */
	uint8_t *reply;	      /* what TLS has not yet taken */
	size_t reply_len, reply_sent;
	bool input_checked; /* nothing has followed the message that the reply answers */
	bool unsent;	    /* of the reply something has not left yet */
	bool granted;	    /* it has had a grant */
	bool closing;	    /* nothing is said after the reply */
	bool shut;	    /* close_notify was said */
	bool lingering;	    /* all was said and has left; the peer may take its time to hear it */

	struct {
		struct list_node by_deadline, ready, dropped;
		struct slot slot;
		uint64_t deadline_ms;
		enum exchange_phase phase; /* that the deadline was set for */
		uint32_t events;	   /* that epoll watches */
		bool is_dropped;
	} server;
};

#endif
