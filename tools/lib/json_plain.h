/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a text of JSON is before json-c sees it. Releases of json-c differ in what a strict reading
 * takes: 0.18 refuses every text that is not ASCII, and earlier ones take bare control characters.
 * So this checks UTF-8 and control characters itself, and gives json-c nothing but ASCII.
 */
#ifndef TOOLS_LIB_JSON_PLAIN_H
#define TOOLS_LIB_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/flaw.h"

struct json_plain {
	const char *text; /* ASCII, or something that no JSON is; not NUL-terminated */
	size_t len;
	char *made; /* what text points to when it is not the one that was given */
	const uint8_t *from;
};

/*
 * Each character beyond ASCII becomes its \u escape; from is borrowed, and text may be it. False
 * when the text is not UTF-8, has a control character between quotes, or memory is out: the flaw
 * says where. Else json_plain_free() is due.
 */
bool json_plain_make(const uint8_t *from, size_t len, struct json_plain *out, struct flaw *flaw);
/* The offset in what was given of offset at in the plain text. */
size_t json_plain_origin(const struct json_plain *plain, size_t at);
void json_plain_free(struct json_plain *plain);

#endif
