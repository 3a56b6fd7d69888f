/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the path of a layer's entry: what is no flaw stays in the folder that it names. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tools/build/rootfs/layer_path.h"
#include "tools/lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = must_alloc(size + 1);
	struct layer_path got;
	size_t len;

	if (size)
		memcpy(path, data, size);
	path[size] = '\0';
	got = layer_path_read(path);
	len = strlen(path);
	if ((got.kind == LAYER_REFUSED) != (got.why != NULL))
		__builtin_trap();
	if (got.kind != LAYER_REFUSED) {
		if (got.name < path || got.name > path + len || got.dir_len > len ||
			len > LAYER_PATH_MAX)
			__builtin_trap();
		if (strchr(got.name, '/') || !strcmp(got.name, "..") || !strcmp(got.name, ".") ||
			(got.kind != LAYER_FILE && !*got.name))
			__builtin_trap();
		if (strstr(path, "/../") || !strncmp(path, "../", 3))
			__builtin_trap();
	}
	free(path);
	return 0;
}
