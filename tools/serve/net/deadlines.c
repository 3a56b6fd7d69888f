/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/net/deadlines.h"

void deadline_list_open(struct deadline_list *list, uint64_t allowance_ms)
{
	list->allowance_ms = allowance_ms;
	list_init(&list->members);
}

void deadline_set(struct deadline_list *list, struct connection *c, uint64_t now)
{
	c->server.deadline_ms = now + list->allowance_ms;
	list_append(&list->members, &c->server.by_deadline);
}

struct connection *deadline_next(const struct deadline_list *list)
{
	if (list_empty(&list->members))
		return NULL;
	return list_entry(list->members.after, struct connection, server.by_deadline);
}
