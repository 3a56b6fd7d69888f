/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/found_boot.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "early/contract/handoff.h"
#include "tools/lib/json_read.h"
#include "tools/lib/number.h"

#define BOOT_MAX 4096u

/* A decimal number that JSON has as a text, since it may be larger than a double is exact. */
static bool get_long(const struct json_at *at, uint64_t *out)
{
	const char *text;

	return json_get_text(at, &text) && (number_read(text, 10, 1, UINT64_MAX, out) ||
						   json_fault(at, "must be a number from 1 on"));
}

static bool is_init(const struct json_at *at)
{
	const char *text;

	return json_get_text(at, &text) &&
	       (strcmp(text, "init") == 0 ||
		       json_fault(at, "this boot was not served by protostar init"));
}

/* Members that it does not need are of other versions of PID 1, or for other readers. */
static bool read_members(const struct json_at *root, struct found_boot *out)
{
	struct json_at at;
	uint64_t version;

	if (!json_member(root, "purpose", &at) || !is_init(&at) ||
		!json_member(root, "diskId", &at) ||
		!json_get_hex(&at, out->disk_id, DISK_ID_LEN) ||
		!json_member(root, "keyVersion", &at) ||
		!json_get_number(&at, UINT32_MAX, &version) ||
		!json_member(root, "generation", &at) || !get_long(&at, &out->generation) ||
		!json_member(root, "headerMac", &at))
		return false;
	out->key_version = (uint32_t)version;
	return json_get_hex(&at, out->header_mac, HEADER_MAC_LEN);
}

struct failure found_boot_read(const char *handoff, struct found_boot *out)
{
	struct json_at root = {0};
	char path[PATH_MAX];
	bool good;

	if ((size_t)snprintf(path, sizeof(path), "%s/" HANDOFF_BOOT, handoff) >= sizeof(path))
		return refuse("%s: the path is too long", handoff);
	root.value = json_read_file(path, BOOT_MAX);
	root.name = path;
	good = root.value && read_members(&root, out);
	json_object_put(root.value);
	return good ? failure_none() : refuse("%s does not tell of a disk of this node's", path);
}
