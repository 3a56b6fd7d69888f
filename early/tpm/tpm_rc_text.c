/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/tpm/tpm_rc_text.h"

#include <stddef.h>
#include <tss2/tss2_tpm2_types.h>

/* The resource manager of the kernel, and that of user space. */
#define LAYER_KERNEL TSS2_RESMGR_RC_LAYER
#define LAYER_RESMGR TSS2_RESMGR_TPM_RC_LAYER

/* Beside the code itself a format-one answer says which handle, session or parameter it means. */
#define FORMAT_ONE_CODE (TPM2_RC_FMT1 | 0x3fu)

static const char hierarchy_off[] =
	"the TPM's endorsement hierarchy is disabled: enable it in the machine's firmware";
static const char full[] =
	"the TPM's memory is full of keys or sessions: power the machine off and on";
static const char busy[] = "the TPM is busy: start the machine again";
static const char lacks[] = "the TPM lacks P-256, SHA-256 or AES-128-CFB: give the machine another";
static const char storage[] = "the TPM cannot write its storage now: start the machine again later";
static const char device[] =
	"the TPM's driver failed: see the kernel's messages; does something else use the TPM?";

static const struct {
	uint32_t rc;
	const char *words;
} known[] = {
	{TPM2_RC_BAD_AUTH, "the TPM's endorsement hierarchy has a password: clear the TPM in its "
			   "firmware, or take the password away"},
	{TPM2_RC_AUTH_FAIL, "the TPM took a password or session for wrong: clear the TPM in its "
			    "firmware"},
	{TPM2_RC_HIERARCHY, hierarchy_off},
	{TPM2_RC_AUTH_UNAVAILABLE, hierarchy_off},
	{TPM2_RC_LOCKOUT, "the TPM is locked after wrong passwords: wait, or clear it in its "
			  "firmware"},
	{TPM2_RC_FAILURE, "the TPM is in failure mode: power the machine off and on; if it stays, "
			  "replace the TPM"},
	{TPM2_RC_INITIALIZE, "the machine's firmware has not started the TPM: enable it there"},
	{TPM2_RC_UPGRADE, "the TPM waits for the rest of a firmware update"},
	{TPM2_RC_REBOOT, "the TPM wants the machine powered off and on"},
	{TPM2_RC_BAD_TAG, "this is a TPM 1.2: give the machine a TPM 2.0"},
	{TPM2_RC_COMMAND_CODE, "the TPM lacks a command: give the machine a full TPM 2.0"},
	{TPM2_RC_DISABLED, "the TPM's firmware has disabled a command"},
	{TPM2_RC_CURVE, lacks},
	{TPM2_RC_ASYMMETRIC, lacks},
	{TPM2_RC_HASH, lacks},
	{TPM2_RC_SCHEME, lacks},
	{TPM2_RC_SYMMETRIC, lacks},
	{TPM2_RC_MODE, lacks},
	{TPM2_RC_KEY_SIZE, lacks},
	{TPM2_RC_OBJECT_MEMORY, full},
	{TPM2_RC_SESSION_MEMORY, full},
	{TPM2_RC_MEMORY, full},
	{TPM2_RC_SESSION_HANDLES, full},
	{TPM2_RC_OBJECT_HANDLES, full},
	{TPM2_RC_CONTEXT_GAP, full},
	{TPM2_RC_TOO_MANY_CONTEXTS, full},
	{TPM2_RC_RETRY, busy},
	{TPM2_RC_YIELDED, busy},
	{TPM2_RC_TESTING, busy},
	{TPM2_RC_CANCELED, busy},
	{TPM2_RC_NV_RATE, storage},
	{TPM2_RC_NV_UNAVAILABLE, storage},
	{TPM2_RC_NV_SPACE, "the TPM's storage is full: clear the TPM in its firmware"},
	{TSS2_TCTI_RC_IO_ERROR, device},
	{TSS2_TCTI_RC_NO_CONNECTION, device},
	{TSS2_TCTI_RC_GENERAL_FAILURE, device},
	{TSS2_TCTI_RC_TRY_AGAIN, busy},
};

uint32_t tpm_rc_plain(uint32_t rc)
{
	uint32_t layer = rc & TSS2_RC_LAYER_MASK;

	if (layer != TSS2_TPM_RC_LAYER && layer != LAYER_KERNEL && layer != LAYER_RESMGR)
		return rc;
	rc &= ~TSS2_RC_LAYER_MASK;
	return rc & TPM2_RC_FMT1 ? rc & FORMAT_ONE_CODE : rc;
}

const char *tpm_rc_text(uint32_t rc)
{
	uint32_t code = tpm_rc_plain(rc);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].rc == code)
			return known[i].words;
	return NULL;
}
