/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md 6.3: a log of the PCRs 0, 2 and 4, in little-endian. */
#include "tests/interop/independent/session.h"

#include <string.h>

#define EV_NO_ACTION	     3u
#define EV_SEPARATOR	     4u
#define EV_EFI_BOOT_SERVICES 0x80000003u

static void little(struct buf *out, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		put_uint(out, value >> (8 * i), 1);
}

static bool has_bank(const struct session *s)
{
	return s->plan.log != LOG_OTHER_BANK;
}

static bool has_sha1(const struct session *s)
{
	return s->plan.log == LOG_OTHER_BANK || s->plan.log == LOG_TWO_BANKS;
}

static void put_header(const struct session *s, struct buf *out)
{
	static const char signature[16] = "Spec ID Event03";
	uint32_t count = (has_bank(s) ? 1u : 0u) + (has_sha1(s) ? 1u : 0u);

	little(out, 0, 4);
	little(out, EV_NO_ACTION, 4);
	put_fill(out, 0, 20);
	little(out, 16 + 4 + 4 + 4 + 4 * count + 1, 4);
	put_raw(out, signature, 16);
	little(out, 0, 4);
	put_raw(out, "\0\2\0\2", 4);
	little(out, count, 4);
	if (has_sha1(s)) {
		little(out, HASH_SHA1, 2);
		little(out, 20, 2);
	}
	if (has_bank(s)) {
		little(out, s->bank, 2);
		little(out, (uint32_t)hash_len(s->bank) + (s->plan.log == LOG_LONG_DIGEST), 2);
	}
	little(out, 0, 1);
}

static void put_digest(const struct session *s, struct buf *out, unsigned alg, unsigned pcr)
{
	uint8_t digest[HASH_MAX];

	pcr_event(s->m, alg, pcr, digest);
	digest[0] ^= s->plan.log == LOG_WRONG_DIGEST && pcr == 4;
	little(out, alg, 2);
	put_raw(out, digest, hash_len(alg));
}

static void put_event(
	const struct session *s, struct buf *out, unsigned pcr, unsigned type, struct span data)
{
	bool twice = s->plan.log == LOG_TWICE;

	little(out, pcr, 4);
	little(out, type, 4);
	little(out, (has_bank(s) ? 1u : 0u) + (has_sha1(s) ? 1u : 0u) + (twice ? 1u : 0u), 4);
	if (has_sha1(s))
		put_digest(s, out, HASH_SHA1, pcr);
	if (has_bank(s))
		put_digest(s, out, s->bank, pcr);
	if (twice)
		put_digest(s, out, s->bank, pcr);
	little(out, (uint32_t)data.len, 4);
	put_raw(out, data.data, data.len);
}

void make_log(const struct session *s, struct buf *out)
{
	static const uint8_t locality[17] = "StartupLocality\0\3";
	struct span at_3 = {locality, sizeof(locality)}, data = {(const uint8_t *)"data", 4};
	uint32_t form = s->plan.log;

	put_fill(out, 0, s->plan.log_bytes);
	if (form == LOG_NONE)
		return;
	put_header(s, out);
	if (form == LOG_LOCALITY_3)
		put_event(s, out, 0, EV_NO_ACTION, at_3);
	put_event(s, out, 0, EV_SEPARATOR, data);
	if (form == LOG_LOCALITY_LATE)
		put_event(s, out, 0, EV_NO_ACTION, at_3);
	put_event(s, out, 2, EV_SEPARATOR, (struct span){0});
	put_event(s, out, form == LOG_PCR_24 ? 24 : 4, EV_EFI_BOOT_SERVICES, data);
	put_fill(out, 0, form == LOG_LEFT_OVER ? 7 : form == LOG_FILLED ? 8 : 0);
	out->len -= form == LOG_CUT;
}
