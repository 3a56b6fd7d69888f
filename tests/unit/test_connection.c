/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of progress (tools/serve/net/connection.h): a connection that waits could not have made
 * one step more, so an event of its socket is all that it needs. Checked after every run, with one
 * end of a socket pair in the service's hands and the other in ours.
 */
#include "tests/unit/done.h"
#include "tests/unit/local_keys.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "early/contract/errors.h"
#include "early/contract/messages.h"
#include "tests/interop/serve/flight.h"
#include "tools/serve/net/connection.h"

static const char policy[] =
	"{\"identity\":{\"first_use\":true},"
	"\"allow_missing\":[2,3,11,12,15],\"measurements\":{\"4\":"
	"\"0000000000000000000000000000000000000000000000000000000000000000\"}}";

static struct service service;
static struct connection *connection;
static struct tls_session client;
static struct key_pair client_key;
static struct tls_identity client_identity;
static struct flight flight;
static int own_end;
static unsigned ready_seen; /* runs that ended at the bound */
static enum connection_result last;

static bool can(int fd, uint32_t events)
{
	struct pollfd p = {.fd = fd, .events = events == EPOLLIN ? POLLIN : POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & p.events);
}

/* What the server does, and then the rule: nobody else acts, so the socket still refuses. */
static void service_runs(void)
{
	while ((last = connection_run(connection, &service)) == CONNECTION_READY)
		ready_seen++;
	if (last == CONNECTION_WAITS)
		CHECK(!can(connection->fd, connection->waits_for));
}

static bool client_takes(void)
{
	bool moved = false;
	size_t room;
	uint8_t *buf;

	while ((buf = tls_recv_buf(&client, &room))) {
		ssize_t n = recv(own_end, buf, room, MSG_DONTWAIT);

		if (n <= 0)
			break;
		tls_recv_ack(&client, (size_t)n);
		moved = true;
	}
	return moved;
}

static void client_gives(void)
{
	flight.len = 0;
	flight_gather(&flight, &client);
	CHECK(flight_send(&flight, own_end));
}

static void begin(void)
{
	uint8_t spki[P256_SPKI_LEN], pin[1][32];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		exit(2);
	own_end = ends[0];
	connection = connection_open(ends[1], "test");
	key_spki(service.identity.pub, spki);
	sha256(spki, sizeof(spki), pin[0]);
	if (!connection || failed(key_generate(&client_key)))
		exit(2);
	tls_identity_make(&client_identity, &client_key);
	if (failed(tls_client_start(&client, &client_identity, (const uint8_t(*)[32])pin, 1)))
		exit(2);
	last = CONNECTION_WAITS;
	service_runs();
}

static void end(void)
{
	connection_close(connection);
	tls_close(&client);
	key_free(&client_key);
	close(own_end);
}

/* Up to where the client's last flight is due. */
static void begin_handshake(void)
{
	begin();
	client_gives();
	service_runs();
	while (!(tls_state(&client) & TLS_CAN_SEND) && client_takes())
		;
}

static bool take_bytes(uint8_t *out, size_t len)
{
	while (len) {
		size_t n = tls_read(&client, out, len);

		if (!n && !client_takes())
			return false;
		out += n;
		len -= n;
	}
	return true;
}

/* The type of the frame that has come; 0 for none. */
static uint8_t next_frame(void)
{
	uint8_t header[FRAME_HEADER_LEN], body[256], type;
	size_t len;

	if (!take_bytes(header, sizeof(header)) || !frame_header(header, &type, &len) ||
		len > sizeof(body) || !take_bytes(body, len))
		return 0;
	return type;
}

/* A connection that has its HELLO. */
static bool open_connection(void)
{
	begin_handshake();
	client_gives();
	service_runs();
	return next_frame() == MSG_HELLO;
}

/* RFC 5246, 6.2.1: the last flight in any number of records, and not a byte after it. */
static void test_last_flight(void)
{
	for (unsigned records = 3; records <= 300; records++) {
		begin_handshake();
		flight_last(&flight, &client, records);
		CHECK(flight_send(&flight, own_end));
		service_runs();
		CHECK(next_frame() == MSG_HELLO);
		CHECK(last == CONNECTION_WAITS && connection->waits_for == EPOLLIN);
		end();
	}
}

/* A frame in records of one byte each and of more, all in one segment; it is judged when whole. */
static void test_frame_in_records(void)
{
	static const uint8_t evidence[200] = {0, 0, 0, 196, MSG_EVIDENCE, 1};

	for (size_t each = 1; each <= sizeof(evidence); each++) {
		REQUIRE(open_connection());
		flight.len = 0;
		flight_data(&flight, &client, evidence, sizeof(evidence), each);
		CHECK(flight_send(&flight, own_end));
		service_runs();
		CHECK(next_frame() == MSG_DENY);
		end();
	}
	CHECK(ready_seen > 0); /* the bound was passed */
}

/* A frame whose end comes later: the connection waits for it, and then goes on. */
static void test_frame_in_segments(void)
{
	static const uint8_t evidence[60] = {0, 0, 0, 56, MSG_EVIDENCE, 1};

	for (size_t first = 1; first < sizeof(evidence); first++) {
		REQUIRE(open_connection());
		flight.len = 0;
		flight_data(&flight, &client, evidence, first, 7);
		CHECK(flight_send(&flight, own_end));
		service_runs();
		CHECK(last == CONNECTION_WAITS && connection->waits_for == EPOLLIN);
		CHECK(next_frame() == 0);
		flight.len = 0;
		flight_data(&flight, &client, evidence + first, sizeof(evidence) - first, 7);
		CHECK(flight_send(&flight, own_end));
		service_runs();
		CHECK(next_frame() == MSG_DENY);
		end();
	}
}

/* Fills what the service's end can hold unread; how many bytes. */
static size_t stop_up(void)
{
	static const uint8_t junk[4096];
	size_t count = 0;
	ssize_t n;

	while ((n = send(connection->fd, junk, sizeof(junk), MSG_DONTWAIT)) > 0)
		count += (size_t)n;
	while ((n = send(connection->fd, junk, 1, MSG_DONTWAIT)) > 0)
		count += (size_t)n;
	return count;
}

static void unstop(size_t count)
{
	static uint8_t junk[4096];

	while (count) {
		ssize_t n = recv(own_end, junk, count < sizeof(junk) ? count : sizeof(junk), 0);

		if (n <= 0)
			exit(2);
		count -= (size_t)n;
	}
}

/* A peer that does not read: what is to be said waits for the socket, and is said later. */
static void test_peer_that_does_not_read(void)
{
	static const uint8_t bad[] = {0, 0, 0, 2, MSG_PROOF, 1};
	size_t count;

	begin();
	count = stop_up();
	client_gives();
	service_runs();
	CHECK(last == CONNECTION_WAITS && connection->waits_for == EPOLLOUT);
	unstop(count);
	service_runs();
	while (!(tls_state(&client) & TLS_CAN_SEND) && client_takes())
		;
	count = stop_up();
	client_gives();
	service_runs();
	CHECK(last == CONNECTION_WAITS && connection->waits_for == EPOLLOUT);
	unstop(count);
	service_runs();
	CHECK(next_frame() == MSG_HELLO);
	count = stop_up();
	flight.len = 0;
	flight_data(&flight, &client, bad, sizeof(bad), 1);
	CHECK(flight_send(&flight, own_end));
	service_runs();
	CHECK(last == CONNECTION_WAITS && connection->waits_for == EPOLLOUT);
	unstop(count);
	service_runs();
	CHECK(next_frame() == MSG_DENY);
	end();
}

/* A peer that keeps sending gets its denial, and does not keep the others waiting. */
static void test_peer_that_goes_on(void)
{
	static const uint8_t bad[2000] = {0, 0, 0, 2, MSG_PROOF, 1};

	REQUIRE(open_connection());
	flight.len = 0;
	flight_data(&flight, &client, bad, sizeof(bad), 1);
	CHECK(flight_send(&flight, own_end));
	service_runs();
	CHECK(last == CONNECTION_WAITS && connection->lingering && !connection->tls);
	CHECK(next_frame() == MSG_DENY);
	while (client_takes())
		;
	CHECK(tls_state(&client) == TLS_CAN_SEND); /* close_notify came, and is answered */
	end();
}

static void test_silence_costs_nothing(void)
{
	begin();
	CHECK(last == CONNECTION_WAITS && connection->waits_for == EPOLLIN && !connection->tls);
	CHECK(send(own_end, "\x16", 1, 0) == 1);
	service_runs();
	CHECK(last == CONNECTION_WAITS && connection->tls);
	end();
	begin();
	shutdown(own_end, SHUT_WR);
	service_runs();
	CHECK(last == CONNECTION_OVER && !connection->tls);
	end();
}

static bool open_service(void)
{
	const struct audit_position nothing = {0};
	struct audit_tail tail;

	service.log.fd = -1;
	service.purpose = PURPOSE_JOIN;
	if (failed(secret_pool_open(1u << 17)) || failed(random_open()) ||
		failed(key_generate(&service.identity)))
		return false;
	return done(tls_server_open(&service.identity, &service.tls)) &&
	       done(policy_parse(policy, sizeof(policy) - 1, &service.policy)) &&
	       done(store_open(scratch_path("store"), STORE_CREATE, &service.store)) &&
	       done(audit_open(scratch_path("audit"), &nothing, &service.audit, &tail)) &&
	       local_keys_open(scratch_path("kek"), &service.keys);
}

int main(void)
{
	scratch_open();
	if (!open_service())
		return 2;
	RUN(test_silence_costs_nothing);
	RUN(test_last_flight);
	RUN(test_frame_in_records);
	RUN(test_frame_in_segments);
	RUN(test_peer_that_does_not_read);
	RUN(test_peer_that_goes_on);
	tls_server_close(service.tls);
	scratch_close();
	return test_summary();
}
