/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TPM's side of PROTOCOL.md (its path is the argument): the vectors of section 10.3 through the
 * doors that judge evidence and make a challenge. The one random number of a credential, the
 * ephemeral scalar, comes from here instead of crypto/random.c.
 */
#include "crypto/errors.h"
#include "tests/unit/protocol_vector.h"

#include "crypto/random.h"
#include "crypto/tpm_evidence.h"
#include "early/contract/messages.h"
#include "tools/lib/event_log.h"

#define BANK	 0x000bu
#define PCR_MASK 0x00009a10u
#define PCRS	 5u

static struct tpm_public ak, ek;

struct status random_open(void)
{
	return OK;
}

struct status random_bytes(void *out, size_t len)
{
	count_up(out, len, 0x21);
	return OK;
}

const br_prng_class **random_prng(void)
{
	return NULL;
}

static void test_keys(void)
{
	uint8_t area[256];
	size_t len = vector("ak_area", area, sizeof(area));

	REQUIRE(len && !failed(tpm_ak_parse(area, len, &ak)));
	CHECK_VECTOR("ak_name", ak.name, TPM_NAME_LEN);
	len = vector("ek_area", area, sizeof(area));
	REQUIRE(len && !failed(tpm_ek_parse(area, len, &ek)));
	CHECK_VECTOR("ek_name", ek.name, TPM_NAME_LEN);
}

static void test_challenge(void)
{
	uint8_t secret[32], credential[TPM_CREDENTIAL_MAX], encrypted[TPM_CREDENTIAL_MAX];
	uint8_t frame[256];
	struct msg_challenge m = {{credential, 0}, {encrypted, 0}};
	struct wire_writer w;

	count_up(secret, sizeof(secret), 0x01);
	REQUIRE(!failed(tpm_make_credential(&ek, ak.name, secret, sizeof(secret), credential,
		&m.credential.len, encrypted, &m.encrypted_secret.len)));
	wire_write_start(&w, frame, sizeof(frame));
	message_put_challenge(&w, &m);
	REQUIRE(!w.failed);
	CHECK_VECTOR("CHALLENGE of a TPM", frame, w.len);
}

static uint16_t quote_verdict(const uint8_t *signature, size_t signature_len)
{
	uint8_t rd[32], attest[256], values[PCRS * 32];
	size_t attest_len = vector("attest", attest, sizeof(attest));
	struct tpm_quote quote;

	for (size_t i = 0; i < PCRS; i++)
		count_up(values + 32 * i, 32, (uint8_t)(16 * i));
	if (vector("rd", rd, sizeof(rd)) != sizeof(rd))
		return UINT16_MAX;
	return tpm_quote_check(&ak, rd, BANK, PCR_MASK, attest, attest_len, signature,
		signature_len, values, sizeof(values), &quote)
		.code;
}

static void test_quote(void)
{
	/* FIPS 186-5: the order of P-256's group. */
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
		0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	uint8_t signature[128];
	size_t len = vector("signature", signature, sizeof(signature));
	uint8_t *s = signature + len - 32;
	int borrow = 0;

	REQUIRE(len == 4 + 2 * 34);
	CHECK(quote_verdict(signature, len) == 0);
	for (size_t i = 32; i-- > 0;) {
		int digit = order[i] - s[i] - borrow;

		borrow = digit < 0;
		s[i] = (uint8_t)(digit + 256 * borrow);
	}
	CHECK(quote_verdict(signature, len) == 0); /* (r, n - s) */
	s[31] ^= 1;
	CHECK(quote_verdict(signature, len) == E_TPM_QUOTE_SIG);
}

static void test_event_log(void)
{
	uint8_t log[256];
	size_t len = vector("event_log", log, sizeof(log));
	struct event_replay replay;
	const char *problem = "";

	REQUIRE(len && event_log_replay(log, len, BANK, &replay, &problem));
	CHECK(replay.extended == (1u << 0 | 1u << 4) && replay.events == 2);
	CHECK_VECTOR("PCR 0 of event_log", replay.pcr[0], 32u);
	CHECK_VECTOR("PCR 4 of event_log", replay.pcr[4], 32u);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !vector_open(argv[1]) || failed(secret_pool_open(1 << 16)))
		return 2;
	RUN(test_keys);
	RUN(test_challenge);
	RUN(test_quote);
	RUN(test_event_log);
	free(vector_document);
	secret_pool_close();
	return test_summary();
}
