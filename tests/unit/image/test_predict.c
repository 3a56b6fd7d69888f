/* Known answers: constants of the specifications, digests of captured boots, edk2's hash rules. */
#include <stdlib.h>
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/hex.h"
#include "tools/measure/predict.h"

static uint8_t *make_uki(size_t *out_len)
{
	struct pe_maker kernel = uki_maker_kernel(), image;
	size_t kernel_len;
	uint8_t *kernel_file = pe_make(&kernel, &kernel_len), *file;

	image = uki_maker_image(kernel_file, kernel_len);
	uki_maker_section(&image, ".osrel")->data = "ID=test\nVERSION_ID=1\n";
	uki_maker_section(&image, ".osrel")->len = 21;
	uki_maker_section(&image, ".cmdline")->data = "console=ttyS0 panic=-1 quiet uki=embedded";
	uki_maker_section(&image, ".cmdline")->len = 41;
	file = pe_make(&image, out_len);
	free(kernel_file);
	return file;
}

static bool is(const struct prediction *p, size_t index, uint32_t pcr, const char *hex)
{
	uint8_t want[DIGEST_MAX];

	return index < p->count && p->events[index].pcr == pcr &&
	       hex_decode(hex, want, p->digest_len) &&
	       memcmp(want, p->events[index].digest, p->digest_len) == 0;
}

/* What real boots logged for the same names, texts and command line. */
static void test_captured_digests(void)
{
	static struct prediction p;
	size_t len;
	uint8_t *file = make_uki(&len);

	REQUIRE(predict_uki(file, len, DIGEST_SHA256, PHASE_JOIN, &p));
	CHECK(p.count == 3 + 10 + 2);
	CHECK(is(&p, 0, 4, "3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba"));
	CHECK(is(&p, 1, 4, "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"));
	CHECK(is(&p, 3, 11, "0da293e37ad5511c59be47993769aacb91b243f7d010288e118dc90e95aaef5a"));
	CHECK(is(&p, 5, 11, "3fb9e4e3cc810d4326b5c13cef18aee1f9df8c5f4f7f5b96665724fa3b846e08"));
	CHECK(is(&p, 6, 11, "3e777bfa407c4802a233e6dcab8a5d521f0932acbeaa98ebf389bf2ce3daa90d"));
	CHECK(is(&p, 7, 11, "461203a89f23e36c3a4dc817f905b00484d2cf7e7d9376f13df91c41d84abe46"));
	CHECK(is(&p, 8, 11, "4b03a67137298e1c785d5c8acf6f889157101c69156bd28c963950a9246ad48e"));
	CHECK(is(&p, 9, 11, "15ee37e75f1e8d42080e91fdbbd2560780918c81fe3687ae6d15c472bbdaac75"));
	CHECK(is(&p, 11, 11, "ff552fd255be18a3d61c0da88976fc71559d13aad12d1dfe1708cf950cc4b74c"));
	CHECK(p.events[13].pcr == 9 && p.events[14].pcr == 9);
	free(file);
}

static void test_load_options_of_a_captured_boot(const char *folder)
{
	static struct prediction p;
	char path[4096];
	uint8_t log[16384];
	size_t len, log_len;
	uint8_t *file = make_uki(&len);
	FILE *f;

	snprintf(path, sizeof(path), "%s/o252.evlog", folder);
	f = fopen(path, "rb");
	REQUIRE(f != NULL);
	log_len = fread(log, 1, sizeof(log), f);
	fclose(f);
	REQUIRE(predict_uki(file, len, DIGEST_SHA256, PHASE_JOIN, &p));
	/* The guest booted with this very command line, so its digest is in its log. */
	CHECK(memmem(log, log_len, p.events[13].digest, p.digest_len) != NULL);
	free(file);
}

static void test_sha384_constants(void)
{
	static struct prediction p;
	size_t len;
	uint8_t *file = make_uki(&len);

	REQUIRE(predict_uki(file, len, DIGEST_SHA384, PHASE_JOIN, &p));
	CHECK(is(&p, 0, 4,
		"77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3"
		"d740f6346bfe0abaa938ca20439a8d71"));
	free(file);
}

/* H(zeros || H("protostar: sealed")), worked out with sha256sum. */
static void test_phases(void)
{
	static const char sealed[] =
		"1612db713138e937771c731d436aaed4f34ce4d3cd871c517e68887fa0f71aa9";
	static const uint8_t zeros[DIGEST_MAX];
	static struct prediction p;
	uint8_t want[SHA256_LEN];
	size_t len;
	uint8_t *file = make_uki(&len);

	REQUIRE(predict_uki(file, len, DIGEST_SHA256, PHASE_JOIN, &p));
	CHECK_BYTES(p.pcrs[12], zeros, SHA256_LEN);
	CHECK_BYTES(p.pcrs[13], zeros, SHA256_LEN);
	CHECK_BYTES(p.pcrs[15], zeros, SHA256_LEN);
	REQUIRE(predict_uki(file, len, DIGEST_SHA256, PHASE_BOOTED, &p));
	REQUIRE(hex_decode(sealed, want, sizeof(want)));
	CHECK_BYTES(p.pcrs[15], want, SHA256_LEN);
	CHECK_BYTES(p.pcrs[12], zeros, SHA256_LEN);
	free(file);
}

static void test_no_such_bank(void)
{
	static struct prediction p;
	size_t len;
	uint8_t *file = make_uki(&len);

	CHECK(!predict_uki(file, len, 0x0012, PHASE_JOIN, &p));
	free(file);
}

static void test_json(void)
{
	struct prediction p = {.alg = DIGEST_SHA1, .digest_len = 20};
	struct bytes out = {0};
	static const char want[] = "{\"measurements\":{\"4\":{\"expected\":\"00000000000000000000"
				   "00000000000000000000\","
				   "\"warnOnly\":false},\"9\":";

	predict_to_json(&p, &out);
	REQUIRE(out.len > sizeof(want));
	CHECK_BYTES(out.data, want, sizeof(want) - 1);
	CHECK_BYTES(out.data + out.len - 3, "}}\n", 3);
	bytes_free(&out);
}

static void hash_of(const uint8_t *file, size_t len, uint8_t out[DIGEST_MAX])
{
	memset(out, 0, DIGEST_MAX);
	CHECK(authenticode(file, len, DIGEST_SHA256, out) == AUTHENTICODE_OK);
}

/* Checksum and certificate slot are left out, everything else counts. */
static void test_authenticode_fields(void)
{
	const size_t checksum = PE_AT_OPTIONAL + 64, slot = PE_AT_OPTIONAL + 112 + 32;
	uint8_t before[DIGEST_MAX], after[DIGEST_MAX];
	size_t len;
	uint8_t *file = make_uki(&len);

	hash_of(file, len, before);
	memset(file + checksum, 0xff, 4);
	hash_of(file, len, after);
	CHECK_BYTES(before, after, SHA256_LEN);
	/* A slot without a table: an address, but no length. */
	put32(file + slot, 0x1234);
	hash_of(file, len, after);
	CHECK_BYTES(before, after, SHA256_LEN);
	put32(file + slot, 0);
	for (size_t at = 0; at < len; at += 97) {
		if (at >= PE_AT && at < PE_AT_SECTIONS + 10 * PE_ROW)
			continue;
		if ((at < 2) || (at >= 60 && at < 64))
			continue;
		file[at] ^= 1;
		hash_of(file, len, after);
		CHECK(memcmp(before, after, SHA256_LEN) != 0);
		file[at] ^= 1;
	}
	free(file);
}

/* A signature at the end is left out; bytes behind the last section count, odd sizes unpadded. */
static void test_authenticode_tail(void)
{
	const size_t slot = PE_AT_OPTIONAL + 112 + 32;
	uint8_t plain[DIGEST_MAX], other[DIGEST_MAX];
	size_t len;
	uint8_t *file = make_uki(&len), *longer = calloc(1, len + 16);

	REQUIRE(longer != NULL);
	hash_of(file, len, plain);
	memcpy(longer, file, len);
	put32(longer + slot, (uint32_t)len);
	put32(longer + slot + 4, 16);
	hash_of(longer, len + 16, other);
	CHECK_BYTES(plain, other, SHA256_LEN);
	CHECK(authenticode(longer, len + 15, DIGEST_SHA256, other) == AUTHENTICODE_TABLE);
	memcpy(longer, file, len);
	hash_of(longer, len + 3, other);
	CHECK(memcmp(plain, other, SHA256_LEN) != 0);
	CHECK(authenticode(file, len, 1, other) == AUTHENTICODE_ALG);
	CHECK(authenticode(file, 100, DIGEST_SHA256, other) == AUTHENTICODE_NOT_PE);
	free(file);
	free(longer);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	RUN(test_captured_digests);
	printf("test_load_options_of_a_captured_boot\n");
	test_load_options_of_a_captured_boot(argv[1]);
	RUN(test_sha384_constants);
	RUN(test_phases);
	RUN(test_no_such_bank);
	RUN(test_json);
	RUN(test_authenticode_fields);
	RUN(test_authenticode_tail);
	return test_summary();
}
