/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel's collateral (Provisioning Certification Service, version 4): which security versions of a
 * platform are current. Signed JSON, bounded and parsed strictly; members that this reader does
 * not know are passed over, those that it needs must be there.
 *
 * A signature is over the exact bytes of an inner object. They are cut out of the text that was
 * received; nothing is written anew before it is checked, and values are read from those bytes
 * alone.
 */
#ifndef TOOLS_EVIDENCE_TDX_COLLATERAL_H
#define TOOLS_EVIDENCE_TDX_COLLATERAL_H

#include "early/contract/wire.h"
#include "tools/evidence/tdx/report.h"
#include "tools/lib/failure.h"

#define TDX_COLLATERAL_MAX 65536u /* bytes of a text; the largest known has 6,406 */
#define TDX_LEVELS_MAX	   64u	  /* of one list */
#define TDX_MODULES_MAX	   32u
#define TDX_SIGNATURE_LEN  64u

/* A signed text: the bytes that were signed, borrowed, and r || s. */
struct tdx_document {
	struct span signed_part;
	uint8_t signature[TDX_SIGNATURE_LEN];
};

/*
 * A text whose only members are `member` ("tcbInfo", "enclaveIdentity"), an object, and
 * "signature", 128 hex digits.
 */
struct failure tdx_document_read(
	struct span text, const char *member, struct tdx_document *out) MUST_CHECK;
/* Whether the text is such a one, rather than the inner object alone. Says nothing else of it. */
bool tdx_document_is(struct span text, const char *member);
/* The first value of the text, an object, without what is around it; the whole text else. */
struct span tdx_document_object(struct span text);

/* When it was made, and until when it serves. */
struct tdx_issue {
	int64_t issued_s, next_s;
	uint32_t evaluation; /* tcbEvaluationDataNumber */
};

/* The security version of an enclave or of a TDX module from which a status holds. */
struct tdx_svn_level {
	uint32_t isvsvn;
	enum tdx_status status;
	struct tdx_advisories advisories;
};

/* Highest first. */
struct tdx_svn_levels {
	struct tdx_svn_level *list;
	size_t count;
};

struct tdx_module {
	uint8_t version; /* TEE_TCB_SVN[1]; 0 for `tdxModule`, which has no levels */
	uint8_t mrsigner[TDX_DIGEST_LEN];
	uint8_t attributes[8], mask[8];
	struct tdx_svn_levels levels;
};

struct tdx_tcb_level {
	uint16_t sgx[TDX_SVNS], tdx[TDX_SVNS], pcesvn;
	enum tdx_status status;
	struct tdx_advisories advisories;
};

struct tdx_tcb_info {
	struct tdx_issue issue;
	uint8_t fmspc[TDX_FMSPC_LEN], pceid[2];
	struct tdx_module module;   /* `tdxModule` */
	struct tdx_module *modules; /* `tdxModuleIdentities` */
	size_t module_count;
	struct tdx_tcb_level *levels; /* highest first, whatever the order in the text */
	size_t level_count;
};

struct tdx_qe_identity {
	struct tdx_issue issue;
	uint8_t miscselect[4], miscselect_mask[4]; /* as the enclave's report has them */
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	struct tdx_svn_levels levels;
};

/* The inner object of a TCB info: id TDX, version 3. The owner frees *out. */
struct failure tdx_tcb_info_parse(struct span text, struct tdx_tcb_info *out) MUST_CHECK;
void tdx_tcb_info_free(struct tdx_tcb_info *info);

/* The inner object of the identity of the TD quoting enclave: id TD_QE, version 2 or 3. */
struct failure tdx_qe_identity_parse(struct span text, struct tdx_qe_identity *out) MUST_CHECK;
void tdx_qe_identity_free(struct tdx_qe_identity *q);

/* now_s is within the dates, and the evaluation number is at least min; what: for a sentence. */
struct failure tdx_issue_check(
	const struct tdx_issue *i, int64_t now_s, uint32_t min, const char *what) MUST_CHECK;

#endif
