/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A BIO between libssl and a session's buffers, and these buffers. */
#include "tools/serve/tls/session_private.h"

#include <stdlib.h>
#include <string.h>

/*
 * What may wait: a ClientHello of HELLO_MAX in records of one byte. The service's own records take
 * a fifth of that.
 */
#define PENDING_MAX ((RECORD_HEADER_LEN + 1) * (MESSAGE_HEADER_LEN + HELLO_MAX) + RECEIVE_MAX)

bool pending_add(struct pending *p, const void *bytes, size_t len)
{
	size_t capacity = p->capacity ? p->capacity : 1024;
	uint8_t *grown;

	if (len > PENDING_MAX - p->len)
		return false;
	while (capacity < p->len + len)
		capacity *= 2;
	if (capacity > p->capacity) {
		grown = realloc(p->bytes, capacity);
		if (!grown)
			return false;
		p->bytes = grown;
		p->capacity = capacity;
	}
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
	return true;
}

void pending_drop(struct pending *p)
{
	free(p->bytes);
	*p = (struct pending){0};
}

static int take_fed(BIO *bio, char *out, size_t len, size_t *out_len)
{
	struct server_session *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*out_len = s->fed_len < len ? s->fed_len : len;
	if (!*out_len) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(out, s->fed, *out_len);
	s->fed += *out_len;
	s->fed_len -= *out_len;
	return 1;
}

static int put_out(BIO *bio, const char *bytes, size_t len, size_t *out_len)
{
	struct server_session *s = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	*out_len = pending_add(&s->out, bytes, len) ? len : 0;
	return *out_len == len;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *session_wire_method(void)
{
	int index = BIO_get_new_index();
	BIO_METHOD *m = index < 0 ? NULL
				  : BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "session wire");

	if (m && BIO_meth_set_read_ex(m, take_fed) == 1 && BIO_meth_set_write_ex(m, put_out) == 1 &&
		BIO_meth_set_ctrl(m, control) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

BIO *session_wire(const struct tls_server *server, struct server_session *s)
{
	BIO *bio = BIO_new(server->wire);

	if (bio) {
		BIO_set_data(bio, s);
		BIO_set_init(bio, 1);
	}
	return bio;
}
