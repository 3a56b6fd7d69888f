/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/tpm_fault.h"

#include <stdlib.h>
#include <string.h>

static struct fault {
	TSS2_TCTI_CONTEXT_COMMON_V2 tcti; /* must be first */
	TSS2_TCTI_CONTEXT *inner;
	unsigned responses;
	unsigned at;
	size_t bit;
} fault;

static TSS2_RC pass_transmit(TSS2_TCTI_CONTEXT *t, size_t len, const uint8_t *command)
{
	(void)t;
	return Tss2_Tcti_Transmit(fault.inner, len, command);
}

static TSS2_RC pass_receive(TSS2_TCTI_CONTEXT *t, size_t *len, uint8_t *response, int32_t timeout)
{
	TSS2_RC rc = Tss2_Tcti_Receive(fault.inner, len, response, timeout);

	(void)t;
	if (rc || !response)
		return rc;
	fault.responses++;
	if (fault.responses == fault.at)
		response[fault.bit / 8 % *len] ^= (uint8_t)(1u << fault.bit % 8);
	return rc;
}

TSS2_TCTI_CONTEXT *tpm_fault_wrap(TSS2_TCTI_CONTEXT *inner, unsigned at, size_t bit)
{
	fault = (struct fault){
		.tcti.v1 = {.version = 2, .transmit = pass_transmit, .receive = pass_receive},
		.inner = inner,
		.at = at,
		.bit = bit,
	};
	return (TSS2_TCTI_CONTEXT *)(void *)&fault;
}

unsigned tpm_fault_responses(void)
{
	return fault.responses;
}

TPML_HANDLE tpm_handles(TSS2_TCTI_CONTEXT *inner, UINT32 first)
{
	ESYS_CONTEXT *esys;
	TPMS_CAPABILITY_DATA *data;
	TPML_HANDLE found;

	if (Esys_Initialize(&esys, inner, NULL) ||
		Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
			first, 16, NULL, &data))
		abort();
	found = data->data.handles;
	Esys_Free(data);
	Esys_Finalize(&esys);
	return found;
}

void tpm_tell(TSS2_TCTI_CONTEXT *inner, const uint8_t *command, size_t len)
{
	uint8_t response[64];
	size_t got = sizeof(response);

	if (Tss2_Tcti_Transmit(inner, len, command) ||
		Tss2_Tcti_Receive(inner, &got, response, TSS2_TCTI_TIMEOUT_BLOCK) || got < 10 ||
		memcmp(response + 6, "\0\0\0\0", 4) != 0)
		abort();
}

static void flush(TSS2_TCTI_CONTEXT *inner, UINT32 first)
{
	TPML_HANDLE left = tpm_handles(inner, first);

	for (UINT32 i = 0; i < left.count; i++) {
		TPM2_HANDLE h = left.handle[i];
		const uint8_t command[] = {0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65,
			(uint8_t)(h >> 24), (uint8_t)(h >> 16), (uint8_t)(h >> 8), (uint8_t)h};

		tpm_tell(inner, command, sizeof(command));
	}
}

void tpm_flush_all(TSS2_TCTI_CONTEXT *inner)
{
	flush(inner, TPM2_TRANSIENT_FIRST);
	flush(inner, TPM2_LOADED_SESSION_FIRST);
}
