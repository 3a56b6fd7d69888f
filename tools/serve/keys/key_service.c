/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/key_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tools/lib/hex.h"
#include "tools/policy/policy.h"
#include "tools/lib/private_file.h"

#define HEADING	     "protostar-kek 1\n"
#define HEADING_LEN  (sizeof(HEADING) - 1)
#define KEK_FILE_MAX 8192u
#define DISK_SALT    "protostar disk key v1"
#define KEK_CHECK    "protostar kek check v1"

struct key_service {
	struct secret keys; /* KEK_LEN bytes each, in the order of versions[] */
	uint32_t versions[KEK_VERSIONS_MAX];
	size_t count;
};

void disk_key_derive(
	const uint8_t kek[KEK_LEN], const struct disk_key_name *name, uint8_t out[DISK_KEY_LEN])
{
	uint8_t info[4 + POLICY_NAME_MAX + 4 + DISK_ID_LEN + 4 + 4 + DISK_SALT_LEN];
	struct wire_writer w;

	wire_write_start(&w, info, sizeof(info));
	wire_put_field(&w, (struct span){(const uint8_t *)name->tenant, strlen(name->tenant)}, 0,
		POLICY_NAME_MAX);
	wire_put_field(&w, (struct span){name->disk_id, DISK_ID_LEN}, 0, DISK_ID_LEN);
	wire_put_u32(&w, name->version);
	wire_put_field(&w, (struct span){name->salt, DISK_SALT_LEN}, 0, DISK_SALT_LEN);
	hkdf256(DISK_SALT, sizeof(DISK_SALT) - 1, kek, KEK_LEN, info, w.len, out, DISK_KEY_LEN);
}

/* One line: a version above the last one, a space, a key, a newline. Moves *at past it. */
static bool read_key(struct key_service *k, const char **at, const char *end)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	const char *p = *at;
	uint32_t version = 0;

	if (!newline || k->count == KEK_VERSIONS_MAX)
		return false;
	for (; p < newline && *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(version, 10u, &version) ||
			__builtin_add_overflow(version, (uint32_t)(*p - '0'), &version))
			return false;
	if (p == *at || p == newline || *p != ' ')
		return false;
	if (version <= (k->count ? k->versions[k->count - 1] : 0))
		return false;
	p++;
	if (!hex_decode_text(p, (size_t)(newline - p), k->keys.bytes + KEK_LEN * k->count, KEK_LEN))
		return false;
	k->versions[k->count++] = version;
	*at = newline + 1;
	return true;
}

static bool read_keys(struct key_service *k, const struct secret *file)
{
	const char *at = (const char *)file->bytes, *end = at + file->len;

	if (file->len <= HEADING_LEN || memcmp(at, HEADING, HEADING_LEN) != 0)
		return false;
	for (at += HEADING_LEN; at < end;)
		if (!read_key(k, &at, end))
			return false;
	return true;
}

static struct failure create_file(const char *path)
{
	static const char version[] = HEADING "1 ";
	SECRET_AUTO kek = {0};
	SECRET_AUTO text = {0};
	size_t at = sizeof(version) - 1;

	if (failed(secret_new(KEK_LEN, &kek)) || failed(secret_new(at + 2 * KEK_LEN + 1, &text)))
		return refuse("no locked memory left for a new key");
	if (failed(random_bytes(kek.bytes, KEK_LEN)))
		return refuse("no random bytes for a new key");
	memcpy(text.bytes, version, at);
	hex_encode(kek.bytes, KEK_LEN, (char *)text.bytes + at);
	text.bytes[text.len - 1] = '\n';
	return private_file_create(path, text.bytes, text.len);
}

struct failure key_service_open(const char *path, bool create, struct key_service **out)
{
	SECRET_AUTO file = {0};
	struct key_service *k;
	bool absent;
	struct failure f = private_file_read(path, KEK_FILE_MAX, &file, &absent);

	if (absent && create) {
		TRY_FAILURE(create_file(path));
		f = private_file_read(path, KEK_FILE_MAX, &file, NULL);
	}
	if (f.happened)
		return f;
	k = calloc(1, sizeof(*k));
	if (!k)
		return refuse("out of memory");
	if (failed(secret_new(KEK_LEN * KEK_VERSIONS_MAX, &k->keys))) {
		key_service_close(k);
		return refuse("no locked memory left for the keys");
	}
	if (!read_keys(k, &file)) {
		key_service_close(k);
		return refuse("%s is not a KEK file: restore it from its backup", path);
	}
	*out = k;
	return failure_none();
}

void key_service_close(struct key_service *k)
{
	if (!k)
		return;
	secret_free(&k->keys);
	free(k);
}

uint32_t key_service_version(const struct key_service *k)
{
	return k->versions[k->count - 1];
}

bool key_service_check(const struct key_service *k, size_t index, uint32_t *out_version,
	uint8_t out[KEK_CHECK_LEN])
{
	uint8_t number[4];
	struct wire_writer w;
	struct hmac256 h;

	if (index >= k->count)
		return false;
	*out_version = k->versions[index];
	wire_write_start(&w, number, sizeof(number));
	wire_put_u32(&w, *out_version);
	hmac256_start(&h, k->keys.bytes + KEK_LEN * index, KEK_LEN);
	hmac256_add(&h, KEK_CHECK, sizeof(KEK_CHECK) - 1);
	hmac256_add(&h, number, sizeof(number));
	hmac256_end(&h, out);
	return true;
}

bool key_service_disk_key(
	const struct key_service *k, const struct disk_key_name *name, uint8_t out[DISK_KEY_LEN])
{
	for (size_t i = 0; i < k->count; i++) {
		if (k->versions[i] != name->version)
			continue;
		disk_key_derive(k->keys.bytes + KEK_LEN * i, name, out);
		return true;
	}
	return false;
}
