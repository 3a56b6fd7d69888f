/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key service answers, as the join service reads it. */
#include <stdlib.h>
#include <string.h>

#include "tools/keys/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[KEYS_REPLY_MAX];
	struct key_status status;
	struct keys_frame frame;
	enum key_refusal why;
	struct span wrapped;
	struct wire_writer w;
	long len = keys_frame_get((struct span){data, size}, KEYS_REPLY_MAX, &frame);

	if (len <= 0)
		return 0;
	wire_write_start(&w, again, sizeof(again));
	if (frame.type == KEYS_SEALED && keys_sealed_get(frame.body, &wrapped))
		keys_sealed_put(&w, frame.number, wrapped);
	else if (frame.type == KEYS_VERSIONS && keys_versions_get(frame.body, &status))
		keys_versions_put(&w, frame.number, &status);
	else if (frame.type == KEYS_REFUSED && keys_refused_get(frame.body, &why))
		keys_refused_put(&w, frame.number, why);
	else
		return 0;
	/* One encoding of each. */
	if (w.failed || w.len != (size_t)len || memcmp(again, data, w.len) != 0)
		abort();
	return 0;
}
