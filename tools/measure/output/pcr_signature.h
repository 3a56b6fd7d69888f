/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signed PCR policies as systemd takes them from a UKI's section .pcrsig or from
 * /run/systemd/tpm2-pcr-signature.json: for each bank and each path of boot phases the policy that
 * PCR 11 has its predicted value, signed. Who binds a secret to the key (TPM2_PolicyAuthorize) can
 * open it on any boot that such a signature was made for.
 */
#ifndef TOOLS_MEASURE_OUTPUT_PCR_SIGNATURE_H
#define TOOLS_MEASURE_OUTPUT_PCR_SIGNATURE_H

#include "tools/lib/signing_key.h"
#include "tools/measure/model/boot.h"

#define PCR_SIGNATURE_PATHS_MAX 32u

/* The paths of systemd's default: in the initrd, and at each later phase of the boot. */
extern const char *const pcr_signature_paths[];
extern const size_t pcr_signature_path_count;

/* Whether this is words of letters, digits and "-" with colons between; "" is the time before any.
 */
bool pcr_signature_path_is(const char *path);

/*
 * The digest of a policy of one TPM2_PolicyPCR, in a session of SHA-256, for the value of one PCR
 * in one bank (TPM 2.0 Part 3, 23.7).
 */
void pcr_policy_digest(enum bank bank, unsigned pcr, const uint8_t *value, uint8_t out[32]);

/*
 * Signatures are RSASSA with SHA-256 whatever the bank: that is what systemd verifies with
 * (systemd-measure up to 259 signs with the bank's algorithm, so that only its sha256 entries
 * work: systemd issue 40245).
 *
 * Appends {"sha256":[{"pcrs":[11],"pkfp":"hex","pol":"hex","sig":"base64"},...],...}: each bank of
 * the boot, each of the paths in alphabetical order, once. The boot ends as the initrd begins.
 * Complains and returns false when PCR 11 is not known, or signing fails.
 */
bool pcr_signature(const struct boot *boot, const char *const *paths, size_t count,
	struct signing_key *key, struct bytes *out);

#endif
