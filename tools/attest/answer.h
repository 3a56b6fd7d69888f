/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's side: makes statements for whoever asks, one at a time. It keeps no secret and takes no
 * decision; a verifier does. The only thing that it stores is a newer certificate of its own AK by
 * the CA that certified it before (PROTOCOL.md section 12.3).
 */
#ifndef TOOLS_ATTEST_ANSWER_H
#define TOOLS_ATTEST_ANSWER_H

#include "tools/tpm/machine_tpm.h"
#include "tools/attest/statement.h"

struct answerer {
	struct machine_tpm *tpm; /* NULL: none; the processor alone answers */
	unsigned privlevel;	 /* VMPL that reports of SEV-SNP are asked for at */
	const char *event_log;	 /* path; a missing file is no log */
	const char *certificate; /* path: what PID 1 left; a missing file is no certificate */
	uint8_t *buffer;	 /* STATEMENT_MAX bytes */
};

/*
 * Writes a statement for this request to w, with every kind of evidence that this machine can make.
 * Where one fails the other goes alone, and that is complained of.
 */
struct failure answer_make(const struct answerer *a, const struct attest_request *request,
	struct wire_writer *w) MUST_CHECK;
/*
 * The frame that answers a request's body: a statement, or a refusal, which is complained of here
 * too. The caller frees *out. A failure: there is no answer to this.
 */
struct failure answer_request(
	const struct answerer *a, struct span body, uint8_t **out, size_t *out_len) MUST_CHECK;
/* Takes a newer certificate, or says why not. */
struct failure answer_renewal(const struct answerer *a, struct span body) MUST_CHECK;

#endif
