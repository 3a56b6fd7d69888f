/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/lzma_section.h"

#include <lzma.h>
#include <stdlib.h>
#include "tools/lib/bytes.h"

#define HEADER	       13u /* properties, dictionary size, unpacked size */
#define DECODER_MEMORY ((uint64_t)80 << 20)
#define FIRST_CAPACITY ((size_t)64 << 10)

/* Room grows with what comes out, so that a claim alone costs nothing. */
static lzma_ret run(lzma_stream *stream, struct bytes *out, size_t claimed)
{
	lzma_ret result;

	do {
		if (out->len == out->capacity) {
			size_t capacity = out->capacity ? 2 * out->capacity : FIRST_CAPACITY;

			out->capacity = capacity < claimed ? capacity : claimed;
			out->data = must_realloc(out->data, out->capacity ? out->capacity : 1, 1);
		}
		stream->next_out = out->data + out->len;
		stream->avail_out = out->capacity - out->len;
		result = lzma_code(stream, LZMA_FINISH);
		out->len = out->capacity - stream->avail_out;
	} while (result == LZMA_OK && (out->len < claimed || stream->avail_out));
	return result;
}

bool lzma_section_unpack(const uint8_t *data, size_t len, size_t limit, uint8_t **out,
	size_t *out_len, const char **reason)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	struct bytes unpacked = {0};
	uint64_t claimed;
	lzma_ret result;

	*reason = "a compressed section has no header";
	if (len < HEADER)
		return false;
	claimed = le64(data + 5);
	*reason = "a compressed section claims more bytes than firmware has";
	if (claimed > limit)
		return false;
	*reason = "a compressed section asks for more memory than firmware has";
	if (lzma_alone_decoder(&stream, DECODER_MEMORY) != LZMA_OK)
		return false;
	stream.next_in = data;
	stream.avail_in = len;
	result = run(&stream, &unpacked, (size_t)claimed);
	lzma_end(&stream);
	if (result == LZMA_MEMLIMIT_ERROR || unpacked.len != claimed || result != LZMA_STREAM_END) {
		if (result != LZMA_MEMLIMIT_ERROR)
			*reason = "a compressed section is broken";
		bytes_free(&unpacked);
		return false;
	}
	*out = unpacked.data;
	*out_len = unpacked.len;
	return true;
}
