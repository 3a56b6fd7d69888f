/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/attest_command.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "early/contract/handoff.h"
#include "tools/attest/answer.h"
#include "tools/attest/endpoint.h"
#include "tools/attest/guests.h"
#include "tools/attest/tsm.h"
#include "tools/lib/file.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"

#define EVENT_LOG   "/sys/kernel/security/tpm0/binary_bios_measurements"
#define CERTIFICATE HANDOFF_FOLDER "/" HANDOFF_CERTIFICATE
#define ALL_PCRS    0xffffffu

enum bank_choice { BANK_CHOICE_SHA256, BANK_CHOICE_SHA384 };

struct job {
	const char *listen, *nonce, *out, *tcti, *event_log, *certificate;
	uint32_t ak_handle, pcrs, privlevel;
	enum bank_choice bank;
};

static const struct option_row rows[] = {
	{"listen", "ENDPOINT", OPTION_TEXT, OPTION_INTO(struct job, listen),
		.help = "answer whoever asks there: ADDR:PORT, or vsock:PORT for the host"},
	{"nonce", "HEX", OPTION_TEXT, OPTION_INTO(struct job, nonce),
		.help = "make one statement about this nonce, 8 to 64 bytes"},
	{"out", "FILE", OPTION_FILE, OPTION_INTO(struct job, out),
		.help = "with --nonce: where the statement goes"},
	{"pcrs", "MASK", OPTION_HEX, OPTION_INTO(struct job, pcrs), .min = 1, .max = ALL_PCRS,
		.help = "with --nonce: bit n for PCR n; default ffffff, all of them"},
	{"bank", "NAME", OPTION_CHOICE, OPTION_INTO(struct job, bank),
		.choices = (const char *const[]){"sha256", "sha384", NULL},
		.help = "with --nonce: sha256 (default) or sha384"},
	{"tcti", "TCTI", OPTION_TEXT, OPTION_INTO(struct job, tcti),
		.help = "the TPM as libtss2 names it; default device:/dev/tpmrm0"},
	{"ak", "HANDLE", OPTION_HEX, OPTION_INTO(struct job, ak_handle), .min = 0x81000000,
		.max = 0x81ffffff,
		.help = "a persistent attestation key, such as Azure's 81000003; default: the one "
			"that PID 1 made"},
	{"privlevel", "N", OPTION_NUMBER, OPTION_INTO(struct job, privlevel), .max = 3,
		.help = "SEV-SNP: the VMPL to ask for, as the image's protostar.tee.privlevel; "
			"default: the lowest that the kernel can have"},
	{"event-log", "FILE", OPTION_FILE, OPTION_INTO(struct job, event_log),
		.help = "default " EVENT_LOG},
	{"certificate", "FILE", OPTION_FILE, OPTION_INTO(struct job, certificate),
		.help = "the certificate of the attestation key; default " CERTIFICATE},
	{0},
};

static bool done(struct failure f)
{
	return !f.happened || complain("attest: %s", f.text);
}

static int write_statement(const struct answerer *a, const struct job *job)
{
	uint8_t nonce[STATEMENT_NONCE_MAX];
	size_t len = strlen(job->nonce) / 2;
	struct attest_request request = {.nonce = {nonce, len},
		.bank = job->bank == BANK_CHOICE_SHA384 ? DIGEST_SHA384 : DIGEST_SHA256,
		.pcr_mask = job->pcrs};
	struct wire_writer w;

	if (len < STATEMENT_NONCE_MIN || len > sizeof(nonce) ||
		!hex_decode(job->nonce, nonce, len)) {
		command_refuse(&attest_command, "--nonce: write 8 to 64 bytes as hex digits");
		return EXIT_MISUSE;
	}
	wire_write_start(&w, a->buffer, STATEMENT_MAX);
	if (!done(answer_make(a, &request, &w)) || !file_write(job->out, w.data, w.len))
		return EXIT_REFUSED;
	return EXIT_DONE;
}

static volatile sig_atomic_t asked_to_stop;

static void stop(int signal)
{
	(void)signal;
	asked_to_stop = 1;
}

/*
 * So that the key does not stay in the TPM, where no resource manager takes it out. The signals
 * come only while the server waits: none is missed. *out: the mask to wait with.
 */
static void stop_on_signals(sigset_t *out)
{
	const struct sigaction action = {.sa_handler = stop};
	sigset_t both;

	(void)sigemptyset(&both);
	(void)sigaddset(&both, SIGTERM);
	(void)sigaddset(&both, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &both, out);
	(void)sigdelset(out, SIGTERM);
	(void)sigdelset(out, SIGINT);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
}

/* Until it is told to stop. */
static int serve(const struct answerer *a, const char *where)
{
	int listener = -1;
	sigset_t waiting;
	bool good;

	if (!done(endpoint_listen(where, &listener)))
		return EXIT_REFUSED;
	stop_on_signals(&waiting);
	good = done(guests_serve(a, listener, &waiting, &asked_to_stop));
	close(listener);
	return good ? EXIT_DONE : EXIT_REFUSED;
}

/* The machine's own TPM may be missing where the processor answers; one that was named may not. */
static bool open_tpm(const struct job *job, struct answerer *a)
{
	struct failure f = machine_tpm_open(job->tcti, job->ak_handle, &a->tpm);

	if (!f.happened || job->tcti || job->ak_handle || tsm_kind() == TSM_NONE)
		return done(f);
	complain("attest: going on without a TPM: %s", f.text);
	return true;
}

static int run(int argc, char **argv)
{
	struct job job = {.event_log = EVENT_LOG, .certificate = CERTIFICATE, .pcrs = ALL_PCRS};
	int code = command_read(&attest_command, argc, argv, &job);
	struct answerer a = {.tpm = NULL};

	if (code >= 0)
		return code;
	if (!job.listen == !job.nonce || !job.nonce != !job.out) {
		command_refuse(&attest_command, "give --listen ENDPOINT, or --nonce and --out");
		return EXIT_MISUSE;
	}
	if (!open_tpm(&job, &a))
		return EXIT_REFUSED;
	a.privlevel = job.privlevel;
	a.event_log = job.event_log;
	a.certificate = job.certificate;
	a.buffer = must_alloc(STATEMENT_MAX);
	code = job.listen ? serve(&a, job.listen) : write_statement(&a, &job);
	free(a.buffer);
	if (a.tpm)
		machine_tpm_close(a.tpm);
	return code;
}

const struct command attest_command = {
	.name = "attest",
	.summary = "on a node: prove what booted, to whoever asks",
	.usage = "--listen ENDPOINT [options]\n--nonce HEX --out FILE [options]",
	.about = "Makes statements about a verifier's nonce: a quote of this machine's TPM, with "
		 "the event log and the certificate that the join service gave this node, and "
		 "what its processor reports (SEV-SNP, TDX). They are of no use in a join. "
		 "protostar verify judges them.",
	.groups = {{.rows = rows}},
	.notes = "Exit codes: 0 done, 1 TPM, processor or network failed, 2 misuse.",
	.run = run,
};
