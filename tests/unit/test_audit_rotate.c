/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit record over several files: beginning the next one, a crash at every step of it, and the
 * check of all files together.
 */
#include "tests/unit/done.h"
#include "tests/unit/audit_forge.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/audit/audit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static const struct audit_position nothing;
static struct audit_tail tail;
static struct audit_checked checked;
static char path[256], old_path[256];

static bool append(struct audit *a, const char *event, bool durable)
{
	struct json_line line;

	audit_begin(a, &line, event);
	return done(audit_append(a, &line, durable));
}

static struct audit_position last(struct audit *a)
{
	struct audit_position at = {0};

	CHECK(done(audit_position(a, &at)));
	return at;
}

/* A record of three lines at `path`, nothing at `old_path`. */
static struct audit *three_lines(void)
{
	struct audit *a = NULL;

	unlink(path);
	unlink(old_path);
	if (!done(audit_open(path, &nothing, &a, &tail)) || !append(a, "deny", false) ||
		!append(a, "grant", true) || !append(a, "deny", false))
		abort();
	return a;
}

static void rotate(void)
{
	if (rename(path, old_path))
		abort();
}

static bool check_both(void)
{
	const char *const paths[] = {old_path, path};

	return done(audit_check(paths, 2, &checked));
}

static size_t load(const char *from, char *out, size_t cap)
{
	FILE *f = fopen(from, "rb");
	size_t n;

	if (!f)
		abort();
	n = fread(out, 1, cap - 1, f);
	fclose(f);
	out[n] = 0;
	return n;
}

static void test_reopen(void)
{
	struct audit *a = three_lines();
	struct audit_position before = last(a), after;
	char text[4096];
	struct stat st;
	bool fresh = true;

	CHECK(done(audit_reopen(a, &fresh)) && !fresh); /* nobody has moved it */
	CHECK(append(a, "deny", true) && last(a).seq == 4);
	before = last(a);
	rotate();
	CHECK(append(a, "deny", true)); /* still into the old file */
	before = last(a);
	CHECK(done(audit_reopen(a, &fresh)) && fresh);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	after = last(a);
	CHECK(after.seq == before.seq + 1 && after.end == (uint64_t)st.st_size);
	load(path, text, sizeof(text));
	CHECK(strstr(text, "{\"seq\":6,") == text && strstr(text, "\"event\":\"continued\""));
	CHECK(strstr(text, before.hash) && !strstr(text, "missing"));
	CHECK(append(a, "grant", true));
	CHECK(done(audit_reopen(a, &fresh)) && !fresh);
	audit_close(a);
	CHECK(check_both() && checked.lines == 7 && checked.first == 1 && checked.last == 7 &&
		!checked.aside && !checked.torn);
	/* The store may have been told before or after. */
	REQUIRE(done(audit_open(path, &before, &a, &tail)));
	CHECK(tail.decisions == 1 && tail.first == 7 && !tail.missing);
	audit_close(a);
	REQUIRE(done(audit_open(path, &after, &a, &tail)));
	audit_close(a);
}

/* What lies at the path is taken only when it is an empty file of the service's. */
static void test_what_lies_there(void)
{
	struct audit *a = three_lines();
	bool fresh;

	rotate();
	scratch_write(path, "x", 1, 0600);
	CHECK(!done(audit_reopen(a, &fresh)) && !fresh);
	CHECK(strstr(last_failure.text, "not an empty one") && append(a, "deny", true));
	unlink(path);
	CHECK(symlink("elsewhere", path) == 0);
	CHECK(!done(audit_reopen(a, &fresh)) && append(a, "deny", true));
	unlink(path);
	CHECK(symlink(old_path, path) == 0);
	CHECK(!done(audit_reopen(a, &fresh)) && append(a, "deny", true));
	unlink(path);
	CHECK(mkdir(path, 0700) == 0);
	CHECK(!done(audit_reopen(a, &fresh)) && append(a, "deny", true));
	rmdir(path);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK(!done(audit_reopen(a, &fresh)) && append(a, "deny", true));
	unlink(path);
	scratch_write(path, "", 0, 0620);
	CHECK(!done(audit_reopen(a, &fresh)) && append(a, "deny", true));
	CHECK(strstr(last_failure.text, "nobody else may write to it"));
	scratch_write(path, "", 0, 0640); /* logrotate: create 0640 */
	CHECK(done(audit_reopen(a, &fresh)) && fresh && append(a, "deny", true));
	audit_close(a);
	CHECK(check_both() && checked.lines == 11);
}

/* No room for the new file's first line: the old one goes on, and the next try may succeed. */
static void test_reopen_on_a_full_disk(void)
{
	struct audit *a = three_lines();
	struct rlimit limit = {0}, old;
	struct stat st;
	bool fresh;

	rotate();
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 20;
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHECK(!done(audit_reopen(a, &fresh)) && !fresh);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
	CHECK(stat(path, &st) == 0 && st.st_size == 0);
	CHECK(append(a, "deny", true));
	CHECK(done(audit_reopen(a, &fresh)) && fresh);
	audit_close(a);
	CHECK(check_both() && checked.lines == 5);
}

static void test_deleted_or_truncated(void)
{
	struct audit *a = three_lines();
	struct audit_position before = last(a);
	bool fresh;

	unlink(path);
	CHECK(!append(a, "grant", true) && strstr(last_failure.text, "was deleted"));
	CHECK(done(audit_reopen(a, &fresh)) && fresh && append(a, "grant", true));
	audit_close(a);
	REQUIRE(done(audit_open(path, &before, &a, &tail)));
	audit_close(a);
	a = three_lines();
	rotate();
	REQUIRE(truncate(old_path, 10) == 0);
	CHECK(!done(audit_reopen(a, &fresh)) && access(path, F_OK) != 0);
	audit_close(a);
}

static void start_after_crash(const struct audit_position *known, bool missing, const char *step)
{
	struct audit *a = NULL;
	bool whole;

	if (!done(audit_open(path, known, &a, &tail))) {
		fprintf(stderr, "%s: %s\n", step, last_failure.text);
		CHECK(!"a start after a crash succeeds");
		return;
	}
	CHECK(tail.missing == missing && tail.decisions == 0);
	CHECK(append(a, "grant", true));
	audit_close(a);
	whole = check_both();
	if (!whole)
		fprintf(stderr, "%s: %s\n", step, last_failure.text);
	CHECK(whole && checked.aside == 0);
}

/* The store knows the last line before audit_reopen() is called; then the power goes. */
static void test_crash_at_every_step(void)
{
	struct audit *a = three_lines();
	struct audit_position before = last(a), after;
	char text[4096];
	size_t len;
	bool fresh;

	rotate();
	REQUIRE(done(audit_reopen(a, &fresh)));
	after = last(a);
	audit_close(a);
	len = load(path, text, sizeof(text));
	for (size_t cut = 0; cut <= len; cut++) {
		scratch_write(path, text, cut, 0600);
		start_after_crash(&before, cut < len, "the new file is torn");
	}
	scratch_write(path, text, len, 0600);
	start_after_crash(&after, false, "the store knows the new file");
	unlink(path);
	start_after_crash(&before, true, "the new file has no name yet");
	/* Before the rename: the old file is the record. */
	REQUIRE(rename(old_path, path) == 0);
	REQUIRE(done(audit_open(path, &before, &a, &tail)));
	CHECK(!tail.missing);
	audit_close(a);
}

/* Moved away while the service did not run: it goes on from the line that the store knew. */
static void test_lines_aside(void)
{
	struct audit *a = three_lines();
	struct audit_position known;

	CHECK(append(a, "grant", true));
	known = last(a);
	CHECK(append(a, "deny", true) && append(a, "deny", true));
	audit_close(a);
	rotate();
	REQUIRE(done(audit_open(path, &known, &a, &tail)));
	CHECK(tail.missing && append(a, "grant", true));
	audit_close(a);
	CHECK(check_both() && checked.aside == 2 && checked.last == 6 && checked.lines == 8);
	/* But a decision must not be left aside, nor lines by a file that does not say so. */
	REQUIRE(done(audit_open(old_path, &known, &a, &tail)));
	CHECK(append(a, "commit", true));
	audit_close(a);
	CHECK(!check_both() && !checked.unreadable &&
		strstr(last_failure.text, "has line 7, a decision"));
}

static void write_forged(const char *to, const struct forged *f, size_t from)
{
	scratch_write(to, f->text + from, f->at.end - from, 0600);
}

static void test_check_other_successors(void)
{
	char text[4096], fork[4096];
	struct forged f, g;
	struct audit_position second;

	forge_start(&f, text, sizeof(text));
	forge_text(&f, "\"event\":\"deny\"");
	second = forge_text(&f, "\"event\":\"deny\"");
	forge_text(&f, "\"event\":\"deny\"");
	write_forged(old_path, &f, 0);
	forge_start(&g, fork, sizeof(fork));
	g.at = second;
	g.at.end = 0;
	forge_text(&g, "\"event\":\"continued\"");
	write_forged(path, &g, 0);
	CHECK(!check_both() && !checked.unreadable);
	g.at = second;
	g.at.end = 0;
	g.at.hash[0] ^= 1;
	forge_text(&g, "\"event\":\"continued\",\"missing\":true");
	write_forged(path, &g, 0);
	CHECK(!check_both() && !checked.unreadable);
	/* A file cut in two by hand is one record. */
	write_forged(path, &f, second.end);
	f.at.end = second.end;
	write_forged(old_path, &f, 0);
	CHECK(check_both() && checked.lines == 3);
}

static void test_check_several(void)
{
	struct audit *a = three_lines();
	const char *paths[] = {old_path, scratch_path("empty"), path, NULL};
	bool fresh;

	rotate();
	scratch_write(paths[1], "", 0, 0600);
	REQUIRE(done(audit_reopen(a, &fresh)) && append(a, "deny", true));
	audit_close(a);
	CHECK(done(audit_check(paths, 3, &checked)) && checked.lines == 5);
	CHECK(done(audit_check(paths + 2, 1, &checked)) && checked.first == 4);
	CHECK(done(audit_check(paths + 1, 1, &checked)) && checked.lines == 0);
	CHECK(done(audit_check(paths, 0, &checked)) && checked.lines == 0);
	paths[3] = old_path; /* newest first */
	CHECK(!done(audit_check(paths + 2, 2, &checked)) && !checked.unreadable);
	CHECK(strstr(last_failure.text, "line 1 does not fit the chain: it comes behind line 5"));
	paths[3] = scratch_path("absent");
	CHECK(!done(audit_check(paths, 4, &checked)) && checked.unreadable);
	CHECK(strstr(last_failure.text, "No such file"));
	CHECK(!done(audit_check(paths + 3, 1, &checked)) && checked.unreadable);
	paths[3] = scratch;
	CHECK(!done(audit_check(paths + 3, 1, &checked)) && checked.unreadable);
}

static void test_check_torn(void)
{
	char text[4096];
	size_t len = load(path, text, sizeof(text));
	const char *paths[] = {path, path};

	scratch_write(path, text, len - 10, 0600);
	CHECK(done(audit_check(paths, 1, &checked)) && checked.torn > 10);
	CHECK(!done(audit_check(paths, 2, &checked)) && !checked.unreadable);
	CHECK(strstr(last_failure.text, "cut short, and another file follows"));
	text[len / 3] ^= 1;
	scratch_write(path, text, len, 0600);
	CHECK(!done(audit_check(paths, 1, &checked)) && !checked.unreadable);
}

int main(void)
{
	scratch_open();
	snprintf(path, sizeof(path), "%s", scratch_path("audit.jsonl"));
	snprintf(old_path, sizeof(old_path), "%s", scratch_path("audit.jsonl.1"));
	RUN(test_reopen);
	RUN(test_what_lies_there);
	RUN(test_reopen_on_a_full_disk);
	RUN(test_deleted_or_truncated);
	RUN(test_crash_at_every_step);
	RUN(test_lines_aside);
	RUN(test_check_other_successors);
	RUN(test_check_several);
	RUN(test_check_torn);
	scratch_close();
	return test_summary();
}
