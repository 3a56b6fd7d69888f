/*
 * Where in the policy's text its reader is, so that a refusal names the member and its line. The
 * reader enters members and elements, and leaves what it has read; when it refuses it leaves
 * nothing, so the place is still that of what it refused. json-c keeps no positions: the line is
 * found by walking through the text once more, along the place.
 */
#ifndef TOOLS_POLICY_POLICY_PLACE_H
#define TOOLS_POLICY_POLICY_PLACE_H

#include <stddef.h>
#include "tools/lib/failure.h"

#define POLICY_PLACE_DEPTH 8u /* as deep as a policy may nest */

struct policy_place {
	struct {
		const char *name; /* of a member, borrowed; NULL for an element of an array */
		size_t index;
	} steps[POLICY_PLACE_DEPTH];
	size_t depth;
};

void policy_place_enter(struct policy_place *place, const char *name);
void policy_place_enter_at(struct policy_place *place, size_t index);
void policy_place_leave(struct policy_place *place);

/*
 * The line, from 1, on which the place's member begins; of a name given twice the last, as json-c
 * has it. Where the text and the place part: the line of the last thing that was found.
 */
size_t policy_place_line(const struct policy_place *place, const char *text, size_t len);
/* The failure with "line 3, sets[0].measurements.4: " before its sentence. */
struct failure policy_place_tell(const struct policy_place *place, const char *text, size_t len,
	const struct failure *f) MUST_CHECK;

#endif
