/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A certificate as makers leave it in a TPM's NV memory; private to this room. */
#ifndef TOOLS_EVIDENCE_TPM_STORED_H
#define TOOLS_EVIDENCE_TPM_STORED_H

#include "early/contract/wire.h"

/*
 * The DER within: without the TCG's header of seven bytes in front (PC Client Specific
 * Implementation Specification 1.21, 7.3.2) and without padding behind it, which is one of FF, 00
 * and 11 repeated to the end. False when anything else is in the way; *der borrows.
 */
bool tpm_stored_certificate(struct span stored, struct span *der);

#endif
