/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges a node's evidence, in the order of PROTOCOL.md section 6. Changes nothing: it reads policy
 * and store, and its caller grants, challenges or denies.
 *
 *   admission_check()    the evidence by itself: the same for every node that could send it
 *   activation           where that leaves open whose it is (`proven` is false)
 *   admission_settle()   who the node is, and which set serves it
 */
#ifndef TOOLS_SERVE_JOIN_ADMISSION_H
#define TOOLS_SERVE_JOIN_ADMISSION_H

#include "crypto/digest.h"
#include "tools/evidence/snp/report.h"
#include "tools/keys/seal.h"
#include "tools/serve/join/binding.h"
#include "tools/serve/join/service.h"

/* The connection as the evidence has to name it. */
struct channel {
	uint8_t binder[BINDER_LEN];
	uint8_t node_spki[P256_SPKI_LEN];
	uint8_t service_spki[P256_SPKI_LEN];
	uint8_t nonce_v[NONCE_LEN];
	/* What HELLO asked for. */
	uint16_t bank;
	uint32_t pcr_mask;
	uint64_t policy_serial;
};

/* What a node sent of each kind; a kind that it did not send is not filled in. */
struct evidence_items {
	struct evidence_tpm2 tpm;
	struct evidence_snp snp;
	struct evidence_tdx tdx;
	struct evidence_hcl hcl;
	struct evidence_svsm svsm;
};

/* A set that takes the node by its evidence alone, and what it would know the node by. */
struct admission_set {
	size_t index; /* in the policy that HELLO was made from */
	uint8_t node_id[TPM_NAME_LEN];
};

/* A processor that the node's evidence is of: SEV-SNP's CHIP_ID, or the PPID of TDX. */
struct admission_chip {
	uint8_t id[SNP_CHIP_ID_LEN];
	size_t len;
};

/* What is known of the node once its evidence was judged; parts not reached are zero. */
struct admission {
	struct tpm_public ek, ak; /* as far as has_ek and has_ak say */
	bool has_ek, has_ak;
	bool ak_certified; /* to the roots that policy names */
	uint64_t tpm_firmware;
	char subject[STORE_SUBJECT_MAX]; /* of the certificate of EK or AK; may be empty */
	bool proven;	/* the EK that it claims is its own, or no set asks for one */
	bool ek_proven; /* it is its own */
	struct admission_chip chips[EVIDENCE_TYPES]; /* of evidence that is genuine */
	size_t chip_count;
	uint8_t certificates[CERTIFICATES_MAX][SHA256_LEN]; /* that came, by their hashes */
	size_t certificate_count;
	struct admission_set sets[POLICY_SETS_MAX];
	size_t set_count;
	/* Of the set that serves the node, once it is known. */
	bool set_known;
	uint8_t node_id[TPM_NAME_LEN];
	bool uses_tpm, uses_ek; /* the set wants the TPM's evidence; its EK has to be proven */
	bool keys_change;	/* the node is known by something else than its TPM's keys */
	bool needs_ticket, listed_only;
	bool role_listed; /* the role is that of an enrolment */
	uint8_t disk_id[DISK_ID_LEN];
	uint8_t contents; /* enum disk_contents */
	uint8_t kem_pub[KEM_PUB_LEN];
	uint8_t mlkem_pub[MLKEM_PUB_LEN];
	size_t mlkem_len; /* bytes of mlkem_pub; 0: the node has no such key */
	uint8_t rd[RD_LEN];
	bool wants_service;
	uint8_t service_rd[RD_LEN]; /* what the service's own evidence is about */
	char version[VERSION_TEXT_MAX + 1];
	bool claims_known, quoted; /* up to where the fields here have been filled in */
	uint16_t bank;
	uint32_t pcr_mask;
	uint8_t pcr_values[POLICY_PCRS * POLICY_DIGEST_MAX];
	size_t digest_len;
	char set_name[POLICY_NAME_MAX + 1]; /* matched, or nearest when `differing` */
	char role[POLICY_NAME_MAX + 1];
	uint32_t epoch;
	uint32_t differing, warned;	/* PCRs */
	struct store_firmware firmware; /* as quoted */
	uint32_t firmware_decided;	/* PCRs of it that policy judges, or lets change */
};

/* Denies nothing when some set takes the node by its evidence. */
struct denial admission_check(const struct service *s, const struct channel *c,
	const struct msg_evidence *m, struct admission *a) MUST_CHECK;
/*
 * Which of these sets serves the node, as operators' words on it are. Only of a node that is
 * proven, with the policy that it was checked with, and in the caller's transaction.
 */
struct denial admission_settle(const struct service *s, struct admission *a) MUST_CHECK;
/*
 * E_DENY_REVOKED when policy or an operator revokes the node or what it came with. After
 * admission_settle(), in the caller's transaction: of the grant, and of the commit again.
 */
struct denial admission_check_revoked(
	const struct service *s, const struct admission *a) MUST_CHECK;
/* Whether policy or an operator revokes a set, by itself or by its epoch. */
struct denial admission_set_revoked(
	const struct service *s, const struct policy_set *set, bool *out_revoked) MUST_CHECK;

/* What the grant is sealed to; borrows from a, once the claims were read. */
struct kem_public admission_kem(const struct admission *a);

/* The request that binding.h judges; borrows from a and takes what policy says now. */
struct binding_request admission_request(const struct service *s, const struct admission *a);

#endif
