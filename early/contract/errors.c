/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/errors.h"

#include <stddef.h>

struct row {
	uint16_t code;
	enum error_retry retry;
	const char *meaning, *advice;
};

static const struct row rows[] = {
#define STATUS_ENUM(code, name, retry, meaning, advice, ...) {code, ERROR_##retry, meaning, advice},
#include "crypto/errors.def"
#include "early/contract/errors.def"
#undef STATUS_ENUM
};

static const struct row unknown = {0, ERROR_FINAL, "an error without a name",
	"read the service's log: it is newer than this node"};

static const struct row *find(uint16_t code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return &rows[i];
	return &unknown;
}

const char *error_text(uint16_t code)
{
	return find(code)->meaning;
}

const char *error_advice(uint16_t code)
{
	return find(code)->advice;
}

enum error_retry error_retry(uint16_t code)
{
	return find(code)->retry;
}
