/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: what differs is named, what is the same is not, and nothing hostile gets through. */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include "tests/mock/initrd_maker.h"
#include "tests/mock/uki_maker.h"
#include "tools/lib/hex.h"
#include "tools/lib/json_text.h"
#include "tools/content/content.h"
#include "tools/content/findings.h"

/* The findings as text; the caller frees it. Checks that equal is told as such and only then. */
static char *compare(
	enum content_kind kind, const void *a, size_t a_len, const void *b, size_t b_len)
{
	const struct content in_a = {a, a_len}, in_b = {b, b_len};
	struct findings findings = {0};
	struct finding_sink sink = findings_sink(&findings);
	struct bytes text = {0};
	bool same = content_diff(kind, "x", &in_a, &in_b, &sink);

	CHECK(same == (a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0)));
	CHECK(same == (findings.count == 0));
	findings_text(&findings, "", false, &text);
	findings_free(&findings);
	bytes_zeros(&text, 1);
	for (size_t i = 0; i + 1 < text.len; i++)
		CHECK(text.data[i] == '\n' || (text.data[i] >= 0x20 && text.data[i] < 0x7f));
	return (char *)text.data;
}

static bool said(enum content_kind kind, const char *a, const char *b, const char *expected)
{
	char *text = compare(kind, a, strlen(a), b, strlen(b));
	bool same = strcmp(text, expected) == 0;

	if (!same)
		fprintf(stderr, "expected:\n%sgot:\n%s", expected, text);
	free(text);
	return same;
}

/* All lines of expected are in the text, in any place. */
static bool mentions(char *text, const char *const *lines, size_t count)
{
	size_t found = 0, told = 0;

	for (size_t i = 0; i < count; i++) {
		if (strstr(text, lines[i]))
			found++;
		else
			fprintf(stderr, "missing: %s\nin:\n%s", lines[i], text);
	}
	for (const char *p = text; *p; p++)
		told += *p == '\n';
	if (told != count)
		fprintf(stderr, "%zu findings, expected %zu:\n%s", told, count, text);
	free(text);
	return found == count && told == count;
}
#define MENTIONS(text, ...)                                \
	mentions(text, (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void test_words(void)
{
	CHECK(said(CONTENT_CMDLINE, "a b=1", "a b=1", ""));
	CHECK(said(CONTENT_CMDLINE, "a quiet b", "a b", "- x / quiet: word: quiet (only in A)\n"));
	CHECK(said(CONTENT_CMDLINE, "a b", "a quiet b", "+ x / quiet: word: quiet (only in B)\n"));
	CHECK(said(CONTENT_CMDLINE, "root=/dev/sda ro", "root=/dev/vda ro",
		"~ x / root: word: root=/dev/sda -> root=/dev/vda\n"));
	CHECK(said(CONTENT_CMDLINE, "console=tty0 console=ttyS0", "console=ttyS0 console=tty0",
		"> x / console: word: console=tty0 (moved)\n"));
	CHECK(said(CONTENT_CMDLINE, "x=\"a b\" y", "x=\"a  b\" y",
		"~ x / x: word: x=\"a b\" -> x=\"a  b\"\n"));
	CHECK(said(CONTENT_CMDLINE, "a b", "a  b",
		"~ x: spacing; the words are the same; only the space between or after them "
		"differs\n"));
	CHECK(said(CONTENT_CMDLINE, "a b", "a b\n",
		"~ x: spacing; the words are the same; only the space between or after them "
		"differs\n"));
	CHECK(said(CONTENT_CMDLINE, "", "\033[31mred",
		"+ x / \\x1b[31mred: word: \\x1b[31mred (only in B)\n"));
	/* One word stays where it was though everything around it went. */
	CHECK(said(CONTENT_CMDLINE, "a b c", "d b",
		"- x / a: word: a (only in A)\n"
		"- x / c: word: c (only in A)\n"
		"+ x / d: word: d (only in B)\n"));
}

static void test_lines(void)
{
	CHECK(said(CONTENT_TEXT, "one\ntwo\nthree\n", "one\n2\nthree\n",
		"- x: line: line 2: two (only in A)\n+ x: line: line 2: 2 (only in B)\n"));
	/* An inserted line makes none of those behind it differ. */
	CHECK(said(CONTENT_TEXT, "a\nb\nc\nd\n", "a\nnew\nb\nc\nd\n",
		"+ x: line: line 2: new (only in B)\n"));
	CHECK(said(CONTENT_TEXT, "a\nb\n", "b\na\n", "> x: line: line 2: a (moved)\n"));
	CHECK(said(CONTENT_TEXT, "a\n", "a",
		"~ x: contents: 2 bytes -> 1 bytes; first difference "
		"at byte 0x1\n"));
	CHECK(said(CONTENT_TEXT, "\x01\x02", "\x01\x03",
		"~ x: contents: 2 bytes -> 2 bytes; first difference at byte 0x1\n"));
	CHECK(said(CONTENT_SETTINGS, "ID=a\nVERSION=1\nX=\n", "ID=a\nVERSION=2\nY=3\n",
		"~ x / VERSION: setting: VERSION=1 -> VERSION=2\n"
		"- x / X: setting: X= (only in A)\n+ x / Y: setting: Y=3 (only in B)\n"));
}

/* A thousand lines differ: the findings stay few and count the rest. */
static void test_bounds_lines(void)
{
	struct bytes a = {0}, b = {0};
	char *text;
	size_t lines = 0;

	for (unsigned i = 0; i < 1000; i++) {
		bytes_addf(&a, "a%u\n", i);
		bytes_addf(&b, "b%u\n", i);
	}
	text = compare(CONTENT_TEXT, a.data, a.len, b.data, b.len);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	CHECK(lines == 41 && strstr(text, "1960 more lines differ"));
	free(text);
	bytes_free(&a);
	bytes_free(&b);
}

static void test_opaque(void)
{
	CHECK(said(CONTENT_OPAQUE, "abc", "abd",
		"~ x: contents: 3 bytes -> 3 bytes; first difference at byte 0x2\n"));
	char *text = compare(CONTENT_OPAQUE, "abc", 3, "abc\0\0", 5);

	CHECK(MENTIONS(text, "3 bytes -> 5 bytes; the longer one only has more zeros"));
}

static struct bytes archive(
	const struct initrd_maker_file *files, size_t count, enum compression compression)
{
	struct bytes plain = {0}, packed = {0};

	initrd_maker_archive(files, count, &plain);
	if (compression == COMPRESSION_NONE)
		return plain;
	initrd_maker_pack(compression, plain.data, plain.len, &packed);
	bytes_free(&plain);
	return packed;
}

static const struct initrd_maker_file first[] = {
	{"bin", S_IFDIR | 0755, 0, 0, 1, 2, ""},
	{"bin/tool", S_IFREG | 0755, 0, 0, 2, 1,
		"\x7f"
		"ELF one"},
	{"etc/motd", S_IFREG | 0644, 0, 0, 3, 1, "hello\n"},
	{"gone", S_IFREG | 0644, 0, 0, 4, 1, "x"},
	{"lib", S_IFLNK | 0777, 0, 0, 5, 1, "usr/lib"},
	{"same", S_IFREG | 0644, 0, 0, 6, 1, "same"},
};
static const struct initrd_maker_file second[] = {
	{"bin", S_IFDIR | 0700, 0, 0, 1, 2, ""},
	{"bin/tool", S_IFREG | 0755, 9, 7, 2, 1,
		"\x7f"
		"ELF two"},
	{"etc/motd", S_IFREG | 0644, 0, 0, 3, 1, "hello\nworld\n"},
	{"lib", S_IFLNK | 0777, 0, 0, 5, 1, "usr/lib64"},
	{"new", S_IFREG | 0600, 0, 0, 4, 1, "12345"},
	{"same", S_IFREG | 0644, 0, 0, 6, 1, "same"},
};

static char *compare_bytes(enum content_kind kind, struct bytes a, struct bytes b)
{
	char *text = compare(kind, a.data, a.len, b.data, b.len);

	bytes_free(&a);
	bytes_free(&b);
	return text;
}

static void test_initrd_files(void)
{
	CHECK(MENTIONS(compare_bytes(CONTENT_INITRD, archive(first, 6, COMPRESSION_GZIP),
			       archive(second, 6, COMPRESSION_GZIP)),
		"~ x / bin: mode: 0755 -> 0700\n", "~ x / bin/tool: owner: 0:0 -> 9:0\n",
		"~ x / bin/tool: mtime: 0 -> 7\n", "~ x / bin/tool: contents: 8 bytes -> 8 bytes",
		"+ x / etc/motd: line: line 2: world (only in B)\n",
		"- x / gone: file: file, 1 bytes, mode 644 (only in A)\n",
		"+ x / new: file: file, 5 bytes, mode 600 (only in B)\n",
		"~ x / lib: target: usr/lib -> usr/lib64\n", "~ x: packing: gzip"));
}

static void test_initrd_packing(void)
{
	const struct initrd_maker_file turned[] = {first[1], first[0], first[2]};
	struct bytes two = archive(first, 3, COMPRESSION_NONE);

	CHECK(MENTIONS(compare_bytes(CONTENT_INITRD, archive(first, 6, COMPRESSION_GZIP),
			       archive(first, 6, COMPRESSION_ZSTD)),
		"; the archives are the same, only their compression differs\n"));
	CHECK(MENTIONS(compare_bytes(CONTENT_INITRD, archive(first, 3, COMPRESSION_NONE),
			       archive(turned, 3, COMPRESSION_NONE)),
		"> x / bin: order"));
	initrd_maker_archive(first + 3, 3, &two);
	CHECK(MENTIONS(compare_bytes(CONTENT_INITRD, archive(first, 6, COMPRESSION_NONE), two),
		"; the files are the same, the archives around them differ\n"));
}

static void test_initrd_unreadable(void)
{
	struct bytes good = archive(first, 6, COMPRESSION_XZ), bad = {0};

	bytes_add(&bad, good.data, good.len);
	bad.data[good.len / 2] ^= 0x40;
	CHECK(MENTIONS(compare(CONTENT_INITRD, good.data, good.len, bad.data, bad.len),
		"! x: the xz stream is damaged: at byte 0x", "- x / etc/motd", "- x / gone",
		"- x / lib", "- x / same", "~ x: contents: "));
	bytes_free(&good);
	bytes_free(&bad);
	CHECK(MENTIONS(compare(CONTENT_INITRD, "0707", 4, "0708", 4),
		"! x: the archive ends within a header: at byte 0x0 (unreadable)\n",
		"! x: the archive ends within a header: at byte 0x0 (unreadable)\n",
		"~ x: contents"));
}

struct pair {
	uint8_t *a, *b;
	size_t a_len, b_len;
};

static struct pair two_ukis(const struct pe_maker *a, const struct pe_maker *b)
{
	struct pair pair;

	pair.a = pe_make(a, &pair.a_len);
	pair.b = pe_make(b, &pair.b_len);
	return pair;
}

static char *compare_pair(struct pair pair)
{
	char *text = compare(CONTENT_PE, pair.a, pair.a_len, pair.b, pair.b_len);

	free(pair.a);
	free(pair.b);
	return text;
}

static void test_image(void)
{
	struct pe_maker kernel = uki_maker_kernel();
	size_t kernel_len;
	uint8_t *bytes = pe_make(&kernel, &kernel_len);
	struct pe_maker a = uki_maker_image(bytes, kernel_len), b = a;
	struct pair pair;

	uki_maker_section(&b, ".cmdline")->data = "console=ttyS0 debug";
	CHECK(MENTIONS(compare_pair(two_ukis(&a, &b)),
		"- x / .cmdline / quiet: word: quiet (only in A)\n",
		"+ x / .cmdline / debug: word: debug (only in B)\n"));
	b = a;
	pair = two_ukis(&a, &b);
	put32(pair.b + PE_AT + 8, 1700000000);
	put32(pair.b + PE_AT_OPTIONAL + 64, 77);
	CHECK(MENTIONS(compare_pair(pair), "~ x / header: TimeDateStamp: 0x0 -> 0x6553f100\n",
		"~ x / header: CheckSum: 0x0 -> 0x4d [not measured]\n"));
	b.section_count--;
	CHECK(strstr(b.sections[b.section_count].name, ".linux"));
	CHECK(MENTIONS(compare_pair(two_ukis(&a, &b)),
		"- x / .linux: section: ", "~ x / header: SizeOfImage"));
	pair = two_ukis(&a, &a);
	put16(pair.b + PE_AT, 0);
	CHECK(MENTIONS(compare_pair(pair),
		"! x: there is no PE header: at byte 0x40 (unreadable)\n", "~ x: contents"));
	free(bytes);
}

/* A signed image: the signature, and what points to it, is in no hash. */
static void test_image_signature(void)
{
	struct pe_maker kernel = uki_maker_kernel();
	struct pair pair = two_ukis(&kernel, &kernel);
	uint8_t *b = calloc(1, pair.b_len + 16);

	REQUIRE(b);
	memcpy(b, pair.b, pair.b_len);
	free(pair.b);
	pair.b = b;
	put32(b + PE_AT_OPTIONAL + 112 + 4 * 8, (uint32_t)pair.b_len);
	put32(b + PE_AT_OPTIONAL + 112 + 4 * 8 + 4, 16);
	pair.b_len += 16;
	CHECK(MENTIONS(compare_pair(pair),
		"~ x / certificate table: signature: not signed -> 16 bytes, not readable [not "
		"measured]\n",
		"~ x / header / data directory / certificate: address: 0x0 -> ",
		"~ x / header / data directory / certificate: size: 0x0 -> 0x10 [not measured]\n"));
}

/* An image cut at every byte, and with every bit of its headers turned: told, and no more. */
static void test_hostile_image(void)
{
	struct pe_maker kernel = uki_maker_kernel();
	size_t kernel_len;
	uint8_t *bytes = pe_make(&kernel, &kernel_len);
	struct pe_maker maker = uki_maker_image(bytes, kernel_len);
	struct pair pair = two_ukis(&maker, &maker);

	for (size_t len = 0; len < pair.a_len; len += len < 1024 ? 1 : 37) {
		uint8_t *exact = must_alloc(len);

		if (len)
			memcpy(exact, pair.a, len);
		free(compare(CONTENT_PE, pair.a, pair.a_len, exact, len));
		free(compare(CONTENT_KERNEL, exact, len, pair.a, pair.a_len));
		free(exact);
	}
	for (size_t bit = 0; bit < (size_t)8 * 1024; bit++) {
		pair.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		free(compare(CONTENT_PE, pair.a, pair.a_len, pair.b, pair.b_len));
		pair.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(pair.a);
	free(pair.b);
	free(bytes);
}

static const char list_head[] = "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28";

/* One EFI_SIGNATURE_LIST of SHA-256 hashes, each a byte repeated. */
static struct bytes hashes(const char *which)
{
	struct bytes out = {0};
	uint8_t sizes[12], hash[32];
	size_t count = strlen(which);

	put_le32(sizes, (uint32_t)(28 + 48 * count));
	put_le32(sizes + 4, 0);
	put_le32(sizes + 8, 48);
	bytes_add(&out, list_head, 16);
	bytes_add(&out, sizes, 12);
	for (size_t i = 0; i < count; i++) {
		bytes_zeros(&out, GUID_LEN);
		memset(hash, which[i], 32);
		bytes_add(&out, hash, 32);
	}
	return out;
}

static void test_signatures(void)
{
	CHECK(MENTIONS(compare_bytes(CONTENT_SIGNATURES, hashes("123"), hashes("134")),
		"- x: entry: hash 3232323232", "+ x: entry: hash 3434343434"));
	CHECK(MENTIONS(compare_bytes(CONTENT_SIGNATURES, hashes("12"), hashes("21")),
		"> x: order: hash 3131"));
	CHECK(MENTIONS(compare(CONTENT_SIGNATURES, "short", 5, "", 0), "! x: ", "~ x: contents"));
}

static void test_json(void)
{
	const struct content a = {(const uint8_t *)"a \"q\"", 5}, b = {(const uint8_t *)"a", 1};
	struct findings findings = {0};
	struct finding_sink sink = findings_sink(&findings);
	struct bytes out = {0};
	struct json_text json;

	content_diff(CONTENT_CMDLINE, ".cmdline", &a, &b, &sink);
	json_start_lines(&json, &out, 0);
	findings_json(&findings, &json, NULL);
	bytes_zeros(&out, 1);
	CHECK(strcmp((char *)out.data,
		      "[{\"change\":\"only in A\",\"path\":[\".cmdline\",\"\\\"q\\\"\"],"
		      "\"aspect\":\"word\",\"a\":\"\\\"q\\\"\",\"measured\":true}]\n") == 0);
	findings_free(&findings);
	bytes_free(&out);
}

static void test_kinds(void)
{
	static const struct content text = {(const uint8_t *)"A=1\n", 4};
	static const struct content pe = {(const uint8_t *)"MZ\0\0", 4};

	CHECK(content_kind_of_section(".cmdline") == CONTENT_CMDLINE);
	CHECK(content_kind_of_section(".text") == CONTENT_OPAQUE);
	CHECK(content_kind_of_file("out/cmdline", &text) == CONTENT_CMDLINE);
	CHECK(content_kind_of_file("os-release", &text) == CONTENT_SETTINGS);
	CHECK(content_kind_of_file(NULL, &text) == CONTENT_TEXT);
	CHECK(content_kind_of_file("cmdline", &pe) == CONTENT_PE);
}

int main(void)
{
	RUN(test_words);
	RUN(test_lines);
	RUN(test_bounds_lines);
	RUN(test_opaque);
	RUN(test_initrd_files);
	RUN(test_initrd_packing);
	RUN(test_initrd_unreadable);
	RUN(test_image);
	RUN(test_image_signature);
	RUN(test_hostile_image);
	RUN(test_signatures);
	RUN(test_json);
	RUN(test_kinds);
	return test_summary();
}
