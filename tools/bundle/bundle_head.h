/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of a bundle, which stands before its lock and in its contents. Private to this room. */
#ifndef TOOLS_BUNDLE_BUNDLE_HEAD_H
#define TOOLS_BUNDLE_BUNDLE_HEAD_H

#include "tools/bundle/bundle.h"

void bundle_put_head(struct wire_writer *w, const struct bundle_head *head);
/* A kind that is not known, or a count of uses that this kind cannot have, fails the cursor. */
void bundle_get_head(struct cursor *r, struct bundle_head *out);

#endif
