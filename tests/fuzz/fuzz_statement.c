/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `protostar verify` reads of a node, and a node of who asks: what is accepted encodes to the
 * same bytes again. The first byte picks the reader: 0 statement, 1 request, else a frame's header.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/attest/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[STATEMENT_MAX];

static void same(const struct wire_writer *w, struct span in)
{
	if (w->failed || w->len != in.len || memcmp(out, in.data, in.len) != 0)
		abort();
}

static void one_statement(struct span in)
{
	uint8_t rd[RD_LEN];
	struct statement m;
	struct wire_writer w;

	if (in.len > sizeof(out) || !statement_get(in, &m))
		return;
	wire_write_start(&w, out, sizeof(out));
	statement_put(&w, &m);
	same(&w, in);
	if (!statement_rd(&m, rd))
		abort();
}

static void one_request(struct span in)
{
	struct attest_request m;
	struct wire_writer w;

	if (!attest_request_get(in, &m))
		return;
	wire_write_start(&w, out, sizeof(out));
	attest_request_put(&w, &m);
	same(&w, in);
}

static void one_header(struct span in)
{
	uint8_t type;
	size_t len;

	if (in.len < ATTEST_FRAME_HEADER_LEN || !attest_frame_header(in.data, &type, &len))
		return;
	if (len > STATEMENT_MAX || type < ATTEST_REQUEST || type > ATTEST_RENEWAL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = {data + 1, size - 1};

	if (!size)
		return 0;
	if (data[0] == 0)
		one_statement(in);
	else if (data[0] == 1)
		one_request(in);
	else
		one_header(in);
	return 0;
}
