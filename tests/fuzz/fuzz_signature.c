/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A signature taken from a hostile image: what gets it keeps its own Authenticode hash. And a
 * hostile image's table, taken off and put before that of a sound one.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/mock/pe_maker.h"
#include "tools/build/sign.h"
#include "tools/build/sign_table.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_image(struct bytes *out)
{
	struct pe_maker maker = {0};
	uint8_t *file;
	size_t len;

	pe_maker_add(&maker, ".text", "code", 4, PE_RX);
	file = pe_make(&maker, &len);
	bytes_add(out, file, len);
	free(file);
}

/* What was taken off lies in what it was put into, and both images stay readable. */
static void try_table(const uint8_t *data, size_t size, struct bytes *image)
{
	struct bytes hostile = {0}, table = {0};
	size_t before = image->len;

	bytes_add(&hostile, data, size);
	if (sign_table_take(&hostile, true, &table) && hostile.len + table.len > size + 7)
		__builtin_trap();
	if (sign_table_put_before(&table, image) &&
		(image->len < before || !sign_is_signed(image->data, image->len)))
		__builtin_trap();
	bytes_free(&hostile);
	bytes_free(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t before[BANK_DIGEST_MAX], after[BANK_DIGEST_MAX];
	struct flaw flaw;
	struct bytes image = {0};

	report_silence();
	make_image(&image);
	if (!authenticode(image.data, image.len, BANK_SHA256, before, &flaw))
		__builtin_trap();
	if (sign_carry(data, size, &image) &&
		(!authenticode(image.data, image.len, BANK_SHA256, after, &flaw) ||
			memcmp(before, after, 32) != 0))
		__builtin_trap();
	try_table(data, size, &image);
	bytes_free(&image);
	return 0;
}
