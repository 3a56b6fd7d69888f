/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LUKS1 and the conversion between it and LUKS2: see without_formats.c. */
#include <errno.h>
#include "internal.h"
#include "luks1/luks.h"
#include "luks2/luks2_internal.h"

int LUKS1_activate(struct crypt_device *cd, const char *name, struct volume_key *vk, uint32_t flags)
{
	return -ENOTSUP;
}

int LUKS_del_key(unsigned int keyIndex, struct luks_phdr *hdr, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

size_t LUKS_device_sectors(const struct luks_phdr *hdr)
{
	return 0;
}

int LUKS_generate_phdr(struct luks_phdr *header, const struct volume_key *vk,
	const char *cipherName, const char *cipherMode, const char *hashSpec, const char *uuid,
	uint64_t data_offset, uint64_t align_offset, uint64_t required_alignment,
	struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_hdr_backup(const char *backup_file, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_hdr_restore(const char *backup_file, struct luks_phdr *hdr, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_hdr_uuid_set(struct luks_phdr *hdr, const char *uuid, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_keyslot_active_count(struct luks_phdr *hdr)
{
	return 0;
}

int LUKS_keyslot_area(const struct luks_phdr *hdr, int keyslot, uint64_t *offset, uint64_t *length)
{
	return -ENOTSUP;
}

int LUKS_keyslot_find_empty(struct luks_phdr *hdr)
{
	return -ENOTSUP;
}

crypt_keyslot_info LUKS_keyslot_info(struct luks_phdr *hdr, int keyslot)
{
	return CRYPT_SLOT_INVALID;
}

int LUKS_keyslot_pbkdf(struct luks_phdr *hdr, int keyslot, struct crypt_pbkdf_type *pbkdf)
{
	return -ENOTSUP;
}

size_t LUKS_keyslots_offset(const struct luks_phdr *hdr)
{
	return 0;
}

int LUKS_open_key_with_hdr(int keyIndex, const char *password, size_t passwordLen,
	struct luks_phdr *hdr, struct volume_key **vk, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_read_phdr(
	struct luks_phdr *hdr, int require_luks_device, int repair, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_set_key(unsigned int keyIndex, const char *password, size_t passwordLen,
	struct luks_phdr *hdr, struct volume_key *vk, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_verify_volume_key(const struct luks_phdr *hdr, const struct volume_key *vk)
{
	return -ENOTSUP;
}

int LUKS_wipe_header_areas(struct luks_phdr *hdr, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS_write_phdr(struct luks_phdr *hdr, struct crypt_device *ctx)
{
	return -ENOTSUP;
}

int LUKS2_luks1_to_luks2(struct crypt_device *cd, struct luks_phdr *hdr1, struct luks2_hdr *hdr2)
{
	return -ENOTSUP;
}

int LUKS2_luks2_to_luks1(struct crypt_device *cd, struct luks2_hdr *hdr2, struct luks_phdr *hdr1)
{
	return -ENOTSUP;
}
