/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The certificate of a VCEK or VLEK, as a host hands it over. */
#include <string.h>

#include "tests/unit/done.h"
#include "tools/evidence/snp/vek.h"
#include "tools/evidence/x509/certs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	X509 *cert = cert_parse((struct span){data, size});
	struct snp_vek v;

	if (cert && done(snp_vek_read(cert, &v))) {
		if (v.product >= SNP_PRODUCTS || (v.key == SNP_KEY_VLEK) != (v.csp_id[0] != 0))
			__builtin_trap();
		if (strnlen(v.csp_id, sizeof(v.csp_id)) == sizeof(v.csp_id))
			__builtin_trap();
	}
	X509_free(cert);
	return 0;
}
