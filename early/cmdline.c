/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/boot.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/files.h"

struct status stage_cmdline(struct boot *b)
{
	char line[CONFIG_LINE_MAX + 1], bad[CONFIG_TEXT_MAX];
	size_t len;
	struct status s;

	TRY(file_read("/proc/cmdline", line, sizeof(line), &len, E_CMDLINE_READ, E_CMDLINE_FILE));
	s = config_parse(line, len, &b->config, bad);
	if (failed(s))
		console_detail("%s", bad);
	return s;
}
