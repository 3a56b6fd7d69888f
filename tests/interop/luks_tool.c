/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LUKS2 through our build of libcryptsetup, for comparison with the distribution's.
 *
 *   luks_tool format FILE   makes a LUKS2 header with one PBKDF2 keyslot
 *   luks_tool open FILE     0 when the passphrase opens a keyslot, 1 when not
 *
 * The passphrase is the whole of standard input.
 */
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>
#include "crypto/random.h"
#include "crypto/secret.h"

static char passphrase[512];
static size_t passphrase_len;

static void log_to_stderr(int level, const char *text, void *unused)
{
	(void)unused;
	if (level == CRYPT_LOG_ERROR)
		fputs(text, stderr);
}

static int format(struct crypt_device *cd)
{
	static const struct crypt_pbkdf_type pbkdf = {
		.type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = 1000,
		.flags = CRYPT_PBKDF_NO_BENCHMARK,
	};
	struct crypt_params_luks2 params = {.pbkdf = &pbkdf, .sector_size = 4096};
	int r = crypt_format(cd, CRYPT_LUKS2, "aes", "xts-plain64", NULL, NULL, 64, &params);

	if (r < 0)
		return r;
	return crypt_keyslot_add_by_volume_key(
		cd, CRYPT_ANY_SLOT, NULL, 0, passphrase, passphrase_len);
}

static int test_open(struct crypt_device *cd)
{
	int r = crypt_load(cd, CRYPT_LUKS2, NULL);

	if (r < 0)
		return r;
	return crypt_activate_by_passphrase(
		cd, NULL, CRYPT_ANY_SLOT, passphrase, passphrase_len, 0);
}

int main(int argc, char **argv)
{
	struct crypt_device *cd = NULL;
	int r;

	if (argc != 3 || failed(secret_pool_open(65536)) || failed(random_open()))
		return 2;
	passphrase_len = fread(passphrase, 1, sizeof(passphrase), stdin);
	crypt_set_log_callback(NULL, log_to_stderr, NULL);
	/* Plain files of a test that need not be root. */
	crypt_metadata_locking(NULL, 0);
	r = crypt_init(&cd, argv[2]);
	if (r == 0)
		r = strcmp(argv[1], "format") == 0 ? format(cd) : test_open(cd);
	crypt_free(cd);
	if (r < 0)
		fprintf(stderr, "luks_tool: %s\n", strerror(-r));
	return r < 0;
}
