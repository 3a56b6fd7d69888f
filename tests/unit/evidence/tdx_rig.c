/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/evidence/tdx_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/policy_tdx.h"

#define FILE_CAP (1u << 20)

struct failure tdx_rig_expected(const char *json, struct tdx_expected **out)
{
	struct json_object *value = json_tokener_parse(json);
	struct policy_path path = {.depth = 0};
	struct policy p = {.path = &path};
	struct failure f = value ? policy_read_tdx_expected(&p, out, value) : refuse("no JSON");

	json_object_put(value);
	return f;
}

struct failure tdx_rig_azure(const char *json, struct hcl_expected **out)
{
	struct json_object *value = json_tokener_parse(json);
	struct policy_path path = {.depth = 0};
	struct policy p = {.path = &path};
	struct failure f = value ? policy_read_azure_expected(&p, out, value) : refuse("no JSON");

	json_object_put(value);
	return f;
}

struct failure tdx_rig_trust(const char *json, const char *folder, struct tdx_trust **out)
{
	struct json_object *value = json_tokener_parse(json);
	struct policy_path path = {.depth = 0};
	struct policy p = {.path = &path};
	struct tdx_trust *t = NULL;
	struct failure f = value ? policy_read_tdx_trust(&p, &t, value) : refuse("no JSON");

	json_object_put(value);
	if (!f.happened)
		f = tdx_trust_load(t, folder);
	if (f.happened)
		tdx_rig_trust_free(t);
	else
		*out = t;
	return f;
}

void tdx_rig_trust_free(struct tdx_trust *t)
{
	if (t)
		tdx_trust_free(t);
	free(t);
}

struct span tdx_rig_file(const char *folder, const char *name)
{
	uint8_t *buffer = malloc(FILE_CAP), *exact;
	char path[512];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rbe");
	len = f && buffer ? fread(buffer, 1, FILE_CAP, f) : 0;
	exact = malloc(len ? len : 1);
	if (!len || len == FILE_CAP || !exact) {
		perror(path);
		abort();
	}
	fclose(f);
	/* Of the file's size, so that a read behind it is seen. */
	memcpy(exact, buffer, len);
	free(buffer);
	return (struct span){exact, len};
}

void tdx_rig_file_free(struct span file)
{
	free((void *)(uintptr_t)file.data);
}
