/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's TPM code on the swtpm at PATH, for tests/interop/early_ek.py, which judges what it
 * leaves: early_ek PATH show DIR      ek, ak (TPMT_PUBLIC), certificate.N, and a quote: quote,
 * signature early_ek PATH activate DIR  opens DIR/credential and DIR/encrypted, into DIR/secret
 *   early_ek PATH hcl DIR       a report over DIR/user-data, into DIR/report
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tcti_swtpm.h>
#include <unistd.h>

#include "crypto/random.h"
#include "early/console.h"
#include "early/tpm/tpm.h"
#include "early/tpm/tpm_frame.h"
#include "tests/interop/swtpm_ready.h"

static struct tpm_frame frame;

static void save(const char *name, const uint8_t *data, size_t len)
{
	FILE *f = fopen(name, "wb");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(name);
		exit(1);
	}
}

static size_t load(const char *name, uint8_t *data, size_t cap)
{
	FILE *f = fopen(name, "rb");
	size_t len = f ? fread(data, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return len;
}

static struct status show(struct tpm *t)
{
	static struct tpm_evidence e;
	const uint8_t rd[RD_LEN] = "extra data of thirty-two bytes.";
	char name[32];

	save("ek", tpm_ek_area(t).data, tpm_ek_area(t).len);
	save("ak", tpm_ak_area(t).data, tpm_ak_area(t).len);
	for (unsigned i = 0; tpm_certificate(t, i).len; i++) {
		snprintf(name, sizeof(name), "certificate.%u", i);
		save(name, tpm_certificate(t, i).data, tpm_certificate(t, i).len);
	}
	TRY(tpm_quote(t, 0x000B, 1u << 15, rd, &e));
	save("quote", e.attest, e.attest_len);
	save("signature", e.signature, e.signature_len);
	return OK;
}

static struct status activate(struct tpm *t)
{
	static uint8_t credential[CREDENTIAL_MAX], encrypted[ENCRYPTED_SECRET_MAX];
	size_t len = load("credential", credential, sizeof(credential));
	size_t encrypted_len = load("encrypted", encrypted, sizeof(encrypted));
	SECRET_AUTO secret = {0};

	TRY(tpm_activate(t, (struct span){credential, len}, (struct span){encrypted, encrypted_len},
		&secret));
	save("secret", secret.bytes, secret.len);
	return OK;
}

#ifdef PROTOSTAR_HCL
static struct status hcl(struct tpm *t)
{
	static uint8_t report[HCL_REPORT_MAX];
	uint8_t user_data[HCL_USER_DATA_LEN] = {0};
	size_t len;

	(void)load("user-data", user_data, sizeof(user_data));
	TRY(tpm_hcl_report(t, user_data, report, &len));
	save("report", report, len);
	return OK;
}
#endif

static const struct {
	const char *name;
	struct status (*run)(struct tpm *t);
} commands[] = {
	{"show", show},
	{"activate", activate},
#ifdef PROTOSTAR_HCL
	{"hcl", hcl},
#endif
};

static struct status run(TSS2_TCTI_CONTEXT *inner, const char *what)
{
	TSS2_TCTI_CONTEXT *tcti = tpm_frame_wrap(&frame, inner);
	struct status s = OK;
	struct tpm *t;

	TRY(tpm_open(tcti, &t));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, what) == 0)
			s = commands[i].run(t);
	tpm_close(t);
	Tss2_Tcti_Finalize(tcti);
	return s;
}

int main(int argc, char **argv)
{
	TSS2_TCTI_CONTEXT *inner;
	char conf[160];
	size_t size = 0;
	struct status s;

	if (argc != 4 || !swtpm_ready(argv[1]) || failed(secret_pool_open(1u << 16)) ||
		failed(random_open()) || chdir(argv[3]) || Tss2_Tcti_Swtpm_Init(NULL, &size, NULL))
		return 2;
	inner = calloc(1, size);
	snprintf(conf, sizeof(conf), "path=%s", argv[1]);
	if (!inner || Tss2_Tcti_Swtpm_Init(inner, &size, conf))
		return 2;
	s = run(inner, argv[2]);
	if (failed(s)) {
		printf("E%u %s\n", s.code, console_detail_text());
		if (failed(frame.refused))
			printf("frame refused: E%u\n", frame.refused.code);
	}
	free(inner);
	secret_pool_close();
	return failed(s);
}
