/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/join/pcr_list.h"

#include <stdio.h>

void pcr_list(uint32_t mask, char out[PCR_LIST_SIZE])
{
	size_t len = 0;

	out[0] = 0;
	for (unsigned pcr = 0; pcr < POLICY_PCRS; pcr++)
		if (mask >> pcr & 1u)
			len += (size_t)snprintf(
				out + len, PCR_LIST_SIZE - len, len ? ",%u" : "%u", pcr);
}
