/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/console.h"
#include "early/contract/config_text.h"
#include "early/contract/errors.h"
#include "early/contract/handoff.h"

#define HEX_LEN	    (2u * DISK_ID_LEN + 1)
#define ESCAPED_MAX (2u * CONFIG_TEXT_MAX)

/* For printable ASCII, JSON (RFC 8259, section 7) needs an escape for two characters only. */
static void escape(const char *text, char out[ESCAPED_MAX])
{
	size_t n = 0;

	for (; *text && n + 2 < ESCAPED_MAX; text++) {
		if (*text == '"' || *text == '\\')
			out[n++] = '\\';
		out[n++] = *text;
	}
	out[n] = '\0';
}

struct status handoff_json(const struct boot *b, char out[HANDOFF_JSON_MAX])
{
	static const char *const purposes[] = {[PURPOSE_JOIN] = "join",
		[PURPOSE_RECOVER] = "recover",
		[PURPOSE_VERIFY] = "",
		[PURPOSE_INIT] = "init"};
	char role[ESCAPED_MAX], mount[ESCAPED_MAX], disk[HEX_LEN], mac[2 * HEADER_MAC_LEN + 1];
	int n;

	escape(b->role, role);
	escape(b->config.state_mount, mount);
	hex_text(b->disk_id, DISK_ID_LEN, disk);
	hex_text(b->header_mac, HEADER_MAC_LEN, mac);
	n = snprintf(out, HANDOFF_JSON_MAX,
		"{\"version\":\"protostar " PROTOSTAR_VERSION "\",\"purpose\":\"%s\","
		"\"action\":\"%s\",\"role\":\"%s\",\"policyEpoch\":%" PRIu32
		",\"keyVersion\":%" PRIu32 ",\"generation\":\"%" PRIu64 "\","
		"\"headerMac\":\"%s\",\"diskId\":\"%s\",\"stateMount\":\"%s\"}\n",
		purposes[b->purpose], b->action == ACTION_OPEN ? "open" : "format", role,
		b->policy_epoch, b->key_version, b->generation, mac, disk, mount);
	return n > 0 && (size_t)n < HANDOFF_JSON_MAX ? OK : fail(E_HANDOFF_JSON);
}

static struct status write_file(
	int folder, const char *name, mode_t mode, const void *data, size_t len)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	struct status s = OK;

	if (fd < 0)
		return system_failure(name, errno, E_HANDOFF_CREATE);
	/* The mode as it stands, whatever the umask. */
	if (fchmod(fd, mode))
		s = system_failure(name, errno, E_HANDOFF_MODE);
	else if (len > 0 && write(fd, data, len) != (ssize_t)len)
		s = system_failure(name, errno, E_HANDOFF_WRITE);
	close(fd);
	return s;
}

struct status handoff_write(const struct boot *b, const char *folder)
{
	char json[HANDOFF_JSON_MAX];
	struct status s;
	int fd;

	TRY(handoff_json(b, json));
	if (mkdir(folder, 0755))
		return system_failure(folder, errno, E_HANDOFF_FOLDER);
	fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return system_failure(folder, errno, E_HANDOFF_OPEN);
	s = write_file(fd, HANDOFF_BOOT, 0644, json, strlen(json));
	if (!failed(s))
		s = write_file(
			fd, HANDOFF_MATERIAL, 0600, b->join_material.bytes, b->join_material.len);
	if (!failed(s))
		s = write_file(fd, HANDOFF_CERTIFICATE, 0644, b->certificate, b->certificate_len);
	close(fd);
	return s;
}

struct status stage_handoff(struct boot *b)
{
	struct status s = handoff_write(b, HANDOFF_FOLDER);

	secret_free(&b->join_material);
	return s;
}
