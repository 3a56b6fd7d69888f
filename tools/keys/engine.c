/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/engine.h"

#include <string.h>

#define TOKEN_SCHEME "pkcs11:"

bool kek_is_token(const char *where)
{
	return strncmp(where, TOKEN_SCHEME, sizeof(TOKEN_SCHEME) - 1) == 0;
}

struct failure kek_engine_open(
	const char *where, const char *passphrase_file, bool create, struct kek_engine **out)
{
	if (kek_is_token(where))
		return kek_token_open(where, create, out);
	return kek_file_open(where, passphrase_file, create, out);
}
