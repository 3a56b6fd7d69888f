#include "early/contract/errors.h"

#include <stddef.h>

/* The tables' words for what follows a failure. */
enum retry { ERROR_FINAL, ERROR_RETRY };

static const struct row {
	uint16_t code;
	enum retry retry;
	const char *meaning;
} rows[] = {
#define STATUS_ENUM(code, name, retry, meaning, ...) {code, ERROR_##retry, meaning},
#include "crypto/errors.def"
#include "early/contract/errors.def"
#undef STATUS_ENUM
};

static const struct row *find(uint16_t code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

const char *error_text(uint16_t code)
{
	const struct row *row = find(code);

	return row ? row->meaning : "an error without a name";
}

bool error_retried(uint16_t code)
{
	const struct row *row = find(code);

	return row && row->retry == ERROR_RETRY;
}
