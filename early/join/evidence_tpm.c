/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence type 1: what the TPM quotes, and the firmware's event log beside it. */
#include "early/join/evidence.h"

#include "early/contract/errors.h"
#include "early/tpm/tpm.h"

static struct span as_span(const uint8_t *data, size_t len)
{
	return (struct span){data, len};
}

struct quote_job {
	struct tpm *tpm;
	const struct msg_hello *hello;
	const uint8_t *rd;
	struct tpm_evidence *out;
};

static struct status quote_again(void *context)
{
	const struct quote_job *j = context;

	return tpm_quote(j->tpm, j->hello->bank, j->hello->pcr_mask, j->rd, j->out);
}

struct status evidence_tpm_make(const struct boot *b, const struct msg_hello *hello,
	const uint8_t rd[RD_LEN], struct span *out)
{
	static uint8_t event_log[EVENT_LOG_MAX], item[EVIDENCE_ITEM_MAX];
	static struct tpm_evidence quote;
	struct evidence_tpm2 e = {.event_log.data = event_log};
	struct quote_job job = {b->tpm, hello, rd, &quote};
	struct wire_writer w;

	TRY(event_log_around(
		EVENT_LOG_PATH, quote_again, &job, event_log, sizeof(event_log), &e.event_log.len));
	e.attest = as_span(quote.attest, quote.attest_len);
	e.signature = as_span(quote.signature, quote.signature_len);
	e.pcr_values = as_span(quote.pcr_values, quote.pcr_values_len);
	while (e.certificate_count < CERTIFICATES_MAX &&
		tpm_certificate(b->tpm, (unsigned)e.certificate_count).len) {
		e.certificates[e.certificate_count] = tpm_certificate(
			b->tpm, (unsigned)e.certificate_count);
		e.certificate_count++;
	}
	wire_write_start(&w, item, sizeof(item));
	evidence_tpm2_put(&w, &e);
	if (w.failed)
		return fail(E_EVIDENCE_ITEM);
	*out = as_span(item, w.len);
	return OK;
}
