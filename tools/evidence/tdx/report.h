/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a TD once its quote is found genuine: the TD report's fields as the TDX module
 * wrote them, the platform that certified them, and how current both are. It borrows nothing.
 */
#ifndef TOOLS_EVIDENCE_TDX_REPORT_H
#define TOOLS_EVIDENCE_TDX_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TDX_REPORT_DATA_LEN 64u
#define TDX_DIGEST_LEN	    48u /* SHA-384: MRTD, RTMRs and their like */
#define TDX_RTMRS	    4u
#define TDX_SVNS	    16u
#define TDX_PPID_LEN	    16u
#define TDX_FMSPC_LEN	    6u
#define TDX_ADVISORY_MAX    24u	 /* characters of an advisory's id, with the NUL */
#define TDX_ADVISORIES_MAX  128u /* in one list */

/* Bits of TDATTRIBUTES (Intel TDX module specification, "ATTRIBUTES"). */
#define TDX_DEBUG	    (1ull << 0)
#define TDX_SEPT_VE_DISABLE (1ull << 28)
#define TDX_MIGRATABLE	    (1ull << 29)
/* LASS, SEPT_VE_DISABLE, MIGRATABLE, PKS, KL and PERFMON: what else has a meaning. */
#define TDX_ATTRIBUTES_KNOWN \
	(1ull << 27 | TDX_SEPT_VE_DISABLE | TDX_MIGRATABLE | 1ull << 30 | 1ull << 31 | 1ull << 63)
/* Those of which any one makes a TD untrusted: DEBUG, and its reserved neighbours. */
#define TDX_ATTRIBUTES_UNTRUSTED 0xffull
/* Bits of XFAM that are always set, and those that may be. */
#define TDX_XFAM_FIXED 0x3ull
#define TDX_XFAM_KNOWN 0x6dbe7ull

/* TD report body 1.0 or 1.5. A register's value lies as the module has it. */
struct tdx_body {
	bool is_15;			/* it has the last two fields */
	uint8_t tee_tcb_svn[TDX_SVNS];	/* of the module that started the TD */
	uint8_t mrseam[TDX_DIGEST_LEN]; /* the module's measurement */
	uint8_t mrsignerseam[TDX_DIGEST_LEN];
	uint8_t seam_attributes[8];
	uint64_t td_attributes, xfam;
	uint8_t mrtd[TDX_DIGEST_LEN];
	uint8_t mrconfigid[TDX_DIGEST_LEN], mrowner[TDX_DIGEST_LEN];
	uint8_t mrownerconfig[TDX_DIGEST_LEN];
	uint8_t rtmr[TDX_RTMRS][TDX_DIGEST_LEN];
	uint8_t report_data[TDX_REPORT_DATA_LEN];
	uint8_t tee_tcb_svn_2[TDX_SVNS]; /* 1.5: of the module that runs now */
	uint8_t mrservicetd[TDX_DIGEST_LEN];
};

/* From the best to the worst; zeroed memory is none of them. */
enum tdx_status {
	TDX_NO_STATUS,
	TDX_UP_TO_DATE,
	TDX_SW_HARDENING,
	TDX_CONFIGURATION,
	TDX_CONFIGURATION_SW_HARDENING,
	TDX_RELAUNCH, /* the platform is current, the TD was started before it was */
	TDX_RELAUNCH_CONFIGURATION,
	TDX_OUT_OF_DATE,
	TDX_OUT_OF_DATE_CONFIGURATION,
	TDX_REVOKED,
	TDX_NOT_SUPPORTED, /* Intel's collateral has no level as low as this */
	TDX_STATUSES
};

struct tdx_advisories {
	char ids[TDX_ADVISORIES_MAX][TDX_ADVISORY_MAX]; /* "INTEL-SA-00837" */
	size_t count;
};

/* How current a platform is, by Intel's collateral. */
struct tdx_tcb {
	/* At launch; module: TDX_NO_STATUS for modules of version 0, which have no levels. */
	enum tdx_status platform, module, qe;
	enum tdx_status launch;	 /* the three merged */
	enum tdx_status current; /* the same with the module that runs now; 1.0: as launch */
	enum tdx_status status;	 /* what policies allow */
	struct tdx_advisories advisories; /* of every level that counted */
};

struct tdx_report {
	uint16_t quote_version; /* 4, 5 */
	struct tdx_body body;
	uint8_t ppid[TDX_PPID_LEN]; /* of the platform, out of its PCK certificate */
	uint8_t fmspc[TDX_FMSPC_LEN];
	struct tdx_tcb tcb;
};

/* Intel's name of a status: "SWHardeningNeeded". */
const char *tdx_status_name(enum tdx_status s);
/* The status with this name; TDX_NO_STATUS when there is none. */
enum tdx_status tdx_status_from_name(const char *name);

#endif
