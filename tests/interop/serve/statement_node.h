/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A running node for tests of statements: its processor is imitated by tests/mock/tsm_fs.h, with
 * reports that the tests' own AMD and Intel sign (tee_node.h), its TPM is machine A's of the
 * setting. protostar attest and protostar verify are run as programs. One at a time; it takes root.
 */
#ifndef TESTS_INTEROP_SERVE_STATEMENT_NODE_H
#define TESTS_INTEROP_SERVE_STATEMENT_NODE_H

#include <sys/types.h>

#include "tests/interop/serve/setting.h"
#include "tests/mock/tsm_fs.h"
#include "tools/attest/statement.h"

#define SNP_DRIVER  "sev_guest"
#define TDX_DRIVER  "tdx_guest"
#define NONCE	    "000102030405060708090a0b0c0d0e0f"
#define OTHER_NONCE "000102030405060708090a0b0c0d0e10"

/* A policy's evidence that knows the machine's chip and the one of OTHER_CHIP. */
#define BOTH_CHIPS                                                                     \
	"\"snp\":{\"roots\":[\"ark.pem\"],\"certificates\":[\"ask.pem\",\"vcek.pem\"," \
	"\"other-vcek.pem\"],\"products\":[\"Genoa\"],\"waive\":[\"crls\",\"chips\"]}"

/* What is wrong with a report: tsm->twist. */
enum twist { AS_IT_IS, OTHER_LAUNCH, CAN_BE_DEBUGGED, OLD_LAUNCH_TCB, OTHER_CHIP };

extern struct tsm_machine *tsm;
/* Of machine A's TPM; and files: the statement, what a program printed, the certificate. */
extern char tcti[160], tpm_socket[128], statement[128], output[128], certificate[128];

/* False, with a line on stderr, when the kernel's interface cannot be imitated. */
bool statement_node_open(const char *program);
/* machine A's TPM has to be open again. */
void statement_node_close(void);
/* A machine with this driver, and its registers at zero. */
void fresh(const char *provider);
/* As PID 1 extends RTMR 3, to which test_tee holds it. */
bool extend_rtmr3(const char *text);

/* PID 1's cap of PCR 15. The TPM serves one program at a time: the setting's has to be open. */
void cap(void);

size_t slurp(const char *path, uint8_t *out, size_t cap);
/* Whether the last program printed the text. */
bool said(const char *text);
/* A statement about NONCE, with the TPM or without. */
bool attest(bool with_tpm);
/* The exit code of verify with one more option, or NULL; with --json. */
int verify_by(const char *nonce, const char *how, const char *value);
int verify(void);

/* verify of a node that answers, by the CA; renew: the service's state folder, or NULL. */
int verify_node(const char *ca, const char *node, const char *renew);
#define NODE_TEXT_MAX 32
/* attest that answers for the machine, and where; the caller ends it. -1: it was not good. */
pid_t attest_answers(const char *program, const char *ca, char node[NODE_TEXT_MAX]);

/* An SEV-SNP item about this rd; valid until the next call. */
struct span item_about(const uint8_t rd[RD_LEN]);
/* In the statement's file. */
void write_statement(const struct statement *m);

#endif
