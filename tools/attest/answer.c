/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/attest/renewal.h"
#include "tools/attest/tsm.h"
#include "tools/lib/report.h"

/* A whole file of at most cap bytes; none is an empty one. The kernel's files do not tell a size.
 */
static struct failure read_file(const char *path, uint8_t *buf, size_t cap, size_t *out_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	*out_len = 0;
	if (fd < 0)
		return errno == ENOENT ? failure_none() : refuse("%s: %s", path, strerror(errno));
	while (n > 0 && len <= cap) {
		uint8_t over;

		n = len < cap ? read(fd, buf + len, cap - len) : read(fd, &over, 1);
		if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	if (n < 0)
		return refuse("%s: %s", path, strerror(errno));
	if (len > cap)
		return refuse("%s has more than %zu bytes", path, cap);
	*out_len = len;
	return failure_none();
}

/* The log is read on both sides of the quote: one that changed meanwhile is of no use with it. */
static struct failure quote_item(const struct answerer *a, const struct attest_request *request,
	const uint8_t rd[RD_LEN], struct wire_writer *item)
{
	static uint8_t log[EVENT_LOG_MAX], again[EVENT_LOG_MAX];
	static struct machine_quote quote;
	struct evidence_tpm2 e = {.event_log.data = log};
	size_t again_len = 0;

	for (int tries = 0; tries < 5; tries++) {
		TRY_FAILURE(read_file(a->event_log, log, sizeof(log), &e.event_log.len));
		TRY_FAILURE(
			machine_tpm_quote(a->tpm, request->bank, request->pcr_mask, rd, &quote));
		TRY_FAILURE(read_file(a->event_log, again, sizeof(again), &again_len));
		if (again_len == e.event_log.len && memcmp(log, again, again_len) == 0)
			break;
		again_len = SIZE_MAX;
	}
	if (again_len == SIZE_MAX)
		return refuse("%s changes faster than it can be quoted: try again", a->event_log);
	e.attest = (struct span){quote.attest, quote.attest_len};
	e.signature = (struct span){quote.signature, quote.signature_len};
	e.pcr_values = (struct span){quote.pcr_values, quote.pcr_values_len};
	evidence_tpm2_put(item, &e);
	return item->failed ? refuse("the quote does not fit its field") : failure_none();
}

static struct failure snp_item(const struct tsm_report *r, struct wire_writer *item)
{
	const struct evidence_snp e = {
		.report = {r->report, r->report_len}, .table = {r->table, r->table_len}};

	evidence_snp_put(item, &e);
	return item->failed ? refuse("the report does not fit its field") : failure_none();
}

static struct failure tdx_item(const struct tsm_report *r, struct wire_writer *item)
{
	const struct evidence_tdx e = {.quote = {r->report, r->report_len}};

	evidence_tdx_put(item, &e);
	return item->failed ? refuse("the quote does not fit its field") : failure_none();
}

/* Of the processor's kind, where it has one. */
static struct failure report_item(
	const struct answerer *a, const uint8_t rd[RD_LEN], struct statement *m)
{
	static uint8_t item[SNP_REPORT_LEN + 4 + SNP_TABLE_MAX];
	static struct tsm_report report;
	enum tsm_kind kind = tsm_kind();
	enum evidence_type type = kind == TSM_SNP ? EVIDENCE_SNP : EVIDENCE_TDX;
	struct wire_writer w;

	if (kind == TSM_NONE)
		return failure_none();
	TRY_FAILURE(tsm_report(kind, a->privlevel, rd, &report));
	wire_write_start(&w, item, sizeof(item));
	TRY_FAILURE((kind == TSM_SNP ? snp_item : tdx_item)(&report, &w));
	m->items[type - 1] = (struct span){item, w.len};
	return failure_none();
}

/* What the TPM adds: its key, its quote, and who certified the key. */
static struct failure add_tpm(const struct answerer *a, const struct attest_request *request,
	const uint8_t rd[RD_LEN], struct statement *m)
{
	static uint8_t item[EVIDENCE_ITEM_MAX], certificate[CERTIFICATE_MAX];
	struct wire_writer w;

	wire_write_start(&w, item, sizeof(item));
	TRY_FAILURE(quote_item(a, request, rd, &w));
	m->items[EVIDENCE_TPM2 - 1] = (struct span){item, w.len};
	m->certificate.data = certificate;
	return read_file(a->certificate, certificate, sizeof(certificate), &m->certificate.len);
}

/* All kinds sign the same: the key is named in what the processor reports, too. */
static struct failure fill(const struct answerer *a, const struct attest_request *request,
	bool with_tpm, struct statement *m)
{
	uint8_t rd[RD_LEN];
	struct failure f;

	if (with_tpm)
		m->ak_pub = machine_tpm_ak(a->tpm);
	if (!statement_rd(m, rd))
		return refuse("the statement does not fit its fields");
	if (with_tpm)
		TRY_FAILURE(add_tpm(a, request, rd, m));
	f = report_item(a, rd, m);
	if (!f.happened || !with_tpm)
		return f;
	complain("attest: the processor's report is left out: %s", f.text);
	return failure_none();
}

struct failure answer_make(
	const struct answerer *a, const struct attest_request *request, struct wire_writer *w)
{
	static const char version[] = "protostar " PROTOSTAR_VERSION;
	const struct statement empty = {.nonce = request->nonce,
		.version = {(const uint8_t *)version, sizeof(version) - 1},
		.bank = request->bank,
		.pcr_mask = request->pcr_mask};
	struct statement m = empty;
	struct failure f = fill(a, request, a->tpm != NULL, &m);

	/* Without its quote nothing may name the TPM's key. */
	if (f.happened && a->tpm && tsm_kind() != TSM_NONE) {
		complain("attest: the TPM's quote is left out: %s", f.text);
		m = empty;
		f = fill(a, request, false, &m);
	}
	if (f.happened)
		return f;
	statement_put(w, &m);
	return w->failed ? refuse("neither a TPM nor the processor says anything of this machine")
			 : failure_none();
}

static struct failure frame_make(
	enum attest_frame type, struct span body, uint8_t **out, size_t *out_len)
{
	size_t cap = body.len + ATTEST_FRAME_HEADER_LEN;
	struct wire_writer w;

	*out = malloc(cap);
	if (!*out)
		return refuse("out of memory");
	wire_write_start(&w, *out, cap);
	attest_frame_put(&w, type, body);
	*out_len = w.len;
	return failure_none();
}

struct failure answer_request(
	const struct answerer *a, struct span body, uint8_t **out, size_t *out_len)
{
	struct attest_request request;
	struct wire_writer w;
	struct failure f;

	if (!attest_request_get(body, &request))
		return refuse("the request cannot be decoded");
	wire_write_start(&w, a->buffer, STATEMENT_MAX);
	f = answer_make(a, &request, &w);
	if (!f.happened)
		return frame_make(ATTEST_STATEMENT, (struct span){a->buffer, w.len}, out, out_len);
	complain("attest: %s", f.text);
	return frame_make(ATTEST_REFUSAL,
		(struct span){(const uint8_t *)f.text, strnlen(f.text, ATTEST_REFUSAL_MAX)}, out,
		out_len);
}

struct failure answer_renewal(const struct answerer *a, struct span body)
{
	return a->tpm ? renewal_store(a->certificate, machine_tpm_ak(a->tpm), body)
		      : refuse("a certificate came, and this machine has no attestation key");
}
