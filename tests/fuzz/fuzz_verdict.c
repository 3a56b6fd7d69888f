/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole statement, judged by a policy that wants each kind, alone and together, and the verdict
 * written out. The key that it names is trusted, so that quotes are looked at; the policy's makers
 * have no roots and its registers are no machine's, so no statement is good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/done.h"
#include "tools/verify/verify_print.h"

#define ZEROS OF_16("0000")
#define MEASURED                                                                   \
	"\"measurements\":{\"2\":\"" ZEROS "\",\"3\":\"" ZEROS "\",\"4\":\"" ZEROS \
	"\",\"11\":\"" ZEROS "\",\"12\":\"" ZEROS "\",\"15\":\"" ZEROS "\"}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "{\"identity\":{\"first_use\":true},\"evidence\":{" SNP_EVIDENCE(
	ANY_CHIP) ",\"tdx\":{\"roots\":[\"r\"],\"tcb_info\":[\"t\"],\"qe_identity\":[\"q\"],"
		  "\"signing_chain\":\"s\",\"crls\":[\"c\"],\"min_evaluation\":18}},"
		  "\"sets\":[{\"name\":\"tpm\"," NO_SEAL "," MEASURED
		  "},{\"name\":\"both\"," NO_SEAL "," MEASURED ",\"snp\":" SNP_GOOD
		  ",\"tdx\":" TDX_GOOD "}," SNP_ALONE "," TDX_ALONE "]}";

static struct policy *load(void)
{
	struct policy *p = NULL;

	if (!done(policy_parse(text, sizeof(text) - 1, &p))) {
		fprintf(stderr, "%s\n", last_failure.text);
		abort();
	}
	return p;
}

static void write_out(const struct verdict *v)
{
	struct bytes words = {0}, json = {0};

	verdict_text(v, &words);
	verdict_json(v, &json);
	if (!words.len || !json.len || memchr(json.data, 0, json.len))
		abort();
	bytes_free(&words);
	bytes_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy *policy;
	uint8_t ak[SHA256_LEN] = {0};
	struct verify_trust trust = {.ak_sha256 = ak};
	struct span nonce = {ak, sizeof(ak)};
	struct statement m;
	struct verdict v;

	if (!policy)
		policy = load();
	if (statement_get((struct span){data, size}, &m)) {
		sha256(m.ak_pub.data, m.ak_pub.len, ak);
		nonce = m.nonce;
	}
	verify_judge(policy, &trust, nonce, (struct span){data, size}, 1795000000, &v);
	if (v.good || !v.why[0] || verdict_unsealed(&v))
		abort();
	write_out(&v);
	return 0;
}
