/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON text: what is written is well-formed, and hostile text is refused with its place. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include "tools/lib/json_read.h"
#include "tools/lib/json_text.h"
#include "tools/lib/report.h"

static bool writes(const char *text, const char *want)
{
	struct json_text json;
	struct bytes out = {0};
	bool same;

	json_start(&json, &out);
	json_string(&json, NULL, text);
	same = out.len == strlen(want) && memcmp(out.data, want, out.len) == 0;
	bytes_free(&out);
	return same;
}

#define WRONG "\xef\xbf\xbd"

static void test_escapes(void)
{
	CHECK(writes("a \"b\" \\ /", "\"a \\\"b\\\" \\\\ /\""));
	CHECK(writes("\x1b[1m\n\x7f", "\"\\u001b[1m\\u000a\\u007f\""));
	CHECK(writes("\xc3\xa9\xf0\x9f\x94\x91", "\"\xc3\xa9\xf0\x9f\x94\x91\""));
	/* No UTF-8: overlong, surrogate, cut short, above U+10FFFF, a byte that starts nothing. */
	CHECK(writes("\xc0\xaf", "\"" WRONG WRONG "\""));
	CHECK(writes("\xed\xa0\x80", "\"" WRONG WRONG WRONG "\""));
	CHECK(writes("\xf0\x9f\x94", "\"" WRONG WRONG WRONG "\""));
	CHECK(writes("\xf4\x90\x80\x80", "\"" WRONG WRONG WRONG WRONG "\""));
	CHECK(writes("\xff!", "\"" WRONG "!\""));
}

static void write_some(struct json_text *json)
{
	json_open(json, NULL, '{');
	json_open(json, "list", '[');
	json_number(json, NULL, 18446744073709551615u);
	json_flag(json, NULL, false);
	json_close(json);
	json_open(json, "none", '{');
	json_close(json);
	json_hex(json, "hex", (const uint8_t *)"\x01\xfe", 2);
	json_close(json);
}

static bool writes_some(unsigned lines, const char *want)
{
	struct json_text json;
	struct bytes out = {0};
	bool same;

	json_start_lines(&json, &out, lines);
	write_some(&json);
	same = out.len == strlen(want) && memcmp(out.data, want, out.len) == 0;
	bytes_free(&out);
	return same;
}

static void test_writes_containers(void)
{
	CHECK(writes_some(
		0, "{\"list\":[18446744073709551615,false],\"none\":{},\"hex\":\"01fe\"}\n"));
	CHECK(writes_some(1, "{\n  \"list\": [18446744073709551615,false],\n"
			     "  \"none\": {},\n  \"hex\": \"01fe\"\n}\n"));
	CHECK(writes_some(2, "{\n  \"list\": [\n    18446744073709551615,\n    false\n  ],\n"
			     "  \"none\": {},\n  \"hex\": \"01fe\"\n}\n"));
}

/* Whether the text is refused with the flaw at this byte; UINT64_MAX: it is taken. */
static bool flaw_is_at(const char *text, uint64_t offset)
{
	struct flaw flaw = {.offset = UINT64_MAX};
	struct json_object *root = json_parse((const uint8_t *)text, strlen(text), 1000, &flaw);

	if (root)
		flaw.offset = UINT64_MAX;
	json_object_put(root);
	return flaw.offset == offset && (!!root == (offset == UINT64_MAX)) && (root || flaw.reason);
}

static void test_refuses_hostile_text(void)
{
	CHECK(flaw_is_at("{\"a\":[1,{\"a\":2}],\"b\":{\"a\":\":{[\\\"\"}} \n", UINT64_MAX));
	CHECK(flaw_is_at("{\"a\":1,\"a\":2}", 7));
	CHECK(flaw_is_at("{\"a\":1,\"\\u0061\":2}", 7));
	CHECK(flaw_is_at("[{\"a\":{\"x\":1}},{\"b\":{\"x\":1,\"y\":2,\"x\":1}}]", 33));
	CHECK(flaw_is_at("{\"a\\u0000\":1}", 1));
	CHECK(flaw_is_at("", 0));
	CHECK(flaw_is_at("null", 4));
	CHECK(flaw_is_at("{} {}", 3));
	CHECK(flaw_is_at("{\"a\":1,}", 7));
	CHECK(flaw_is_at("{\"a\":1/* */}", 6));
	CHECK(flaw_is_at("{\"a\":", 5));
	CHECK(flaw_is_at("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 16));
	CHECK(flaw_is_at("[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]", UINT64_MAX));
}

/* Releases of json-c differ in all of these; we do not. */
static void test_every_json_c(void)
{
	CHECK(flaw_is_at(
		"[\"\xc3\xa9\",\"\xef\xbf\xbd\",\"\xf0\x9f\x94\x91\",\"\x7f\"]", UINT64_MAX));
	CHECK(flaw_is_at("{\"\xc3\xa9\":\"\\\\\xc3\xa9\"}", UINT64_MAX));
	CHECK(flaw_is_at("[\"\xf4\x8f\xbf\xbf\xee\x80\x80\xed\x9f\xbf\"]", UINT64_MAX));
	/* Not UTF-8: overlong, surrogate, cut short, beyond U+10FFFF, a byte that starts nothing.
	 */
	CHECK(flaw_is_at("[\"\xc0\xaf\"]", 2));
	CHECK(flaw_is_at("[\"\xc3\xa9\xed\xa0\x80\"]", 4));
	CHECK(flaw_is_at("[\"\xf0\x9f\x94\"]", 2));
	CHECK(flaw_is_at("[\"\xf4\x90\x80\x80\"]", 2));
	CHECK(flaw_is_at("{\"\xff\":1}", 2));
	CHECK(flaw_is_at("[\"a\xf0\x9f", 3));
	CHECK(flaw_is_at("[\"a\tb\"]", 3));
	CHECK(flaw_is_at("[\"a\\\"\n\"]", 5));
	CHECK(flaw_is_at("[\"a\\\\\",\n\"b\"]", UINT64_MAX));
	/* What is escaped for json-c never becomes an escape of the text's own. */
	CHECK(flaw_is_at("[\"\\\xc3\xa9\"]", 3));
	CHECK(flaw_is_at("[\xc3\xa9]", 1));
	/* Places are those of the text, not of what json-c saw. */
	CHECK(flaw_is_at("{\"\xc3\xa9\":\"\xf0\x9f\x94\x91\",}", 13));
	CHECK(flaw_is_at("{\"\xc3\xa9\":1,\"\xc3\xa9\":2}", 8));
}

static void test_utf8_is_kept(void)
{
	static const char text[] =
		"{\"\xc3\xa9\":\"a\xc2\x80\xe2\x82\xac\xef\xbf\xbd\xf0\x9f\x94\x91z\"}";
	struct json_at root = {.name = "file"}, at;
	struct flaw flaw;
	const char *got;

	root.value = json_parse((const uint8_t *)text, strlen(text), sizeof(text), &flaw);
	REQUIRE(root.value);
	CHECK(json_member(&root, "\xc3\xa9", &at) && json_get_text(&at, &got));
	CHECK(strcmp(got, "a\xc2\x80\xe2\x82\xac\xef\xbf\xbd\xf0\x9f\x94\x91z") == 0);
	json_object_put(root.value);
}

/* People look for lines. */
static void test_names_the_line(void)
{
	static const struct {
		const char *text;
		uint64_t line;
	} cases[] = {{"{\"a\":,}", 1}, {"{\n\"a\":\n,}", 3}, {"{\"a\":1,\n\"a\":2}\n", 2},
		{"{\n\n", 3}, {"{}\n\n{}", 3}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flaw flaw = {0};

		CHECK(!json_parse(
			(const uint8_t *)cases[i].text, strlen(cases[i].text), 1000, &flaw));
		CHECK(strcmp(flaw.part, "line") == 0 && flaw.number == cases[i].line);
	}
}

static void test_fetches_by_type(void)
{
	static const char text[] = "{\"n\":5,\"neg\":-1,\"big\":18446744073709551615,\"real\":1.5,"
				   "\"t\":\"x\",\"z\":\"x\\u0000y\",\"h\":\"0aFF\",\"b\":true,"
				   "\"l\":[1,2]}";
	static const char *const names[] = {"n", "neg", "big", "real", "t", "z", "h", "b", "l"};
	struct flaw flaw;
	struct json_at root = {.name = "file"}, at, item;
	const char *got;
	uint8_t bytes[2];
	uint64_t number;
	size_t count;
	bool flag;

	root.value = json_parse((const uint8_t *)text, strlen(text), sizeof(text), &flaw);
	REQUIRE(root.value);
	CHECK(json_only(&root, names, 9) && !json_only(&root, names, 8));
	CHECK(!json_has(&root, "none", &at) && !json_member(&root, "none", &at));
	CHECK(json_member(&root, "n", &at) && json_get_number(&at, 5, &number) && number == 5);
	CHECK(!json_get_number(&at, 4, &number) && !json_get_text(&at, &got));
	CHECK(!json_get_bool(&at, &flag) && !json_list(&at, 9, &count) &&
		!json_only(&at, names, 9));
	CHECK(json_member(&root, "neg", &at) && !json_get_number(&at, UINT64_MAX, &number));
	CHECK(json_member(&root, "real", &at) && !json_get_number(&at, UINT64_MAX, &number));
	CHECK(json_member(&root, "big", &at) && json_get_number(&at, UINT64_MAX, &number) &&
		number == UINT64_MAX);
	CHECK(json_member(&root, "t", &at) && json_get_text(&at, &got) && strcmp(got, "x") == 0);
	CHECK(json_member(&root, "z", &at) && !json_get_text(&at, &got));
	CHECK(json_member(&root, "h", &at) && json_get_hex(&at, bytes, 2) && bytes[1] == 0xff);
	CHECK(!json_get_hex(&at, bytes, 1));
	CHECK(json_member(&root, "b", &at) && json_get_bool(&at, &flag) && flag);
	CHECK(json_member(&root, "l", &at) && !json_list(&at, 1, &count) &&
		json_list(&at, 2, &count) && count == 2);
	item = json_item(&at, 1);
	CHECK(json_get_number(&item, 9, &number) && number == 2);
	json_object_put(root.value);
}

int main(void)
{
	report_silence();
	RUN(test_escapes);
	RUN(test_writes_containers);
	RUN(test_refuses_hostile_text);
	RUN(test_every_json_c);
	RUN(test_utf8_is_kept);
	RUN(test_names_the_line);
	RUN(test_fetches_by_type);
	return test_summary();
}
