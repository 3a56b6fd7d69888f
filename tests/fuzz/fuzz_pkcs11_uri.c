/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a PKCS#11 URI: what is read names a token and two absolute paths, and no PIN. */
#include <stdlib.h>
#include <string.h>
#include "tools/keys/pkcs11_uri.h"
#include "tools/lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends(const char *text, size_t room)
{
	return memchr(text, 0, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_alloc(size + 1);
	struct pkcs11_uri uri;

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!pkcs11_uri_read(text, &uri).happened) {
		if (!ends(uri.token, sizeof(uri.token)) || !ends(uri.serial, sizeof(uri.serial)) ||
			!ends(uri.model, sizeof(uri.model)) ||
			!ends(uri.manufacturer, sizeof(uri.manufacturer)) ||
			!ends(uri.object, sizeof(uri.object)) ||
			!ends(uri.module_path, sizeof(uri.module_path)) ||
			!ends(uri.pin_path, sizeof(uri.pin_path)))
			__builtin_trap();
		if ((!uri.token[0] && !uri.serial[0]) || !uri.object[0] ||
			uri.module_path[0] != '/' || (uri.pin_path[0] && uri.pin_path[0] != '/'))
			__builtin_trap();
		if (strstr(text, "&pin-value=") > strchr(text, '?'))
			__builtin_trap();
	}
	free(text);
	return 0;
}
