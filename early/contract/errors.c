#include "early/contract/errors.h"

#include <stddef.h>

static const struct {
	uint16_t code;
	const char *text;
} texts[] = {
#define STATUS_ENUM(code, name, text) {code, text},
#include "crypto/errors.def"
#include "early/contract/errors.def"
#undef STATUS_ENUM
};

const char *error_text(uint16_t code)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "an error without a name";
}
