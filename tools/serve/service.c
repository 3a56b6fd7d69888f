#include "tools/serve/service.h"

#include "early/contract/errors.h"

const char *denial_text(uint16_t code)
{
#define STATUS_ENUM(number, name, text) \
	case (number):                  \
		return text;
	switch (code) {
#include "early/contract/errors.def"
	default:
		return "";
	}
#undef STATUS_ENUM
}
