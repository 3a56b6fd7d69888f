/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node does otherwise than PROTOCOL.md wants. Every member but `chain` is a uint32_t, so
 * that a case names one and its value; plan_init() makes a plan with which the node is granted its
 * disk. A member whose name begins with `flip_` turns over a bit of what it names.
 */
#ifndef TESTS_INTEROP_INDEPENDENT_PLAN_H
#define TESTS_INTEROP_INDEPENDENT_PLAN_H

#include "tests/interop/independent/link.h"
#include "tests/interop/independent/machine.h"

enum log_form {
	LOG_NONE,
	LOG_GOOD,
	LOG_TWO_BANKS,	   /* SHA-1 digests beside those of the bank */
	LOG_OTHER_BANK,	   /* SHA-1 digests alone */
	LOG_WRONG_DIGEST,  /* a PCR comes out otherwise than quoted */
	LOG_LEFT_OVER,	   /* 7 bytes behind the last event */
	LOG_FILLED,	   /* 8 zero bytes behind it */
	LOG_PCR_24,	   /* an event of a PCR that there is not */
	LOG_TWICE,	   /* one algorithm twice in an event */
	LOG_LONG_DIGEST,   /* SHA-256 said to have 33 bytes */
	LOG_LOCALITY_LATE, /* StartupLocality behind PCR 0's first event */
	LOG_LOCALITY_3,	   /* StartupLocality before it, with 3 */
	LOG_CUT,	   /* the last byte missing */
};

struct plan {
	struct link_how how;
	/* The frame and EVIDENCE (3, 4). */
	uint32_t frame_type, frame_version, frame_more, frame_less, frame_long, behind;
	uint32_t purpose, wants, count, more;
	uint32_t item_type, no_item;
	uint32_t order; /* types of the items as digits, 0x12: 1 and 2; `count` 0 says one less */
	/* Claims. */
	uint32_t version_len, version_byte, no_disk, contents, kem_form, flip_kem, claims_more;
	uint32_t no_ak, no_ek, long_ak, long_ek, long_claims;
	/* Keys: copied from the machine by plan_init(). */
	struct area ak, ek;
	/* The quote (6.2). */
	uint32_t magic, attest_type, signer_len, flip_extra, extra_len, safe, selections, bank,
		second_bank, select_len, mask_add, mask_drop, flip_digest, digest_len, attest_more;
	uint32_t quote_values; /* the bank whose PCR values are quoted and sent */
	uint32_t scheme, scheme_hash, flip_signature, signature_more, no_r, long_s, zeros_in_front;
	uint32_t flip_values, values_more, values_less, no_attest, long_attest;
	uint32_t log, log_bytes, certificates, empty_certificate, item_more;
	const struct buf *chain; /* certificates as EVIDENCE has them, behind those of zeros */
	uint32_t chain_count;
	/* rd (section 6). */
	uint32_t role, rd_purpose, swap_spki, swap_nonces, flip_binder, flip_nonce_v, flip_nonce_a,
		flip_claims, flip_spki_self, flip_spki_peer, flip_label;
	/* PROOF and COMMIT. */
	uint32_t flip_secret, secret_len, proof_type, proof_more;
	uint32_t commit_action, commit_add, commit_no_mac, commit_type, commit_more;
};

void plan_init(struct plan *p, const struct machine *m);

#endif
