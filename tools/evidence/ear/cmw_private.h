/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of both encodings share; private to this room. */
#ifndef TOOLS_EVIDENCE_EAR_CMW_PRIVATE_H
#define TOOLS_EVIDENCE_EAR_CMW_PRIVATE_H

#include "tools/evidence/ear/cmw.h"

#define CMW_COLLECTION_TYPE "__cmwc_t"

/* Empty, with room for the values of a message of so many bytes. */
void cmw_start(struct cmw *c, size_t message_len);
/* A new item in this collection; NULL when there are too many. */
struct cmw_item *cmw_add(struct cmw *c, int parent) MUST_CHECK;
/* Keeps a text of 1 to CMW_TEXT_MAX - 1 printable characters of ASCII. */
bool cmw_keep_text(struct span text, char out[static CMW_TEXT_MAX]) MUST_CHECK;
/* The same, and it has the form of a media type: "type/subtype", perhaps with parameters. */
bool cmw_keep_media_type(struct span text, char out[static CMW_TEXT_MAX]) MUST_CHECK;
/* The labels of a collection differ, and there is one. */
struct failure cmw_check_labels(const struct cmw *c, int collection) MUST_CHECK;

#endif
