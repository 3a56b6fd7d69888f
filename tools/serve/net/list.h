/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of what others own: a struct list_node inside each member, a ring around the head. A member
 * leaves in constant time from wherever it stands; leaving twice does no harm.
 *
 * Order: list_init() on heads and on nodes before anything else.
 */
#ifndef TOOLS_SERVE_NET_LIST_H
#define TOOLS_SERVE_NET_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *before, *after;
};

/* The struct of this type that holds the node as its member of this name. */
#define list_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list_node *n)
{
	n->before = n->after = n;
}

static inline bool list_empty(const struct list_node *head)
{
	return head->after == head;
}

static inline void list_remove(struct list_node *n)
{
	n->before->after = n->after;
	n->after->before = n->before;
	list_init(n);
}

/* As the last one; out of the list that it is in. */
static inline void list_append(struct list_node *head, struct list_node *n)
{
	list_remove(n);
	n->before = head->before;
	n->after = head;
	head->before->after = n;
	head->before = n;
}

/* All members of `from`, in their order, to `to`, which is empty. */
static inline void list_move(struct list_node *from, struct list_node *to)
{
	list_append(from, to);
	list_remove(from);
}

#endif
