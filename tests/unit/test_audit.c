/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit record as one file: lines, damage of any kind, a torn last line, a full disk. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tests/unit/audit_forge.h"
#include "tools/serve/audit/audit.h"

#include <signal.h>
#include <sys/resource.h>

static const struct audit_position nothing;
static struct audit_tail tail;

static bool append(struct audit *a, const char *what)
{
	struct json_line line;

	audit_begin(a, &line, "test");
	json_line_text(&line, "what", what);
	return done(audit_append(a, &line, true));
}

static uint64_t count(struct audit *a)
{
	struct audit_position at;

	return done(audit_position(a, &at)) ? at.seq : UINT64_MAX;
}

static size_t load(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		exit(1);
	n = fread(out, 1, cap - 1, f);
	fclose(f);
	out[n] = 0;
	return n;
}

static bool opens(const char *path, const struct audit_position *known)
{
	struct audit *a = NULL;

	if (!done(audit_open(path, known, &a, &tail)))
		return false;
	audit_close(a);
	return true;
}

static bool opens_as(const char *text, size_t len, const struct audit_position *known)
{
	const char *path = scratch_path("as");

	scratch_write(path, text, len, 0600);
	return opens(path, known);
}

static char whole[65536];
static size_t whole_len;
static struct audit_position whole_end;

static void test_chain(void)
{
	const char *path = scratch_path("audit");
	struct audit *a = NULL;

	REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
	CHECK(count(a) == 0 && !tail.missing && !tail.decisions);
	CHECK(append(a, "one") && append(a, "t\"w\\o\n\xc3\xa4") && append(a, "three"));
	audit_close(a);
	REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
	CHECK(count(a) == 3);
	CHECK(append(a, "four"));
	CHECK(done(audit_position(a, &whole_end)));
	audit_close(a);
	whole_len = load(path, whole, sizeof(whole));
	CHECK(whole_end.seq == 4 && whole_end.end == whole_len);
	CHECK(strstr(whole, "{\"seq\":1,") == whole);
	CHECK(strstr(whole, "t\\u0022w\\u005co\\u000a\\u00c3\\u00a4") != NULL);
}

/* Every single changed bit is found, that of the last newline too: the known line is then torn. */
static void test_bit_flips(void)
{
	struct audit_checked checked;
	const char *path = scratch_path("as");

	for (size_t bit = 0; bit < 8 * whole_len; bit++) {
		whole[bit / 8] ^= (char)(1u << (bit % 8));
		if (opens_as(whole, whole_len, &whole_end) ||
			(bit / 8 < whole_len - 1 &&
				(done(audit_check(&path, 1, &checked)) || checked.unreadable))) {
			fprintf(stderr, "bit %zu\n", bit);
			CHECK(!"a changed bit is found");
		}
		whole[bit / 8] ^= (char)(1u << (bit % 8));
	}
	CHECK(whole_len > 100 && opens_as(whole, whole_len, &whole_end));
}

static void test_truncation_at_every_byte(void)
{
	const char *path = scratch_path("cut");
	struct audit *a = NULL;

	for (size_t cut = 0; cut < whole_len; cut++) {
		uint64_t lines = 0;
		bool torn = cut && whole[cut - 1] != '\n';

		for (size_t i = 0; i < cut; i++)
			lines += whole[i] == '\n';
		scratch_write(path, whole, cut, 0600);
		REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
		CHECK(count(a) == lines + torn); /* the repair is itself recorded */
		CHECK(append(a, "after"));
		audit_close(a);
		REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
		CHECK(count(a) == lines + torn + 1);
		audit_close(a);
	}
}

static void test_lines_moved(void)
{
	char *second = strchr(whole, '\n') + 1;
	char *third = strchr(second, '\n') + 1;
	static char text[65536];
	size_t one = (size_t)(second - whole), two = (size_t)(third - second);

	CHECK(!opens_as(second, whole_len - one, &nothing));
	CHECK(strstr(last_failure.text, "begins at line 2: its start was moved away") != NULL);
	CHECK(strstr(last_failure.text, "not by copytruncate") != NULL);
	memcpy(text, whole, one);
	memcpy(text + one, third, whole_len - one - two);
	CHECK(!opens_as(text, whole_len - two, &nothing)); /* a middle line gone */
	CHECK(strstr(last_failure.text, "line 3 does not fit the chain: it comes behind line 1") !=
		NULL);
	memcpy(text, whole, one + two);
	memcpy(text + one + two, second, whole_len - one);
	CHECK(!opens_as(text, whole_len + two, &nothing)); /* a line twice */
	CHECK(strstr(last_failure.text, "line 2 does not fit the chain: it comes behind line 2") !=
		NULL);
	CHECK(!opens_as("\n", 1, &nothing));
	CHECK(strstr(last_failure.text, "the first line does not fit the chain") != NULL);
}

/* Lines that nobody but a forger writes: each has a right hash, and the file has no other fault. */
static void test_forged_lines(void)
{
	static const char *const rests[] = {"\"event\":\"\"", "\"event\":\"Grant\"",
		"\"event\":\"sixteen-letters-\"", "\"evnt\":\"grant\"", "\"event\":\"grant\"x",
		"\"event\":\"a\",\"b\":\"\t\"", "\"event\":\"a\",\"b\":\"\x7f\"",
		"\"event\":\"a\",\"b\":\"\xc3\xa4\"", "\"event\":\"a\"\n", ""};
	char text[2048];
	struct forged f;

	forge_start(&f, text, sizeof(text));
	forge_text(&f, "\"event\":\"fifteen-letters\"");
	CHECK(opens_as(text, f.at.end, &f.at));
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		forge_start(&f, text, sizeof(text));
		forge_text(&f, rests[i]);
		CHECK(!opens_as(text, f.at.end, &nothing));
		CHECK(strstr(last_failure.text, "the first line does not fit the chain") != NULL);
	}
	forge_start(&f, text, sizeof(text));
	forge(&f, "\"event\":\"a\",\"b\":\"\0\"", 18);
	CHECK(!opens_as(text, f.at.end, &nothing));
	forge_start(&f, text, sizeof(text));
	f.at.hash[0] = '1'; /* a first line that goes on from another */
	forge_text(&f, "\"event\":\"a\"");
	CHECK(!opens_as(text, f.at.end, &nothing));
	forge_start(&f, text, sizeof(text));
	f.at.seq = UINT64_MAX; /* line 0 */
	forge_text(&f, "\"event\":\"continued\"");
	CHECK(!opens_as(text, f.at.end, &nothing));
	forge_start(&f, text, sizeof(text));
	f.at.seq = 1000000000000000000; /* more digits than are read */
	forge_text(&f, "\"event\":\"continued\"");
	CHECK(!opens_as(text, f.at.end, &nothing));
}

/* The longest line that fits is read, one byte more is not; nor is a file without any newline. */
static void test_huge_lines(void)
{
	static char text[1 << 20], rest[JSON_LINE_MAX];
	struct audit_line line;
	struct forged f;
	size_t frame;

	forge_start(&f, text, sizeof(text));
	frame = forge_text(&f, "\"event\":\"a\",\"b\":\"\"").end;
	memset(rest, 'x', sizeof(rest));
	memcpy(rest, "\"event\":\"a\",\"b\":\"", 17);
	for (size_t extra = 0; extra < 2; extra++) {
		size_t fill = JSON_LINE_MAX - frame + extra;

		forge_start(&f, text, sizeof(text));
		rest[17 + fill] = '"';
		forge(&f, rest, 18 + fill);
		rest[17 + fill] = 'x';
		CHECK(f.at.end == JSON_LINE_MAX + extra);
		CHECK(audit_line_read(text, f.at.end, &line) == (extra == 0));
		forge_text(&f, "\"event\":\"b\"");
		CHECK(opens_as(text, f.at.end, &f.at) == (extra == 0));
	}
	CHECK(strstr(last_failure.text, "is too long") != NULL);
	/* A torn last line is no longer than a line. */
	forge_start(&f, text, sizeof(text));
	forge_text(&f, "\"event\":\"a\"");
	memset(text + f.at.end, 'x', JSON_LINE_MAX);
	CHECK(opens_as(text, f.at.end + JSON_LINE_MAX - 1, &f.at));
	CHECK(!opens_as(text, f.at.end + JSON_LINE_MAX, &f.at));
	memset(text, 'x', sizeof(text));
	CHECK(!opens_as(text, sizeof(text), &nothing));
	memset(text, 0, sizeof(text));
	CHECK(!opens_as(text, sizeof(text), &nothing));
	memset(text, '\n', sizeof(text));
	CHECK(!opens_as(text, sizeof(text), &nothing));
}

static void test_out_of_turn_and_too_long(void)
{
	struct audit *a = NULL;
	struct json_line early, line;

	REQUIRE(done(audit_open(scratch_path("turn"), &nothing, &a, &tail)));
	audit_begin(a, &early, "early");
	CHECK(append(a, "first"));
	CHECK(!done(audit_append(a, &early, true)));
	audit_begin(a, &line, "long");
	for (unsigned i = 0; i < 1000; i++)
		json_line_text(&line, "text", "0123456789");
	CHECK(!done(audit_append(a, &line, true)));
	audit_begin(a, &line, "sixteen-letters-"); /* the next start could not read that */
	CHECK(!done(audit_append(a, &line, true)));
	CHECK(append(a, "second") && count(a) == 2);
	audit_close(a);
}

/* A write that the disk takes half of must not tear the chain. */
static void test_full_disk(void)
{
	const char *path = scratch_path("full");
	struct audit *a = NULL;
	struct rlimit limit = {0}, old;
	char text[65536];

	REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
	CHECK(append(a, "fits"));
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = load(path, text, sizeof(text)) + 20;
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHECK(!append(a, "does not fit"));
	CHECK(load(path, text, sizeof(text)) == limit.rlim_cur - 20);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
	CHECK(append(a, "fits again"));
	CHECK(count(a) == 2);
	audit_close(a);
	CHECK(opens(path, &nothing));
}

/* Somebody else's bytes, or the loss of ours: nothing is appended any more, for good. */
static void test_file_changed_by_others(void)
{
	const char *path = scratch_path("changed");
	struct audit_position at;
	struct audit *a = NULL;
	char text[4096];
	size_t len;

	REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
	CHECK(append(a, "one"));
	len = load(path, text, sizeof(text));
	REQUIRE(truncate(path, 0) == 0); /* copytruncate */
	CHECK(!append(a, "two"));
	CHECK(strstr(last_failure.text, "another has truncated the audit record") != NULL);
	CHECK(load(path, text + len, sizeof(text) - len) == 0);
	CHECK(!done(audit_position(a, &at)));
	scratch_write(path, text, len, 0600);
	CHECK(!append(a, "as it was, but that is for the next start to find out"));
	audit_close(a);
	REQUIRE(done(audit_open(path, &nothing, &a, &tail)));
	REQUIRE(truncate(path, (off_t)len + 1) == 0);
	CHECK(!append(a, "behind a byte that is not ours"));
	CHECK(load(path, text, sizeof(text)) == len + 1);
	audit_close(a);
}

static void test_unusable_paths(void)
{
	CHECK(!opens(scratch, &nothing));
	CHECK(!opens(scratch_path("no/such"), &nothing));
	CHECK(symlink("/dev/null", scratch_path("link")) == 0);
	CHECK(!opens(scratch_path("link"), &nothing));
	CHECK(mkfifo(scratch_path("fifo"), 0600) == 0);
	CHECK(!opens(scratch_path("fifo"), &nothing));
}

int main(void)
{
	scratch_open();
	RUN(test_chain);
	RUN(test_bit_flips);
	RUN(test_truncation_at_every_byte);
	RUN(test_lines_moved);
	RUN(test_forged_lines);
	RUN(test_huge_lines);
	RUN(test_out_of_turn_and_too_long);
	RUN(test_full_disk);
	RUN(test_file_changed_by_others);
	RUN(test_unusable_paths);
	scratch_close();
	return test_summary();
}
