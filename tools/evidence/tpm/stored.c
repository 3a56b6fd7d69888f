/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/stored.h"

#include <string.h>
#include "tools/lib/bytes.h"

#define HEADER_LEN 7u

/* 10 01 (a stored certificate), 00 (a full one), u16 length, 10 02 (the certificate). */
static bool has_header(struct span in)
{
	return in.len > HEADER_LEN && memcmp(in.data, "\x10\x01\x00", 3) == 0 &&
	       memcmp(in.data + 5, "\x10\x02", 2) == 0;
}

/* Bytes of the SEQUENCE that begins there, with its tag and length; 0 of none. */
static size_t sequence_len(struct span in)
{
	if (in.len < 4 || in.data[0] != 0x30)
		return 0;
	if (in.data[1] < 0x80)
		return 2u + in.data[1];
	if (in.data[1] == 0x81)
		return 3u + in.data[2];
	return in.data[1] == 0x82 ? 4u + be16(in.data + 2) : 0;
}

static bool is_padding(struct span rest)
{
	if (rest.len && !memchr("\xff\x00\x11", rest.data[0], 3))
		return false;
	for (size_t i = 1; i < rest.len; i++)
		if (rest.data[i] != rest.data[0])
			return false;
	return true;
}

bool tpm_stored_certificate(struct span stored, struct span *der)
{
	struct span in = stored;
	size_t len;

	if (has_header(in)) {
		/* Its length counts the tag in front of the certificate. */
		size_t told = be16(in.data + 3);

		in = (struct span){in.data + HEADER_LEN, in.len - HEADER_LEN};
		if (told != sequence_len(in) + 2)
			return false;
	}
	len = sequence_len(in);
	if (!len || len > in.len)
		return false;
	*der = (struct span){in.data, len};
	return is_padding((struct span){in.data + len, in.len - len});
}
