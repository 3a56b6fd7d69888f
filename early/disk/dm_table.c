/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/dm_table.h"

#include <libdevmapper.h>
#include <stdio.h>
#include <string.h>
#include "crypto/secret.h"
#include "early/console.h"

static bool copy_target(struct dm_task *task, struct dm_target *out)
{
	char *type = NULL, *parameters = NULL;
	void *next = dm_get_next_target(task, NULL, &out->start, &out->sectors, &type, &parameters);

	if (next || !type || !parameters || strlen(type) >= sizeof(out->type) ||
		strlen(parameters) >= sizeof(out->parameters))
		return false;
	(void)snprintf(out->type, sizeof(out->type), "%s", type);
	(void)snprintf(out->parameters, sizeof(out->parameters), "%s", parameters);
	return true;
}

static struct status ask(int kind, const char *name, uint16_t code, struct dm_target *out)
{
	struct dm_task *task = dm_task_create(kind);
	struct dm_target target = {0};
	struct dm_info info;
	bool good;

	if (!task)
		return fail(code);
	/* An encrypting target's table shows its key. */
	good = dm_task_secure_data(task) && dm_task_set_name(task, name) && dm_task_run(task) &&
	       dm_task_get_info(task, &info) && info.exists && copy_target(task, &target);
	dm_task_destroy(task);
	if (good)
		*out = target;
	wipe(&target, sizeof(target));
	if (!good) {
		console_detail("%s: no table of one target", name);
		return fail(code);
	}
	return OK;
}

struct status dm_table(const char *name, uint16_t code, struct dm_target *out)
{
	return ask(DM_DEVICE_TABLE, name, code, out);
}

struct status dm_status(const char *name, uint16_t code, struct dm_target *out)
{
	return ask(DM_DEVICE_STATUS, name, code, out);
}

/* A task without an answer. Resuming a device makes the table that was loaded last its own. */
static bool run(int kind, const char *name, const struct dm_target *target)
{
	struct dm_task *task = dm_task_create(kind);
	bool good;

	if (!task)
		return false;
	good = dm_task_set_name(task, name) && dm_task_set_ro(task) &&
	       (!target || dm_task_add_target(task, target->start, target->sectors, target->type,
				   target->parameters)) &&
	       dm_task_run(task);
	dm_task_destroy(task);
	return good;
}

bool dm_replace(const char *name, const struct dm_target *target)
{
	return run(DM_DEVICE_RELOAD, name, target) && run(DM_DEVICE_RESUME, name, NULL);
}

bool dm_target_at_least(const char *type, uint32_t major, uint32_t minor)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_LIST_VERSIONS);
	struct dm_versions *v, *next;
	bool found = false;

	if (!task)
		return false;
	v = dm_task_run(task) ? dm_task_get_versions(task) : NULL;
	/* The entries lie behind one another; the last leads to itself. */
	for (; v && !found; v = next != v ? next : NULL) {
		next = (void *)((char *)v + v->next);
		found = strcmp(v->name, type) == 0 &&
			(v->version[0] > major ||
				(v->version[0] == major && v->version[1] >= minor));
	}
	dm_task_destroy(task);
	return found;
}
