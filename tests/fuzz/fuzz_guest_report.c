/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console of a guest, and the keys of whoever sits before it. */
#include <stdlib.h>
#include <string.h>
#include "tools/run/guest_report.h"
#include "tools/run/keyboard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	if (strnlen(text, GUEST_LINE_MAX + 1) > GUEST_LINE_MAX)
		__builtin_trap();
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest_report whole = {0}, pieces = {0};
	struct keys keys = {0};
	uint8_t *out = malloc(2 * size + 1);
	bool quit = false;

	if (!out)
		abort();
	guest_report_add(&whole, data, size);
	for (size_t i = 0; i < size; i++)
		guest_report_add(&pieces, data + i, 1);
	if (memcmp(&whole, &pieces, sizeof(whole)) != 0)
		__builtin_trap();
	if (whole.code > 999 || (whole.code != 0) != (whole.text[0] != '\0'))
		__builtin_trap();
	check_text(whole.text);
	if (keys_read(&keys, data, size, out, &quit) > 2 * size)
		__builtin_trap();
	free(out);
	return 0;
}
