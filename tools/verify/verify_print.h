/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict for a person, or as JSON. */
#ifndef TOOLS_VERIFY_VERIFY_PRINT_H
#define TOOLS_VERIFY_VERIFY_PRINT_H

#include "tools/lib/bytes.h"
#include "tools/verify/verdict.h"

void verdict_text(const struct verdict *v, struct bytes *out);
/* One object, as verify(1) describes it. */
void verdict_json(const struct verdict *v, struct bytes *out);

#endif
