/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our patches to tpm2-tss: a TPM that lies about lengths is refused by SYS itself, and a malformed
 * structure by MU. The TPM here is a TCTI that answers with given bytes.
 */
#include <stdlib.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_sys.h>
#include "tests/unit/test.h"

struct liar {
	TSS2_TCTI_CONTEXT_COMMON_V2 tcti;
	const uint8_t *response;
	size_t len;
	uint8_t command[64]; /* the beginning of the last one */
};

static TSS2_RC take_command(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *command)
{
	struct liar *l = (struct liar *)(void *)tcti;

	memcpy(l->command, command, len < sizeof(l->command) ? len : sizeof(l->command));
	return TSS2_RC_SUCCESS;
}

static TSS2_RC give_response(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *out, int32_t timeout)
{
	const struct liar *l = (const struct liar *)(void *)tcti;

	(void)timeout;
	*len = l->len;
	if (out)
		memcpy(out, l->response, l->len);
	return TSS2_RC_SUCCESS;
}

static struct liar liar = {
	.tcti.v1 = {.version = 2, .transmit = take_command, .receive = give_response}};

/* TPM2_GetRandom with a password session, answered with the given bytes; ESAPI's next three steps.
 */
static TSS2_RC random_answered_with(const uint8_t *response, size_t len)
{
	static const TSS2L_SYS_AUTH_COMMAND password = {
		.count = 1, .auths = {{.sessionHandle = TPM2_RH_PW}}};
	size_t context_len = Tss2_Sys_GetContextSize(0), got;
	TSS2_SYS_CONTEXT *sys = calloc(1, context_len);
	TSS2L_SYS_AUTH_RESPONSE auths = {0};
	const uint8_t *bytes;
	TSS2_RC rc;

	liar.response = response;
	liar.len = len;
	rc = Tss2_Sys_Initialize(sys, context_len, (TSS2_TCTI_CONTEXT *)(void *)&liar, NULL);
	if (!rc)
		rc = Tss2_Sys_GetRandom_Prepare(sys, 8);
	if (!rc)
		rc = Tss2_Sys_SetCmdAuths(sys, &password);
	if (!rc)
		rc = Tss2_Sys_Execute(sys);
	if (!rc)
		rc = Tss2_Sys_GetRspAuths(sys, &auths);
	if (!rc)
		rc = Tss2_Sys_GetRpBuffer(sys, &got, &bytes);
	if (!rc)
		rc = Tss2_Sys_GetEncryptParam(sys, &got, &bytes);
	if (!rc && (got != 8 || memcmp(bytes, "12345678", 8) != 0))
		rc = TSS2_BASE_RC_GENERAL_FAILURE;
	Tss2_Sys_Finalize(sys);
	free(sys);
	return rc;
}

#define GOOD_LEN 29u
static const uint8_t good[GOOD_LEN] = {0x80, 0x02, 0, 0, 0, GOOD_LEN, 0, 0, 0, 0, /* header */
	0, 0, 0, 10, 0, 8, '1', '2', '3', '4', '5', '6', '7', '8',		  /* parameters */
	0, 0, 1, 0, 0};								  /* session */

static void test_honest_response(void)
{
	CHECK(random_answered_with(good, GOOD_LEN) == TSS2_RC_SUCCESS);
}

static void test_lying_lengths(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *what;
	} lies[] = {
		{5, GOOD_LEN + 1, "response longer than received"},
		{5, GOOD_LEN - 1, "response shorter than received"},
		{12, 0x40, "parameters longer than the response"},
		{13, 16, "parameters reach past the response"},
		{14, 0x40, "first parameter longer than the response"},
		{24, 0xff, "session nonce longer than the response"},
		{25, 3, "session nonce longer than what is left"},
		{28, 1, "session HMAC reaches past the response"},
	};
	uint8_t response[GOOD_LEN];

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memcpy(response, good, sizeof(good));
		response[lies[i].at] = lies[i].value;
		printf("  %s\n", lies[i].what);
		CHECK(random_answered_with(response, GOOD_LEN) != TSS2_RC_SUCCESS);
	}
	for (size_t len = 0; len < GOOD_LEN; len++)
		CHECK(random_answered_with(good, len) != TSS2_RC_SUCCESS);
}

/* What the command left in SYS's buffer must not complete a short response. */
static void test_no_leftovers(void)
{
	uint8_t response[10] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0};
	size_t context_len = Tss2_Sys_GetContextSize(0);
	TSS2_SYS_CONTEXT *sys = calloc(1, context_len);
	TPM2B_SENSITIVE_DATA stir = {.size = 32};
	TPM2B_DIGEST random = {0};

	memset(stir.buffer, 0x41, 32);
	liar.response = response;
	liar.len = sizeof(response);
	REQUIRE(Tss2_Sys_Initialize(sys, context_len, (TSS2_TCTI_CONTEXT *)(void *)&liar, NULL) ==
		TSS2_RC_SUCCESS);
	CHECK(Tss2_Sys_StirRandom(sys, NULL, &stir, NULL) == TSS2_RC_SUCCESS);
	CHECK(Tss2_Sys_GetRandom(sys, NULL, 8, &random, NULL) != TSS2_RC_SUCCESS ||
		random.size == 0);
	Tss2_Sys_Finalize(sys);
	free(sys);
}

static void test_malformed_public_area(void)
{
	TPM2B_PUBLIC public = {.publicArea = {.type = TPM2_ALG_ECC,
				       .nameAlg = TPM2_ALG_SHA256,
				       .parameters.eccDetail = {.symmetric.algorithm =
									TPM2_ALG_NULL,
					       .scheme.scheme = TPM2_ALG_NULL,
					       .curveID = TPM2_ECC_NIST_P256,
					       .kdf.scheme = TPM2_ALG_NULL},
				       .unique.ecc = {.x.size = 32, .y.size = 32}}},
		     out;
	uint8_t bytes[256] = {0};
	size_t len = 0, at = 0;

	REQUIRE(Tss2_MU_TPM2B_PUBLIC_Marshal(&public, bytes, sizeof(bytes), &len) ==
		TSS2_RC_SUCCESS);
	CHECK(Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes, len, &at, &out) == TSS2_RC_SUCCESS &&
		at == len);
	/* The outer size says one byte less or more than the structure has. */
	bytes[1]--;
	at = 0;
	CHECK(Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes, len, &at, &out) != TSS2_RC_SUCCESS);
	bytes[1] += 2;
	at = 0;
	CHECK(Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes, len + 1, &at, &out) != TSS2_RC_SUCCESS);
	bytes[1]--;
	bytes[2] = 0x7f; /* no such key type */
	at = 0;
	CHECK(Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes, len, &at, &out) != TSS2_RC_SUCCESS);
}

static void test_no_object(void)
{
	ESYS_CONTEXT *esys = NULL;
	TPMA_SESSION attributes;
	TPM2B_NONCE *nonce = NULL;
	uint8_t *serialized = NULL;
	size_t len;

	CHECK(Esys_Initialize(&esys, NULL, NULL) == TSS2_TCTI_RC_NOT_SUPPORTED && !esys);
	REQUIRE(Esys_Initialize(&esys, (TSS2_TCTI_CONTEXT *)(void *)&liar, NULL) ==
		TSS2_RC_SUCCESS);
	CHECK(Esys_TRSess_GetAttributes(esys, ESYS_TR_NONE, &attributes) == TSS2_ESYS_RC_BAD_TR);
	CHECK(Esys_TRSess_GetNonceTPM(esys, ESYS_TR_NONE, &nonce) == TSS2_ESYS_RC_BAD_TR);
	CHECK(Esys_TR_Serialize(esys, ESYS_TR_NONE, &serialized, &len) == TSS2_ESYS_RC_BAD_TR);
	Esys_Finalize(&esys);
}

/* TPM2_GetRandom with a password session that belongs to no object. */
static void test_password_without_object(void)
{
	static const uint8_t handle[4] = {0x40, 0x00, 0x00, 0x09}; /* TPM_RS_PW (Part 2, 7.4) */
	ESYS_CONTEXT *esys = NULL;

	REQUIRE(Esys_Initialize(&esys, (TSS2_TCTI_CONTEXT *)(void *)&liar, NULL) ==
		TSS2_RC_SUCCESS);
	CHECK(Esys_GetRandom_Async(esys, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8) ==
		TSS2_RC_SUCCESS);
	CHECK_BYTES(liar.command + 14, handle, sizeof(handle));
	Esys_Finalize(&esys);
}

#define SESSION_LEN 128u /* of sessionValue in ESYS: two digests */

/* A session as Esys_TR_Serialize writes it, with these two lengths. */
static TSS2_RC deserialize(uint16_t value_len, uint16_t hmac_len)
{
	static uint8_t blob[1u << 17];
	ESYS_CONTEXT *esys = NULL;
	ESYS_TR session;
	size_t at = 4 + 2; /* handle, name */
	TSS2_RC rc;

	memset(blob, 0, sizeof(blob));
	blob[at + 3] = 3; /* a session */
	at += 4 + 3 * 2;
	blob[at + 1] = TPM2_ALG_NULL;
	at += 2 + 2 + 2 + 1 + 1 + 2 + 2 + 3 * 4;
	blob[at++] = (uint8_t)(value_len >> 8);
	blob[at++] = (uint8_t)value_len;
	at += value_len;
	blob[at++] = (uint8_t)(hmac_len >> 8);
	blob[at++] = (uint8_t)hmac_len;
	rc = Esys_Initialize(&esys, (TSS2_TCTI_CONTEXT *)(void *)&liar, NULL);
	if (!rc)
		rc = Esys_TR_Deserialize(esys, blob, at, &session);
	Esys_Finalize(&esys);
	return rc;
}

static void test_session_blob(void)
{
	CHECK(deserialize(0, 0) == TSS2_RC_SUCCESS);
	CHECK(deserialize(SESSION_LEN, SESSION_LEN) == TSS2_RC_SUCCESS);
	CHECK(deserialize(SESSION_LEN + 1, 0) == TSS2_ESYS_RC_BAD_VALUE);
	CHECK(deserialize(UINT16_MAX, 0) == TSS2_ESYS_RC_BAD_VALUE);
	CHECK(deserialize(0, SESSION_LEN + 1) == TSS2_ESYS_RC_BAD_VALUE);
}

/* Counts in what PID 1 reads from its TPM: more than the array has, and one less. */
static void test_counts(void)
{
	uint8_t bytes[64] = {0};
	TPML_PCR_SELECTION selection;
	TPML_DIGEST digests;
	TPMS_PCR_SELECTION one;
	size_t at;

	for (unsigned over = 0; over < 2; over++) {
		bytes[3] = (uint8_t)(TPM2_NUM_PCR_BANKS + over);
		at = 0;
		CHECK((Tss2_MU_TPML_PCR_SELECTION_Unmarshal(
			       bytes, sizeof(bytes), &at, &selection) == TSS2_RC_SUCCESS) == !over);
		bytes[3] = (uint8_t)(8 + over);
		at = 0;
		CHECK((Tss2_MU_TPML_DIGEST_Unmarshal(bytes, sizeof(bytes), &at, &digests) ==
			      TSS2_RC_SUCCESS) == !over);
		bytes[3] = 0;
		bytes[2] = (uint8_t)(TPM2_PCR_SELECT_MAX + over);
		at = 0;
		CHECK((Tss2_MU_TPMS_PCR_SELECTION_Unmarshal(bytes, sizeof(bytes), &at, &one) ==
			      TSS2_RC_SUCCESS) == !over);
		bytes[2] = 0;
	}
}

int main(void)
{
	RUN(test_honest_response);
	RUN(test_lying_lengths);
	RUN(test_no_leftovers);
	RUN(test_malformed_public_area);
	RUN(test_no_object);
	RUN(test_password_without_object);
	RUN(test_session_blob);
	RUN(test_counts);
	return test_summary();
}
