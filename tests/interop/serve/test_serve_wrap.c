/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a grant is sealed to, in whole joins: with one half of the node's key broken it stays
 * sealed, nobody takes a half away unnoticed, and a node without ML-KEM is served only where policy
 * says so.
 *   test_serve_wrap PROTOSTAR
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>

#include "crypto/aead.h"
#include "early/contract/errors.h"

/* A join that ended in a grant, with what travelled and what the node alone knows. */
struct joined {
	struct client c;
	struct evidence e;
	struct outcome o;
};

static void join(struct joined *j)
{
	setting_connect(&j->c);
	evidence_make(&j->e, &j->c, &at.a, disk_1);
	client_join(&j->c, &j->e, &at.a, &j->o);
}

static void end(struct joined *j)
{
	evidence_free(&j->e);
	client_close(&j->c);
}

/* Opens the grant as somebody does who recorded it and has these keys. */
static uint16_t opened_with(const struct joined *j, const struct kem_pair *keys)
{
	const struct span wrapped = j->o.grant.wrapped;
	uint8_t aad[GRANT_AAD_MAX];
	struct secret plain = {0};
	struct wire_writer w;
	struct status s;

	wire_write_start(&w, aad, sizeof(aad));
	grant_aad_put(&w, &j->o.grant);
	s = wrap_open(keys, j->e.rd, aad, w.len, wrapped.data, wrapped.len, &plain);
	if (!failed(s))
		CHECK_BYTES(plain.bytes, j->o.disk_key, DISK_KEY_LEN);
	secret_free(&plain);
	return s.code;
}

/* P-256 is broken: its private key is known, that of ML-KEM is not; then the other way round. */
static void test_half_broken(void)
{
	struct kem_pair stranger, knows;
	struct joined j;

	join(&j);
	REQUIRE(j.o.type == MSG_GRANT && j.e.kem.mlkem.len == MLKEM_PRIV_LEN);
	REQUIRE(!failed(kem_generate(&stranger)));
	CHECK(opened_with(&j, &j.e.kem) == 0);
	knows = (struct kem_pair){j.e.kem.p256, stranger.mlkem};
	CHECK(opened_with(&j, &knows) == E_AEAD_TAG);
	knows = (struct kem_pair){j.e.kem.p256, {0}};
	CHECK(opened_with(&j, &knows) == E_AEAD_TAG);
	knows = (struct kem_pair){stranger.p256, j.e.kem.mlkem};
	CHECK(opened_with(&j, &knows) == E_AEAD_TAG);
	memcpy(knows.p256.pub, j.e.kem.p256.pub, P256_PUB_LEN);
	CHECK(opened_with(&j, &knows) == E_AEAD_TAG);
	kem_free(&stranger);
	end(&j);
}

/* Each byte of what travelled counts. */
static void test_changed_grant(void)
{
	static uint8_t copy[WRAPPED_MAX];
	struct joined j;
	size_t len;

	join(&j);
	REQUIRE(j.o.type == MSG_GRANT);
	len = j.o.grant.wrapped.len;
	REQUIRE(len > WRAP_OVERHEAD_MAX && len <= sizeof(copy));
	memcpy(copy, j.o.grant.wrapped.data, len);
	j.o.grant.wrapped.data = copy;
	CHECK(opened_with(&j, &j.e.kem) == 0);
	for (size_t i = 0; i < len; i++) {
		copy[i] ^= 0x10;
		CHECK(opened_with(&j, &j.e.kem) == (i < P256_PUB_LEN ? E_KEY_PEER : E_AEAD_TAG));
		copy[i] ^= 0x10;
	}
	for (j.o.grant.wrapped.len = 0; j.o.grant.wrapped.len < len; j.o.grant.wrapped.len++)
		CHECK(opened_with(&j, &j.e.kem) != 0);
	end(&j);
}

/* Two grants have no key, no ciphertext and no point in common. */
static void test_fresh(void)
{
	uint8_t first[P256_PUB_LEN + MLKEM_CT_LEN];
	struct joined j;

	join(&j);
	REQUIRE(j.o.type == MSG_GRANT);
	memcpy(first, j.o.grant.wrapped.data, sizeof(first));
	end(&j);
	join(&j);
	REQUIRE(j.o.type == MSG_GRANT);
	CHECK(memcmp(first, j.o.grant.wrapped.data, P256_PUB_LEN) != 0);
	CHECK(memcmp(first + P256_PUB_LEN, j.o.grant.wrapped.data + P256_PUB_LEN, MLKEM_CT_LEN) !=
		0);
	end(&j);
}

/* As a node whose build has no ML-KEM; the evidence is about these claims. */
static uint16_t classical(struct joined *j)
{
	setting_connect(&j->c);
	evidence_make(&j->e, &j->c, &at.a, disk_1);
	secret_free(&j->e.kem.mlkem);
	evidence_renew(&j->e, &j->c, &at.a, disk_1);
	client_join(&j->c, &j->e, &at.a, &j->o);
	return j->o.type == MSG_GRANT ? 0 : j->o.code;
}

static void test_classical_node(void)
{
	struct joined j;

	CHECK(classical(&j) == E_DENY_KEYS);
	CHECK(service_logged(&at.service, "the node has no ML-KEM key"));
	end(&j);
	setting_reload(1, ",\"wrap\":\"classical\"");
	CHECK(classical(&j) == 0);
	CHECK(opened_with(&j, &j.e.kem) == 0);
	CHECK(j.o.grant.wrapped.len == DISK_KEY_LEN + 4 + 4 + WRAP_OVERHEAD);
	end(&j);
	/* Who has both keys is served with both, whatever else policy takes. */
	join(&j);
	CHECK(j.o.type == MSG_GRANT);
	CHECK(j.o.grant.wrapped.len == DISK_KEY_LEN + 4 + 4 + WRAP_OVERHEAD_MAX);
	CHECK(opened_with(&j, &j.e.kem) == 0);
	end(&j);
	setting_reload(1, "");
	CHECK(classical(&j) == E_DENY_KEYS);
	end(&j);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	if (!service_start(&at.service, NULL)) {
		setting_close();
		return 1;
	}
	RUN(test_half_broken);
	RUN(test_changed_grant);
	RUN(test_fresh);
	RUN(test_classical_node);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	setting_close();
	return test_summary();
}
