/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tdx/quote.h"

#include <string.h>

#define HEADER_LEN	48u
#define KEY_P256	2u
#define TEE_TDX		0x81u
#define VENDOR_OFFSET	12u
#define BODY_10		2u
#define BODY_15		3u
#define BODY_10_LEN	584u
#define BODY_15_LEN	648u
#define CERTS_OF_QE	6u /* certification data: the quoting enclave's report, and more of them */
#define CERTS_PCK_CHAIN 5u

static const uint8_t intel_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a,
	0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

static uint16_t get_u16(struct cursor *c)
{
	return (uint16_t)cursor_little_endian(c, 2);
}

static uint32_t get_u32(struct cursor *c)
{
	return (uint32_t)cursor_little_endian(c, 4);
}

static void get(struct cursor *c, uint8_t *out, size_t len)
{
	const uint8_t *from = cursor_take(c, len);

	if (from)
		memcpy(out, from, len);
}

/* The fields in their order; their offsets follow from it. */
static void read_body(struct cursor *c, struct tdx_body *b)
{
	get(c, b->tee_tcb_svn, sizeof(b->tee_tcb_svn));
	get(c, b->mrseam, sizeof(b->mrseam));
	get(c, b->mrsignerseam, sizeof(b->mrsignerseam));
	get(c, b->seam_attributes, sizeof(b->seam_attributes));
	b->td_attributes = cursor_little_endian(c, 8);
	b->xfam = cursor_little_endian(c, 8);
	get(c, b->mrtd, sizeof(b->mrtd));
	get(c, b->mrconfigid, sizeof(b->mrconfigid));
	get(c, b->mrowner, sizeof(b->mrowner));
	get(c, b->mrownerconfig, sizeof(b->mrownerconfig));
	for (size_t i = 0; i < TDX_RTMRS; i++)
		get(c, b->rtmr[i], sizeof(b->rtmr[i]));
	get(c, b->report_data, sizeof(b->report_data));
	if (!b->is_15)
		return;
	get(c, b->tee_tcb_svn_2, sizeof(b->tee_tcb_svn_2));
	get(c, b->mrservicetd, sizeof(b->mrservicetd));
}

static struct failure read_header(struct cursor *c, struct tdx_quote *q)
{
	const uint8_t *vendor = c->at + VENDOR_OFFSET;
	struct cursor header = {cursor_take(c, HEADER_LEN), HEADER_LEN, false};
	uint16_t key;
	uint32_t tee;

	if (c->failed)
		return refuse("the TDX quote is shorter than its header");
	q->version = get_u16(&header);
	key = get_u16(&header);
	tee = get_u32(&header);
	if (tee != TEE_TDX)
		return refuse("the quote is not of a TD: its TEE type is %#x", tee);
	if (q->version != 4 && q->version != 5)
		return refuse("the TDX quote has version %u; 4 and 5 are known", q->version);
	if (key != KEY_P256)
		return refuse("the TDX quote's key is of type %u; only ECDSA P-256, type 2, is "
			      "known",
			key);
	if (memcmp(vendor, intel_vendor, sizeof(intel_vendor)) != 0)
		return refuse("the TDX quote is not by a quoting enclave of Intel's: its vendor id "
			      "is another");
	return failure_none();
}

static struct failure read_td_report(struct cursor *c, struct tdx_quote *q)
{
	uint16_t type = BODY_10;
	uint32_t len = BODY_10_LEN;

	if (q->version == 5) {
		type = get_u16(c);
		len = get_u32(c);
		if (!c->failed && !(type == BODY_10 && len == BODY_10_LEN) &&
			!(type == BODY_15 && len == BODY_15_LEN))
			return refuse("the TDX quote's body has type %u and %u bytes; TD reports "
				      "1.0 and 1.5 are known",
				type, len);
	}
	q->body.is_15 = type == BODY_15;
	read_body(c, &q->body);
	return c->failed ? refuse("the TDX quote ends within its TD report") : failure_none();
}

/* What type 6 holds: the quoting enclave's report, and the certificates of the key that signed it.
 */
static struct failure read_qe(struct cursor *c, struct tdx_quote *q)
{
	uint16_t type;
	uint32_t len;

	q->qe_report = cursor_take(c, TDX_QE_REPORT_LEN);
	q->qe_signature = cursor_take(c, TDX_POINT_LEN);
	q->qe_auth.len = get_u16(c);
	q->qe_auth.data = cursor_take(c, q->qe_auth.len);
	type = get_u16(c);
	len = get_u32(c);
	if (c->failed || len != c->left)
		return refuse("the TDX quote's certification data do not fit into each other");
	if (type != CERTS_PCK_CHAIN)
		return refuse("the TDX quote's certification data are of type %u: they bring no "
			      "PCK certificate chain (type 5)",
			type);
	q->chain = (struct span){cursor_take(c, len), len};
	return failure_none();
}

static struct failure read_signature(struct cursor *c, struct tdx_quote *q)
{
	uint16_t type;
	uint32_t len;

	q->signature = cursor_take(c, TDX_POINT_LEN);
	q->attestation_key = cursor_take(c, TDX_POINT_LEN);
	type = get_u16(c);
	len = get_u32(c);
	if (c->failed || len != c->left)
		return refuse("the TDX quote's signature data have not the length they state");
	if (type != CERTS_OF_QE)
		return refuse("the TDX quote's certification data are of type %u, not 6", type);
	return read_qe(c, q);
}

struct failure tdx_quote_parse(struct span bytes, struct tdx_quote *out)
{
	struct cursor c = {bytes.data, bytes.len, false}, signature;
	struct tdx_quote q = {0};
	size_t len;

	if (bytes.len < HEADER_LEN || bytes.len > TDX_QUOTE_LONGEST)
		return refuse("a TDX quote has %u to %u bytes, not %zu", HEADER_LEN,
			TDX_QUOTE_LONGEST, bytes.len);
	TRY_FAILURE(read_header(&c, &q));
	TRY_FAILURE(read_td_report(&c, &q));
	q.signed_part = (struct span){bytes.data, bytes.len - c.left};
	len = get_u32(&c);
	signature = (struct cursor){cursor_take(&c, len), len, false};
	if (c.failed)
		return refuse("the TDX quote ends within its signature data");
	TRY_FAILURE(read_signature(&signature, &q));
	for (; c.left; c.at++, c.left--)
		if (*c.at)
			return refuse("there is something behind the TDX quote: only zeros may "
				      "be");
	*out = q;
	return failure_none();
}

void tdx_qe_report_read(const uint8_t bytes[static TDX_QE_REPORT_LEN], struct tdx_qe_report *out)
{
	struct cursor number = {bytes + 0x100, 4, false};

	memcpy(out->miscselect, bytes + 0x10, sizeof(out->miscselect));
	memcpy(out->attributes, bytes + 0x30, sizeof(out->attributes));
	memcpy(out->mrsigner, bytes + 0x80, sizeof(out->mrsigner));
	out->isvprodid = get_u16(&number);
	out->isvsvn = get_u16(&number);
	memcpy(out->report_data, bytes + 0x140, sizeof(out->report_data));
}
