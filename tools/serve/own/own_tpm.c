/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/own/own_tpm.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "tools/lib/hex.h"
#include "tools/tpm/machine_tpm.h"

struct own_tpm {
	struct machine_tpm *tpm;
	uint32_t pcr_mask;
};

struct failure own_tpm_open(const char *tcti, uint32_t pcr_mask, struct own_tpm **out)
{
	struct own_tpm *t = calloc(1, sizeof(*t));
	struct failure f;

	if (!t)
		return refuse("out of memory");
	t->pcr_mask = pcr_mask;
	f = machine_tpm_open(tcti, 0, &t->tpm);
	if (f.happened)
		free(t);
	else
		*out = t;
	return f;
}

void own_tpm_close(struct own_tpm *t)
{
	if (t)
		machine_tpm_close(t->tpm);
	free(t);
}

struct failure own_tpm_evidence(
	struct own_tpm *t, const uint8_t rd[RD_LEN], struct wire_writer *out)
{
	struct service_evidence e = {.ak_pub = machine_tpm_ak(t->tpm)};
	struct machine_quote q;

	TRY_FAILURE(machine_tpm_quote(t->tpm, DIGEST_SHA256, t->pcr_mask, rd, &q));
	e.attest = (struct span){q.attest, q.attest_len};
	e.signature = (struct span){q.signature, q.signature_len};
	e.pcr_values = (struct span){q.pcr_values, q.pcr_values_len};
	service_evidence_put(out, &e);
	return out->failed ? refuse("the service's evidence does not fit") : failure_none();
}

struct failure own_tpm_option(struct own_tpm *t, char out[OWN_OPTION_MAX])
{
	static const uint8_t about_nothing[RD_LEN];
	struct span area = machine_tpm_ak(t->tpm);
	char ak[2 * SHA256_LEN + 1], digest[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];
	struct machine_quote q;

	TRY_FAILURE(machine_tpm_quote(t->tpm, DIGEST_SHA256, t->pcr_mask, about_nothing, &q));
	sha256(area.data, area.len, hash);
	hex_encode(hash, sizeof(hash), ak);
	sha256(q.pcr_values, q.pcr_values_len, hash);
	hex_encode(hash, sizeof(hash), digest);
	(void)snprintf(out, OWN_OPTION_MAX, "sha256:%s:%06x:%s", ak, t->pcr_mask, digest);
	return failure_none();
}
