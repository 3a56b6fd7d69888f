/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger of a bundle's uses: what it counts, and each way in which it could be made to lie. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "crypto/secret.h"
#include "tools/bundle/ledger.h"

static const uint8_t id[LEDGER_ID_LEN] = {0x1d, 2, 3}, other_id[LEDGER_ID_LEN] = {9};
static const uint8_t key[LEDGER_KEY_LEN] = {0x4e, 1}, other_key[LEDGER_KEY_LEN] = {8};
static const char *path;
static char text[LEDGER_FILE_MAX];
static size_t text_len;

static struct ledger_use use_of(uint8_t n)
{
	struct ledger_use u = {.time_s = 1700000000u + n, .generation = n};

	memset(u.node_id, n, sizeof(u.node_id));
	memset(u.disk_id, 0x80 | n, sizeof(u.disk_id));
	return u;
}

static bool opens(const uint8_t *with_id, const uint8_t *with_key, uint64_t uses)
{
	struct ledger *l = NULL;
	bool good = done(ledger_open(path, with_id, with_key, &l)) && ledger_uses(l) == uses;

	ledger_close(l);
	return good;
}

static bool add(unsigned count)
{
	struct ledger *l = NULL;
	bool good = done(ledger_open(path, id, key, &l));

	for (unsigned i = 0; good && i < count; i++)
		good = done(ledger_add(l, use_of((uint8_t)(ledger_uses(l) + 1))));
	ledger_close(l);
	return good;
}

static void load(void)
{
	FILE *f = fopen(path, "rb");

	text_len = f ? fread(text, 1, sizeof(text), f) : 0;
	if (f)
		fclose(f);
}

static void store(const char *bytes, size_t len)
{
	scratch_write(path, bytes, len, 0600);
}

struct seen {
	unsigned count;
	bool right;
};

static struct failure look(void *context, const struct ledger_use *u)
{
	struct seen *s = context;
	struct ledger_use want = use_of((uint8_t)++s->count);

	s->right = s->right && u->number == s->count && u->time_s == want.time_s &&
		   u->generation == want.generation &&
		   memcmp(u->node_id, want.node_id, sizeof(want.node_id)) == 0 &&
		   memcmp(u->disk_id, want.disk_id, sizeof(want.disk_id)) == 0;
	return failure_none();
}

static bool checks(const uint8_t *with_key, struct seen *s, struct ledger_read *r)
{
	*s = (struct seen){0, true};
	return done(ledger_check(
		(struct span){(const uint8_t *)text, text_len}, id, with_key, look, s, r));
}

static void test_count(void)
{
	struct ledger_read r;
	struct seen s;
	struct stat st;
	uint8_t said[LEDGER_ID_LEN];

	CHECK(opens(id, key, 0));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(add(2) && opens(id, key, 2));
	CHECK(add(1) && opens(id, key, 3));
	load();
	CHECK(checks(key, &s, &r) && s.count == 3 && s.right && r.uses == 3 && r.whole == text_len);
	CHECK(ledger_id((struct span){(const uint8_t *)text, text_len}, said));
	CHECK_BYTES(said, id, sizeof(id));
}

static void test_others(void)
{
	struct ledger_read r;
	struct seen s;

	CHECK(!opens(other_id, key, 3) && strstr(last_failure.text, "another bundle"));
	CHECK(!opens(id, other_key, 3) && strstr(last_failure.text, "line 2"));
	CHECK(!checks(other_key, &s, &r) && s.count == 0);
}

/* Every byte changed, every line left out, doubled or swapped; what was cut off behind is not. */
static void test_changes(void)
{
	static char good[LEDGER_FILE_MAX];
	size_t len = text_len, heading = (size_t)(strchr(text, '\n') + 1 - text);
	size_t line = (len - heading) / 3;
	struct ledger_read r;
	struct seen s;

	memcpy(good, text, len);
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		CHECK(!checks(key, &s, &r) || (i == len - 1 && r.uses == 2));
		text[i] = good[i];
	}
	text_len = len - line;
	memcpy(text + heading, good + heading + line, 2 * line);
	CHECK(!checks(key, &s, &r)); /* the first is left out */
	text_len = len + line;
	memcpy(text, good, len);
	memcpy(text + len, good + len - line, line);
	CHECK(!checks(key, &s, &r)); /* the last is there twice */
	text_len = len;
	memcpy(text + heading, good + heading + line, line);
	memcpy(text + heading + line, good + heading, line);
	CHECK(!checks(key, &s, &r)); /* two are swapped */
	memcpy(text, good, len);
	CHECK(checks(key, &s, &r) && s.count == 3);
}

static void test_torn(void)
{
	struct ledger_read r;
	struct seen s;
	size_t len = text_len;

	for (size_t cut = 1; cut < 180; cut += 23) {
		store(text, len - cut);
		text_len = len - cut;
		CHECK(checks(key, &s, &r) && r.uses == 2);
		text_len = len;
		CHECK(opens(id, key, 2)); /* which removes it */
	}
	CHECK(add(1));
	load();
	CHECK(text_len == len && checks(key, &s, &r) && r.uses == 3);
}

static void test_files(void)
{
	struct ledger *l = NULL, *again = NULL;

	REQUIRE(done(ledger_open(path, id, key, &l)));
	CHECK(!done(ledger_open(path, id, key, &again)) &&
		strstr(last_failure.text, "is using this bundle"));
	ledger_close(l);
	CHECK(chmod(path, 0622) == 0);
	CHECK(!opens(id, key, 3) && strstr(last_failure.text, "may write to"));
	CHECK(unlink(path) == 0 && symlink("elsewhere", path) == 0);
	CHECK(!opens(id, key, 0));
	CHECK(unlink(path) == 0 && mkdir(path, 0700) == 0);
	CHECK(!opens(id, key, 0));
	CHECK(rmdir(path) == 0);
	store("protostar-kek 1\n", 16);
	CHECK(!opens(id, key, 0) && strstr(last_failure.text, "not a ledger"));
}

/* A write that fails is no use, and nothing is added behind it. */
static void fill_up(void)
{
	const struct rlimit few = {300, 300};
	struct ledger *l = NULL;
	unsigned added = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (!done(ledger_open(path, id, key, &l)) || setrlimit(RLIMIT_FSIZE, &few))
		_exit(1);
	while (added < 10 && done(ledger_add(l, use_of((uint8_t)(added + 1)))))
		added++;
	if (ledger_uses(l) != added || done(ledger_add(l, use_of(7))))
		_exit(1);
	_exit(added == 1 ? 0 : 1);
}

static void test_full_disk(void)
{
	int how = -1;
	pid_t pid;

	unlink(path);
	CHECK(opens(id, key, 0));
	pid = fork();
	if (pid == 0) {
		secret_pool_close();
		if (failed(secret_pool_open(4096)))
			_exit(1);
		fill_up();
	}
	CHECK(waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0);
	CHECK(opens(id, key, 1) && add(1) && opens(id, key, 2));
}

static void test_key(void)
{
	static const uint8_t service[32] = {1, 2, 3};
	/* HMAC-SHA256 by Python's hmac module. */
	static const uint8_t want[LEDGER_KEY_LEN] = {0x65, 0x1a, 0xf6, 0x48, 0x31, 0x26, 0xa0, 0x32,
		0xb1, 0x12, 0xc8, 0x8d, 0xff, 0x49, 0x4d, 0xc6, 0xef, 0xa0, 0x3a, 0xcb, 0x2f, 0xe6,
		0xc3, 0x59, 0x1d, 0xfb, 0xcb, 0x75, 0xcb, 0x4b, 0xb6, 0x09};
	uint8_t got[LEDGER_KEY_LEN], other[LEDGER_KEY_LEN];

	ledger_key_derive(service, id, got);
	CHECK_BYTES(got, want, sizeof(want));
	ledger_key_derive(service, other_id, other);
	CHECK(memcmp(got, other, sizeof(got)) != 0);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 16)))
		return 2;
	scratch_open();
	path = scratch_path("bundle.uses");
	path = strdup(path);
	RUN(test_count);
	RUN(test_others);
	RUN(test_changes);
	RUN(test_torn);
	RUN(test_files);
	RUN(test_full_disk);
	RUN(test_key);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
