/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk formats that PID 1 never opens. libcryptsetup's front end (setup.c) names their functions;
 * answering here keeps their parsers of disk contents out of the trusted base. crypt_load() with
 * CRYPT_LUKS2 or CRYPT_VERITY reaches none of them.
 */
#include <errno.h>
#include "internal.h"
#include "bitlk/bitlk.h"
#include "fvault2/fvault2.h"
#include "loopaes/loopaes.h"
#include "tcrypt/tcrypt.h"
#include "verity/verity.h"

/* BitLocker */

int BITLK_activate_by_passphrase(struct crypt_device *cd, const char *name, const char *password,
	size_t passwordLen, const struct bitlk_metadata *params, uint32_t flags)
{
	return -ENOTSUP;
}

int BITLK_activate_by_volume_key(struct crypt_device *cd, const char *name, const char *volume_key,
	size_t volume_key_size, const struct bitlk_metadata *params, uint32_t flags)
{
	return -ENOTSUP;
}

void BITLK_bitlk_metadata_free(struct bitlk_metadata *params)
{
}

int BITLK_dump(struct crypt_device *cd, struct device *device, struct bitlk_metadata *params)
{
	return -ENOTSUP;
}

int BITLK_get_volume_key(struct crypt_device *cd, const char *password, size_t passwordLen,
	const struct bitlk_metadata *params, struct volume_key **open_fvek_key)
{
	return -ENOTSUP;
}

int BITLK_read_sb(struct crypt_device *cd, struct bitlk_metadata *params)
{
	return -ENOTSUP;
}

/* FileVault 2 */

int FVAULT2_activate_by_passphrase(struct crypt_device *cd, const char *name,
	const char *passphrase, size_t passphrase_len, const struct fvault2_params *params,
	uint32_t flags)
{
	return -ENOTSUP;
}

int FVAULT2_dump(
	struct crypt_device *cd, struct device *device, const struct fvault2_params *params)
{
	return -ENOTSUP;
}

int FVAULT2_get_volume_key(struct crypt_device *cd, const char *passphrase, size_t passphrase_len,
	const struct fvault2_params *params, struct volume_key **vol_key)
{
	return -ENOTSUP;
}

int FVAULT2_read_metadata(struct crypt_device *cd, struct fvault2_params *params)
{
	return -ENOTSUP;
}

/* loop-AES */

int LOOPAES_activate(struct crypt_device *cd, const char *name, const char *base_cipher,
	unsigned int keys_count, struct volume_key *vk, uint32_t flags)
{
	return -ENOTSUP;
}

int LOOPAES_parse_keyfile(struct crypt_device *cd, struct volume_key **vk, const char *hash,
	unsigned int *keys_count, char *buffer, size_t buffer_len)
{
	return -ENOTSUP;
}

/* TrueCrypt and VeraCrypt */

int TCRYPT_activate(struct crypt_device *cd, const char *name, struct tcrypt_phdr *hdr,
	struct crypt_params_tcrypt *params, uint32_t flags)
{
	return -ENOTSUP;
}

int TCRYPT_deactivate(struct crypt_device *cd, const char *name, uint32_t flags)
{
	return -ENOTSUP;
}

int TCRYPT_dump(
	struct crypt_device *cd, struct tcrypt_phdr *hdr, struct crypt_params_tcrypt *params)
{
	return -ENOTSUP;
}

uint64_t TCRYPT_get_data_offset(
	struct crypt_device *cd, struct tcrypt_phdr *hdr, struct crypt_params_tcrypt *params)
{
	return 0;
}

uint64_t TCRYPT_get_iv_offset(
	struct crypt_device *cd, struct tcrypt_phdr *hdr, struct crypt_params_tcrypt *params)
{
	return 0;
}

int TCRYPT_get_volume_key(struct crypt_device *cd, struct tcrypt_phdr *hdr,
	struct crypt_params_tcrypt *params, struct volume_key **vk)
{
	return -ENOTSUP;
}

int TCRYPT_init_by_name(struct crypt_device *cd, const char *name, const char *uuid,
	const struct dm_target *tgt, struct device **device,
	struct crypt_params_tcrypt *tcrypt_params, struct tcrypt_phdr *tcrypt_hdr)
{
	return -ENOTSUP;
}

int TCRYPT_read_phdr(
	struct crypt_device *cd, struct tcrypt_phdr *hdr, struct crypt_params_tcrypt *params)
{
	return -ENOTSUP;
}

/* Forward error correction of dm-verity in user space */

uint64_t VERITY_FEC_blocks(
	struct crypt_device *cd, struct device *fec_device, struct crypt_params_verity *params)
{
	return 0;
}

uint64_t VERITY_FEC_RS_blocks(uint64_t blocks, uint32_t roots)
{
	return 0;
}

int VERITY_FEC_process(struct crypt_device *cd, struct crypt_params_verity *params,
	struct device *fec_device, int check_fec, unsigned int *errors)
{
	return -ENOTSUP;
}

/* Hash trees of dm-verity in user space: the kernel checks, the builder makes them */

int VERITY_create(struct crypt_device *cd, struct crypt_params_verity *verity_hdr,
	const char *root_hash, size_t root_hash_size)
{
	return -ENOTSUP;
}

int VERITY_verify(struct crypt_device *cd, struct crypt_params_verity *verity_hdr,
	const char *root_hash, size_t root_hash_size)
{
	return -ENOTSUP;
}

uint64_t VERITY_hash_blocks(struct crypt_device *cd, struct crypt_params_verity *params)
{
	return 0;
}
