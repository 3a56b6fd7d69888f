/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of Azure's paravisor. */
#include "tests/unit/done.h"
#include "tools/evidence/azure/hcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hcl_report r;

	if (!done(hcl_parse((struct span){data, size}, &r)))
		return 0;
	if (r.hardware.data < data || r.hardware.len > size ||
		r.hardware.data > data + size - r.hardware.len || !r.ak_exponent ||
		(r.kind != HCL_SNP && r.kind != HCL_TDX))
		__builtin_trap();
	return 0;
}
