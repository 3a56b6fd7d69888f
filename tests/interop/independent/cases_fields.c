/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md sections 3, 4 and 6: one field otherwise than the page wants, and the answer. */
#include "tests/interop/independent/cases.h"

#include <string.h>

#define SET(member, value) offsetof(struct plan, member), (value)
#define NONE		   SET(no_item, 0)
#define ROWS(table)	   (sizeof(table) / sizeof((table)[0]))

struct row {
	const char *name;
	unsigned code;
	size_t first;
	uint32_t first_value;
	size_t second;
	uint32_t second_value;
};

static const struct row frames[] = {
	{"frame: as the page wants it", GOOD, NONE, NONE},
	{"frame: version 0", 601, SET(frame_version, 0), NONE},
	{"frame: version 2", 601, SET(frame_version, 2), NONE},
	{"frame: unknown type 0", 601, SET(frame_type, 0), NONE},
	{"frame: unknown type 10", 601, SET(frame_type, 10), NONE},
	{"frame: PROOF is not due", 601, SET(frame_type, PROOF), NONE},
	{"frame: COMMIT is not due", 601, SET(frame_type, COMMIT), NONE},
	{"frame: HELLO back", 601, SET(frame_type, HELLO), NONE},
	{"frame: length above the longest", 601, SET(frame_long, 1), NONE},
	{"frame: a byte behind it", 601, SET(behind, 1), NONE},
	{"frame: body a byte too long", 601, SET(more, 1), NONE},
	{"frame: body a byte too short", 601, SET(frame_less, 1), NONE},
};

static const struct row items[] = {
	{"evidence: purpose 0", 601, SET(purpose, 0), SET(rd_purpose, 0)},
	{"evidence: purpose 5", 601, SET(purpose, 5), SET(rd_purpose, 5)},
	{"evidence: purpose init", 615, SET(purpose, 4), SET(rd_purpose, 4)},
	{"evidence: purpose recover", 615, SET(purpose, 2), SET(rd_purpose, 2)},
	{"evidence: purpose verify", 615, SET(purpose, 3), SET(rd_purpose, 3)},
	{"evidence: wants service evidence", 615, SET(wants, 1), NONE},
	{"evidence: wants 2", 601, SET(wants, 2), NONE},
	{"evidence: no items", 601, SET(count, 0), SET(no_item, 1)},
	{"evidence: count 0, item there", 601, SET(count, 0), NONE},
	{"evidence: count 2, one item", 601, SET(count, 2), NONE},
	{"evidence: count 5", 601, SET(count, 5), NONE},
	{"evidence: type 0", 601, SET(item_type, 0), NONE},
	{"evidence: type 6", 601, SET(item_type, 6), NONE},
	{"evidence: type 65535", 601, SET(item_type, 65535), NONE},
	{"evidence: a quote said to be a report", 601, SET(item_type, 2), NONE},
	{"item_order: types 1 and 2", GOOD, SET(order, 0x12), NONE},
	{"item_order: types 1 and 3", GOOD, SET(order, 0x13), NONE},
	{"item_order: types 1 and 4", GOOD, SET(order, 0x14), NONE},
	{"item_order: types 1 and 5", GOOD, SET(order, 0x15), NONE},
	{"item_order: types 1, 2, 3 and 5", GOOD, SET(order, 0x1235), NONE},
	{"item_order: types 1, 3 and 2", 601, SET(order, 0x132), NONE},
	{"item_order: types 2 and 1", 601, SET(order, 0x21), NONE},
	{"item_order: types 5 and 1", 601, SET(order, 0x51), NONE},
	{"item_order: type 1 twice", 601, SET(order, 0x11), NONE},
	{"item_order: type 2 twice", 601, SET(order, 0x122), NONE},
	{"item_order: type 6 behind", 601, SET(order, 0x16), NONE},
	{"item_order: type 6 in front", 601, SET(order, 0x61), NONE},
	{"item_order: five items", 601, SET(order, 0x12345), NONE},
	{"item_order: five items, said to be four", 601, SET(order, 0x12345), SET(count, 0)},
	{"item_order: two items, said to be one", 601, SET(order, 0x12), SET(count, 0)},
	{"item: a byte behind it", 601, SET(item_more, 1), NONE},
	{"item: attest empty", 601, SET(no_attest, 1), NONE},
	{"item: attest of 1025 bytes", 601, SET(long_attest, 1), NONE},
	{"item: signature of 1025 bytes", 601, SET(signature_more, 1000), NONE},
	{"item: pcr_values of 1537 bytes", 601, SET(values_more, 1300), NONE},
	{"item: log of 131073 bytes", 601, SET(log_bytes, 131073), NONE},
	{"item: six certificates that are none", GOOD, SET(certificates, 6), NONE},
	{"item: seven certificates", 601, SET(certificates, 7), NONE},
	{"item: an empty certificate", 601, SET(certificates, 1), SET(empty_certificate, 1)},
};

static const struct row claims[] = {
	{"claims: version empty", 601, SET(version_len, 0), NONE},
	{"claims: version of 64 bytes", GOOD, SET(version_len, 64), NONE},
	{"claims: version of 65 bytes", 601, SET(version_len, 65), NONE},
	{"claims: version with 0x1f", 601, SET(version_byte, 0x1f), NONE},
	{"claims: version with 0x7f", 601, SET(version_byte, 0x7f), NONE},
	{"claims: disk_id of zeros", 601, SET(no_disk, 1), NONE},
	{"claims: contents 0", 601, SET(contents, 0), NONE},
	{"claims: contents 3", 601, SET(contents, 3), NONE},
	{"claims: contents of an unknown disk", 619, SET(contents, 2), NONE},
	{"claims: kem_pub compressed", 601, SET(kem_form, 2), NONE},
	{"claims: kem_pub off the curve", 610, SET(flip_kem, 1), NONE},
	{"claims: a byte behind", 601, SET(claims_more, 1), NONE},
	{"claims: 4097 bytes", 601, SET(long_claims, 1), NONE},
	{"claims: AK of 1025 bytes", 601, SET(long_ak, 1), NONE},
	{"claims: EK of 1025 bytes", 601, SET(long_ek, 1), NONE},
	{"claims: no AK beside a quote", 610, SET(no_ak, 1), NONE},
	{"claims: neither key beside a quote", 610, SET(no_ak, 1), SET(no_ek, 1)},
};

static const struct row quotes[] = {
	{"quote: signature over others", 603, SET(flip_signature, 1), NONE},
	{"quote: signature with a byte behind", 603, SET(signature_more, 1), NONE},
	{"quote: signature without r", 603, SET(no_r, 1), NONE},
	{"quote: s of 33 bytes", 603, SET(long_s, 1), NONE},
	{"quote: r and s of 32 bytes", GOOD, SET(zeros_in_front, 1), NONE},
	{"quote: signature said to be RSASSA", 603, SET(scheme, 0x14), NONE},
	{"quote: signature said to be SHA-384", 603, SET(scheme_hash, HASH_SHA384), NONE},
	{"quote: wrong magic", 604, SET(magic, 0xff544348), NONE},
	{"quote: TPM2_Certify's type", 604, SET(attest_type, 0x8017), NONE},
	{"quote: signer of 67 bytes", 604, SET(signer_len, 67), NONE},
	{"quote: signer empty", GOOD, SET(signer_len, 0), NONE},
	{"quote: extra_data of another connection", 604, SET(flip_extra, 1), NONE},
	{"quote: extra_data empty", 604, SET(extra_len, 0), NONE},
	{"quote: extra_data of 31 bytes", 604, SET(extra_len, 31), NONE},
	{"quote: extra_data of 33 bytes", 604, SET(extra_len, 33), NONE},
	{"quote: safe 2", 604, SET(safe, 2), NONE},
	{"quote: safe 0", GOOD, SET(safe, 0), NONE},
	{"quote: select_len 2", 604, SET(select_len, 2), NONE},
	{"quote: select_len 4", GOOD, SET(select_len, 4), NONE},
	{"quote: select_len 5", 604, SET(select_len, 5), NONE},
	{"quote: a byte behind", 604, SET(attest_more, 1), NONE},
	{"quote: no selection", 605, SET(selections, 0), NONE},
	{"quote: other bank", 605, SET(bank, HASH_SHA384), NONE},
	{"quote: SHA-1 bank", 605, SET(bank, HASH_SHA1), NONE},
	{"quote: SHA-1 bank beside", 605, SET(selections, 2), SET(second_bank, HASH_SHA1)},
	{"quote: one PCR more", 605, SET(mask_add, 1u << 23), NONE},
	{"quote: PCR 15 left out", 605, SET(mask_drop, 1u << 15), NONE},
	{"quote: digest of other values", 606, SET(flip_digest, 1), NONE},
	{"quote: other values than quoted", 606, SET(flip_values, 1), NONE},
	{"quote: values a byte too long", 606, SET(values_more, 1), NONE},
	{"quote: values a byte too short", 606, SET(values_less, 1), NONE},
	{"quote: values of another bank", 606, SET(quote_values, HASH_SHA384), NONE},
};

static const struct row logs[] = {
	{"log: good", GOOD, SET(log, LOG_GOOD), NONE},
	{"log: SHA-1 bank beside", GOOD, SET(log, LOG_TWO_BANKS), NONE},
	{"log: SHA-1 bank alone", 607, SET(log, LOG_OTHER_BANK), NONE},
	{"log: wrong digest", 607, SET(log, LOG_WRONG_DIGEST), NONE},
	{"log: 7 bytes left over", 607, SET(log, LOG_LEFT_OVER), NONE},
	{"log: rest of an area", GOOD, SET(log, LOG_FILLED), NONE},
	{"log: PCR 24", 607, SET(log, LOG_PCR_24), NONE},
	{"log: an algorithm twice", 607, SET(log, LOG_TWICE), NONE},
	{"log: SHA-256 of 33 bytes", 607, SET(log, LOG_LONG_DIGEST), NONE},
	{"log: locality behind PCR 0's first event", 607, SET(log, LOG_LOCALITY_LATE), NONE},
	{"log: locality 3 that was not", 607, SET(log, LOG_LOCALITY_3), NONE},
	{"log: last byte missing", 607, SET(log, LOG_CUT), NONE},
	{"log: 131072 bytes of zero", 607, SET(log_bytes, 131072), NONE},
};

static const struct row ends[] = {
	{"proof: other secret", 611, SET(flip_secret, 1), NONE},
	{"proof: secret of 31 bytes", 611, SET(secret_len, 31), NONE},
	{"proof: secret of 1 byte", 611, SET(secret_len, 1), NONE},
	{"proof: secret empty", 601, SET(secret_len, 0), NONE},
	{"proof: secret of 33 bytes", 601, SET(secret_len, 33), NONE},
	{"proof: a byte behind", 601, SET(proof_more, 1), NONE},
	{"proof: EVIDENCE in its place", 601, SET(proof_type, EVIDENCE), NONE},
	{"proof: COMMIT in its place", 601, SET(proof_type, COMMIT), NONE},
	{"commit: action open for format", 616, SET(commit_action, OPEN), NONE},
	{"commit: action 4", 601, SET(commit_action, 4), NONE},
	{"commit: generation too high", 616, SET(commit_add, 1), NONE},
	{"commit: MAC of zeros", 616, SET(commit_no_mac, 1), NONE},
	{"commit: PROOF in its place", 601, SET(commit_type, PROOF), NONE},
	{"commit: a byte behind", 601, SET(commit_more, 1), NONE},
};

static void set(struct plan *p, size_t member, uint32_t value)
{
	memcpy((uint8_t *)p + member, &value, sizeof(value));
}

static void run(const struct row *rows, size_t count)
{
	struct service to = the_service();

	for (size_t i = 0; i < count; i++) {
		struct machine m;
		struct plan p;

		machine_make(&m, KEY_P256, KEY_P256);
		plan_init(&p, &m);
		set(&p, rows[i].first, rows[i].first_value);
		set(&p, rows[i].second, rows[i].second_value);
		expect(rows[i].name, rows[i].code, session_whole(&to, &m, &p));
		machine_free(&m);
	}
}

void cases_fields(void)
{
	run(frames, ROWS(frames));
	run(items, ROWS(items));
	run(claims, ROWS(claims));
	run(quotes, ROWS(quotes));
	run(logs, ROWS(logs));
	run(ends, ROWS(ends));
}
