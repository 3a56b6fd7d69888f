/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a set of a policy demands of a TDX quote.
 *
 * Every member is given or waived by its name, but for four that have a value when nothing is said:
 * RTMR3 unextended, no service TD, SEPT_VE_DISABLE set, and an UpToDate platform. A member that is
 * neither makes the whole expectation incomplete, and an incomplete one is matched by no quote:
 * zeroed memory lets nobody in.
 */
#ifndef TOOLS_EVIDENCE_TDX_EXPECTED_H
#define TOOLS_EVIDENCE_TDX_EXPECTED_H

#include "tools/evidence/tdx/report.h"
#include "tools/lib/failure.h"

#define TDX_LIST_MAX 64u /* values of one member */

/* In the order in which they are judged. */
enum tdx_member {
	TDX_TCB,	   /* "tcb": statuses besides UpToDate, with their advisories */
	TDX_MRSIGNERSEAM,  /* "mrsignerseam": zeros are Intel's */
	TDX_MRSEAM,	   /* "mrseam" */
	TDX_TD_ATTRIBUTES, /* "td_attributes": mask and value */
	TDX_SEPT_VE,	   /* "sept_ve_disable": no value, can be waived */
	TDX_XFAM,	   /* "xfam": mask and value */
	TDX_MRSERVICETD,   /* "mrservicetd": zeros when nothing is said */
	TDX_MRCONFIGID,	   /* "mrconfigid" */
	TDX_MROWNER,	   /* "mrowner" */
	TDX_MROWNERCONFIG, /* "mrownerconfig" */
	TDX_MRTD,	   /* "mrtd" */
	TDX_RTMR0,	   /* "rtmr0" */
	TDX_RTMR1,	   /* "rtmr1" */
	TDX_RTMR2,	   /* "rtmr2" */
	TDX_RTMR3,	   /* "rtmr3": zeros when nothing is said, the seal */
	TDX_MEMBERS
};
#define TDX_MEMBER_BIT(m) (1u << (m))
/* Those that have a value when nothing is said. */
#define TDX_DEFAULTED                                                                              \
	(TDX_MEMBER_BIT(TDX_TCB) | TDX_MEMBER_BIT(TDX_SEPT_VE) | TDX_MEMBER_BIT(TDX_MRSERVICETD) | \
		TDX_MEMBER_BIT(TDX_RTMR3))
/* Those that no policy can leave out: what the TD is made of, and how current its platform is. */
#define TDX_NEVER_WAIVED (TDX_MEMBER_BIT(TDX_MRTD) | TDX_MEMBER_BIT(TDX_TCB))

/* The member's name in a policy. */
const char *tdx_member_name(enum tdx_member m);

/* The bits of mask are those of value. */
struct tdx_bits {
	uint64_t mask, value;
};

struct tdx_digests {
	uint8_t list[TDX_LIST_MAX][TDX_DIGEST_LEN]; /* any of them */
	size_t count;
};

struct tdx_expected {
	uint32_t given, waived; /* TDX_MEMBER_BIT(); no member is in both */
	/* Bit enum tdx_status: taken when every advisory of the platform is in that status's list;
	 * UpToDate always is. */
	uint32_t statuses;
	struct tdx_advisories advisories[TDX_STATUSES];
	struct tdx_bits td_attributes, xfam;
	/* By member; those of other members stay empty. */
	struct tdx_digests values[TDX_MEMBERS];
};

/* Whether a member's value is a list of digests (MRTD, RTMRs and their like). */
bool tdx_member_is_digest(enum tdx_member m);

/* Every member is given, waived or has a value of its own. A failure names the first that is not.
 */
struct failure tdx_expected_complete(const struct tdx_expected *e) MUST_CHECK;

/* Whether RTMR3 is demanded unextended: then a running root's quote is told from PID 1's. */
bool tdx_expected_sealed(const struct tdx_expected *e);

#endif
