/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a quote as files: first byte 0 a message, 1 a signature, 2 a key, 3 all three, each
 * behind two bytes of length. Nothing that is made up here is ever signed.
 */
#include <stdlib.h>
#include "tools/measure/evidence/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *take(const uint8_t **data, size_t *size, size_t *len)
{
	const uint8_t *at = *data + 2;

	if (*size < 2) {
		*len = 0;
		return *data;
	}
	*len = (size_t)((*data)[0] << 8 | (*data)[1]);
	if (*len > *size - 2)
		*len = *size - 2;
	*data += 2 + *len;
	*size -= 2 + *len;
	return at;
}

static void check_all(const uint8_t *data, size_t size)
{
	static const struct register_values values;
	struct quote quote = {0};
	struct flaw flaw = {0};
	size_t len;
	const uint8_t *part = take(&data, &size, &len);
	bool good = quote_read_message(&quote, part, len, &flaw);

	part = take(&data, &size, &len);
	good = good && quote_read_signature(&quote, part, len, &flaw);
	good = good && quote_read_key(&quote, data, size, &flaw);
	if (good)
		quote_check(&quote, NULL, 0, &values);
	else if (!flaw.reason)
		abort();
	quote_free(&quote);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quote quote = {0};
	struct flaw flaw = {0};
	bool good = true;

	if (!size)
		return 0;
	if (data[0] % 4 == 3) {
		check_all(data + 1, size - 1);
		return 0;
	}
	if (data[0] % 4 == 0)
		good = quote_read_message(&quote, data + 1, size - 1, &flaw);
	else if (data[0] % 4 == 1)
		good = quote_read_signature(&quote, data + 1, size - 1, &flaw);
	else
		good = quote_read_key(&quote, data + 1, size - 1, &flaw);
	if (!good && (!flaw.reason || flaw.offset > size))
		abort();
	quote_free(&quote);
	return 0;
}
