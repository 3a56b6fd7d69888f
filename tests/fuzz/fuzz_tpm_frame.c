/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TPM's response to one of PID 1's commands. Input: a u8 length of the command, the command, the
 * response. Whatever passes the check must keep the promises of tpm_frame.h.
 */
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include "early/tpm/tpm_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The promises of tpm_frame.h, walked independently. */
static void walk(const struct tpm_command *c, const uint8_t *response, size_t len)
{
	size_t at = 10 + 4u * c->response_handles, parameters;

	if (len < 10 || len > TPM_FRAME_MAX)
		abort();
	if (response[6] | response[7] | response[8] | response[9]) {
		if (len != 10)
			abort();
		return;
	}
	if (at > len)
		abort();
	if (c->tag != TPM2_ST_SESSIONS)
		return;
	if (at + 4 > len)
		abort();
	parameters = (size_t)response[at] << 24 | (size_t)response[at + 1] << 16 |
		     (size_t)response[at + 2] << 8 | response[at + 3];
	at += 4;
	if (parameters > len - at)
		abort();
	if (c->encrypted_response &&
		(parameters < 2 || ((size_t)response[at] << 8 | response[at + 1]) > parameters - 2))
		abort();
	at += parameters;
	for (unsigned i = 0; i < c->sessions; i++) {
		for (unsigned field = 0; field < 2; field++) {
			if (at + 2 > len)
				abort();
			at += 2 + ((size_t)response[at] << 8 | response[at + 1]);
			at += field == 0;
		}
	}
	if (at != len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tpm_command c;
	size_t command_len;

	if (!size || size - 1 < data[0])
		return 0;
	command_len = data[0];
	if (failed(tpm_frame_command(data + 1, command_len, &c)))
		return 0;
	data += 1 + command_len;
	size -= 1 + command_len;
	if (!failed(tpm_frame_check(&c, data, size)))
		walk(&c, data, size);
	return 0;
}
