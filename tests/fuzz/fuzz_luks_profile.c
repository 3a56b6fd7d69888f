/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A LUKS2 header whose JSON area is the input, in both copies and with right checksums: what
 * libcryptsetup makes of it in memory, and the one form. A header that the form lets through names
 * no other cipher than ours.
 */
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "early/disk/luks_header.h"
#include "early/disk/luks_profile.h"
#include "tests/unit/join/luks_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quiet(int level, const char *message, void *unused)
{
	(void)level, (void)message, (void)unused;
}

static void load_and_check(const char *path)
{
	struct crypt_device *cd;

	if (crypt_init(&cd, path))
		abort();
	if (crypt_load(cd, CRYPT_LUKS2, NULL) == 0 &&
		!failed(luks_profile_check(cd, luks_profile(CIPHER_AEGIS128)))) {
		if (strcmp(crypt_get_cipher(cd), "aegis128") != 0 ||
			crypt_get_data_offset(cd) != DATA_AT / 512)
			abort();
	}
	crypt_free(cd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t header[2 * EDIT_COPY_LEN];
	char path[HEADER_PATH_MAX];
	int fd;

	crypt_set_log_callback(NULL, quiet, NULL);
	(void)crypt_metadata_locking(NULL, 0);
	edit_new(header);
	if (!edit_put_json(header, (const char *)data, size))
		return 0;
	if (failed(luks_header_new(&fd)) || pwrite(fd, header, sizeof(header), 0) < 0 ||
		failed(luks_header_seal(fd)))
		abort();
	luks_header_path(fd, path);
	load_and_check(path);
	close(fd);
	return 0;
}
