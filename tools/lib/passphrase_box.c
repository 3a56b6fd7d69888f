/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/passphrase_box.h"

#include <string.h>

#include "crypto/aead.h"
#include "crypto/random.h"
#include "tools/lib/bytes.h"
#include "tools/lib/private_file.h"
#include "tools/lib/scrypt.h"

#define MAGIC	  "protostar-box 1\n"
#define MAGIC_LEN 16u
#define ANY_LEN	  14u /* of it, what every version has */
#define COST_AT	  MAGIC_LEN
#define SALT_AT	  (COST_AT + 12)
#define SALT_LEN  32u
#define PLAIN_AT  (SALT_AT + SALT_LEN)
#define SCRYPT_R  8u
#define N_MIN	  (1u << 14)
#define N_MAX	  (1u << 17)
#define P_MAX	  4u
#define N_WRITTEN (1u << 15)

_Static_assert(sizeof(MAGIC) - 1 == MAGIC_LEN, "the length of the heading");
_Static_assert(PLAIN_AT + AEAD_TAG_LEN == PASSPHRASE_BOX_OVERHEAD, "what a box has around it");

static const uint8_t nonce[AEAD_NONCE_LEN]; /* zero: each key is used once */

bool passphrase_box_is(struct span bytes)
{
	return bytes.len >= ANY_LEN && memcmp(bytes.data, MAGIC, ANY_LEN) == 0;
}

static struct failure make_key(const struct secret *passphrase, const uint8_t *box,
	const struct scrypt_cost *cost, struct secret *out)
{
	struct span salt = {box + SALT_AT, SALT_LEN};

	if (!passphrase->len || passphrase->len > PASSPHRASE_MAX)
		return refuse("a passphrase has 1 to %u bytes", PASSPHRASE_MAX);
	if (failed(secret_new(AEAD_KEY_LEN, out)))
		return refuse("no locked memory left for a key");
	if (!scrypt_key((struct span){passphrase->bytes, passphrase->len}, salt, cost, out->bytes,
		    AEAD_KEY_LEN))
		return refuse("no memory for scrypt, which needs %u MiB", cost->n >> 10);
	return failure_none();
}

struct failure passphrase_box_seal(const struct secret *passphrase, struct span plain, uint8_t *out,
	size_t cap, size_t *out_len)
{
	const struct scrypt_cost cost = {.n = N_WRITTEN, .r = SCRYPT_R, .p = 1};
	SECRET_AUTO key = {0};

	if (!plain.len || plain.len > SECRET_MAX || cap < plain.len + PASSPHRASE_BOX_OVERHEAD)
		return refuse("a box holds 1 to %u bytes", SECRET_MAX);
	memcpy(out, MAGIC, MAGIC_LEN);
	put_be32(out + COST_AT, cost.n);
	put_be32(out + COST_AT + 4, cost.r);
	put_be32(out + COST_AT + 8, cost.p);
	if (failed(random_bytes(out + SALT_AT, SALT_LEN)))
		return refuse("no random bytes for a salt");
	TRY_FAILURE(make_key(passphrase, out, &cost, &key));
	memcpy(out + PLAIN_AT, plain.data, plain.len);
	aead_seal(key.bytes, nonce, out, PLAIN_AT, out + PLAIN_AT, plain.len,
		out + PLAIN_AT + plain.len);
	*out_len = plain.len + PASSPHRASE_BOX_OVERHEAD;
	return failure_none();
}

static struct failure read_head(struct span box, struct scrypt_cost *out)
{
	if (!passphrase_box_is(box))
		return refuse("it is not sealed with a passphrase");
	if (box.len < MAGIC_LEN || memcmp(box.data, MAGIC, MAGIC_LEN) != 0)
		return refuse("it is sealed with a passphrase in a format that this release does "
			      "not know: use the release that wrote it");
	if (box.len <= PASSPHRASE_BOX_OVERHEAD)
		return refuse("it was cut short: restore it from its backup");
	if (box.len - PASSPHRASE_BOX_OVERHEAD > SECRET_MAX)
		return refuse(
			"it holds more than %u bytes: restore it from its backup", SECRET_MAX);
	out->n = be32(box.data + COST_AT);
	out->r = be32(box.data + COST_AT + 4);
	out->p = be32(box.data + COST_AT + 8);
	if (out->n < N_MIN || out->n > N_MAX || (out->n & (out->n - 1)) || out->r != SCRYPT_R ||
		out->p < 1 || out->p > P_MAX)
		return refuse("it asks for scrypt with N=%u r=%u p=%u, and N is a power of two "
			      "from %u to %u, r is %u, p is 1 to %u: restore it from its backup",
			out->n, out->r, out->p, N_MIN, N_MAX, SCRYPT_R, P_MAX);
	return failure_none();
}

struct failure passphrase_box_open(
	const struct secret *passphrase, struct span box, struct secret *out)
{
	SECRET_AUTO key = {0};
	SECRET_AUTO plain = {0};
	struct scrypt_cost cost = {0};

	TRY_FAILURE(read_head(box, &cost));
	TRY_FAILURE(make_key(passphrase, box.data, &cost, &key));
	if (failed(secret_new(box.len - PASSPHRASE_BOX_OVERHEAD, &plain)))
		return refuse("no locked memory left for what is sealed");
	memcpy(plain.bytes, box.data + PLAIN_AT, plain.len);
	if (failed(aead_open(key.bytes, nonce, box.data, PLAIN_AT, plain.bytes, plain.len,
		    box.data + PLAIN_AT + plain.len)))
		return refuse("the passphrase is wrong, or it was changed: try the passphrase "
			      "again, else restore it from its backup");
	*out = plain;
	plain = (struct secret){0};
	return failure_none();
}

struct failure passphrase_read(const char *path, struct secret *out)
{
	SECRET_AUTO file = {0};

	/* With its newline. */
	TRY_FAILURE(private_file_read(path, PASSPHRASE_MAX + 1, &file, NULL));
	if (file.bytes[file.len - 1] == '\n')
		file.len--;
	if (!file.len)
		return refuse("%s has no passphrase in it", path);
	if (file.len > PASSPHRASE_MAX)
		return refuse("%s: a passphrase has at most %u bytes", path, PASSPHRASE_MAX);
	*out = file;
	file = (struct secret){0};
	return failure_none();
}
