/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statements of running nodes and the frames around them: the test vectors of PROTOCOL.md (its path
 * is the argument), round trips, truncation at every byte, each rule on both ends.
 */
#include <stdlib.h>

#include "crypto/digest.h"
#include "tests/unit/protocol_vector.h"
#include "tests/unit/test.h"
#include "tools/attest/statement.h"

#define BUF_LEN	 512u
#define LABEL	 16u
#define NONCE_AT (LABEL + 4u)

static uint8_t pattern[CERTIFICATE_MAX + 1], nonce[STATEMENT_NONCE_MAX + 1];
static uint8_t buf[BUF_LEN];

static struct span some(size_t len)
{
	return (struct span){pattern, len};
}

/* The statement of the test vectors. */
static struct statement example(void)
{
	return (struct statement){.nonce = {nonce, 32},
		.version = {(const uint8_t *)"protostar 1.0", 13},
		.ak_pub = some(5),
		.ek_pub = some(6),
		.bank = DIGEST_SHA256,
		.pcr_mask = 0x9a10,
		.items = {[EVIDENCE_TPM2 - 1] = some(7), [EVIDENCE_HCL - 1] = some(9)},
		.certificate = some(3)};
}

/* Its length in buf; 0: the writer refused. */
static size_t encode(const struct statement *m)
{
	struct wire_writer w;

	wire_write_start(&w, buf, sizeof(buf));
	statement_put(&w, m);
	return w.failed ? 0 : w.len;
}

static bool decodes(size_t len)
{
	struct statement m;

	return statement_get((struct span){buf, len}, &m);
}

static void test_vectors_of_the_specification(void)
{
	struct statement m = example();
	struct attest_request request = {.nonce = m.nonce, .bank = m.bank, .pcr_mask = m.pcr_mask};
	uint8_t body[ATTEST_REQUEST_MAX], frame[ATTEST_REQUEST_MAX], rd[RD_LEN];
	struct wire_writer w, f;

	wire_write_start(&w, body, sizeof(body));
	attest_request_put(&w, &request);
	wire_write_start(&f, frame, sizeof(frame));
	attest_frame_put(&f, ATTEST_REQUEST, (struct span){body, w.len});
	REQUIRE(!w.failed && !f.failed);
	CHECK_VECTOR("REQUEST", frame, f.len);
	CHECK_VECTOR("statement", buf, encode(&m));
	CHECK(statement_rd(&m, rd));
	CHECK_VECTOR("statement_rd", rd, sizeof(rd));
}

static void test_round_trip(void)
{
	struct statement m = example(), got;
	uint8_t first[BUF_LEN];
	size_t len = encode(&m);

	REQUIRE(len > 0);
	memcpy(first, buf, len);
	REQUIRE(statement_get((struct span){first, len}, &got));
	CHECK(got.nonce.len == 32 && got.version.len == 13 && got.ak_pub.len == 5);
	CHECK(got.ek_pub.len == 6 && got.bank == m.bank && got.pcr_mask == m.pcr_mask);
	CHECK(got.items[0].len == 7 && got.items[3].len == 9 && got.items[1].data == NULL);
	CHECK(got.certificate.len == 3);
	CHECK(encode(&got) == len);
	CHECK_BYTES(buf, first, len);
}

static void test_truncation_at_every_byte(void)
{
	struct statement m = example();
	size_t len = encode(&m);

	REQUIRE(decodes(len));
	for (size_t i = 0; i < len; i++)
		CHECK(!decodes(i));
	buf[len] = 0;
	CHECK(!decodes(len + 1));
}

/* What is accepted encodes to the same bytes, and signs something else. */
static void test_every_bit_flip(void)
{
	struct statement m = example(), got;
	uint8_t first[BUF_LEN], flipped[BUF_LEN], rd[RD_LEN], other[RD_LEN];
	size_t len = encode(&m), accepted = 0, rest = 3 + 4 + 4 + 7 + 4 + 9 + 4 + 3;

	memcpy(first, buf, len);
	REQUIRE(statement_rd(&m, rd));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(flipped, first, len);
		flipped[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!statement_get((struct span){flipped, len}, &got))
			continue;
		accepted++;
		REQUIRE(encode(&got) == len);
		CHECK_BYTES(buf, flipped, len);
		REQUIRE(statement_rd(&got, other));
		if (bit / 8 < len - rest)
			CHECK(memcmp(rd, other, RD_LEN) != 0);
	}
	CHECK(accepted > 0);
}

/* Each line: something that a statement may not be, and what it may be beside it. */
static void test_rules_when_written(void)
{
	struct statement m = example();

	m.nonce.len = STATEMENT_NONCE_MIN - 1;
	CHECK(encode(&m) == 0 && ++m.nonce.len && encode(&m) > 0);
	m.nonce.len = STATEMENT_NONCE_MAX + 1;
	CHECK(encode(&m) == 0 && --m.nonce.len && encode(&m) > 0);
	m = example();
	m.version.len = 0;
	CHECK(encode(&m) == 0);
	m.version = some(3);
	CHECK(encode(&m) == 0);
	m = example();
	m.ak_pub.len = m.ek_pub.len = m.certificate.len = 0;
	CHECK(encode(&m) > 0);
	m.bank = 0x0004;
	CHECK(encode(&m) == 0);
	m.bank = DIGEST_SHA384;
	CHECK(encode(&m) > 0);
	m.pcr_mask = 0;
	CHECK(encode(&m) == 0);
	m.pcr_mask = 1u << 24;
	CHECK(encode(&m) == 0);
	m.pcr_mask = (1u << 24) - 1;
	CHECK(encode(&m) > 0);
	memset(m.items, 0, sizeof(m.items));
	CHECK(encode(&m) == 0);
	for (size_t i = 0; i < EVIDENCE_TYPES; i++)
		m.items[i] = some(1);
	CHECK(encode(&m) == 0);
	m.items[2].len = 0;
	CHECK(encode(&m) > 0);
}

static void test_longest_fields_when_written(void)
{
	static uint8_t large[3 * CERTIFICATE_MAX];
	struct statement m = example();
	struct wire_writer w;

	m.certificate.len = CERTIFICATE_MAX;
	wire_write_start(&w, large, sizeof(large));
	statement_put(&w, &m);
	CHECK(!w.failed);
	m.certificate.len = CERTIFICATE_MAX + 1;
	wire_write_start(&w, large, sizeof(large));
	statement_put(&w, &m);
	CHECK(w.failed);
	m = example();
	m.ak_pub.len = TPM_PUB_MAX + 1;
	wire_write_start(&w, large, sizeof(large));
	statement_put(&w, &m);
	CHECK(w.failed);
	CHECK(!statement_rd(&m, large));
}

/* The byte at `at` is another, and the statement is refused; with the old one it is not. */
static void refused_with(size_t at, uint8_t value)
{
	struct statement m = example();
	size_t len = encode(&m);
	uint8_t old = buf[at];

	CHECK(old != value && decodes(len));
	buf[at] = value;
	CHECK(!decodes(len));
}

static void test_rules_when_read(void)
{
	size_t version = NONCE_AT + 32 + 4, bank = version + 13 + 4 + 5 + 4 + 6;
	size_t count = bank + 6, first = count + 1, second = first + 2 + 4 + 7;

	refused_with(0, 'P');
	refused_with(LABEL - 1, '2');
	refused_with(NONCE_AT - 1, 31);
	refused_with(version, 0x1f);
	refused_with(version, 0x7f);
	refused_with(bank + 1, 0x04);
	refused_with(bank + 2, 0x01);
	refused_with(count, 0);
	refused_with(count, 1);
	refused_with(count, 3);
	refused_with(first + 1, 0);
	refused_with(first + 1, 4);
	refused_with(second + 1, 1);
	refused_with(second + 1, 6);
	refused_with(second + 5, 0);
}

static void test_request(void)
{
	struct attest_request m = {.nonce = {nonce, 8}, .bank = DIGEST_SHA384, .pcr_mask = 1};
	struct attest_request got;
	struct wire_writer w;

	wire_write_start(&w, buf, sizeof(buf));
	attest_request_put(&w, &m);
	REQUIRE(!w.failed);
	CHECK(attest_request_get((struct span){buf, w.len}, &got) && got.nonce.len == 8);
	CHECK(got.bank == m.bank && got.pcr_mask == 1);
	for (size_t i = 0; i < w.len; i++)
		CHECK(!attest_request_get((struct span){buf, i}, &got));
	CHECK(!attest_request_get((struct span){buf, w.len + 1}, &got));
	buf[w.len - 1] = 0;
	CHECK(!attest_request_get((struct span){buf, w.len}, &got));
	buf[w.len - 4] = 1;
	CHECK(!attest_request_get((struct span){buf, w.len}, &got));
	buf[w.len - 1] = 1, buf[w.len - 4] = 0, buf[w.len - 5] = 0x04;
	CHECK(!attest_request_get((struct span){buf, w.len}, &got));
}

static bool header(uint32_t length, uint8_t type, uint8_t version, size_t *len)
{
	const uint8_t bytes[ATTEST_FRAME_HEADER_LEN] = {(uint8_t)(length >> 24),
		(uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length, type, version};
	uint8_t got;

	return attest_frame_header(bytes, &got, len) && got == type;
}

static void test_frame_header(void)
{
	size_t len = 1;

	CHECK(header(2, ATTEST_REQUEST, 1, &len) && len == 0);
	CHECK(header(STATEMENT_MAX + 2, ATTEST_RENEWAL, 1, &len) && len == STATEMENT_MAX);
	CHECK(!header(1, ATTEST_REQUEST, 1, &len));
	CHECK(!header(STATEMENT_MAX + 3, ATTEST_REQUEST, 1, &len));
	CHECK(!header(UINT32_MAX, ATTEST_REQUEST, 1, &len));
	CHECK(!header(2, ATTEST_REQUEST - 1, 1, &len));
	CHECK(!header(2, ATTEST_RENEWAL + 1, 1, &len));
	CHECK(!header(2, ATTEST_REQUEST, 2, &len));
}

int main(int argc, char **argv)
{
	count_up(pattern, sizeof(pattern), 1);
	count_up(nonce, sizeof(nonce), 0x20);
	if (argc != 2 || !vector_open(argv[1]))
		return 2;
	RUN(test_vectors_of_the_specification);
	RUN(test_round_trip);
	RUN(test_truncation_at_every_byte);
	RUN(test_every_bit_flip);
	RUN(test_rules_when_written);
	RUN(test_longest_fields_when_written);
	RUN(test_rules_when_read);
	RUN(test_request);
	RUN(test_frame_header);
	free(vector_document);
	return test_summary();
}
