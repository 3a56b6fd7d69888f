/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/stages.h"

#include "early/clock.h"
#include "early/console.h"

static const char *volatile current = "start";

const char *stage_name(void)
{
	return current;
}

struct status stages_run(const struct stage *table, size_t count, struct boot *b)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t start = clock_ms();

		current = table[i].name;
		console_detail("%s", "");
		TRY(table[i].run(b));
		console_say(
			"stage %s %llums", table[i].name, (unsigned long long)(clock_ms() - start));
	}
	return OK;
}
