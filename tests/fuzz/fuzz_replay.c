/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `measure replay`: whatever a log says, what is shown of it is plain text. */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replayed *r = must_alloc(sizeof(*r));
	struct bytes text = {0};

	report_silence();
	*r = (struct replayed){.path = "fuzz", .bytes = data, .len = size};
	if (replayed_read(r, 0)) {
		replay_table(r, true, false, &text);
		replay_json(r, true, &text);
		for (size_t i = 0; i < text.len; i++)
			if (text.data[i] != '\n' && (text.data[i] < 0x20 || text.data[i] > 0x7E))
				__builtin_trap();
	}
	bytes_free(&text);
	free(r);
	return 0;
}
