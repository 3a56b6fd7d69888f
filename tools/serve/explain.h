/* Denials that an operator has to act upon, in words for the log and the audit record. */
#ifndef TOOLS_SERVE_EXPLAIN_H
#define TOOLS_SERVE_EXPLAIN_H

#include "tools/serve/binding.h"

/* Writes why binding_check() said `code` of this view and request, and what can be done. */
void explain_binding(uint16_t code, const struct store_view *view, const struct binding_request *r,
	struct why *out);

#endif
