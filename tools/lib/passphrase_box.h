/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A secret at rest that opens with a passphrase alone. The key is made by scrypt (RFC 7914) in
 * OpenSSL, the contents are sealed by AES-256-GCM. A box, all numbers big-endian:
 *
 *	offset	bytes
 *	0	16	"protostar-box 1\n": what it is, and the version of the format
 *	16	4	N of scrypt, a power of two, 16,384 to 131,072
 *	20	4	r, 8
 *	24	4	p, 1 to 4
 *	28	32	salt, random in each box
 *	60	n	the contents, encrypted; 1 to SECRET_MAX bytes
 *	60 + n	16	tag, over the 60 bytes before the contents, too
 *
 * A salt is never used twice, so neither is a key: the nonce is 12 zeros. N and p have upper bounds
 * because a box may come from anybody: opening one takes at most 128 MiB for N and 4 times the work
 * of that. They have lower bounds so that a box that was written weakly is seen as such.
 *
 * What scrypt works in (32 MiB for the boxes written here) does not fit into locked memory; OpenSSL
 * wipes it. Needs secret_pool_open() and, to seal, random_open().
 */
#ifndef TOOLS_LIB_PASSPHRASE_BOX_H
#define TOOLS_LIB_PASSPHRASE_BOX_H

#include <stddef.h>
#include "crypto/secret.h"
#include "early/contract/wire.h"
#include "tools/lib/failure.h"

#define PASSPHRASE_MAX		1024u /* bytes */
#define PASSPHRASE_BOX_OVERHEAD 76u   /* bytes of a box beside its contents */

/* Whether bytes begin as a box does, of whatever version: a file's reader asks before it opens. */
bool passphrase_box_is(struct span bytes);

/*
 * Seals plain (1..SECRET_MAX bytes) into out, which has room for cap bytes; *out_len becomes
 * plain.len + PASSPHRASE_BOX_OVERHEAD. The passphrase has 1..PASSPHRASE_MAX bytes.
 */
struct failure passphrase_box_seal(const struct secret *passphrase, struct span plain, uint8_t *out,
	size_t cap, size_t *out_len) MUST_CHECK;
/*
 * Opens a box into a new secret, which the caller frees. A wrong passphrase and a changed box
 * cannot be told apart, and the sentence says both. It names no file: the caller knows which.
 */
struct failure passphrase_box_open(
	const struct secret *passphrase, struct span box, struct secret *out) MUST_CHECK;

/*
 * Reads a passphrase from a file under the rules of private_file_read() (a credential of systemd's
 * is such a file): all its bytes but for one newline at the end. *out is a new secret, which the
 * caller frees.
 */
struct failure passphrase_read(const char *path, struct secret *out) MUST_CHECK;

#endif
