/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's TPM for the tests of the join service: a swtpm of its own with EK and AK, driven through
 * ESAPI as PID 1 does it. Every function ends the test program when the TPM does not do its part.
 */
#ifndef TESTS_INTEROP_SERVE_MACHINE_H
#define TESTS_INTEROP_SERVE_MACHINE_H

#include <sys/types.h>
#include "early/contract/messages.h"
#include "tests/interop/tpm_rig.h"

struct machine {
	pid_t swtpm;
	struct rig rig;
	ESYS_TR ek, ak;
	bool ek_by_password; /* it is used with its own, which is empty, and not by its policy */
	uint8_t ek_pub[TPM_PUB_MAX], ak_pub[TPM_PUB_MAX];
	size_t ek_pub_len, ak_pub_len;
	struct span certificates[CERTIFICATES_MAX]; /* that it sends; borrowed */
	size_t certificate_count;
	bool disk_not_blank; /* what its claims say of the disk */
};

struct quoted {
	uint8_t attest[ATTEST_MAX], signature[SIGNATURE_MAX], pcr_values[PCR_VALUES_MAX];
	size_t attest_len, signature_len, pcr_values_len;
};

/* Starts a TPM with its state in folder/name. */
void machine_start(struct machine *m, const char *folder, const char *name);
void machine_stop(struct machine *m);
/* Endorsement keys by template of the EK Credential Profile; the first is machine_start()'s. */
enum machine_ek {
	MACHINE_EK_P256,    /* L-2 */
	MACHINE_EK_RSA2048, /* L-1 */
	MACHINE_EK_P384,    /* H-3 */
};
/* Another endorsement key of the same TPM, in place of its own; P256 and 0 is the first. */
void machine_use_ek(struct machine *m, enum machine_ek kind, uint8_t n);
/* Another attestation key in the same TPM; n = 0 is the one that machine_start() makes. */
void machine_new_ak(struct machine *m, uint8_t n);
/* An RSA key in its place, as Azure's paravisor makes it; without an EK in the claims. */
void machine_rsa_ak(struct machine *m);
void machine_extend(struct machine *m, unsigned pcr, uint8_t fill);
void machine_extend_digest(struct machine *m, unsigned pcr, const uint8_t digest[32]);
void machine_pcr(struct machine *m, unsigned pcr, uint8_t out[32]);
void machine_quote(struct machine *m, const uint8_t rd[RD_LEN], uint16_t bank, uint32_t mask,
	struct quoted *out);
/* TPM2_ActivateCredential; false when the TPM refuses. */
bool machine_activate(struct machine *m, struct span credential, struct span encrypted,
	uint8_t out[64], size_t *out_len);

#endif
