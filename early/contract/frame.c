/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/contract/frame.h"

bool frame_header(const uint8_t header[FRAME_HEADER_LEN], uint8_t *out_type, size_t *out_body_len)
{
	struct cursor r;
	uint32_t length;
	uint8_t type, version;

	wire_read_start(&r, header, FRAME_HEADER_LEN);
	length = wire_get_u32(&r);
	type = wire_get_u8(&r);
	version = wire_get_u8(&r);
	if (length < 2 || length > FRAME_MAX || version != PROTOCOL_VERSION)
		return false;
	if (type < MSG_HELLO || type > MSG_ABORT)
		return false;
	*out_type = type;
	*out_body_len = length - 2;
	return true;
}

size_t frame_begin(struct wire_writer *w, enum message_type type, bool valid)
{
	size_t at = w->len;

	if (!valid)
		w->failed = true;
	wire_put_u32(w, 0);
	wire_put_u8(w, (uint8_t)type);
	wire_put_u8(w, PROTOCOL_VERSION);
	return at;
}

void frame_end(struct wire_writer *w, size_t at)
{
	struct wire_writer length;
	size_t len;

	if (w->failed)
		return;
	len = w->len - at - 4;
	if (len > FRAME_MAX) {
		w->failed = true;
		return;
	}
	wire_write_start(&length, w->data + at, 4);
	wire_put_u32(&length, (uint32_t)len);
}
