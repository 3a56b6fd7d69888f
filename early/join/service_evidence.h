/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service's own evidence, where the measured command line asks for it: a quote of the TPM
 * that the service runs on (early/contract/PROTOCOL.md, section 6.6).
 */
#ifndef EARLY_JOIN_SERVICE_EVIDENCE_H
#define EARLY_JOIN_SERVICE_EVIDENCE_H

#include "early/contract/config.h"
#include "early/contract/messages.h"

/*
 * Whether the field of a GRANT is a quote about rd, by the key and over the PCRs of `wanted`:
 * E_SERVICE_FORM, E_SERVICE_AK, E_SERVICE_SIGNATURE, E_SERVICE_QUOTE, E_SERVICE_CONNECTION when it
 * was made for another connection or by a node, E_SERVICE_SELECTION, E_SERVICE_PCRS.
 */
struct status service_evidence_check(const struct service_wanted *wanted, struct span evidence,
	const uint8_t rd[RD_LEN]) MUST_CHECK;

#endif
