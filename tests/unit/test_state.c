/* The state folder: what is made at a first start, and that what was lost is not made anew. */
#include <limits.h>
#include <sys/wait.h>

#include "crypto/random.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/state.h"

static const char *folder;

/* A start and an orderly end in a process of its own, as the folder's lock demands. */
static bool starts(const char *kek_path)
{
	pid_t pid = fork();
	int how = -1;

	if (pid == 0) {
		struct service s = {0};
		struct why why = {{0}};
		bool good = !failed(secret_room_open(1u << 17)) && !failed(random_open()) &&
			    state_open(folder, kek_path, &s, &why);

		if (good)
			state_close(&s);
		else
			fprintf(stderr, "%s\n", why.text);
		_exit(good ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static const char *inside(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned next;
	char *out = path[next++ % 4];

	snprintf(out, PATH_MAX, "%s/%s", folder, name);
	return out;
}

static void test_first_start(void)
{
	folder = scratch_path("state");
	CHECK(starts(NULL));
	CHECK(access(inside("kek"), F_OK) == 0 && access(inside(STORE_FILE), F_OK) == 0);
	CHECK(starts(NULL));
}

/* Making new keys would shut out every disk, and the old keys would not open the new ones. */
static void test_lost_keks(void)
{
	REQUIRE(rename(inside("kek"), inside("kek.away")) == 0);
	CHECK(!starts(NULL));
	CHECK(access(inside("kek"), F_OK) != 0);
	CHECK(!starts(inside("misspelt")));
	CHECK(access(inside("misspelt"), F_OK) != 0);
	CHECK(starts(inside("kek.away")));
	REQUIRE(rename(inside("kek.away"), inside("kek")) == 0);
	CHECK(starts(NULL));
}

/* An empty store would say "format" to every node that comes back. */
static void test_lost_store(void)
{
	struct audit *audit = NULL;
	struct json_line line;
	struct why why;

	REQUIRE(audit_open(inside("audit.jsonl"), &audit, &why));
	audit_begin(audit, &line, "grant");
	CHECK(audit_append(audit, &line, true, &why));
	audit_close(audit);
	REQUIRE(rename(inside(STORE_FILE), inside("store.away")) == 0);
	CHECK(!starts(NULL));
	CHECK(access(inside(STORE_FILE), F_OK) != 0);
	REQUIRE(rename(inside("store.away"), inside(STORE_FILE)) == 0);
	CHECK(starts(NULL));
}

/* Keys brought along, and a start cut short after them, are a first start all the same. */
static void test_only_keys(void)
{
	REQUIRE(unlink(inside(STORE_FILE)) == 0 && unlink(inside("audit.jsonl")) == 0);
	CHECK(starts(NULL));
}

int main(void)
{
	scratch_open();
	RUN(test_first_start);
	RUN(test_lost_keks);
	RUN(test_lost_store);
	RUN(test_only_keys);
	scratch_close();
	return test_summary();
}
