/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bundle's records where a service has them. */
#ifndef TOOLS_SERVE_UNPACK_H
#define TOOLS_SERVE_UNPACK_H

#include "tools/bundle/bundle.h"

/* Puts all records into an empty store, in the caller's transaction. */
struct failure unpack_records(const struct bundle *b, struct store *s) MUST_CHECK;

#endif
