/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A key from a passphrase by scrypt (RFC 7914), in OpenSSL. */
#ifndef TOOLS_LIB_SCRYPT_H
#define TOOLS_LIB_SCRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "early/contract/wire.h"
#include "efi/base/status.h"

struct scrypt_cost {
	uint32_t n, r, p; /* n: a power of two; 128 * n * r bytes of memory */
};

/* Writes len bytes. False when there is no memory, or OpenSSL refuses the cost. */
bool scrypt_key(struct span passphrase, struct span salt, const struct scrypt_cost *cost,
	uint8_t *out, size_t len) MUST_CHECK;

#endif
