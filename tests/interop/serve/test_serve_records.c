/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a node cuts what it says into records is its own affair: whatever the number of records, and
 * however many come in one segment, the service goes on as far as it can and waits for nothing that
 * will not come.
 */
#include "tests/interop/serve/flight.h"
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "early/contract/errors.h"

#define RECORDS_MAX 40u
#define WAIT_MS	    20000

static struct flight flight;

/* One read of what the service sent. */
static bool receive(struct client *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	size_t room;
	uint8_t *buf = tls_recv_buf(&c->tls, &room);
	ssize_t n;

	if (!buf || poll(&p, 1, WAIT_MS) != 1)
		return false;
	n = recv(c->fd, buf, room, 0);
	if (n > 0)
		tls_recv_ack(&c->tls, (size_t)n);
	return n > 0;
}

/* A handshake up to where the client's last flight is due. */
static bool begin(struct client *c, int fd)
{
	client_begin(c, fd, at.service.pin);
	flight.len = 0;
	flight_gather(&flight, &c->tls);
	if (!flight_send(&flight, fd))
		return false;
	while (!(tls_state(&c->tls) & TLS_CAN_SEND))
		if (!receive(c))
			return false;
	return true;
}

static bool hello(struct client *c)
{
	while (!tls_ready(&c->tls))
		if (!receive(c))
			return false;
	return client_hello(c);
}

/* True when HELLO comes after a last flight of so many records, and not a byte more. */
static bool hello_after(unsigned records)
{
	int fd = client_connect(at.service.port);
	struct client c;
	bool good;

	if (fd < 0 || !begin(&c, fd))
		return false;
	flight_last(&flight, &c.tls, records);
	good = flight_send(&flight, fd) && hello(&c);
	client_close(&c);
	return good;
}

static void test_handshake(void)
{
	for (unsigned records = 3; records <= RECORDS_MAX; records++) {
		bool good = hello_after(records);

		if (!good)
			printf("no HELLO after a last flight of %u records\n", records);
		CHECK(good);
	}
}

/* A join whose evidence comes in records of `each` bytes, all of them in one segment. */
static uint16_t join_in_records(size_t each)
{
	static uint8_t frame[FRAME_MAX + 4];
	struct span body;
	struct client c;
	struct evidence e;
	uint8_t type;

	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	flight.len = 0;
	flight_data(&flight, &c.tls, frame, evidence_frame(&e, frame), each);
	type = flight_send(&flight, c.fd) ? client_receive(&c, &body) : 0;
	evidence_free(&e);
	client_close(&c);
	return type;
}

static void test_evidence(void)
{
	static const size_t each[] = {1, 2, 3, 5, 7, 11, 20, 50, 100, 200, 500, 1000, 16384};

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		CHECK(join_in_records(each[i]) == MSG_CHALLENGE);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	CHECK(service_start(&at.service, NULL));
	RUN(test_handshake);
	RUN(test_evidence);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	setting_close();
	return test_summary();
}
