/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attestation results: as a token, that only the holder of a key could have signed, and the claims
 * alone, since a signer may be hostile too. The first byte chooses the spelling.
 */
#include <openssl/ec.h>

#include "tests/unit/done.h"
#include "tools/evidence/ear/ear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static EVP_PKEY *key;
	struct ear_wanted wanted = {.now_s = 1800000000};
	struct ear_seen seen = {0};

	if (!size)
		return 0;
	if (!key)
		key = EVP_EC_gen("P-256");
	wanted.profile = data[0] == 'i' ? EAR_IETF : EAR_VERAISON;
	if (done(ear_check((struct span){data + 1, size - 1}, key, &wanted, &seen)))
		__builtin_trap();
	if (done(ear_claims_check((struct span){data + 1, size - 1}, &wanted, &seen)) &&
		(!seen.submods || seen.issued_s <= 0 || seen.status > EAR_CONTRAINDICATED))
		__builtin_trap();
	return 0;
}
