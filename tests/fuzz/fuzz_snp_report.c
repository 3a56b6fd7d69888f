/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SEV-SNP report: what parses keeps what the parser promises. */
#include "tests/unit/done.h"
#include "tools/evidence/snp/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snp_report r;

	if (!done(snp_report_parse((struct span){data, size}, &r)))
		return 0;
	if (size != SNP_REPORT_LEN || r.version < 2 || r.version > 5 || r.vmpl > 3 ||
		r.key > SNP_KEY_VLEK || r.committed > r.current)
		__builtin_trap();
	if (r.has_cpuid != (r.version >= 3) || (!r.has_cpuid && r.cpuid_family) ||
		(r.version < 5 && (r.launch_mitigations || r.current_mitigations)))
		__builtin_trap();
	return 0;
}
