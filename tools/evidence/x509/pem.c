/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/x509/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#define MARK_MAX 64u

static struct failure decode(
	struct span block, struct failure (*add)(void *list, struct span der), void *list)
{
	char *label = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len = 0;
	struct failure f;
	BIO *in = BIO_new_mem_buf(block.data, (int)block.len);

	if (!in)
		return refuse("out of memory");
	if (!PEM_read_bio(in, &label, &header, &der, &len) || len <= 0)
		f = refuse("a PEM block in it cannot be decoded");
	else if (header[0])
		f = refuse("a PEM block in it has a header; certificates and lists have none");
	else
		f = add(list, (struct span){der, (size_t)len});
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	ERR_clear_error();
	return f;
}

static bool only_white_space(const uint8_t *from, const uint8_t *to)
{
	for (; from < to; from++)
		if (*from && !memchr(" \t\r\n", *from, 4))
			return false;
	return true;
}

struct failure pem_each(struct span text, const struct pem_form *form,
	struct failure (*add)(void *list, struct span der), void *list, size_t *out_count)
{
	char begin[MARK_MAX], end[MARK_MAX];
	const uint8_t *at = text.data, *stop = text.data + text.len;

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", form->label);
	snprintf(end, sizeof(end), "-----END %s-----", form->label);
	for (*out_count = 0;; ++*out_count) {
		const uint8_t *open = NULL, *close;

		if (at != stop)
			open = memmem(at, (size_t)(stop - at), begin, strlen(begin));
		if (!form->text_between && !only_white_space(at, open ? open : stop))
			return refuse("there is something besides PEM blocks of \"%s\" in it",
				form->label);
		if (!open)
			return failure_none();
		close = memmem(open, (size_t)(stop - open), end, strlen(end));
		if (!close)
			return refuse("a PEM block in it has no end: the file was cut off");
		at = close + strlen(end);
		TRY_FAILURE(decode((struct span){open, (size_t)(at - open)}, add, list));
	}
}
