/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/unpack.h"

struct failure unpack_records(const struct bundle *b, struct store *s)
{
	bool new;

	for (size_t i = 0; i < b->node_count; i++) {
		TRY_FAILURE(store_put_node(s, &b->nodes[i].node));
		TRY_FAILURE(store_put_disk(s, &b->nodes[i].disk));
	}
	for (size_t i = 0; i < b->enrolment_count; i++)
		TRY_FAILURE(store_put_enrolment(s, &b->enrolments[i]));
	for (size_t i = 0; i < b->ticket_count; i++)
		TRY_FAILURE(store_put_ticket(s, &b->tickets[i]));
	for (size_t i = 0; i < b->revocation_count; i++)
		TRY_FAILURE(store_revoke(s, &b->revocations[i], &new));
	return failure_none();
}
