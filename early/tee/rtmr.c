/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seal of TDX: RTMR 3, which no firmware and no kernel extends. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/tee/tee.h"

#define RTMR3_PATH "/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384"
#define RTMR_LEN   48u /* SHA-384 */

static void sha384(const void *a, size_t a_len, const void *b, size_t b_len, uint8_t out[RTMR_LEN])
{
	br_sha384_context c;

	br_sha384_init(&c);
	br_sha384_update(&c, a, a_len);
	br_sha384_update(&c, b, b_len);
	br_sha384_out(&c, out);
}

static bool read_register(uint8_t out[RTMR_LEN + 1])
{
	size_t len;

	return attribute_bytes(AT_FDCWD, RTMR3_PATH, out, RTMR_LEN + 1, &len) && len == RTMR_LEN;
}

/* The kernel extends the register by the digest that is written, in one piece. */
static bool extend(const uint8_t digest[RTMR_LEN])
{
	int fd = open(RTMR3_PATH, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, digest, RTMR_LEN);
	int cause = errno;

	if (fd >= 0)
		close(fd);
	errno = cause;
	return n == RTMR_LEN;
}

bool rtmr_present(void)
{
	return access(RTMR3_PATH, W_OK) == 0;
}

struct status rtmr_seal(const char *text)
{
	uint8_t value[RTMR_LEN + 1], digest[RTMR_LEN], wanted[RTMR_LEN];

	sha384(text, strlen(text), NULL, 0, digest);
	if (!read_register(value))
		return fail(E_RTMR_READ);
	sha384(value, RTMR_LEN, digest, RTMR_LEN, wanted);
	if (!extend(digest))
		return system_failure(RTMR3_PATH, errno, E_RTMR_WRITE);
	if (!read_register(value) || memcmp(value, wanted, RTMR_LEN) != 0)
		return fail(E_RTMR_VALUE);
	return OK;
}

void rtmr_poison(const char *text)
{
	uint8_t digest[RTMR_LEN];

	sha384(text, strlen(text), NULL, 0, digest);
	(void)extend(digest);
}
