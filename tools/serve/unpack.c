/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/unpack.h"

/*
 * A record that formatting had begun may be older than the disk's use since, and whoever serves
 * from it cannot know: what is on the disk is then written over on an operator's word alone.
 */
static struct failure put_disk(struct store *s, const struct store_disk *from)
{
	struct store_disk disk = *from;

	disk.may_overwrite = false;
	return store_put_disk(s, &disk);
}

struct failure unpack_records(const struct bundle *b, struct store *s)
{
	bool new;

	for (size_t i = 0; i < b->node_count; i++) {
		TRY_FAILURE(store_put_node(s, &b->nodes[i].node));
		TRY_FAILURE(put_disk(s, &b->nodes[i].disk));
	}
	for (size_t i = 0; i < b->enrolment_count; i++)
		TRY_FAILURE(store_put_enrolment(s, &b->enrolments[i]));
	for (size_t i = 0; i < b->ticket_count; i++)
		TRY_FAILURE(store_put_ticket(s, &b->tickets[i]));
	for (size_t i = 0; i < b->revocation_count; i++)
		TRY_FAILURE(store_revoke(s, &b->revocations[i], &new));
	return failure_none();
}
