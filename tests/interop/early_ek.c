/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's TPM code on the swtpm at PATH, for tests/interop/early_ek.py, which judges what it
 * leaves: early_ek PATH show DIR      ek, ak (TPMT_PUBLIC), certificate.N, and a quote: quote,
 * signature early_ek PATH activate DIR  opens DIR/credential and DIR/encrypted, into DIR/secret
 *   early_ek PATH hcl DIR       a report over DIR/user-data, into DIR/report
 *   early_ek PATH faults DIR    all but hcl again and again, each time with one bit of the TPM's
 *                               answers flipped; says how often nothing was noticed
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
#include "tests/interop/tpm_fault.h"

static struct tpm_frame frame;
static TSS2_TCTI_CONTEXT *inner;

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

	unlink("secret");
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

static struct status run(TSS2_TCTI_CONTEXT *to, const char *what)
{
	TSS2_TCTI_CONTEXT *tcti = tpm_frame_wrap(&frame, to);
	struct status s = OK;
	struct tpm *t;

	TRY(tpm_open(tcti, &t));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, what) == 0)
			s = commands[i].run(t);
	tpm_close(t);
	return s;
}

/* Whether what was sealed to the TPM's key comes out of it, and PID 1 noticed no fault. */
static bool unnoticed(unsigned at, size_t bit, const uint8_t secret[32])
{
	static uint8_t got[32];
	bool same;

	if (failed(run(tpm_fault_wrap(inner, at, bit), "show")) || failed(frame.refused))
		return false;
	at -= at < tpm_fault_responses() ? at : tpm_fault_responses();
	same = !failed(run(tpm_fault_wrap(inner, at, bit), "activate")) && !failed(frame.refused) &&
	       load("secret", got, sizeof(got)) == sizeof(got) &&
	       memcmp(got, secret, sizeof(got)) == 0;
	return same;
}

/* The bits are far apart in the long answers and near each other in the short ones. */
static struct status faults(void)
{
	uint8_t secret[32];
	unsigned whole, tried = 0, passed = 0;

	TRY(run(tpm_fault_wrap(inner, 0, 0), "show"));
	whole = tpm_fault_responses();
	TRY(run(tpm_fault_wrap(inner, 0, 0), "activate"));
	whole += tpm_fault_responses();
	if (load("secret", secret, sizeof(secret)) != sizeof(secret))
		return fail(1);
	for (unsigned at = 1; at <= whole; at++) {
		for (size_t bit = at * 5 % 163; bit < 9000; bit += bit < 400 ? 163 : 3331) {
			tried++;
			passed += unnoticed(at, bit, secret);
			tpm_flush_all(inner);
		}
	}
	printf("answers %u faults %u unnoticed %u\n", whole, tried, passed);
	return run(inner, "show");
}

static struct status open_socket(const char *path)
{
	char conf[160];
	size_t size = 0;

	snprintf(conf, sizeof(conf), "path=%s", path);
	if (!swtpm_ready(path) || Tss2_Tcti_Swtpm_Init(NULL, &size, NULL))
		return fail(1);
	inner = calloc(1, size);
	if (!inner || Tss2_Tcti_Swtpm_Init(inner, &size, conf))
		return fail(1);
	return OK;
}

int main(int argc, char **argv)
{
	struct status s;

	if (argc != 4 || failed(secret_pool_open(1u << 16)) || failed(random_open()) ||
		failed(open_socket(argv[1])) || chdir(argv[3]))
		return 2;
	s = strcmp(argv[2], "faults") == 0 ? faults() : run(inner, argv[2]);
	if (failed(s))
		printf("E%u %s\n", s.code, console_detail_text());
	if (failed(frame.refused))
		printf("frame refused: E%u\n", frame.refused.code);
	Tss2_Tcti_Finalize(inner);
	free(inner);
	secret_pool_close();
	return failed(s);
}
