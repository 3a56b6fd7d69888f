/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame check between ESAPI and the TPM: responses cut, lengthened and changed bit by bit. */
#include <tss2/tss2_tpm2_types.h>
#include "early/contract/errors.h"
#include "early/tpm/tpm_frame.h"
#include "tests/unit/test.h"

/* TPM2_ActivateCredential, cut short, with one session that encrypts the response. */
static const uint8_t command[] = {0x80, 0x02, 0, 0, 0, 33, 0, 0, 0x01, 0x47, /* header */
	0x80, 0, 0, 1, 0x80, 0, 0, 0,					     /* handles */
	0, 0, 0, 9, 0x02, 0, 0, 0, 0, 0, 0x40, 0, 0,			     /* session */
	0, 8};								     /* parameters */
#define AREA_SIZE_END	   21u
#define SESSION_ATTRIBUTES 28u

static const uint8_t response[] = {0x80, 0x02, 0, 0, 0, 33, 0, 0, 0, 0, /* header */
	0, 0, 0, 10, 0, 8, '1', '2', '3', '4', '5', '6', '7', '8',	/* parameters */
	0, 2, 0xaa, 0xbb, 0x40, 0, 2, 0xcc, 0xdd};			/* session */

/* TPM2_StartAuthSession without sessions, and its response: a handle and a nonce. */
static const uint8_t start[] = {0x80, 0x01, 0, 0, 0, 27, 0, 0, 0x01, 0x76, 0x40, 0, 0, 7, 0x40, 0,
	0, 7, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x0b};
static const uint8_t started[] = {
	0x80, 0x01, 0, 0, 0, 18, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 2, 0xaa, 0xbb};

static const uint8_t error[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x09, 0x22};

static struct status check(
	const uint8_t *sent, size_t sent_len, const uint8_t *received, size_t received_len)
{
	struct tpm_command c;

	TRY(tpm_frame_command(sent, sent_len, &c));
	return tpm_frame_check(&c, received, received_len);
}

/* The code for a response that differs from the good one in one byte. */
static unsigned with_byte(size_t at, uint8_t value)
{
	uint8_t changed[sizeof(response)];

	memcpy(changed, response, sizeof(response));
	changed[at] = value;
	return check(command, sizeof(command), changed, sizeof(changed)).code;
}

static void test_good_frames_pass(void)
{
	CHECK(!failed(check(command, sizeof(command), response, sizeof(response))));
	CHECK(!failed(check(start, sizeof(start), started, sizeof(started))));
	CHECK(!failed(check(command, sizeof(command), error, sizeof(error))));
	CHECK(!failed(check(start, sizeof(start), error, sizeof(error))));
}

static void test_command_is_read(void)
{
	struct tpm_command c;

	REQUIRE(!failed(tpm_frame_command(command, sizeof(command), &c)));
	CHECK(c.tag == TPM2_ST_SESSIONS && c.sessions == 1 && !c.response_handles);
	CHECK(c.encrypted_response);
	REQUIRE(!failed(tpm_frame_command(start, sizeof(start), &c)));
	CHECK(c.tag == TPM2_ST_NO_SESSIONS && !c.sessions && c.response_handles == 1);
	CHECK(!c.encrypted_response);
}

static void test_bad_commands_are_refused(void)
{
	uint8_t changed[sizeof(command)];
	struct tpm_command c;

	for (size_t len = 0; len < sizeof(command); len++)
		CHECK(tpm_frame_command(command, len, &c).code == E_TPM_FRAME_COMMAND);
	memcpy(changed, command, sizeof(command));
	changed[9] = 0x26; /* TPM2_Clear: nothing PID 1 sends */
	CHECK(tpm_frame_command(changed, sizeof(changed), &c).code == E_TPM_FRAME_COMMAND);
	memcpy(changed, command, sizeof(command));
	changed[1] = 0x03;
	CHECK(tpm_frame_command(changed, sizeof(changed), &c).code == E_TPM_FRAME_COMMAND);
	memcpy(changed, command, sizeof(command));
	changed[AREA_SIZE_END] = 0;
	CHECK(tpm_frame_command(changed, sizeof(changed), &c).code == E_TPM_FRAME_COMMAND);
}

static void test_truncation(void)
{
	uint8_t shorter[sizeof(response)];

	for (size_t len = 0; len < sizeof(response); len++) {
		CHECK(check(command, sizeof(command), response, len).code == E_TPM_FRAME_SIZE);
		/* A frame that admits to being short must fail for its contents. */
		memcpy(shorter, response, sizeof(response));
		shorter[5] = (uint8_t)len;
		CHECK(failed(check(command, sizeof(command), shorter, len)));
	}
	for (size_t len = 0; len < sizeof(started); len++)
		CHECK(failed(check(start, sizeof(start), started, len)));
}

static void test_each_rule_has_its_code(void)
{
	static const uint8_t talkative_error[] = {0x80, 0x01, 0, 0, 0, 11, 0, 0, 9, 0x22, 0};
	static const uint8_t no_handle[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0, 0, 0x02, 0};
	static const uint8_t sessions_on_error[] = {0x80, 0x02, 0, 0, 0, 10, 0, 0, 9, 0x22};

	CHECK(with_byte(5, sizeof(response) - 1) == E_TPM_FRAME_SIZE);
	CHECK(with_byte(2, 0x80) == E_TPM_FRAME_SIZE);
	CHECK(with_byte(1, 0x01) == E_TPM_FRAME_TAG);
	CHECK(with_byte(1, 0x00) == E_TPM_FRAME_TAG);
	CHECK(with_byte(9, 1) == E_TPM_FRAME_TAG);
	CHECK(with_byte(13, 20) == E_TPM_FRAME_PARAMETERS);
	CHECK(with_byte(10, 0xff) == E_TPM_FRAME_PARAMETERS);
	CHECK(with_byte(15, 9) == E_TPM_FRAME_PARAMETERS);
	CHECK(with_byte(14, 0xff) == E_TPM_FRAME_PARAMETERS);
	CHECK(with_byte(25, 3) == E_TPM_FRAME_SESSIONS);
	CHECK(with_byte(25, 1) == E_TPM_FRAME_SESSIONS);
	CHECK(with_byte(24, 0xff) == E_TPM_FRAME_SESSIONS);
	CHECK(with_byte(30, 3) == E_TPM_FRAME_SESSIONS);
	CHECK(check(start, sizeof(start), talkative_error, sizeof(talkative_error)).code ==
		E_TPM_FRAME_ERROR);
	CHECK(check(command, sizeof(command), sessions_on_error, sizeof(sessions_on_error)).code ==
		E_TPM_FRAME_TAG);
	CHECK(check(start, sizeof(start), no_handle, sizeof(no_handle)).code ==
		E_TPM_FRAME_PARAMETERS);
}

/* The first parameter's size is only ESAPI's concern when a session encrypts it. */
static void test_plain_first_parameter_is_free(void)
{
	uint8_t plain[sizeof(command)], odd[sizeof(response)];

	memcpy(plain, command, sizeof(command));
	plain[SESSION_ATTRIBUTES] = 0;
	memcpy(odd, response, sizeof(response));
	odd[14] = 0xff;
	CHECK(!failed(check(plain, sizeof(plain), odd, sizeof(odd))));
	CHECK(failed(check(command, sizeof(command), odd, sizeof(odd))));
}

/* Every bit of every length and of the header matters; of the rest, none may break the check. */
static void test_bit_flips(void)
{
	for (size_t bit = 0; bit < sizeof(response) * 8; bit++) {
		size_t at = bit / 8;
		unsigned code = with_byte(at, (uint8_t)(response[at] ^ 1u << bit % 8));
		bool structural = at < 16 || at == 24 || at == 25 || at == 29 || at == 30;

		CHECK(structural ? code != 0 || at == 15 : code == 0);
	}
}

/* An inner TCTI that answers with what the test laid out. */
struct canned {
	TSS2_TCTI_CONTEXT_COMMON_V2 tcti;
	const uint8_t *bytes;
	size_t len;
	unsigned sent, finalized;
};

static TSS2_RC canned_transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *bytes)
{
	(void)len;
	(void)bytes;
	((struct canned *)(void *)tcti)->sent++;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC canned_receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *out, int32_t timeout)
{
	struct canned *c = (struct canned *)(void *)tcti;

	if (timeout == 0)
		return TSS2_TCTI_RC_TRY_AGAIN;
	CHECK(out && *len >= c->len);
	memcpy(out, c->bytes, c->len);
	*len = c->len;
	return TSS2_RC_SUCCESS;
}

static void canned_finalize(TSS2_TCTI_CONTEXT *tcti)
{
	((struct canned *)(void *)tcti)->finalized++;
}

static struct canned canned = {.tcti.v1 = {.version = 2,
				       .transmit = canned_transmit,
				       .receive = canned_receive,
				       .finalize = canned_finalize}};
static struct tpm_frame frame;

static void test_wrapper_passes_good_frames(void)
{
	TSS2_TCTI_CONTEXT *tcti = tpm_frame_wrap(&frame, (TSS2_TCTI_CONTEXT *)(void *)&canned);
	static uint8_t out[TPM_FRAME_MAX];
	size_t len = sizeof(out);

	canned.bytes = response;
	canned.len = sizeof(response);
	CHECK(Tss2_Tcti_Transmit(tcti, sizeof(command), command) == TSS2_RC_SUCCESS);
	CHECK(Tss2_Tcti_Receive(tcti, &len, out, 0) == TSS2_TCTI_RC_TRY_AGAIN);
	CHECK(Tss2_Tcti_Receive(tcti, &len, NULL, -1) == TSS2_RC_SUCCESS && len == sizeof(out));
	len = sizeof(out) - 1;
	CHECK(Tss2_Tcti_Receive(tcti, &len, out, -1) == TSS2_TCTI_RC_INSUFFICIENT_BUFFER);
	CHECK(Tss2_Tcti_Receive(tcti, NULL, out, -1) == TSS2_TCTI_RC_BAD_REFERENCE);
	len = sizeof(out);
	CHECK(Tss2_Tcti_Receive(tcti, &len, out, -1) == TSS2_RC_SUCCESS && len == sizeof(response));
	CHECK_BYTES(out, response, sizeof(response));
	CHECK(!failed(frame.refused));
	Tss2_Tcti_Finalize(tcti);
	CHECK(canned.finalized == 1);
}

static void test_wrapper_refuses(void)
{
	TSS2_TCTI_CONTEXT *tcti = tpm_frame_wrap(&frame, (TSS2_TCTI_CONTEXT *)(void *)&canned);
	static uint8_t out[TPM_FRAME_MAX];
	uint8_t clear[sizeof(command)];
	size_t len = sizeof(out);
	unsigned sent = canned.sent;

	canned.bytes = response;
	canned.len = sizeof(response) - 1;
	CHECK(Tss2_Tcti_Transmit(tcti, sizeof(command), command) == TSS2_RC_SUCCESS);
	CHECK(Tss2_Tcti_Receive(tcti, &len, out, -1) == TSS2_TCTI_RC_MALFORMED_RESPONSE);
	CHECK(frame.refused.code == E_TPM_FRAME_SIZE);
	/* Nothing of it is left for who does not look at the code. */
	for (size_t i = 0; i < sizeof(out); i++)
		CHECK(!out[i]);
	memcpy(clear, command, sizeof(command));
	clear[9] = 0x26;
	CHECK(Tss2_Tcti_Transmit(tcti, sizeof(clear), clear) == TSS2_TCTI_RC_BAD_VALUE);
	CHECK(frame.refused.code == E_TPM_FRAME_COMMAND && canned.sent == sent + 1);
	Tss2_Tcti_Finalize(tcti);
}

/* Each command of PID 1's list, in its least form, and how many handles come with its answer. */
static void test_list_of_commands(void)
{
	static const struct {
		uint32_t code;
		unsigned command_handles, response_handles;
	} cases[] = {
		{TPM2_CC_ActivateCredential, 2, 0},
		{TPM2_CC_CreatePrimary, 1, 1},
		{TPM2_CC_FlushContext, 0, 0},
#ifdef PROTOSTAR_HCL
		{TPM2_CC_NV_DefineSpace, 1, 0},
		{TPM2_CC_NV_Write, 2, 0},
#endif
		{TPM2_CC_NV_Read, 2, 0},
		{TPM2_CC_NV_ReadPublic, 1, 0},
		{TPM2_CC_PCR_Event, 1, 0},
		{TPM2_CC_PCR_Read, 0, 0},
		{TPM2_CC_PolicyOR, 1, 0},
		{TPM2_CC_PolicySecret, 2, 0},
		{TPM2_CC_Quote, 1, 0},
		{TPM2_CC_ReadPublic, 1, 0},
		{TPM2_CC_StartAuthSession, 2, 1},
	};
	unsigned taken = 0;

	for (uint32_t code = TPM2_CC_FIRST; code <= TPM2_CC_LAST; code++) {
		uint8_t least[18] = {
			0x80, 0x01, 0, 0, 0, 0, 0, 0, (uint8_t)(code >> 8), (uint8_t)code};
		struct tpm_command c;

		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			uint8_t len = (uint8_t)(10 + 4 * cases[i].command_handles);

			if (cases[i].code != code)
				continue;
			least[5] = len;
			CHECK(!failed(tpm_frame_command(least, len, &c)));
			CHECK(c.response_handles == cases[i].response_handles);
			least[5]--;
			CHECK(failed(tpm_frame_command(least, len - 1u, &c)) ||
				!cases[i].command_handles);
		}
		least[5] = sizeof(least);
		taken += !failed(tpm_frame_command(least, sizeof(least), &c));
	}
	CHECK(taken == sizeof(cases) / sizeof(cases[0]));
}

/* TPM2_NV_Read's answer with a password: its data is no business of the frame's. */
static void test_nv_read(void)
{
	static const uint8_t read[] = {0x80, 0x02, 0, 0, 0, 35, 0, 0, 0x01, 0x4e, /* header */
		0x01, 0xc0, 0, 0x16, 0x01, 0xc0, 0, 0x16,			  /* handles */
		0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0,			  /* session */
		0, 4, 0, 0};							  /* parameters */
	static const uint8_t answer[] = {0x80, 0x02, 0, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0, 6, 0, 4, '1',
		'2', '3', '4', 0, 0, 1, 0, 0};
	uint8_t changed[sizeof(answer)];

	CHECK(!failed(check(read, sizeof(read), answer, sizeof(answer))));
	for (size_t len = 0; len < sizeof(answer); len++) {
		memcpy(changed, answer, sizeof(answer));
		changed[5] = (uint8_t)len;
		CHECK(failed(check(read, sizeof(read), changed, len)));
	}
	memcpy(changed, answer, sizeof(answer));
	changed[13] = 7;
	CHECK(failed(check(read, sizeof(read), changed, sizeof(changed))));
}

int main(void)
{
	RUN(test_good_frames_pass);
	RUN(test_command_is_read);
	RUN(test_bad_commands_are_refused);
	RUN(test_truncation);
	RUN(test_each_rule_has_its_code);
	RUN(test_plain_first_parameter_is_free);
	RUN(test_bit_flips);
	RUN(test_wrapper_passes_good_frames);
	RUN(test_wrapper_refuses);
	RUN(test_list_of_commands);
	RUN(test_nv_read);
	return test_summary();
}
