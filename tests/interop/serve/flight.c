/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/flight.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RECORD_HEADER	 5u
#define RECORD_HANDSHAKE 22u

static void append(struct flight *f, const uint8_t *bytes, size_t len)
{
	if (len > sizeof(f->bytes) - f->len)
		abort();
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

void flight_gather(struct flight *f, struct tls_session *s)
{
	uint8_t *bytes;
	size_t len;

	while ((bytes = tls_send_buf(s, &len))) {
		append(f, bytes, len);
		tls_send_ack(s, len);
	}
}

static void record(struct flight *f, uint8_t type, const uint8_t *body, size_t len)
{
	const uint8_t header[RECORD_HEADER] = {type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};

	append(f, header, sizeof(header));
	append(f, body, len);
}

/* The messages in pieces of nearly the same length. */
static void cut(struct flight *f, const uint8_t *messages, size_t len, unsigned pieces)
{
	for (unsigned i = 0; i < pieces; i++) {
		size_t from = len * i / pieces, to = len * (i + 1) / pieces;

		record(f, RECORD_HANDSHAKE, messages + from, to - from);
	}
}

void flight_last(struct flight *f, struct tls_session *s, unsigned records)
{
	static struct flight whole;
	size_t len, at = 0, count = 0;
	uint8_t messages[8192];

	f->len = whole.len = 0;
	flight_gather(&whole, s);
	/* In the clear up to ChangeCipherSpec: the session's own records, put together. */
	while (whole.bytes[at] == RECORD_HANDSHAKE) {
		len = (size_t)whole.bytes[at + 3] << 8 | whole.bytes[at + 4];
		if (count + len > sizeof(messages))
			abort();
		memcpy(messages + count, whole.bytes + at + RECORD_HEADER, len);
		count += len;
		at += RECORD_HEADER + len;
	}
	cut(f, messages, count, records - 2);
	append(f, whole.bytes + at, whole.len - at);
}

void flight_data(
	struct flight *f, struct tls_session *s, const uint8_t *data, size_t len, size_t each)
{
	while (len) {
		size_t n = len < each ? len : each;

		if (tls_write(s, data, n) != n)
			abort();
		tls_flush(s);
		flight_gather(f, s);
		data += n;
		len -= n;
	}
}

bool flight_send(const struct flight *f, int fd)
{
	for (size_t done = 0; done < f->len;) {
		ssize_t n = send(fd, f->bytes + done, f->len - done, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}
