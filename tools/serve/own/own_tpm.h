/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TPM of the service's machine, as evidence of the service (PROTOCOL.md section 6.6): an AK,
 * quotes of PCRs of the bank SHA-256, and the value of the nodes' option that demands them.
 *
 * Owned by who opened it, used by one thread. The AK stays loaded until own_tpm_close().
 */
#ifndef TOOLS_SERVE_OWN_OWN_TPM_H
#define TOOLS_SERVE_OWN_OWN_TPM_H

#include <stdint.h>
#include "early/contract/messages.h"
#include "tools/lib/failure.h"

/* "sha256:" AK ":" PCRS ":" DIGEST, with NUL. */
#define OWN_OPTION_MAX (7u + 64u + 1u + 6u + 1u + 64u + 1u)

struct own_tpm;

/*
 * Opens the TPM that a tpm2-tss TCTI text names ("device:/dev/tpmrm0", "swtpm:path=..."; NULL:
 * /dev/tpmrm0), and makes the AK. pcr_mask bit n: PCR n, n < 24, not zero.
 */
struct failure own_tpm_open(const char *tcti, uint32_t pcr_mask, struct own_tpm **out) MUST_CHECK;
/* NULL is fine. */
void own_tpm_close(struct own_tpm *t);

/* Writes an encoded service_evidence over rd, made now. */
struct failure own_tpm_evidence(
	struct own_tpm *t, const uint8_t rd[RD_LEN], struct wire_writer *out) MUST_CHECK;
/* What nodes have to be built with to accept this machine as it is now. */
struct failure own_tpm_option(struct own_tpm *t, char out[OWN_OPTION_MAX]) MUST_CHECK;

#endif
