/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The form of a ledger's lines, shared by who reads and who writes them. */
#ifndef TOOLS_BUNDLE_LEDGER_PRIVATE_H
#define TOOLS_BUNDLE_LEDGER_PRIVATE_H

#include "tools/bundle/ledger.h"

#define LEDGER_HEADING	   "protostar-uses 1 "
#define LEDGER_HEADING_LEN (sizeof(LEDGER_HEADING) - 1 + 2 * (size_t)LEDGER_ID_LEN + 1)
/* Three numbers of 20 digits, names, spaces, the MAC, a newline and NUL. */
#define LEDGER_LINE_MAX                                                    \
	(3 * 20 + 2 * (size_t)TPM_NAME_LEN + 2 * (size_t)DISK_ID_LEN + 5 + \
		2 * (size_t)LEDGER_MAC_LEN + 2)

/* With its newline. */
void ledger_heading(const uint8_t id[LEDGER_ID_LEN], char out[LEDGER_HEADING_LEN + 1]);
/* A line up to its MAC, with the space before that; its length. */
size_t ledger_line(const struct ledger_use *u, char out[LEDGER_LINE_MAX]);
/* Of the text that follows a line whose MAC is `before`; NULL: of the heading. */
void ledger_mac(const uint8_t key[LEDGER_KEY_LEN], const uint8_t *before, const char *text,
	size_t len, uint8_t out[LEDGER_MAC_LEN]);

#endif
