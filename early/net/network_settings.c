/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/net/network_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"
#include "early/net/network_record.h"

#define KEPT_MAX  (NETWORK_LINKS_MAX + 1u)
#define VALUE_MAX 16u
#define PATH_LEN  96u

/* What PID 1 sets so that a router is heard, and what the kernel takes from routers. */
static const struct {
	const char *folder, *name;
} settings[] = {
	{"conf", "accept_ra"},
	{"conf", "autoconf"},
	{"conf", "hop_limit"},
	{"conf", "mtu"},
	{"neigh", "base_reachable_time_ms"},
	{"neigh", "retrans_time_ms"},
};
#define ACCEPTED 2u /* of them, the first: what hears routers */
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct kept {
	char name[IFNAMSIZ];
	char values[SETTINGS][VALUE_MAX]; /* "" for a setting that the kernel does not have */
};

static struct kept kept[KEPT_MAX];
static size_t kept_count;

static void setting_path(const struct kept *k, size_t i, char out[PATH_LEN])
{
	(void)snprintf(out, PATH_LEN, "/proc/sys/net/ipv6/%s/%s/%s", settings[i].folder, k->name,
		settings[i].name);
}

void network_settings_keep(const char *name)
{
	struct kept *k = &kept[kept_count];
	char path[PATH_LEN];

	for (size_t i = 0; i < kept_count; i++)
		if (strcmp(kept[i].name, name) == 0)
			return;
	if (kept_count == KEPT_MAX)
		return;
	kept_count++;
	(void)snprintf(k->name, sizeof(k->name), "%s", name);
	for (size_t i = 0; i < SETTINGS; i++) {
		setting_path(k, i, path);
		if (!attribute_read(AT_FDCWD, path, k->values[i], VALUE_MAX))
			k->values[i][0] = '\0';
	}
}

/* The kernel's defaults, made certain. */
struct status network_settings_accept(const char *name, uint16_t code)
{
	char path[64 + IFNAMSIZ];

	network_settings_keep(name);
	for (size_t i = 0; i < ACCEPTED; i++) {
		(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name,
			settings[i].name);
		if (!file_write(path, "1")) {
			console_detail("%s", path);
			return fail(code);
		}
	}
	return OK;
}

struct status network_settings_put_back(void)
{
	char path[PATH_LEN];

	for (size_t at = 0; at < kept_count; at++) {
		for (size_t i = 0; i < SETTINGS; i++) {
			setting_path(&kept[at], i, path);
			/* ENOENT: the interface is gone. */
			if (kept[at].values[i][0] && !file_write(path, kept[at].values[i]) &&
				errno != ENOENT)
				return system_failure(path, errno, E_LEAVE_SETTING);
		}
	}
	kept_count = 0;
	return OK;
}
