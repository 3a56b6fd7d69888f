/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of the store as bytes (protostar-bundle(5), "Records"). Private to this room. Readers
 * take exactly what writers write, and fail their cursor otherwise.
 */
#ifndef TOOLS_BUNDLE_BUNDLE_RECORD_H
#define TOOLS_BUNDLE_BUNDLE_RECORD_H

#include "tools/bundle/bundle.h"

#define NODE_RECORD_MAX	      1024u
#define ENROLMENT_RECORD_MAX  512u
#define TICKET_RECORD_MAX     32u
#define REVOCATION_RECORD_MAX 80u

/* A node with its disk and, in a recovery bundle, the disk's keys. */
void bundle_put_node(struct wire_writer *w, const struct bundle_node *n);
void bundle_get_node(struct cursor *r, struct bundle_node *out);
void bundle_put_enrolment(struct wire_writer *w, const struct store_enrolment *e);
void bundle_get_enrolment(struct cursor *r, struct store_enrolment *out);
void bundle_put_ticket(struct wire_writer *w, const struct store_ticket *t);
void bundle_get_ticket(struct cursor *r, struct store_ticket *out);
void bundle_put_revocation(struct wire_writer *w, const struct store_revocation *v);
void bundle_get_revocation(struct cursor *r, struct store_revocation *out);

#endif
