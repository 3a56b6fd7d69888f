/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a peer sends to the service's TLS, from its first byte on (tls_server_fuzz.h). */
#include <stdint.h>
#include <stdlib.h>

#include "tests/fuzz/tls_server_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_server_result result = fuzz_server_run(data, size);

	/* Nobody else's client gets through, and no changed byte does. */
	if (result.received && !result.was_ready)
		abort();
	if (size && data[0] % 4 == 0 && result.was_ready)
		abort();
	return 0;
}
