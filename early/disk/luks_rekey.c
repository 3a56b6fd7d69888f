/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/luks_rekey.h"

#include <errno.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "early/console.h"
#include "early/contract/errors.h"

static struct status load(int header, const struct luks_profile *profile, struct crypt_device **out)
{
	char path[HEADER_PATH_MAX];
	struct status s;
	int r;

	luks_header_path(header, path);
	r = crypt_init(out, path);
	if (r < 0)
		return system_failure("init", -r, E_REKEY_INIT);
	r = crypt_load(*out, CRYPT_LUKS2, NULL);
	s = r < 0 ? system_failure("load", -r, E_REKEY_LOAD) : luks_profile_check(*out, profile);
	if (failed(s))
		crypt_free(*out);
	return s;
}

static struct status volume_key(
	struct crypt_device *cd, const uint8_t *disk_key, struct secret *key)
{
	size_t len = key->len;
	int r = crypt_volume_key_get(
		cd, 0, (char *)key->bytes, &len, (const char *)disk_key, DISK_KEY_LEN);

	if (r >= 0 && len != key->len)
		r = -EINVAL;
	return r < 0 ? system_failure("volume key", -r, E_REKEY_OPEN) : OK;
}

static struct status volume_key_of(
	int header, const struct luks_profile *profile, const uint8_t *disk_key, struct secret *key)
{
	struct crypt_device *cd;
	struct status s;

	TRY(load(header, profile, &cd));
	s = volume_key(cd, disk_key, key);
	crypt_free(cd);
	return s;
}

/* The keyslot is wiped and made again in its place, so the form stays the one that it was. */
static struct status change_keyslot(int header, const struct luks_profile *profile,
	const struct secret *key, const uint8_t *next_key)
{
	struct crypt_device *cd;
	int r;

	TRY(load(header, profile, &cd));
	r = luks_set_pbkdf(cd);
	if (r >= 0)
		r = crypt_keyslot_destroy(cd, 0);
	if (r >= 0)
		r = crypt_keyslot_add_by_volume_key(cd, 0, (const char *)key->bytes, key->len,
			(const char *)next_key, DISK_KEY_LEN);
	crypt_free(cd);
	return r < 0 ? system_failure("keyslot", -r, E_REKEY_KEYSLOT) : OK;
}

static struct status change(int header, const struct luks_profile *profile,
	const struct secret *key, const uint8_t *next_key)
{
	SECRET_AUTO found = {0};

	TRY(secret_new(key->len, &found));
	TRY(change_keyslot(header, profile, key, next_key));
	TRY(luks_header_seal(header));
	TRY(volume_key_of(header, profile, next_key, &found));
	return equal_ct(found.bytes, key->bytes, key->len) ? OK : fail(E_REKEY_OTHER);
}

struct status luks_rekey(int header, const struct luks_profile *profile,
	const uint8_t disk_key[DISK_KEY_LEN], const uint8_t next_key[DISK_KEY_LEN], int *out_fd)
{
	SECRET_AUTO key = {0};
	struct status s;
	int fd;

	TRY(secret_new(profile->key_bytes, &key));
	TRY(volume_key_of(header, profile, disk_key, &key));
	TRY(luks_header_copy(header, &fd));
	s = change(fd, profile, &key, next_key);
	if (failed(s))
		close(fd);
	else
		*out_fd = fd;
	return s;
}
