/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processor says of this machine: SEV-SNP reports and TDX quotes, by the kernel's
 * interface for them (configfs-tsm, Linux 6.7), and the register of TDX that takes the place of
 * PCR 15 (tsm-mr, Linux 6.16).
 *
 * The bytes of a report are passed on as they are: the service judges them. Here only their lengths
 * are bounded, and who made them is checked: the kernel's driver of the kind that was asked for,
 * over the bytes that were given, with no other writer in between.
 */
#ifndef EARLY_TEE_TEE_H
#define EARLY_TEE_TEE_H

#include "early/contract/messages.h"

#define PROVIDER_SNP "sev_guest"
#define PROVIDER_TDX "tdx_guest"
#define PROVIDER_MAX 32u /* bytes, with NUL */

/* The name of the kernel's driver that makes reports. False: none, or no such interface. */
bool tee_provider(char out[PROVIDER_MAX]);

struct tee_request {
	const char *provider; /* whose report is wanted */
	bool svsm_vtpm;	      /* of an SVSM, about its TPM: with a manifest */
	unsigned privlevel;   /* VMPL to ask for; the kernel's lowest when that is higher */
	size_t report_len;    /* bytes that the report has; 0: any number */
};

/* One byte more than is taken, so that more is seen. */
struct tee_report {
	uint8_t report[TDX_QUOTE_MAX + 1], table[SNP_TABLE_MAX + 1],
		manifest[SVSM_MANIFEST_MAX + 1];
	size_t report_len, table_len, manifest_len; /* table and manifest may be empty */
};

/*
 * A report about rd, whose report data is rd and zeros. *out stays valid until the next call.
 * E_TEE_NONE without the kernel's interface, E_TEE_NO_DRIVER when no driver stands behind it,
 * E_TEE_PROVIDER when it is another; E_TEE_BUSY, which time may heal; E_TEE_READ with the kernel's
 * reason, E_TEE_SIZE; E_TEE_GENERATION when somebody else kept writing to its entries.
 */
struct status tee_report(const struct tee_request *request, const uint8_t rd[RD_LEN],
	const struct tee_report **out) MUST_CHECK;

/* Whether RTMR 3 is there and takes extensions. */
bool rtmr_present(void);
/*
 * Extends RTMR 3 with the SHA-384 of text (contract/pcr15.h), and sees that it was: E_RTMR_READ,
 * E_RTMR_WRITE, E_RTMR_VALUE.
 */
struct status rtmr_seal(const char *text) MUST_CHECK;
/* The same on the way down: nothing can be done when it fails. */
void rtmr_poison(const char *text);

#endif
