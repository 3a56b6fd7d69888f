/* The audit record: the chain, a torn last line, any other damage, and a disk that is full. */
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/audit.h"

#include <signal.h>
#include <sys/resource.h>

static struct why why;

static bool record_open(const char *path, struct audit **out, struct why *reason)
{
	const struct audit_position nothing = {0};
	struct audit_tail tail;

	return audit_open(path, &nothing, out, &tail, reason);
}

static bool append(struct audit *a, const char *what)
{
	struct json_line line;

	audit_begin(a, &line, "test");
	json_line_text(&line, "what", what);
	return audit_append(a, &line, true, &why);
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

static char whole[65536];
static size_t whole_len;

static void test_chain(void)
{
	const char *path = scratch_path("audit");
	struct audit *a = NULL;

	REQUIRE(record_open(path, &a, &why));
	CHECK(audit_count(a) == 0);
	CHECK(append(a, "one") && append(a, "t\"w\\o\n\xc3\xa4") && append(a, "three"));
	audit_close(a);
	REQUIRE(record_open(path, &a, &why));
	CHECK(audit_count(a) == 3);
	CHECK(append(a, "four"));
	audit_close(a);
	whole_len = load(path, whole, sizeof(whole));
	CHECK(strstr(whole, "{\"seq\":1,") == whole);
	CHECK(strstr(whole, "t\\u0022w\\u005co\\u000a\\u00c3\\u00a4") != NULL);
}

/* Every single changed bit in the file is found, or is the loss of the last newline: a torn line.
 */
static void test_bit_flips(void)
{
	const char *path = scratch_path("flipped");
	struct audit *a = NULL;

	for (size_t bit = 0; bit < 8 * (whole_len - 1); bit += 3) {
		whole[bit / 8] ^= (char)(1u << (bit % 8));
		scratch_write(path, whole, whole_len, 0600);
		whole[bit / 8] ^= (char)(1u << (bit % 8));
		if (record_open(path, &a, &why)) {
			fprintf(stderr, "bit %zu\n", bit);
			CHECK(!"a changed bit is found");
			audit_close(a);
		}
	}
	CHECK(whole_len > 100);
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
		REQUIRE(record_open(path, &a, &why));
		CHECK(audit_count(a) == lines + torn); /* the repair is itself recorded */
		CHECK(append(a, "after"));
		audit_close(a);
		REQUIRE(record_open(path, &a, &why));
		CHECK(audit_count(a) == lines + torn + 1);
		audit_close(a);
	}
}

static void test_lines_moved(void)
{
	const char *path = scratch_path("moved");
	struct audit *a = NULL;
	char *second = strchr(whole, '\n') + 1;
	char *third = strchr(second, '\n') + 1;
	FILE *f;

	scratch_write(path, second, whole_len - (size_t)(second - whole), 0600);
	CHECK(!record_open(path, &a, &why)); /* first line gone */
	f = fopen(path, "wb");
	REQUIRE(f != NULL);
	fwrite(whole, 1, (size_t)(second - whole), f);
	fwrite(third, 1, whole_len - (size_t)(third - whole), f);
	fclose(f);
	CHECK(!record_open(path, &a, &why)); /* a middle line gone */
	scratch_write(path, "\n", 1, 0600);
	CHECK(!record_open(path, &a, &why));
}

static void test_out_of_turn_and_too_long(void)
{
	struct audit *a = NULL;
	struct json_line early, line;

	REQUIRE(record_open(scratch_path("turn"), &a, &why));
	audit_begin(a, &early, "early");
	CHECK(append(a, "first"));
	CHECK(!audit_append(a, &early, true, &why));
	audit_begin(a, &line, "long");
	for (unsigned i = 0; i < 1000; i++)
		json_line_text(&line, "text", "0123456789");
	CHECK(!audit_append(a, &line, true, &why));
	CHECK(append(a, "second") && audit_count(a) == 2);
	audit_close(a);
}

/* A write that the disk takes half of must not tear the chain. */
static void test_full_disk(void)
{
	const char *path = scratch_path("full");
	struct audit *a = NULL;
	struct rlimit limit = {0}, old;
	char text[65536];

	REQUIRE(record_open(path, &a, &why));
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
	audit_close(a);
	CHECK(record_open(path, &a, &why) && audit_count(a) == 2);
	audit_close(a);
}

static void test_unusable_paths(void)
{
	struct audit *a = NULL;

	CHECK(!record_open(scratch, &a, &why));
	CHECK(!record_open(scratch_path("no/such"), &a, &why));
	CHECK(symlink("/dev/null", scratch_path("link")) == 0);
	CHECK(!record_open(scratch_path("link"), &a, &why));
}

int main(void)
{
	scratch_open();
	RUN(test_chain);
	RUN(test_bit_flips);
	RUN(test_truncation_at_every_byte);
	RUN(test_lines_moved);
	RUN(test_out_of_turn_and_too_long);
	RUN(test_full_disk);
	RUN(test_unusable_paths);
	scratch_close();
	return test_summary();
}
