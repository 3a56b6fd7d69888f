/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SGX extension of a platform's certificate. */
#include "tests/unit/done.h"
#include "tools/evidence/tdx/pck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tdx_pck pck;

	(void)done(tdx_pck_extension_parse((struct span){data, size}, &pck));
	return 0;
}
