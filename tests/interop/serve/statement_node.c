/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/statement_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "early/contract/pcr15.h"
#include "tests/interop/serve/tee_node.h"

#define RTMR3 "/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384"

struct tsm_machine *tsm;
char tcti[160], tpm_socket[128], statement[128], output[128], certificate[128];
static struct snp_pki other_chip;

static size_t make_snp(const struct tsm_machine *m, const uint8_t data[64], uint8_t *out)
{
	const struct snp_pki *amd = m->twist == OTHER_CHIP ? &other_chip : &tee_amd;

	snp_pki_report(amd, data, out);
	out[0x090] ^= m->twist == OTHER_LAUNCH;
	out[0x00a] |= m->twist == CAN_BE_DEBUGGED ? 1 << 3 : 0; /* POLICY bit 19 */
	if (m->twist == OLD_LAUNCH_TCB)
		out[0x1f0]--;
	snp_pki_sign(amd, out);
	return SNP_REPORT_LEN;
}

/* With the register as the machine has it. */
static size_t make_tdx(const struct tsm_machine *m, const uint8_t data[64], uint8_t *out)
{
	struct tdx_quote_spec q = tdx_quote_spec(data);

	memcpy(q.body.rtmr[3], m->rtmr, TDX_DIGEST_LEN);
	q.body.mrtd[0] ^= m->twist == OTHER_LAUNCH;
	q.body.td_attributes |= m->twist == CAN_BE_DEBUGGED ? TDX_DEBUG : 0;
	return tdx_pki_quote(&tee_intel, &q, out);
}

void fresh(const char *provider)
{
	memset(tsm, 0, sizeof(*tsm));
	snprintf(tsm->provider, sizeof(tsm->provider), "%s", provider);
	tsm->maker = strcmp(provider, SNP_DRIVER) == 0 ? make_snp : make_tdx;
}

/* As PID 1 extends RTMR 3, to which test_tee holds it. */
bool extend_rtmr3(const char *text)
{
	uint8_t digest[DIGEST_MAX];
	FILE *f = fopen(RTMR3, "wb");
	bool good = f && digest_of(DIGEST_SHA384, text, strlen(text), digest) &&
		    fwrite(digest, 1, TDX_DIGEST_LEN, f) == TDX_DIGEST_LEN;

	return f && fclose(f) == 0 && good;
}

void cap(void)
{
	TPM2B_EVENT event = {.size = (UINT16)strlen(PCR15_SEALED)};
	TPML_DIGEST_VALUES *digests = NULL;

	memcpy(event.buffer, PCR15_SEALED, event.size);
	if (Esys_PCR_Event(at.a.rig.esys, ESYS_TR_PCR15, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		    ESYS_TR_NONE, &event, &digests))
		exit(1);
	Esys_Free(digests);
}

size_t slurp(const char *path, uint8_t *out, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t len = f ? fread(out, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return len;
}

bool said(const char *text)
{
	static char buf[1 << 16];

	buf[slurp(output, (uint8_t *)buf, sizeof(buf) - 1)] = 0;
	return strstr(buf, text) != NULL;
}

/* A statement of the machine, with the TPM of the setting or without. */
bool attest(bool with_tpm)
{
	return service_run(&at.service, output,
		       (const char *const[]){"attest", "--nonce", NONCE, "--out", statement,
			       "--event-log", "/nonexistent", "--certificate", certificate,
			       with_tpm ? "--tcti" : NULL, tcti, NULL}) == 0;
}

int verify_by(const char *nonce, const char *how, const char *value)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--evidence",
			statement, "--nonce", nonce, how, value, NULL});
}

int verify(void)
{
	return verify_by(NONCE, "--json", NULL);
}

int verify_node(const char *ca, const char *node, const char *renew)
{
	return service_run(&at.service, output,
		(const char *const[]){"verify", "--policy", at.service.policy, "--ca", ca, node,
			renew ? "--renew" : NULL, renew, NULL});
}

pid_t attest_answers(const char *program, const char *ca, char node[NODE_TEXT_MAX])
{
	struct timespec pause = {0, 50000000};
	pid_t child;
	int code = 1;

	snprintf(node, NODE_TEXT_MAX, "127.0.0.1:%u", service_free_port());
	child = fork();
	if (child == 0) {
		execl(program, program, "attest", "--listen", node, "--tcti", tcti, "--certificate",
			certificate, "--event-log", "/nonexistent", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1200 && code; i++) {
		code = verify_node(ca, node, NULL);
		nanosleep(&pause, NULL);
	}
	return code == 0 && said("good: ") ? child : -1;
}

/* The report of a connection, as an item. */
struct span item_about(const uint8_t rd[RD_LEN])
{
	static uint8_t item[SNP_REPORT_LEN + 4], report[SNP_REPORT_LEN];
	const struct evidence_snp e = {.report = {report, sizeof(report)}};
	uint8_t data[64] = {0};
	struct wire_writer w;

	memcpy(data, rd, RD_LEN);
	snp_pki_report(&tee_amd, data, report);
	snp_pki_sign(&tee_amd, report);
	wire_write_start(&w, item, sizeof(item));
	evidence_snp_put(&w, &e);
	return (struct span){item, w.len};
}

void write_statement(const struct statement *m)
{
	static uint8_t out[STATEMENT_MAX];
	FILE *f = fopen(statement, "wb");
	struct wire_writer w;

	wire_write_start(&w, out, sizeof(out));
	statement_put(&w, m);
	if (!f || w.failed || fwrite(out, 1, w.len, f) != w.len || fclose(f))
		exit(1);
}

bool statement_node_open(const char *program)
{
	struct snp_pki_spec spec;
	struct snp_pki between;
	char path[160];

	setting_open(program);
	tee_open();
	spec = tee_amd.spec;
	spec.chip_id[0] ^= 1;
	/* Of the same maker: the third chain has the first one's RSA keys. */
	snp_pki_make(&between, &spec);
	snp_pki_free(&between);
	snp_pki_make(&other_chip, &spec);
	snprintf(path, sizeof(path), "%s/other-vcek.pem", at.folder);
	snp_pki_write(other_chip.vek, path);
	snprintf(tpm_socket, sizeof(tpm_socket), "%s/tpm-a/tpm", at.folder);
	snprintf(tcti, sizeof(tcti), "swtpm:path=%s", tpm_socket);
	snprintf(statement, sizeof(statement), "%s/statement", at.folder);
	snprintf(output, sizeof(output), "%s/output", at.folder);
	snprintf(certificate, sizeof(certificate), "%s/certificate", at.folder);
	tsm = tsm_fs_start();
	return tsm != NULL;
}

void statement_node_close(void)
{
	tsm_fs_stop();
	snp_pki_free(&other_chip);
	tee_close();
	setting_close();
}
