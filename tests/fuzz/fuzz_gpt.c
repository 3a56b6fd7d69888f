/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the start of a disk. Both checksums are made right, so that the input reaches what
 * lies behind them; a table that passed has its entries where the disk is.
 */
#include <stdlib.h>
#include <string.h>
#include "early/disk/gpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void walk(const struct gpt *g, const uint8_t *entries)
{
	struct gpt_entry e;

	for (uint32_t i = 0; i < g->entry_count; i++) {
		if (!gpt_entry(g, entries, i, &e))
			continue;
		if (e.first_lba > e.last_lba || e.last_lba > g->last_lba ||
			strnlen(e.name, sizeof(e.name)) == sizeof(e.name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t header[GPT_BLOCK_MIN] = {0}, *entries;
	struct gpt g;
	size_t len;

	if (size < GPT_HEADER_LEN)
		return 0;
	memcpy(header, data, GPT_HEADER_LEN);
	if (!failed(gpt_header(header, sizeof(header), size, &g)) && g.last_lba >= size)
		abort();
	put32(header + 12, GPT_HEADER_LEN);
	put32(header + 16, 0);
	put32(header + 16, gpt_crc32(header, GPT_HEADER_LEN));
	if (failed(gpt_header(header, sizeof(header), 1u << 20, &g)))
		return 0;
	len = (size_t)g.entry_count * g.entry_len;
	entries = calloc(1, len);
	if (!entries)
		abort();
	memcpy(entries, data + GPT_HEADER_LEN,
		size - GPT_HEADER_LEN < len ? size - GPT_HEADER_LEN : len);
	g.entries_crc = gpt_crc32(entries, len);
	if (!failed(gpt_entries(&g, entries, len)))
		walk(&g, entries);
	free(entries);
	return 0;
}
