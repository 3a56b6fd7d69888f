/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESAPI without a TCTI loader: who opens a context must bring its own TCTI. Esys_Initialize with a
 * NULL TCTI fails instead of trying devices and sockets by itself.
 */
#include <stddef.h>
#include "tss2_tctildr.h"

TSS2_RC Tss2_TctiLdr_Initialize(const char *conf, TSS2_TCTI_CONTEXT **tcti)
{
	(void)conf;
	(void)tcti;
	return TSS2_TCTI_RC_NOT_SUPPORTED;
}

/* Never reached with a context: none was ever made here. */
void Tss2_TctiLdr_Finalize(TSS2_TCTI_CONTEXT **tcti)
{
	if (tcti)
		*tcti = NULL;
}
