#include "tools/serve/deadlines.h"

#include <time.h>

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void deadline_clear(struct connection *c)
{
	struct deadline_list *list = c->server.list;

	if (!list)
		return;
	if (c->server.older)
		c->server.older->server.newer = c->server.newer;
	else
		list->oldest = c->server.newer;
	if (c->server.newer)
		c->server.newer->server.older = c->server.older;
	else
		list->newest = c->server.older;
	list->count--;
	c->server.older = c->server.newer = NULL;
	c->server.list = NULL;
}

void deadline_set(struct deadline_list *list, struct connection *c, uint64_t now)
{
	deadline_clear(c);
	c->server.deadline_ms = now + list->allowance_ms;
	c->server.list = list;
	c->server.older = list->newest;
	if (list->newest)
		list->newest->server.newer = c;
	else
		list->oldest = c;
	list->newest = c;
	list->count++;
}
