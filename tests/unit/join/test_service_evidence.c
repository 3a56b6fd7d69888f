/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service's own quote, as a node judges it: each field wrong alone, and every byte changed. */
#include "crypto/random.h"
#include "early/contract/errors.h"
#include "early/join/service_evidence.h"
#include "tests/unit/join/service_quote.h"
#include "tests/unit/test.h"

/* What a quote says; the fields that tests change. */
struct said {
	uint32_t magic;
	uint16_t type, bank;
	uint8_t rd[RD_LEN];
	uint8_t select[4], select_len;
	uint8_t digest[SHA256_LEN];
	uint32_t selections;
	size_t tail; /* bytes behind the end */
};

static const struct said good = {.magic = 0xFF544347,
	.type = 0x8018,
	.bank = 0x000B,
	.rd = {1, 2, 3},
	.select = {0x81, 0x00, 0x02},
	.select_len = 3,
	.digest = {9, 8, 7},
	.selections = 1};

static struct key_pair ak, other;
static uint8_t area[128], encoded[2048];
static size_t area_len;
static struct service_wanted wanted;

static size_t attest_of(const struct said *s, uint8_t *out, size_t cap)
{
	static const uint8_t name[34] = {0x00, 0x0B}, zeros[25];
	struct wire_writer w;

	wire_write_start(&w, out, cap);
	wire_put_u32(&w, s->magic);
	wire_put_u16(&w, s->type);
	put_2b(&w, name, sizeof(name));
	put_2b(&w, s->rd, RD_LEN);
	wire_put_bytes(&w, zeros, sizeof(zeros));
	wire_put_u32(&w, s->selections);
	wire_put_u16(&w, s->bank);
	wire_put_u8(&w, s->select_len);
	wire_put_bytes(&w, s->select, s->select_len);
	put_2b(&w, s->digest, SHA256_LEN);
	wire_put_bytes(&w, zeros, s->tail);
	return w.len;
}

/* The encoded evidence, signed by `key`; returns its length. */
static size_t evidence_of(const struct said *s, const struct key_pair *key)
{
	uint8_t attest[256], signature[128];
	struct service_evidence e = {.ak_pub = {area, area_len},
		.attest.data = attest,
		.signature.data = signature,
		.pcr_values = {attest, 32}};
	struct wire_writer w;

	e.attest.len = attest_of(s, attest, sizeof(attest));
	e.signature.len = signature_of(key, e.attest, signature, sizeof(signature));
	wire_write_start(&w, encoded, sizeof(encoded));
	service_evidence_put(&w, &e);
	return w.failed ? 0 : w.len;
}

static uint16_t judge(size_t len)
{
	return service_evidence_check(&wanted, (struct span){encoded, len}, good.rd).code;
}

static uint16_t judge_said(const struct said *s)
{
	return judge(evidence_of(s, &ak));
}

static void fresh(void)
{
	area_len = area_of(&ak, area, sizeof(area));
	wanted = (struct service_wanted){.given = true, .pcr_mask = 0x020081};
	sha256(area, area_len, wanted.ak);
	memcpy(wanted.pcr_digest, good.digest, SHA256_LEN);
}

static void test_right(void)
{
	struct said s = good;

	fresh();
	CHECK(judge_said(&s) == 0);
	s.select_len = 4;
	CHECK(judge_said(&s) == 0);
	s.select[3] = 1;
	CHECK(judge_said(&s) == E_SERVICE_QUOTE);
}

static void test_other_key(void)
{
	fresh();
	CHECK(judge(evidence_of(&good, &other)) == E_SERVICE_SIGNATURE);
	area_len = area_of(&other, area, sizeof(area));
	CHECK(judge(evidence_of(&good, &other)) == E_SERVICE_AK);
	CHECK(judge(0) == E_SERVICE_FORM);
}

static void test_each_field(void)
{
	struct said s = good;

	fresh();
	s.magic++;
	CHECK(judge_said(&s) == E_SERVICE_QUOTE);
	s = good, s.type = 0x8017;
	CHECK(judge_said(&s) == E_SERVICE_QUOTE);
	s = good, s.selections = 2;
	CHECK(judge_said(&s) == E_SERVICE_QUOTE);
	s = good, s.select_len = 2;
	CHECK(judge_said(&s) == E_SERVICE_QUOTE);
	s = good, s.tail = 1;
	CHECK(judge_said(&s) == E_SERVICE_QUOTE);
	s = good, s.rd[31] ^= 1;
	CHECK(judge_said(&s) == E_SERVICE_CONNECTION);
	s = good, s.bank = 0x000C;
	CHECK(judge_said(&s) == E_SERVICE_SELECTION);
	s = good, s.select[1] ^= 1;
	CHECK(judge_said(&s) == E_SERVICE_SELECTION);
	s = good, s.select[0] ^= 1;
	CHECK(judge_said(&s) == E_SERVICE_SELECTION);
	s = good, s.digest[0] ^= 1;
	CHECK(judge_said(&s) == E_SERVICE_PCRS);
}

/* rd of PROTOCOL.md section 6: of the role, with keys and nonces changed over, or not. */
static void rd_of(uint8_t role, bool keys_over, bool nonces_over, uint8_t rd[RD_LEN])
{
	static const uint8_t node[P256_SPKI_LEN] = {1}, service[P256_SPKI_LEN] = {2},
			     binder[32] = {3}, nonce_v[NONCE_LEN] = {4}, nonce_a[NONCE_LEN] = {5},
			     claims[] = {6};
	const struct rd_input in = {
		.role = role,
		.purpose = PURPOSE_JOIN,
		.spki_self = {keys_over ? service : node, P256_SPKI_LEN},
		.spki_peer = {keys_over ? node : service, P256_SPKI_LEN},
		.binder = binder,
		.nonce_v = nonces_over ? nonce_a : nonce_v,
		.nonce_a = nonces_over ? nonce_v : nonce_a,
		.claims = {claims, sizeof(claims)},
	};
	uint8_t bytes[RD_INPUT_MAX];
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	rd_input_put(&w, &in);
	sha256(bytes, w.len, rd);
}

/*
 * A quote that a machine like the service's made as a node comes back as the service's evidence.
 * Key and registers are right, so only rd can tell: by its role, its keys and its nonces, each.
 */
static void test_reflection(void)
{
	struct said s = good;
	uint8_t due[RD_LEN];

	fresh();
	rd_of(ROLE_SERVICE, true, true, due);
	for (unsigned i = 0; i < 8; i++) {
		uint8_t role = i & 1 ? ROLE_NODE : ROLE_SERVICE;
		uint16_t want = i ? E_SERVICE_CONNECTION : 0;
		size_t len;

		rd_of(role, !(i & 2), !(i & 4), s.rd);
		len = evidence_of(&s, &ak);
		CHECK(service_evidence_check(&wanted, (struct span){encoded, len}, due).code ==
			want);
	}
}

/* No byte of what is looked at can change; the values beside the digest are for people. */
static void test_every_byte(void)
{
	size_t len, values = 4 + 32;

	fresh();
	len = evidence_of(&good, &ak);
	for (size_t i = 0; i < len - values; i++) {
		encoded[i] ^= 0x01;
		CHECK(judge(len) != 0);
		encoded[i] ^= 0x01;
	}
	for (size_t i = 0; i < len; i++)
		CHECK(judge(i) == E_SERVICE_FORM);
	CHECK(judge(len) == 0);
}

int main(void)
{
	if (failed(secret_pool_open(4u * SECRET_MAX)) || failed(random_open()) ||
		failed(key_generate(&ak)) || failed(key_generate(&other)))
		return 1;
	RUN(test_right);
	RUN(test_other_key);
	RUN(test_each_field);
	RUN(test_reflection);
	RUN(test_every_byte);
	key_free(&ak);
	key_free(&other);
	return test_summary();
}
