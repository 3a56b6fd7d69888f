/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages tpm and seal: the TPM for the boot, over its device. */
#include <stdlib.h>
#include <tss2/tss2_tcti_device.h>
#include <unistd.h>

#include "early/boot.h"
#include "early/console.h"
#include "early/contract/errors.h"
#include "early/tpm/tpm_frame.h"
#include "early/tpm/tpm_private.h"

/* The kernel's resource manager first: it flushes what a crash leaves behind. */
static const char *const devices[] = {"/dev/tpmrm0", "/dev/tpm0"};

static TSS2_TCTI_CONTEXT *device_tcti;
static struct tpm_frame frame_check;

static struct status open_device(const char *path)
{
	size_t size = 0;
	TSS2_RC rc = Tss2_Tcti_Device_Init(NULL, &size, path);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_failure(E_TPM_TCTI_SIZE, rc);
	device_tcti = calloc(1, size);
	if (!device_tcti)
		return fail(E_TPM_MEMORY);
	rc = Tss2_Tcti_Device_Init(device_tcti, &size, path);
	if (rc != TSS2_RC_SUCCESS) {
		free(device_tcti);
		device_tcti = NULL;
		return tpm_failure(E_TPM_TCTI, rc);
	}
	return OK;
}

static void close_device(void)
{
	Tss2_Tcti_Finalize((TSS2_TCTI_CONTEXT *)&frame_check);
	free(device_tcti);
	device_tcti = NULL;
}

/*
 * A response that broke off ESAPI's call has a code of its own, which says more. It ends the boot
 * also where its command was one that may fail: of such a TPM nothing is taken.
 */
static struct status explain(struct status s)
{
	return failed(frame_check.refused) ? frame_check.refused : s;
}

static struct status open_path(const char *path, struct tpm **out)
{
	struct status s;

	TRY(open_device(path));
	s = explain(tpm_open(tpm_frame_wrap(&frame_check, device_tcti), out));
	if (!failed(s))
		return OK;
	tpm_close(*out);
	*out = NULL;
	close_device();
	return s;
}

/*
 * Without a TPM, or with one that fails, the processor's own reports may do: whether they do is
 * for the service to say, which sees that there is no quote.
 */
struct status stage_tpm(struct boot *b)
{
	const char *path = NULL;
	struct status s;

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]) && !path; i++)
		path = access(devices[i], F_OK) == 0 ? devices[i] : NULL;
	s = path ? open_path(path, &b->tpm) : fail(E_TPM_NONE);
	if (!failed(s) || !b->tee)
		return s;
	console_say("without a TPM: E%u %s%s", s.code, error_text(s.code), console_detail_note());
	return OK;
}

/* From here on no quote can pass for one of the join; the root file system finds a free TPM. */
struct status stage_cap(struct boot *b)
{
	if (!b->tpm)
		return OK;
	TRY(explain(tpm_cap(b->tpm)));
	tpm_close(b->tpm);
	b->tpm = NULL;
	close_device();
	return OK;
}
