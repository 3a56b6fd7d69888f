/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's event log, and a quote that it fits. */
#include "early/join/evidence.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"

#define ATTEMPTS 5

struct status event_log_read(const char *path, uint8_t *buf, size_t cap, size_t *out_len)
{
	if (access(path, F_OK) && errno == ENOENT) {
		*out_len = 0;
		return OK;
	}
	return file_read(path, (char *)buf, cap, out_len, E_EVENT_LOG_READ, E_EVENT_LOG_LONG);
}

/* Hashes tell whether it is the same log: a second buffer would be as long. */
static struct status read_hashed(
	const char *path, uint8_t *buf, size_t cap, size_t *out_len, uint8_t hash[SHA256_LEN])
{
	TRY(event_log_read(path, buf, cap, out_len));
	sha256(buf, *out_len, hash);
	return OK;
}

struct status event_log_around(const char *path, struct status (*quote)(void *), void *context,
	uint8_t *buf, size_t cap, size_t *out_len)
{
	uint8_t before[SHA256_LEN], after[SHA256_LEN];
	size_t was, len;

	TRY(read_hashed(path, buf, cap, &was, before));
	for (int i = 0; i < ATTEMPTS; i++) {
		TRY(quote(context));
		TRY(read_hashed(path, buf, cap, &len, after));
		if (memcmp(before, after, SHA256_LEN) == 0) {
			*out_len = len;
			return OK;
		}
		console_detail("%s: %zu bytes before the quote, %zu after it", path, was, len);
		/* One that was there cannot be none: without it the PCRs would not be explained. */
		if (len == 0)
			break;
		memcpy(before, after, SHA256_LEN);
		was = len;
	}
	return fail(E_EVENT_LOG_CHANGES);
}
