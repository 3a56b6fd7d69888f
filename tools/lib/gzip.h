/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip (RFC 1952) without name and time, so that the same bytes give the same bytes. */
#ifndef TOOLS_LIB_GZIP_H
#define TOOLS_LIB_GZIP_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

bool gzip_pack(const uint8_t *data, size_t len, struct bytes *out);

#endif
