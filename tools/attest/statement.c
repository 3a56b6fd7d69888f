/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/statement.h"

#include <string.h>

#include "crypto/digest.h"

#define LABEL_LEN     16u
#define FRAME_LONGEST (STATEMENT_MAX + 2u)
#define SIGNED_MAX \
	(LABEL_LEN + 4u * 4u + STATEMENT_NONCE_MAX + VERSION_TEXT_MAX + 2u * TPM_PUB_MAX + 6u)

static const uint8_t label[LABEL_LEN] = {
	'p', 'r', 'o', 't', 'o', 's', 't', 'a', 'r', '-', 'v', 'f', 'y', '-', 'v', '1'};

static bool printable(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] > 0x7e)
			return false;
	return true;
}

static bool valid(const struct statement *m)
{
	size_t items = 0;

	for (size_t i = 0; i < EVIDENCE_TYPES; i++)
		items += m->items[i].len > 0;
	return printable(m->version) && (m->bank == DIGEST_SHA256 || m->bank == DIGEST_SHA384) &&
	       m->pcr_mask != 0 && m->pcr_mask < 1u << 24 && items > 0 &&
	       items <= EVIDENCE_ITEMS_MAX;
}

/* The part that the evidence signs. */
static void put_signed(struct wire_writer *w, const struct statement *m)
{
	wire_put_bytes(w, label, LABEL_LEN);
	wire_put_field(w, m->nonce, STATEMENT_NONCE_MIN, STATEMENT_NONCE_MAX);
	wire_put_field(w, m->version, 1, VERSION_TEXT_MAX);
	wire_put_field(w, m->ak_pub, 0, TPM_PUB_MAX);
	wire_put_field(w, m->ek_pub, 0, TPM_PUB_MAX);
	wire_put_u16(w, m->bank);
	wire_put_u32(w, m->pcr_mask);
}

void statement_put(struct wire_writer *w, const struct statement *m)
{
	if (!valid(m))
		w->failed = true;
	put_signed(w, m);
	evidence_items_put(w, m->items);
	wire_put_field(w, m->certificate, 0, CERTIFICATE_MAX);
}

bool statement_get(struct span bytes, struct statement *out)
{
	struct statement m = {.bank = 0};
	uint8_t got[LABEL_LEN];
	struct cursor r;

	wire_read_start(&r, bytes.data, bytes.len);
	wire_get_bytes(&r, got, LABEL_LEN);
	m.nonce = wire_get_field(&r, STATEMENT_NONCE_MIN, STATEMENT_NONCE_MAX);
	m.version = wire_get_field(&r, 1, VERSION_TEXT_MAX);
	m.ak_pub = wire_get_field(&r, 0, TPM_PUB_MAX);
	m.ek_pub = wire_get_field(&r, 0, TPM_PUB_MAX);
	m.bank = wire_get_u16(&r);
	m.pcr_mask = wire_get_u32(&r);
	evidence_items_get(&r, m.items);
	m.certificate = wire_get_field(&r, 0, CERTIFICATE_MAX);
	if (!wire_read_done(&r) || memcmp(got, label, LABEL_LEN) != 0 || !valid(&m))
		return false;
	*out = m;
	return true;
}

bool statement_rd(const struct statement *m, uint8_t rd[RD_LEN])
{
	uint8_t bytes[SIGNED_MAX];
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	put_signed(&w, m);
	if (w.failed)
		return false;
	sha256(bytes, w.len, rd);
	return true;
}

void attest_request_put(struct wire_writer *w, const struct attest_request *m)
{
	wire_put_field(w, m->nonce, STATEMENT_NONCE_MIN, STATEMENT_NONCE_MAX);
	wire_put_u16(w, m->bank);
	wire_put_u32(w, m->pcr_mask);
}

bool attest_request_get(struct span body, struct attest_request *out)
{
	struct attest_request m;
	struct cursor r;

	wire_read_start(&r, body.data, body.len);
	m.nonce = wire_get_field(&r, STATEMENT_NONCE_MIN, STATEMENT_NONCE_MAX);
	m.bank = wire_get_u16(&r);
	m.pcr_mask = wire_get_u32(&r);
	if (!wire_read_done(&r) || (m.bank != DIGEST_SHA256 && m.bank != DIGEST_SHA384) ||
		m.pcr_mask == 0 || m.pcr_mask >= 1u << 24)
		return false;
	*out = m;
	return true;
}

void attest_frame_put(struct wire_writer *w, enum attest_frame type, struct span body)
{
	if (body.len > STATEMENT_MAX)
		w->failed = true;
	wire_put_u32(w, (uint32_t)body.len + 2);
	wire_put_u8(w, (uint8_t)type);
	wire_put_u8(w, PROTOCOL_VERSION);
	wire_put_bytes(w, body.data, body.len);
}

bool attest_frame_header(
	const uint8_t header[ATTEST_FRAME_HEADER_LEN], uint8_t *out_type, size_t *out_body_len)
{
	struct cursor r;
	uint32_t length;
	uint8_t type, version;

	wire_read_start(&r, header, ATTEST_FRAME_HEADER_LEN);
	length = wire_get_u32(&r);
	type = wire_get_u8(&r);
	version = wire_get_u8(&r);
	if (length < 2 || length > FRAME_LONGEST || version != PROTOCOL_VERSION ||
		type < ATTEST_REQUEST || type > ATTEST_RENEWAL)
		return false;
	*out_type = type;
	*out_body_len = length - 2;
	return true;
}
