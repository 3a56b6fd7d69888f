/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes that a passphrase opens, and scrypt against the known answers of RFC 7914, section 12. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include "crypto/random.h"
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/lib/passphrase_box.h"
#include "tools/lib/scrypt.h"

#define BOX_HEAD 60u

static bool said(const char *words)
{
	return strstr(last_failure.text, words) != NULL;
}

static struct span text(const char *t)
{
	return (struct span){(const uint8_t *)t, strlen(t)};
}

static void test_known_answers(void)
{
	static const struct {
		const char *passphrase, *salt;
		struct scrypt_cost cost;
		const char *key;
	} answers[] = {
		{"", "", {16, 1, 1},
			"77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
			"fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
		{"password", "NaCl", {1024, 8, 16},
			"fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
			"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
		{"pleaseletmein", "SodiumChloride", {16384, 8, 1},
			"7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
			"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		uint8_t want[64], got[64] = {0};

		REQUIRE(hex_decode(answers[i].key, want, sizeof(want)));
		CHECK(scrypt_key(text(answers[i].passphrase), text(answers[i].salt),
			&answers[i].cost, got, sizeof(got)));
		CHECK_BYTES(got, want, sizeof(want));
	}
}

static struct secret secret_of(const char *t)
{
	struct secret s = {0};

	if (failed(secret_new(strlen(t), &s)))
		abort();
	memcpy(s.bytes, t, s.len);
	return s;
}

struct made {
	struct secret passphrase;
	uint8_t box[PASSPHRASE_BOX_OVERHEAD + 8];
	size_t len;
};

static bool make(struct made *m)
{
	*m = (struct made){.passphrase = secret_of("correct horse")};
	return done(passphrase_box_seal(
		       &m->passphrase, text("contents"), m->box, sizeof(m->box), &m->len)) &&
	       m->len == sizeof(m->box);
}

static bool opens(const struct secret *passphrase, const uint8_t *box, size_t len)
{
	struct secret plain = {0};
	bool good = done(passphrase_box_open(passphrase, (struct span){box, len}, &plain));

	if (good)
		CHECK(plain.len == 8 && memcmp(plain.bytes, "contents", 8) == 0);
	else
		CHECK(!plain.bytes);
	secret_free(&plain);
	return good;
}

static void test_opens(void)
{
	struct made m, again;
	struct secret wrong = secret_of("correct horsf"), longer = secret_of("correct horse ");

	REQUIRE(make(&m) && make(&again));
	CHECK(passphrase_box_is((struct span){m.box, m.len}));
	CHECK(opens(&m.passphrase, m.box, m.len));
	CHECK(memcmp(m.box, again.box, BOX_HEAD) != 0);
	CHECK(memcmp(m.box + BOX_HEAD, again.box + BOX_HEAD, 8) != 0);
	CHECK(!opens(&wrong, m.box, m.len) && said("the passphrase is wrong"));
	CHECK(!opens(&longer, m.box, m.len) && said("the passphrase is wrong"));
	wrong.len = 0;
	CHECK(!opens(&wrong, m.box, m.len) && said("1 to 1024 bytes"));
	secret_free(&wrong);
	secret_free(&longer);
	secret_free(&again.passphrase);
	secret_free(&m.passphrase);
}

/* Made by Python: hashlib.scrypt, and AESGCM of the package cryptography. */
static void test_made_elsewhere(void)
{
	static const char made[] =
		"70726f746f737461722d626f7820310a0000800000000008000000015a5a5a5a"
		"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a08619ac5"
		"08b9f6374b673c130404c5bb2a796a1fe15483cd";
	struct secret passphrase = secret_of("correct horse");
	uint8_t box[sizeof(made) / 2];

	REQUIRE(hex_decode(made, box, sizeof(box)));
	CHECK(opens(&passphrase, box, sizeof(box)));
	secret_free(&passphrase);
}

/* A flipped bit in any byte, and every shorter file. */
static void test_changed(void)
{
	struct made m;

	REQUIRE(make(&m));
	for (size_t i = 0; i < m.len; i++) {
		m.box[i] ^= 0x10;
		CHECK(!opens(&m.passphrase, m.box, m.len));
		m.box[i] ^= 0x10;
	}
	for (size_t len = 0; len < m.len; len++)
		CHECK(!opens(&m.passphrase, m.box, len));
	CHECK(opens(&m.passphrase, m.box, m.len));
	secret_free(&m.passphrase);
}

/* What a hostile file may ask for, and what not; the last is refused before scrypt runs. */
static void test_cost(void)
{
	static const struct {
		struct scrypt_cost cost;
		bool known;
	} cases[] = {
		{{1u << 14, 8, 1}, true},
		{{1u << 15, 8, 4}, true},
		{{1u << 17, 8, 1}, true},
		{{1u << 13, 8, 1}, false},
		{{1u << 18, 8, 1}, false},
		{{1u << 31, 8, 1}, false},
		{{(1u << 15) + 1, 8, 1}, false},
		{{0, 8, 1}, false},
		{{1u << 15, 7, 1}, false},
		{{1u << 15, 9, 1}, false},
		{{1u << 15, 0, 1}, false},
		{{1u << 15, 8, 0}, false},
		{{1u << 15, 8, 5}, false},
		{{1u << 15, 8, UINT32_MAX}, false},
	};
	struct made m;

	REQUIRE(make(&m));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_be32(m.box + 16, cases[i].cost.n);
		put_be32(m.box + 20, cases[i].cost.r);
		put_be32(m.box + 24, cases[i].cost.p);
		CHECK(!opens(&m.passphrase, m.box, m.len));
		CHECK(said(cases[i].known ? "the passphrase is wrong" : "asks for scrypt with N="));
	}
	secret_free(&m.passphrase);
}

static void test_other_files(void)
{
	struct secret passphrase = secret_of("x");
	uint8_t out[256];
	size_t len = 0;

	CHECK(!passphrase_box_is(text("protostar-kek 1\n")));
	CHECK(!passphrase_box_is(text("protostar-box")));
	CHECK(!passphrase_box_is((struct span){NULL, 0}));
	CHECK(!opens(&passphrase, (const uint8_t *)"protostar-kek 1\n", 16));
	CHECK(said("not sealed with a passphrase"));
	CHECK(passphrase_box_is(text("protostar-box 2\n")));
	CHECK(!opens(&passphrase, (const uint8_t *)"protostar-box 2\n", 16));
	CHECK(said("does not know"));
	/* What has no room, or is empty, is not sealed. */
	CHECK(!done(passphrase_box_seal(&passphrase, (struct span){out, 0}, out, 256, &len)));
	CHECK(!done(passphrase_box_seal(
		&passphrase, text("abc"), out, PASSPHRASE_BOX_OVERHEAD + 2, &len)));
	CHECK(len == 0);
	secret_free(&passphrase);
}

static void test_passphrase_file(void)
{
	static char longest[PASSPHRASE_MAX + 2];
	const char *path = scratch_path("passphrase");
	struct secret out = {0};

	scratch_write(path, "correct horse\n", 14, 0600);
	REQUIRE(done(passphrase_read(path, &out)));
	CHECK(out.len == 13 && memcmp(out.bytes, "correct horse", 13) == 0);
	secret_free(&out);
	scratch_write(path, "a\n\n", 3, 0600);
	REQUIRE(done(passphrase_read(path, &out)));
	CHECK(out.len == 2 && memcmp(out.bytes, "a\n", 2) == 0);
	secret_free(&out);
	scratch_write(path, "\n", 1, 0600);
	CHECK(!done(passphrase_read(path, &out)) && said("no passphrase"));
	memset(longest, 'a', sizeof(longest));
	scratch_write(path, longest, PASSPHRASE_MAX, 0600);
	CHECK(done(passphrase_read(path, &out)) && out.len == PASSPHRASE_MAX);
	secret_free(&out);
	scratch_write(path, longest, PASSPHRASE_MAX + 1, 0600);
	CHECK(!done(passphrase_read(path, &out)) && said("at most 1024"));
	scratch_write(path, longest, PASSPHRASE_MAX + 2, 0600);
	CHECK(!done(passphrase_read(path, &out)) && said("larger than"));
	scratch_write(path, "a", 1, 0644);
	CHECK(!done(passphrase_read(path, &out)) && said("others may have read it"));
	CHECK(!done(passphrase_read(scratch_path("none"), &out)));
	CHECK(!out.bytes);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()))
		return 1;
	scratch_open();
	RUN(test_known_answers);
	RUN(test_opens);
	RUN(test_made_elsewhere);
	RUN(test_changed);
	RUN(test_cost);
	RUN(test_other_files);
	RUN(test_passphrase_file);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
