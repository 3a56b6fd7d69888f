/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processor says of the machine that this program runs on, by the kernel's interface for
 * that (configfs-tsm, Linux 6.7): reports of SEV-SNP, quotes of TDX. PID 1 has code of its own for
 * the same (early/tee/); this one is outside of the trusted base, as what it brings is signed.
 *
 * An entry is made for each report and removed again. Of what is read only lengths are bounded;
 * whoever verifies judges it.
 */
#ifndef TOOLS_ATTEST_TSM_H
#define TOOLS_ATTEST_TSM_H

#include "early/contract/messages.h"
#include "tools/lib/failure.h"

enum tsm_kind { TSM_NONE, TSM_SNP, TSM_TDX };

/* Of this machine. TSM_NONE: no interface, no driver behind it, or one of another kind. */
enum tsm_kind tsm_kind(void);

/* One byte more than is taken, so that more is seen. */
struct tsm_report {
	uint8_t report[TDX_QUOTE_MAX + 1]; /* or quote */
	uint8_t table[SNP_TABLE_MAX + 1];  /* of SEV-SNP: the host's certificates, may be empty */
	size_t report_len, table_len;
};

/*
 * A report of this kind whose report data are rd and zeros. privlevel: the VMPL to ask for; the
 * lowest that the kernel can have when that is higher. It fails when another driver answers, and
 * when somebody else keeps writing to its entries.
 */
struct failure tsm_report(enum tsm_kind kind, unsigned privlevel, const uint8_t rd[RD_LEN],
	struct tsm_report *out) MUST_CHECK;

#endif
