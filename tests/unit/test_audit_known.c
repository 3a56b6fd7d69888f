/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the store knows of the audit record: the record must hold that line or go on from it, and
 * what was decided behind it is told.
 */
#include "tests/unit/done.h"
#include "tests/unit/audit_forge.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/audit/audit.h"

#include <fcntl.h>

#define GRANT(disk, action) \
	"\"event\":\"grant\",\"peer\":\"p\",\"disk\":\"" disk "\",\"action\":\"" action "\""
#define COMMIT(disk, action) \
	"\"event\":\"commit\",\"disk\":\"" disk "\",\"action\":\"" action "\",\"generation\":7"
#define DENY "\"event\":\"deny\",\"code\":608"

static struct audit_position nothing;
static struct audit_tail tail;
static char text[65536];
static struct forged f;

static bool opens_as(size_t len, const struct audit_position *known)
{
	const char *path = scratch_path("as");
	struct audit *a = NULL;

	scratch_write(path, text, len, 0600);
	if (!done(audit_open(path, known, &a, &tail)))
		return false;
	audit_close(a);
	return true;
}

static bool unchanged(size_t len)
{
	static char now[sizeof(text)];
	FILE *file = fopen(scratch_path("as"), "rb");
	size_t n = file ? fread(now, 1, sizeof(now), file) : 0;

	if (file)
		fclose(file);
	return file && n == len && memcmp(now, text, len) == 0;
}

/* Five lines; the positions of all, [0] is the one before the first. */
static void five_lines(struct audit_position at[6])
{
	forge_start(&f, text, sizeof(text));
	at[0] = nothing;
	at[1] = forge_text(&f, GRANT("d1", "format"));
	at[2] = forge_text(&f, COMMIT("d1", "format"));
	at[3] = forge_text(&f, DENY);
	at[4] = forge_text(&f, DENY);
	at[5] = forge_text(&f, DENY);
}

static void test_known_line(void)
{
	struct audit_position at[6], other;

	five_lines(at);
	for (unsigned i = 0; i < 6; i++) {
		CHECK(opens_as(at[5].end, &at[i]));
		CHECK(tail.decisions == (i < 2 ? 2 - i : 0) && !tail.missing);
	}
	other = at[3];
	other.hash[63] ^= 1;
	CHECK(!opens_as(at[5].end, &other) && unchanged(at[5].end));
	CHECK(strstr(last_failure.text, "line 3 is not the one that the store knows") != NULL);
	memset(other.hash, 0, sizeof(other.hash)); /* whatever the store holds */
	CHECK(!opens_as(at[5].end, &other));
	other.seq = UINT64_MAX;
	CHECK(!opens_as(at[5].end, &other));
}

/* Lines cut off the end are noticed up to the line that the store knows, and nothing is mended. */
static void test_cut_before_known(void)
{
	struct audit_position at[6];

	five_lines(at);
	for (size_t cut = 1; cut < at[5].end; cut++) {
		bool whole = cut >= at[3].end;

		if (cut < at[1].end)
			continue; /* no line left: below */
		CHECK(opens_as(cut, &at[3]) == whole);
		CHECK(whole || unchanged(cut));
		CHECK(whole || strstr(last_failure.text, "lines were cut off its end"));
	}
}

/* A file that is empty, missing, or torn within its first line: the record goes on in a new one. */
static void test_missing(void)
{
	struct audit_position at[6], end;
	struct audit *a = NULL;
	const char *path;

	five_lines(at);
	for (size_t cut = 0; cut < at[1].end; cut++) {
		CHECK(opens_as(cut, &at[3]));
		CHECK(tail.missing && !tail.decisions && !tail.last_line);
	}
	CHECK(opens_as(0, &nothing) && !tail.missing);
	path = scratch_path("absent");
	REQUIRE(done(audit_open(path, &at[3], &a, &tail)));
	CHECK(tail.missing && done(audit_position(a, &end)) && end.seq == 4);
	audit_close(a);
	REQUIRE(done(audit_open(path, &at[3], &a, &tail))); /* the store was not told */
	CHECK(!tail.missing);
	audit_close(a);
	REQUIRE(done(audit_open(path, &end, &a, &tail))); /* it was */
	CHECK(!tail.missing);
	audit_close(a);
	CHECK(!done(audit_open(path, &at[2], &a, &tail))); /* an older store */
	CHECK(strstr(
		last_failure.text, "goes on from line 3, but the store knows no line behind 2"));
	CHECK(!done(audit_open(path, &nothing, &a, &tail)));
	at[3].hash[0] = 'x'; /* a store that holds no hash at all */
	CHECK(!done(audit_open(scratch_path("absent2"), &at[3], &a, &tail)));
}

/* A rotated file begins with `continued`; one whose start was cut away does not. */
static void test_begin(void)
{
	struct audit_position at, next;

	for (unsigned continued = 0; continued < 2; continued++) {
		forge_start(&f, text, sizeof(text));
		f.at.seq = 41;
		memset(f.at.hash, 'a', AUDIT_HASH_HEX);
		at = f.at;
		forge_text(&f, continued ? "\"event\":\"continued\"" : DENY);
		next = forge_text(&f, DENY);
		CHECK(opens_as(f.at.end, &next) == (continued == 1));
		CHECK(continued ||
			strstr(last_failure.text, "begins at line 42: its start was moved"));
		CHECK(opens_as(f.at.end, &at) == (continued == 1));
	}
	at.hash[5] = 'b'; /* it goes on from another line 41 */
	CHECK(!opens_as(f.at.end, &at));
	CHECK(strstr(last_failure.text, "line 41 is not the one that the store knows"));
	at.seq = 40;
	CHECK(!opens_as(f.at.end, &at));
	CHECK(strstr(last_failure.text, "the store is older than the record"));
}

static void test_tail(void)
{
	struct audit_position known;

	forge_start(&f, text, sizeof(text));
	known = forge_text(&f, COMMIT("d0", "open"));
	forge_text(&f, GRANT("d1", "format"));
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 1 && tail.first == 2);
	CHECK(tail.last_line && strcmp(tail.event, "grant") == 0);
	CHECK(strcmp(tail.disk, "d1") == 0 && strcmp(tail.action, "format") == 0);
	/* A crash may have torn what a start was about to write, and again. */
	forge_text(&f, "\"event\":\"repair\",\"bytes\":3");
	forge_text(&f, "\"event\":\"repair\",\"bytes\":3");
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 1 && tail.last_line);
	memcpy(text + f.at.end, "{\"seq", 5);
	CHECK(opens_as(f.at.end + 5, &known) && tail.decisions == 1 && tail.last_line);
	forge_text(&f, DENY);
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 1 && !tail.last_line);
	forge_text(&f, COMMIT("d2", "open"));
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 2 && !tail.last_line);
	CHECK(tail.first == 2 && strcmp(tail.event, "commit") == 0);
	CHECK(strcmp(tail.disk, "d2") == 0 && strcmp(tail.action, "open") == 0);
}

static void test_void(void)
{
	struct audit_position known, later;

	forge_start(&f, text, sizeof(text));
	known = forge_text(&f, DENY);
	forge_text(&f, GRANT("d1", "format"));
	forge_text(&f, "\"event\":\"void\",\"of\":2");
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 0 && !tail.first && !tail.last_line);
	CHECK(!tail.event[0] && !tail.disk[0]);
	forge_text(&f, GRANT("d2", "open"));
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 1 && tail.first == 4);
	CHECK(tail.last_line && strcmp(tail.disk, "d2") == 0);
	later = forge_text(&f, COMMIT("d3", "open"));
	forge_text(&f, "\"event\":\"void\",\"of\":5");
	CHECK(opens_as(f.at.end, &known) && tail.decisions == 1 && tail.first == 4);
	CHECK(!tail.last_line && strcmp(tail.disk, "d2") == 0);
	CHECK(opens_as(f.at.end, &later) && tail.decisions == 0);
}

/* Nothing else takes a decision back. */
static void test_void_of_others(void)
{
	static const char *const voids[] = {"\"event\":\"void\"", "\"event\":\"void\",\"of\":1",
		"\"event\":\"void\",\"of\":3", "\"event\":\"void\",\"of\":\"2\"",
		"\"event\":\"void\",\"of\":2x", "\"event\":\"void\",\"of\":02",
		"\"event\":\"void\",\"of\":18446744073709551618", "\"event\":\"voided\",\"of\":2"};
	struct audit_position known;

	for (size_t i = 0; i < sizeof(voids) / sizeof(voids[0]); i++) {
		forge_start(&f, text, sizeof(text));
		known = forge_text(&f, DENY);
		forge_text(&f, GRANT("d1", "format"));
		forge_text(&f, voids[i]);
		CHECK(opens_as(f.at.end, &known));
		CHECK(tail.decisions == 1 && tail.first == 2 && !tail.last_line);
	}
}

/* Members that are missing, or longer than any that the service writes. */
static void test_odd_decisions(void)
{
	forge_start(&f, text, sizeof(text));
	forge_text(&f, "\"event\":\"grant\"");
	CHECK(opens_as(f.at.end, &nothing) && tail.decisions == 1);
	CHECK(!tail.disk[0] && !tail.action[0]);
	forge_text(&f, GRANT("0123456789012345678901234567890123", "overwriteoverwrite"));
	CHECK(opens_as(f.at.end, &nothing) && tail.decisions == 2);
	CHECK(!tail.disk[0] && !tail.action[0]);
	forge_text(&f, GRANT("01234567890123456789012345678901", "0123456789abcde"));
	CHECK(opens_as(f.at.end, &nothing) && strlen(tail.disk) == 32 && strlen(tail.action) == 15);
	forge_text(&f, "\"event\":\"grant\",\"disk\":7,\"action\":\"open");
	CHECK(opens_as(f.at.end, &nothing) && tail.decisions == 4);
	CHECK(!tail.disk[0] && !tail.action[0]);
}

static void poke(const char *path, uint64_t at, char byte)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || pwrite(fd, &byte, 1, (off_t)at) != 1)
		abort();
	close(fd);
}

/* A record of more than AUDIT_WHOLE_MAX bytes: the positions of a line in it and of the last. */
static void write_large(
	const char *path, struct audit_position *out_middle, struct audit_position *out_last)
{
	static char block[1 << 20];
	struct forged part;
	FILE *file = fopen(path, "wb");
	uint64_t before = 0;

	forge_start(&part, block, sizeof(block));
	while (file && before <= AUDIT_WHOLE_MAX) {
		part.at.end = 0;
		while (part.at.end + 4096 < sizeof(block))
			forge_text(&part, DENY);
		fwrite(block, 1, part.at.end, file);
		*out_last = part.at;
		out_last->end += before;
		before = out_last->end;
		if (before < AUDIT_WHOLE_MAX / 2)
			*out_middle = *out_last;
	}
	if (!file || fclose(file))
		abort();
}

/* A large file is read from the known line on, and its first line always. */
static void test_large_file(void)
{
	const char *path = scratch_path("large");
	struct audit_position middle, last, wrong;
	struct audit_checked checked;
	struct audit *a = NULL;

	write_large(path, &middle, &last);
	REQUIRE(done(audit_open(path, &middle, &a, &tail)));
	audit_close(a);
	CHECK(done(audit_check(&path, 1, &checked)) && checked.lines == last.seq);
	poke(path, middle.end - 1000, '!');
	REQUIRE(done(audit_open(path, &middle, &a, &tail)));
	audit_close(a);
	CHECK(!done(audit_check(&path, 1, &checked)) && !checked.unreadable);
	/* Where the known line is not at its place the whole file tells. */
	wrong = middle;
	wrong.end--;
	CHECK(!done(audit_open(path, &wrong, &a, &tail)));
	wrong.end = UINT64_MAX;
	CHECK(!done(audit_open(path, &wrong, &a, &tail)));
	wrong = middle;
	wrong.hash[0] ^= 1;
	CHECK(!done(audit_open(path, &wrong, &a, &tail)));
	CHECK(!done(audit_open(path, &nothing, &a, &tail)));
	wrong = last;
	wrong.hash[0] ^= 1;
	CHECK(!done(audit_open(path, &wrong, &a, &tail)));
	wrong = last;
	wrong.seq--;
	CHECK(!done(audit_open(path, &wrong, &a, &tail)));
	poke(path, middle.end + 100, '!');
	CHECK(!done(audit_open(path, &middle, &a, &tail)));
	REQUIRE(done(audit_open(path, &last, &a, &tail)));
	audit_close(a);
	poke(path, 30, '!');
	CHECK(!done(audit_open(path, &last, &a, &tail)));
	CHECK(strstr(last_failure.text, "the first line does not fit the chain"));
}

int main(void)
{
	scratch_open();
	memset(nothing.hash, '0', AUDIT_HASH_HEX);
	RUN(test_known_line);
	RUN(test_cut_before_known);
	RUN(test_missing);
	RUN(test_begin);
	RUN(test_tail);
	RUN(test_void);
	RUN(test_void_of_others);
	RUN(test_odd_decisions);
	RUN(test_large_file);
	scratch_close();
	return test_summary();
}
