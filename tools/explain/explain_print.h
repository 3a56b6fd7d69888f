/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How entries of the catalogue are shown: to a person, or as JSON. */
#ifndef TOOLS_EXPLAIN_EXPLAIN_PRINT_H
#define TOOLS_EXPLAIN_EXPLAIN_PRINT_H

#include <stdbool.h>

#include "tools/explain/error_catalogue.h"
#include "tools/lib/bytes.h"

/* An entry, each of its texts behind its heading; with an empty line before it when it follows one.
 */
void explain_entry(struct bytes *out, const struct catalogue_entry *entry, bool follows);
/* Code and meaning on one line. */
void explain_line(struct bytes *out, const struct catalogue_entry *entry);
/* One object whose member "errors" has the entries. */
void explain_json(struct bytes *out, const struct catalogue_entry entries[], size_t count);

#endif
