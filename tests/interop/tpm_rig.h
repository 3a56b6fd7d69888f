/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to a running swtpm: ESAPI with our crypto callbacks, and any command. Functions
 * return the TPM's or ESAPI's code, 0 for success.
 */
#ifndef TESTS_INTEROP_TPM_RIG_H
#define TESTS_INTEROP_TPM_RIG_H

#include <stdbool.h>
#include <tss2/tss2_esys.h>

struct rig {
	ESYS_CONTEXT *esys;
	TSS2_TCTI_CONTEXT *tcti;
};

/*
 * Connects to the swtpm whose data socket is at path, once that listens. False, with a message,
 * when it cannot.
 */
bool rig_open(struct rig *r, const char *path);
void rig_close(struct rig *r);

extern const TPM2B_PUBLIC template_ecc_storage, template_ak, template_ek;

/* A primary key of a template in a hierarchy; *out_public may be NULL, else Esys_Free it. */
TSS2_RC rig_primary(struct rig *r, ESYS_TR hierarchy, const TPM2B_PUBLIC *template, ESYS_TR *out,
	TPM2B_PUBLIC **out_public);
/* A salted HMAC session that encrypts the first parameter of responses with AES-128-CFB. */
TSS2_RC rig_session(struct rig *r, ESYS_TR salt_key, ESYS_TR *out);
/* A policy session that satisfies the EK template's policy. */
TSS2_RC rig_ek_policy(struct rig *r, ESYS_TR *out);

#endif
