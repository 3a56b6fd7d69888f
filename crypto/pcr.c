/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests in the algorithm of a PCR bank, and PCRs outside of a TPM: for hosts that judge them. */
#include "crypto/digest.h"
#include "crypto/secret.h"

bool digest_of(uint16_t alg, const void *data, size_t len, uint8_t *out)
{
	struct digest d;

	if (!digest_start(&d, alg))
		return false;
	digest_add(&d, data, len);
	digest_end(&d, out);
	wipe(&d, sizeof(d));
	return true;
}

bool pcr_extend(uint16_t alg, uint8_t *pcr, const uint8_t *measured)
{
	struct digest d;

	if (!digest_start(&d, alg))
		return false;
	digest_add(&d, pcr, d.len);
	digest_add(&d, measured, d.len);
	digest_end(&d, pcr);
	return true;
}
