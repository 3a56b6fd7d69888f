/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/rootfs/layer_path.h"

#include <stdbool.h>
#include <string.h>

static const char whiteout[] = ".wh.", opaque[] = ".wh..wh..opq", special[] = ".wh..wh.";

#define WHITEOUT_LEN (sizeof(whiteout) - 1)

static bool name_is(const char *name, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(name, text, len) == 0;
}

static bool is_whiteout(const char *name, size_t len)
{
	return len >= WHITEOUT_LEN && memcmp(name, whiteout, WHITEOUT_LEN) == 0;
}

/* Why a name cannot stand in a path; NULL when it can. */
static const char *name_flaw(const char *name, size_t len, bool last)
{
	if (!len || name_is(name, len, "."))
		return "it has an empty name in it";
	if (name_is(name, len, ".."))
		return "it leads upwards with \"..\"";
	if (len > LAYER_NAME_MAX)
		return "a name in it has more than 255 bytes";
	if (!last && is_whiteout(name, len))
		return "it lies below a whiteout";
	return NULL;
}

static void read_whiteout(struct layer_path *out)
{
	if (strcmp(out->name, opaque) == 0) {
		out->kind = LAYER_OPAQUE;
		return;
	}
	out->kind = LAYER_REFUSED;
	out->why = "it is AUFS's own file, which no image has today";
	if (strncmp(out->name, special, sizeof(special) - 1) == 0)
		return;
	out->name += WHITEOUT_LEN;
	out->why = name_flaw(out->name, strlen(out->name), true);
	if (out->why)
		out->why = "it is a whiteout of no name, of \".\" or of \"..\"";
	else
		out->kind = LAYER_WHITEOUT;
}

struct layer_path layer_path_read(const char *path)
{
	struct layer_path out = {.kind = LAYER_FILE, .name = path};
	const char *slash = strrchr(path, '/');

	if (strlen(path) > LAYER_PATH_MAX)
		out.why = "it has more than 4095 bytes";
	for (const char *name = path; *path && !out.why;) {
		size_t len = strcspn(name, "/");

		out.why = name_flaw(name, len, !name[len]);
		if (!name[len])
			break;
		name += len + 1;
	}
	if (out.why) {
		out.kind = LAYER_REFUSED;
		return out;
	}
	if (slash) {
		out.dir_len = (size_t)(slash - path);
		out.name = slash + 1;
	}
	if (is_whiteout(out.name, strlen(out.name)))
		read_whiteout(&out);
	return out;
}
