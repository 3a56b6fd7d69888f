/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/tpm/tpm_frame.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include "crypto/secret.h"
#include "early/contract/errors.h"
#include "early/contract/wire.h"

#define HEADER_LEN   10u /* tag, size, code */
#define SESSIONS_MAX 3u

/* The commands that PID 1 sends, with how many handles go and come (TPM 2.0 Part 3). */
static const struct {
	TPM2_CC code;
	uint8_t command_handles, response_handles;
} commands[] = {
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

/* A TPM2B of a nonce or an HMAC: never longer than the longest digest. */
static void skip_digest(struct cursor *r)
{
	uint16_t len = wire_get_u16(r);

	if (len > sizeof(TPMU_HA))
		r->failed = true;
	wire_skip(r, len);
}

/* One session's nonce, attributes and HMAC, alike in commands and responses; its attributes. */
static uint8_t take_session(struct cursor *r)
{
	uint8_t attributes;

	skip_digest(r);
	attributes = wire_get_u8(r);
	skip_digest(r);
	return attributes;
}

/* A u32 length and a reader of that many bytes. */
static struct cursor take_area(struct cursor *r)
{
	struct span area = wire_get_field(r, 0, TPM_FRAME_MAX);
	struct cursor inside;

	wire_read_start(&inside, area.data, area.len);
	return inside;
}

/* The command's authorization area: u32 size, then a handle and a session each. */
static void read_command_sessions(struct cursor *r, struct tpm_command *c)
{
	struct cursor sessions = take_area(r);

	while (!sessions.failed && !wire_read_done(&sessions)) {
		wire_skip(&sessions, 4);
		if (take_session(&sessions) & TPMA_SESSION_ENCRYPT)
			c->encrypted_response = true;
		c->sessions++;
		if (c->sessions > SESSIONS_MAX)
			sessions.failed = true;
	}
	if (sessions.failed || !c->sessions)
		r->failed = true;
}

struct status tpm_frame_command(const uint8_t *command, size_t len, struct tpm_command *out)
{
	struct tpm_command c = {0};
	struct cursor r;
	uint32_t size, code;

	wire_read_start(&r, command, command && len <= TPM_FRAME_MAX ? len : 0);
	c.tag = wire_get_u16(&r);
	size = wire_get_u32(&r);
	code = wire_get_u32(&r);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].code != code)
			continue;
		wire_skip(&r, 4u * commands[i].command_handles);
		c.response_handles = commands[i].response_handles;
		if (c.tag == TPM2_ST_SESSIONS)
			read_command_sessions(&r, &c);
		else if (c.tag != TPM2_ST_NO_SESSIONS)
			r.failed = true;
		if (r.failed || size != len)
			break;
		*out = c;
		return OK;
	}
	return fail(E_TPM_FRAME_COMMAND);
}

/* The parameters of a response with sessions: u32 size, then that many bytes. */
static void skip_parameters(const struct tpm_command *command, struct cursor *r)
{
	struct cursor parameters = take_area(r);

	if (command->encrypted_response)
		wire_skip(&parameters, wire_get_u16(&parameters));
	if (parameters.failed)
		r->failed = true;
}

struct status tpm_frame_check(
	const struct tpm_command *command, const uint8_t *response, size_t len)
{
	struct cursor r;
	uint32_t size, code;
	uint16_t tag;

	wire_read_start(&r, response, len);
	tag = wire_get_u16(&r);
	size = wire_get_u32(&r);
	code = wire_get_u32(&r);
	if (r.failed || size != len || len > TPM_FRAME_MAX)
		return fail(E_TPM_FRAME_SIZE);
	if (tag != (code ? TPM2_ST_NO_SESSIONS : command->tag))
		return fail(E_TPM_FRAME_TAG);
	if (code)
		return wire_read_done(&r) ? OK : fail(E_TPM_FRAME_ERROR);
	wire_skip(&r, 4u * command->response_handles);
	if (tag == TPM2_ST_SESSIONS)
		skip_parameters(command, &r);
	if (r.failed)
		return fail(E_TPM_FRAME_PARAMETERS);
	if (tag != TPM2_ST_SESSIONS)
		return OK;
	for (unsigned i = 0; i < command->sessions; i++)
		take_session(&r);
	return wire_read_done(&r) ? OK : fail(E_TPM_FRAME_SESSIONS);
}

static struct tpm_frame *frame_of(TSS2_TCTI_CONTEXT *tcti)
{
	return (struct tpm_frame *)(void *)tcti;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t len, const uint8_t *command)
{
	struct tpm_frame *f = frame_of(tcti);
	struct status s = tpm_frame_command(command, len, &f->command);

	if (failed(s)) {
		f->refused = s;
		return TSS2_TCTI_RC_BAD_VALUE;
	}
	return Tss2_Tcti_Transmit(f->inner, len, command);
}

/*
 * Receives a whole response and checks it where it lies. Without a buffer: how long one may be, as
 * of TCTIs that cannot look ahead.
 */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *len, uint8_t *response, int32_t timeout)
{
	struct tpm_frame *f = frame_of(tcti);
	struct status s;
	TSS2_RC rc;

	if (!len)
		return TSS2_TCTI_RC_BAD_REFERENCE;
	if (response && *len < TPM_FRAME_MAX)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	*len = TPM_FRAME_MAX;
	if (!response)
		return TSS2_RC_SUCCESS;
	rc = Tss2_Tcti_Receive(f->inner, len, response, timeout);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	s = tpm_frame_check(&f->command, response, *len);
	if (!failed(s))
		return TSS2_RC_SUCCESS;
	f->refused = s;
	wipe(response, TPM_FRAME_MAX);
	return TSS2_TCTI_RC_MALFORMED_RESPONSE;
}

static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
	struct tpm_frame *f = frame_of(tcti);

	Tss2_Tcti_Finalize(f->inner);
	wipe(f, sizeof(*f));
}

TSS2_TCTI_CONTEXT *tpm_frame_wrap(struct tpm_frame *f, TSS2_TCTI_CONTEXT *inner)
{
	*f = (struct tpm_frame){
		.tcti.v1 = {.magic = 0x70726f746f737472, /* "protostr": nobody reads it */
			.version = 2,
			.transmit = transmit,
			.receive = receive,
			.finalize = finalize},
		.inner = inner,
	};
	return (TSS2_TCTI_CONTEXT *)(void *)f;
}
