/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How every failed boot ends: a code and a sentence on the console, then power off. */
#include "efi/stub.h"

#define STATUS_ENUM(code, name, retry, meaning, ...) {code, meaning},
static const struct {
	uint16_t code;
	const char *text;
} errors[] = {
#include "efi/contract/errors.def"
};
#undef STATUS_ENUM

static const char *text_of(uint16_t code)
{
	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].code == code)
			return errors[i].text;
	}
	return "the stub failed";
}

void stop(const struct firmware *fw, struct status status)
{
	char number[] = "E000 ";

	for (unsigned i = 3, rest = status.code; i > 0; i--, rest /= 10)
		number[i] = (char)('0' + rest % 10);
	fw->print(fw->context, "protostar-stub: ");
	fw->print(fw->context, number);
	fw->print(fw->context, text_of(status.code));
	fw->print(fw->context, "\n");
	fw->power_off(fw->context);
}
