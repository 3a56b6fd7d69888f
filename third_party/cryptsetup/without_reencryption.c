/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS2 online reencryption. A header that holds a reencryption keyslot is refused when it is read;
 * everything else that the front end asks is answered as for a header that holds none.
 */
#include <errno.h>
#include "internal.h"
#include "luks2/luks2_internal.h"

static int refuse(struct crypt_device *cd, json_object *jobj_keyslot)
{
	return -ENOTSUP;
}

const keyslot_handler reenc_keyslot = {
	.name = "reencrypt",
	.validate = refuse,
};

int LUKS2_reencrypt_check_device_size(struct crypt_device *cd, struct luks2_hdr *hdr,
	uint64_t check_size, uint64_t *dev_size, bool device_exclusive_check, bool dynamic)
{
	return -ENOTSUP;
}

int LUKS2_reencrypt_data_offset(struct luks2_hdr *hdr, bool blockwise)
{
	return -ENOTSUP;
}

int LUKS2_reencrypt_digest_new(struct luks2_hdr *hdr)
{
	return -ENOENT;
}

int LUKS2_reencrypt_digest_old(struct luks2_hdr *hdr)
{
	return -ENOENT;
}

int LUKS2_reencrypt_digest_verify(
	struct crypt_device *cd, struct luks2_hdr *hdr, struct volume_key *vks)
{
	return -ENOTSUP;
}

void LUKS2_reencrypt_free(struct crypt_device *cd, struct luks2_reencrypt *rh)
{
}

crypt_reencrypt_info LUKS2_reencrypt_get_params(
	struct luks2_hdr *hdr, struct crypt_params_reencrypt *params)
{
	return CRYPT_REENCRYPT_NONE;
}

int LUKS2_reencrypt_lock(struct crypt_device *cd, struct crypt_lock_handle **reencrypt_lock)
{
	return -ENOTSUP;
}

int LUKS2_reencrypt_lock_by_dm_uuid(
	struct crypt_device *cd, const char *dm_uuid, struct crypt_lock_handle **reencrypt_lock)
{
	return -ENOTSUP;
}

int LUKS2_reencrypt_locked_recovery_by_passphrase(struct crypt_device *cd, int keyslot_old,
	int keyslot_new, const char *passphrase, size_t passphrase_size, struct volume_key **vks)
{
	return -ENOTSUP;
}

int LUKS2_reencrypt_locked_recovery_by_vks(struct crypt_device *cd, struct volume_key *vks)
{
	return -ENOTSUP;
}

void LUKS2_reencrypt_lookup_key_ids(
	struct crypt_device *cd, struct luks2_hdr *hdr, struct volume_key *vk)
{
}

void LUKS2_reencrypt_protection_erase(struct reenc_protection *rp)
{
}

void LUKS2_reencrypt_unlock(struct crypt_device *cd, struct crypt_lock_handle *reencrypt_lock)
{
}

unsigned LUKS2_reencrypt_vks_count(struct luks2_hdr *hdr)
{
	return 0;
}
