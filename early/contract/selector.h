/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names a device on the command line, as config.h says: plain data. */
#ifndef EARLY_CONTRACT_SELECTOR_H
#define EARLY_CONTRACT_SELECTOR_H

#include <stdint.h>

#define CONFIG_TEXT_MAX 128u /* bytes of a selector or path, NUL included */

enum selector_kind {
	SELECT_PARTUUID,
	SELECT_PARTLABEL,
	SELECT_PARTTYPE,
	SELECT_SERIAL,
	SELECT_BY_HASH /* inside config_parse() only: not given, the root hash will tell */
};

struct selector {
	enum selector_kind kind;
	uint8_t guid[16];	    /* as on disk (mixed-endian), for PARTUUID and PARTTYPE */
	char text[CONFIG_TEXT_MAX]; /* for PARTLABEL and SERIAL */
};

#endif
