/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key schedule of the join protocol at this room's doors: PROTOCOL.md's test vectors (its path
 * is the argument), and the binder's and the grant's derivations as sections 2 and 7 write them.
 */
#include "tests/unit/protocol_vector.h"

#include <mlkem768.h>

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/random.h"

static void test_binder(void)
{
	uint8_t th[32], ekm[32], out[32];

	count_up(th, 32, 0x00);
	count_up(ekm, 32, 0x20);
	hkdf256(th, 32, ekm, 32, "protostar binder v1", 19, out, sizeof(out));
	CHECK_VECTOR("binder", out, 32u);
}

static void test_wrap(void)
{
	uint8_t rd_input[256], rd[32], aad[128], plain[64], wrapped[256], scalar[32], z[32];
	size_t rd_input_len = vector("rd_input", rd_input, sizeof(rd_input));
	size_t aad_len = vector("grant_aad", aad, sizeof(aad));
	size_t plain_len = vector("grant_secrets", plain, sizeof(plain));
	size_t wrapped_len = vector("wrapped", wrapped, sizeof(wrapped));
	struct key_pair eph;
	struct kem_pair kem = {0};
	struct secret opened;

	REQUIRE(rd_input_len && aad_len && plain_len);
	REQUIRE(wrapped_len == plain_len + WRAP_OVERHEAD);
	sha256(rd_input, rd_input_len, rd);
	CHECK_VECTOR("rd", rd, 32u);
	count_up(scalar, 32, 0x01);
	REQUIRE(!failed(key_from_private(scalar, &kem.p256)));
	count_up(scalar, 32, 0x21);
	REQUIRE(!failed(key_from_private(scalar, &eph)));
	CHECK_VECTOR("kem_pub", kem.p256.pub, P256_PUB_LEN);
	CHECK_VECTOR("eph_pub", eph.pub, P256_PUB_LEN);
	REQUIRE(!failed(key_agree(&eph, kem.p256.pub, z)));
	CHECK_VECTOR("z", z, 32u);
	REQUIRE(!failed(wrap_open(&kem, rd, aad, aad_len, wrapped, wrapped_len, &opened)));
	CHECK(opened.len == plain_len);
	CHECK_BYTES(opened.bytes, plain, plain_len);
	secret_free(&opened);
	kem_free(&kem);
	key_free(&eph);
}

/* The same to both keys, from the page's seeds. */
static void test_hybrid_wrap(void)
{
	static uint8_t wrapped[2048];
	uint8_t rd_input[256], rd[32], aad[256], plain[128], scalar[32], seed[64], digest[32];
	uint8_t shared[MLKEM_SHARED_LEN];
	size_t wrapped_len = vector("hybrid wrapped", wrapped, sizeof(wrapped));
	size_t aad_len = vector("grant_aad", aad, sizeof(aad));
	size_t plain_len = vector("grant_secrets", plain, sizeof(plain));
	struct secret opened;
	struct kem_pair kem;

	REQUIRE(aad_len && wrapped_len == plain_len + WRAP_OVERHEAD_MAX);
	sha256(rd_input, vector("rd_input", rd_input, sizeof(rd_input)), rd);
	count_up(scalar, 32, 0x01);
	count_up(seed, 64, 0x41);
	REQUIRE(!failed(key_from_private(scalar, &kem.p256)));
	REQUIRE(!failed(secret_new(MLKEM_PRIV_LEN, &kem.mlkem)));
	mlkem768_generate(seed, kem.mlkem.bytes);
	sha256(kem_mlkem_pub(&kem), MLKEM_PUBLIC_LEN, digest);
	CHECK_VECTOR("SHA-256 of mlkem_pub", digest, 32u);
	kem_decapsulate(&kem, wrapped + P256_PUB_LEN, shared);
	CHECK_VECTOR("mlkem shared secret", shared, 32u);
	REQUIRE(!failed(wrap_open(&kem, rd, aad, aad_len, wrapped, wrapped_len, &opened)));
	CHECK(opened.len == plain_len);
	CHECK_BYTES(opened.bytes, plain, plain_len);
	secret_free(&opened);
	kem_free(&kem);
}

static void test_header_mac(void)
{
	static uint8_t header[1 << 20];
	static const uint8_t generation[8] = {0, 0, 0, 0, 0, 0, 0, 9};
	uint8_t disk_key[32], disk_id[16], mac_key[32], mac[32];
	struct hmac256 h;

	count_up(disk_key, 32, 0xc0);
	count_up(disk_id, 16, 0xd0);
	hkdf256("protostar header v1", 19, disk_key, 32, disk_id, 16, mac_key, 32);
	CHECK_VECTOR("mac_key", mac_key, 32u);
	for (size_t i = 0; i < sizeof(header); i++)
		header[i] = (uint8_t)(i % 251);
	hmac256_start(&h, mac_key, sizeof(mac_key));
	hmac256_add(&h, generation, sizeof(generation));
	hmac256_add(&h, disk_id, sizeof(disk_id));
	hmac256_add(&h, header, sizeof(header));
	hmac256_end(&h, mac);
	CHECK_VECTOR("header_mac", mac, 32u);
}

static void test_disk_key(void)
{
	uint8_t kek[32], out[32];
	/* LP "tenant" | LP disk_id | u32 key_version | LP salt | u8 1. */
	uint8_t info[4 + 6 + 4 + 16 + 4 + 4 + 16 + 1] = {
		0, 0, 0, 6, 't', 'e', 'n', 'a', 'n', 't', 0, 0, 0, 16};
	struct hmac256 h;

	count_up(kek, 32, 0x00);
	count_up(info + 14, 16, 0xd0);
	info[33] = 3;
	info[37] = 16;
	count_up(info + 38, 16, 0xe0);
	info[54] = 1;
	hmac256_start(&h, kek, sizeof(kek));
	hmac256_add(&h, "protostar disk key v2", 22);
	hmac256_add(&h, info, sizeof(info));
	hmac256_end(&h, out);
	CHECK_VECTOR("disk_key", out, 32u);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !vector_open(argv[1]) || failed(secret_pool_open(1 << 16)) ||
		failed(random_open()))
		return 2;
	RUN(test_binder);
	RUN(test_wrap);
	RUN(test_hybrid_wrap);
	RUN(test_header_mac);
	RUN(test_disk_key);
	free(vector_document);
	secret_pool_close();
	return test_summary();
}
