/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrapped messages: the samples of others, and each way to be wrong. */
#include <stdlib.h>

#include "tests/unit/done.h"
#include "tests/unit/test.h"
#include "tools/evidence/ear/cmw.h"
#include "tools/evidence/x509/certs.h"
#include "tools/lib/file.h"

#define SAYS(wanted) CHECK(strstr(last_failure.text, (wanted)) != NULL)

static const char *folder;
static struct cmw got;

static void load(const char *name, struct bytes *out)
{
	char *path = must_format("%s/%s", folder, name);

	if (!file_read(path, 1u << 20, out))
		exit(1);
	free(path);
}

static bool value_is(const struct cmw_item *item, const char *bytes, size_t len)
{
	return item->value.len == len && memcmp(item->value.data, bytes, len) == 0;
}

static void check_two_of_json(void)
{
	REQUIRE(got.count == 3 && got.items[0].form == CMW_COLLECTION && got.items[0].parent == -1);
	for (size_t i = 1; i < 3; i++)
		CHECK(got.items[i].form == CMW_MEDIA_TYPE && got.items[i].parent == 0 &&
			!got.items[i].numbered && !got.items[i].indicator);
	CHECK(strcmp(got.items[1].label, "a") == 0 && strcmp(got.items[2].label, "b") == 0);
	CHECK(strcmp(got.items[1].media_type, "application/vnd.a") == 0);
	CHECK(value_is(&got.items[1], "a", 1) && value_is(&got.items[2], "b", 1));
}

static void check_three_of_cbor(const char *media_type)
{
	REQUIRE(got.count == 4 && got.items[0].form == CMW_COLLECTION);
	CHECK(got.items[1].numbered && got.items[1].label_number == 1 &&
		got.items[1].form == CMW_MEDIA_TYPE &&
		strcmp(got.items[1].media_type, media_type) == 0 &&
		got.items[1].indicator == (CMW_REFERENCE_VALUES | CMW_ENDORSEMENTS) &&
		value_is(&got.items[1], "\xd2\x84\x43\xa1\x01\x26\xa1", 7));
	CHECK(got.items[2].label_number == 2 && got.items[2].form == CMW_TAG &&
		got.items[2].type_number == 0x63747632 &&
		value_is(&got.items[2], "\x23\x47\xda\x55", 4));
	CHECK(!got.items[3].numbered && strcmp(got.items[3].label, "s") == 0 &&
		got.items[3].form == CMW_CONTENT && got.items[3].type_number == 30001);
}

static void test_samples(void)
{
	struct bytes text = {0};

	load("cmw-collection-ok.json", &text);
	REQUIRE(done(cmw_read_json((struct span){text.data, text.len}, &got)));
	check_two_of_json();
	cmw_free(&got);
	text.len = 0;
	load("cmw-collection-cbor-ok.cbor", &text);
	REQUIRE(done(cmw_read_cbor((struct span){text.data, text.len}, &got)));
	check_three_of_cbor("application/signed-corim+cbor");
	cmw_free(&got);
	text.len = 0;
	load("cmw-collection-cbor-ok-2.cbor", &text);
	REQUIRE(done(cmw_read_cbor((struct span){text.data, text.len}, &got)));
	CHECK(got.count == 2 && value_is(&got.items[1], "\xde\xad\xbe\xef", 4));
	cmw_free(&got);
	text.len = 0;
	load("cmw-collection-cbor-mixed-keys.cbor", &text);
	REQUIRE(done(cmw_read_cbor((struct span){text.data, text.len}, &got)));
	CHECK(got.count == 3 && !got.items[1].numbered && got.items[1].form == CMW_CONTENT &&
		got.items[2].numbered && got.items[2].label_number == 1024 &&
		got.items[2].form == CMW_TAG && value_is(&got.items[2], "\xaa", 1));
	cmw_free(&got);
	bytes_free(&text);
}

/* Out of a certificate; cert_extension() refuses one that is there twice. */
static bool read_certificate(const char *name)
{
	struct bytes der = {0};
	struct span value = {0};
	X509 *cert;
	bool good;

	load(name, &der);
	cert = cert_parse((struct span){der.data, der.len});
	good = cert && done(cert_extension(cert, CMW_EXTENSION, &value)) &&
	       done(cmw_read_extension(value, &got));
	X509_free(cert);
	bytes_free(&der);
	return good;
}

static void test_certificates(void)
{
	REQUIRE(read_certificate("cmw-x509-cert+json-cmw.der"));
	check_two_of_json();
	cmw_free(&got);
	REQUIRE(read_certificate("cmw-x509-cert+cbor-cmw.der"));
	check_three_of_cbor("application/rim+cose");
	cmw_free(&got);
}

static void test_hostile_extensions(void)
{
	static const struct span rows[] = {
		{NULL, 0},
		{(const uint8_t *)"\x04\x03\x82\x00", 4},	  /* shorter than it says */
		{(const uint8_t *)"\x04\x03\x82\x00\x40\x00", 6}, /* one byte behind it */
		{(const uint8_t *)"\x13\x03\x82\x00\x40", 5},	  /* PrintableString */
		{(const uint8_t *)"\x0c\x03\x82\x00\x40", 5},	  /* CBOR as text */
		{(const uint8_t *)"\x04\x00", 2},
	};

	CHECK(done(cmw_read_extension(
		(struct span){(const uint8_t *)"\x04\x03\x82\x00\x40", 5}, &got)));
	cmw_free(&got);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(!done(cmw_read_extension(rows[i], &got)));
}

static void test_hostile_json(void)
{
	static const struct {
		const char *text, *refusal;
	} rows[] = {
		{"[\"a/b\",\"AA\"]", NULL},
		{"[\"a/b; profile=\\\"x/y\\\"\",\"\",4]", NULL},
		{"[0,\"AA\",4294967295]", NULL},
		{"{\"__cmwc_t\":\"tag:a\",\"x\":[65535,\"AA\"]}", NULL},
		{"{\"a\":{\"a\":{\"a\":{\"a\":[0,\"\"]}}}}", NULL},
		{"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[0,\"\"]}}}}}", "nested too deep"},
		{"[\"a/b\"]", "type, value"},
		{"[\"a/b\",\"AA\",1,1]", "type, value"},
		{"[]", "type, value"},
		{"[\"ab\",\"AA\"]", "no media type"},
		{"[\"/b\",\"AA\"]", "no media type"},
		{"[\"a/\",\"AA\"]", "no media type"},
		{"[\"a;/b\",\"AA\"]", "no media type"},
		{"[\"a/\\u0000b\",\"AA\"]", "no media type"},
		{"[\"a/\\u00e4\",\"AA\"]", "no media type"},
		{"[65536,\"AA\"]", "no media type"},
		{"[-1,\"AA\"]", "no media type"},
		{"[1.0,\"AA\"]", "no media type"},
		{"[null,\"AA\"]", "no media type"},
		{"[0,\"AA==\"]", "base64url"},
		{"[0,\"AB\"]", "base64url"},
		{"[0,0]", "base64url"},
		{"[0,\"AA\",0]", "indicator"},
		{"[0,\"AA\",4294967296]", "indicator"},
		{"[0,\"AA\",\"4\"]", "indicator"},
		{"{}", "has no message"},
		{"{\"__cmwc_t\":\"a\"}", "has no message"},
		{"{\"__cmwc_t\":1,\"x\":[0,\"\"]}", "type is no text"},
		{"{\"a\":[0,\"\"],\"a\":[0,\"\"]}", "two members"},
		{"{\"\":[0,\"\"]}", "a label"},
		{"{\"a\":1}", "neither a record"},
		{"{\"a\":[0,\"\"]}x", "cannot be read"},
		{"", "cannot be read"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span text = {(const uint8_t *)rows[i].text, strlen(rows[i].text)};
		bool good = done(cmw_read_json(text, &got));

		CHECK(good == !rows[i].refusal);
		if (good)
			cmw_free(&got);
		else if (rows[i].refusal)
			SAYS(rows[i].refusal);
	}
}

#define CBOR(text, refusal)                          \
	{                                            \
		(text), sizeof(text) - 1, (refusal), \
	}

static void test_hostile_cbor(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *refusal;
	} rows[] = {
		CBOR("\x82\x00\x40", NULL),
		CBOR("\x83\x63"
		     "a/b"
		     "\x41\xff\x04",
			NULL),
		CBOR("\xc1\x41\x01", NULL),
		CBOR("\xa2\x68"
		     "__cmwc_t"
		     "\x61t\x20\x82\x00\x40",
			NULL),
		CBOR("\xa1\x01\xa1\x01\xa1\x01\xa1\x01\x82\x00\x40", NULL),
		CBOR("\xa1\x01\xa1\x01\xa1\x01\xa1\x01\xa1\x01\x82\x00\x40", "nested too deep"),
		CBOR("", "too early"),
		CBOR("\x82", "no media type"),
		CBOR("\x82\x00", "no byte string"),
		CBOR("\x82\x00\x41", "no byte string"),
		CBOR("\x82\x00\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "no byte string"),
		CBOR("\x82\x00\x60", "no byte string"),
		CBOR("\x82\x00\x58\x00", "no byte string"),
		CBOR("\x82\x18\x17\x40", "no media type"),
		CBOR("\x82\x19\x00\xff\x40", "no media type"),
		CBOR("\x82\x1a\x00\x00\xff\xff\x40", "no media type"),
		CBOR("\x82\x1a\x00\x01\x00\x00\x40", "no media type"),
		CBOR("\x82\x20\x40", "no media type"),
		CBOR("\x82\x00\x40\x00", "behind"),
		CBOR("\x81\x00", "type, value"),
		CBOR("\x84\x00\x40\x01\x01", "type, value"),
		CBOR("\x83\x00\x40\x00", "indicator"),
		CBOR("\x83\x00\x40\x1b\x00\x00\x00\x01\x00\x00\x00\x00", "indicator"),
		CBOR("\x9f\x00\x40\xff", "shortest form"),
		CBOR("\xbf\x01\x82\x00\x40\xff", "shortest form"),
		CBOR("\x82\x00\x5f\x40\xff", "no byte string"),
		CBOR("\xa0", "has no message"),
		CBOR("\xa2\x01\x82\x00\x40\x01\x82\x00\x40", "one label"),
		CBOR("\xa2\x61"
		     "a"
		     "\x82\x00\x40\x61"
		     "a"
		     "\x82\x00\x40",
			"one label"),
		CBOR("\xa1\x60\x82\x00\x40", "a label"),
		CBOR("\xa1\x41"
		     "a"
		     "\x82\x00\x40",
			"a label"),
		CBOR("\xa1\x01\x01", "neither a record"),
		CBOR("\xa1\x01\xc1\xc1\x40", "no byte string"),
		CBOR("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", "more than"),
		CBOR("\xf6", "shortest form"),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span bytes = {(const uint8_t *)rows[i].bytes, rows[i].len};
		bool good = done(cmw_read_cbor(bytes, &got));

		CHECK(good == !rows[i].refusal);
		if (good)
			cmw_free(&got);
		else if (rows[i].refusal)
			SAYS(rows[i].refusal);
	}
}

/* One message more than there is room for, with the collection around them. */
static void test_too_many(void)
{
	for (unsigned count = CMW_ITEMS_MAX - 1; count <= CMW_ITEMS_MAX; count++) {
		struct bytes cbor = {0};

		bytes_add(&cbor, (const uint8_t[]){0xb8, (uint8_t)count}, 2);
		for (uint8_t i = 0; i < count; i++) {
			bytes_add(&cbor, (const uint8_t[]){0x18, i}, i < 24 ? 0 : 2);
			if (i < 24)
				bytes_add(&cbor, &i, 1);
			bytes_add(&cbor, "\x82\x00\x40", 3);
		}
		CHECK(done(cmw_read_cbor((struct span){cbor.data, cbor.len}, &got)) ==
			(count < CMW_ITEMS_MAX));
		if (count < CMW_ITEMS_MAX)
			cmw_free(&got);
		else
			SAYS("more than");
		bytes_free(&cbor);
	}
}

static void test_what_is_written_is_read(void)
{
	static const uint8_t value[] = {0, 0xff, 0xfe, 0x3e, 0x3f};
	struct bytes text = {0};

	cmw_write_json("application/vnd.protostar.statement", (struct span){value, sizeof(value)},
		CMW_EVIDENCE, &text);
	REQUIRE(done(cmw_read_json((struct span){text.data, text.len}, &got)));
	CHECK(got.count == 1 && got.items[0].form == CMW_MEDIA_TYPE &&
		got.items[0].indicator == CMW_EVIDENCE &&
		strcmp(got.items[0].media_type, "application/vnd.protostar.statement") == 0 &&
		value_is(&got.items[0], (const char *)value, sizeof(value)));
	cmw_free(&got);
	bytes_free(&text);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	RUN(test_samples);
	RUN(test_certificates);
	RUN(test_hostile_extensions);
	RUN(test_hostile_json);
	RUN(test_hostile_cbor);
	RUN(test_too_many);
	RUN(test_what_is_written_is_read);
	return test_summary();
}
