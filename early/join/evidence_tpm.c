/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence type 1: what the TPM quotes, and the firmware's event log beside it. */
#include "early/join/evidence.h"

#include <errno.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "early/files.h"
#include "early/tpm/tpm.h"

static struct span as_span(const uint8_t *data, size_t len)
{
	return (struct span){data, len};
}

struct status event_log_read(const char *path, uint8_t *buf, size_t cap, size_t *out_len)
{
	if (access(path, F_OK) && errno == ENOENT) {
		*out_len = 0;
		return OK;
	}
	return file_read(path, (char *)buf, cap, out_len, E_EVENT_LOG_READ, E_EVENT_LOG_LONG);
}

struct status evidence_tpm_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out)
{
	static uint8_t event_log[EVENT_LOG_MAX], item[EVIDENCE_ITEM_MAX];
	static struct tpm_evidence quote;
	struct evidence_tpm2 e = {.event_log.data = event_log};
	struct wire_writer w;

	TRY(tpm_quote(b->tpm, hello->bank, hello->pcr_mask, rd, &quote));
	e.attest = as_span(quote.attest, quote.attest_len);
	e.signature = as_span(quote.signature, quote.signature_len);
	e.pcr_values = as_span(quote.pcr_values, quote.pcr_values_len);
	TRY(event_log_read(EVENT_LOG_PATH, event_log, sizeof(event_log), &e.event_log.len));
	wire_write_start(&w, item, sizeof(item));
	evidence_tpm2_put(&w, &e);
	if (w.failed)
		return fail(E_EVIDENCE_ITEM);
	*out = as_span(item, w.len);
	return OK;
}
