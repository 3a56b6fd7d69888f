/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in the policy's text its reader is, so that a refusal names the member and its line. The
 * reader enters members and elements, and leaves what it has read; when it refuses it leaves
 * nothing, so the path is still that of what it refused. json-c keeps no positions: the line is
 * found by walking through the text once more, along the path.
 */
#ifndef TOOLS_POLICY_POLICY_PATH_H
#define TOOLS_POLICY_POLICY_PATH_H

#include <stddef.h>
#include "tools/lib/failure.h"

#define POLICY_PATH_DEPTH 8u /* as deep as a policy may nest */

struct policy_path {
	struct {
		const char *name; /* of a member, borrowed; NULL for an element of an array */
		size_t index;
	} steps[POLICY_PATH_DEPTH];
	size_t depth;
};

void policy_path_enter(struct policy_path *path, const char *name);
void policy_path_enter_index(struct policy_path *path, size_t index);
void policy_path_leave(struct policy_path *path);

/*
 * The line, from 1, on which the path's member begins. Where the text and the path part: the line
 * of the last thing that was found.
 */
size_t policy_path_line(const struct policy_path *path, const char *text, size_t len);
/* The failure with "line 3, sets[0].measurements.4: " before its sentence. */
struct failure policy_path_locate(const struct policy_path *path, const char *text, size_t len,
	const struct failure *f) MUST_CHECK;

#endif
