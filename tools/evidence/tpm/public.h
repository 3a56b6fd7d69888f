/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Public areas of attestation and endorsement keys (TPM 2.0 Library Specification, Part 2, 12.2.4).
 * Every input is hostile; the parser is bounded and strict: what is left over is refused, as is
 * every kind of key that is not named here.
 *
 * What of an area is proven differs. Activation proves an AK's whole area, by its Name. Of an EK,
 * and of an AK that its maker certified, only the key itself is proven: attributes and policy are
 * the sender's word, and he could word them in many ways. A node is therefore known by `node_id`,
 * which follows from the key alone.
 */
#ifndef TOOLS_EVIDENCE_TPM_PUBLIC_H
#define TOOLS_EVIDENCE_TPM_PUBLIC_H

#include <stddef.h>
#include <stdint.h>
#include "tools/evidence/tpm/fault.h"

#define TPM_NAME_LEN	34u  /* of an AK, and of a node id: u16 0x000B | SHA-256 */
#define TPM_EK_NAME_MAX 50u  /* of an EK: u16 name algorithm | SHA-384 */
#define TPM_KEY_MAX	512u /* bytes of an RSA-4096 modulus */

enum tpm_key_kind {
	TPM_KEY_P256 = 1,
	TPM_KEY_P384,
	TPM_KEY_RSA,
};

struct tpm_public {
	enum tpm_key_kind kind;
	uint8_t key[TPM_KEY_MAX];      /* 04 | x | y of a point; the modulus of an RSA key */
	size_t key_len;		       /* bytes; an RSA exponent is always 65537 */
	uint16_t name_hash;	       /* TPM_ALG_ID of the name algorithm */
	uint16_t symmetric_bits;       /* of an EK: AES-CFB with 128 or 256 bits */
	uint8_t name[TPM_EK_NAME_MAX]; /* Part 1, 16: by the key's own name algorithm */
	size_t name_len;
	/*
	 * 0x000B | SHA-256 of the area that TCG's template gives this key (L-1, L-2, H-3, H-6, H-7;
	 * of an AK: the guest's template), whatever the area that was sent. The id of an EK by L-1
	 * or L-2 is its Name.
	 */
	uint8_t node_id[TPM_NAME_LEN];
};

/*
 * An attestation key: restricted, sign, fixedTPM, fixedParent, sensitiveDataOrigin, not decrypt,
 * not x509sign; names by SHA-256. P-256 with ECDSA/SHA-256, or RSA of 2048, 3072 or 4096 bits with
 * RSASSA/SHA-256 (Azure, Google Cloud). Otherwise TPM_AK_...: FORM (not such a structure),
 * ATTRIBUTES or SCHEME.
 */
enum tpm_fault tpm_ak_parse(const uint8_t *area, size_t len, struct tpm_public *out) MUST_CHECK;
/*
 * An endorsement key: restricted, decrypt, not sign, fixedTPM, fixedParent, sensitiveDataOrigin, no
 * scheme. By name algorithm (TCG EK Credential Profile 2.5, B.3 and B.4): SHA-256 with AES-128-CFB
 * on RSA-2048 (L-1, H-1) or P-256 (L-2, H-2); SHA-384 with AES-256-CFB on P-384 (H-3), RSA-3072
 * (H-6) or RSA-4096 (H-7). Otherwise TPM_EK_...: FORM, ATTRIBUTES or SCHEME.
 */
enum tpm_fault tpm_ek_parse(const uint8_t *area, size_t len, struct tpm_public *out) MUST_CHECK;

#endif
