/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state folder: what is made at a first start, and that what was lost is not made anew. */
#include <limits.h>
#include <sys/wait.h>

#include "crypto/random.h"
#include "tests/unit/done.h"
#include "tests/unit/audit_forge.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/join/state.h"

static const char *folder;
static const char *program; /* protostar: its key service opens the keys */

static char said[sizeof(last_failure.text)];

/* A start and an orderly end in a process of its own, as the folder's lock demands. */
static bool begins(const char *kek_path, bool init)
{
	const struct key_place keys = {.kek = kek_path, .program = program};
	int how = -1, talk[2];
	ssize_t n;
	pid_t pid;

	if (pipe(talk))
		return false;
	pid = fork();
	if (pid == 0) {
		struct service s = {.log = {.fd = -1}};
		bool good = !failed(secret_pool_open(1u << 17)) && !failed(random_open()) &&
			    done(state_open(folder, &keys, init, &s));

		if (good)
			state_close(&s);
		else if (write(talk[1], last_failure.text, strlen(last_failure.text)) < 0)
			_exit(2);
		_exit(good ? 0 : 1);
	}
	close(talk[1]);
	n = read(talk[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = 0;
	close(talk[0]);
	return pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static bool starts(const char *kek_path)
{
	return begins(kek_path, false);
}

static bool refused_with(const char *words)
{
	bool good = !starts(NULL) && strstr(said, words);

	if (!good)
		fprintf(stderr, "said: %s\n", said);
	return good;
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
	CHECK(refused_with("--init"));
	CHECK(access(folder, F_OK) != 0);
	REQUIRE(mkdir(folder, 0700) == 0);
	CHECK(refused_with("no service has been here"));
	CHECK(access(inside("kek"), F_OK) != 0);
	CHECK(begins(NULL, true));
	CHECK(access(inside("kek"), F_OK) == 0 && access(inside(STORE_FILE), F_OK) == 0);
	CHECK(starts(NULL));
	CHECK(begins(NULL, true)); /* says the pin again, changes nothing */
	CHECK(starts(NULL));
}

/* Making new keys would shut out every disk, and the old keys would not open the new ones. */
static void test_lost_keks(void)
{
	REQUIRE(rename(inside("kek"), inside("kek.away")) == 0);
	CHECK(!starts(NULL));
	CHECK(!begins(NULL, true));
	CHECK(access(inside("kek"), F_OK) != 0);
	CHECK(!starts(inside("misspelt")));
	CHECK(access(inside("misspelt"), F_OK) != 0);
	CHECK(starts(inside("kek.away")));
	REQUIRE(rename(inside("kek.away"), inside("kek")) == 0);
	CHECK(starts(NULL));
}

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* The key file of another installation, or one that has lost a version. */
static void test_other_keks(void)
{
	static const char other[] = "protostar-kek 1\n1 " HEX32 "\n";
	char text[256];
	FILE *f;
	size_t len;

	scratch_write(inside("other"), other, sizeof(other) - 1, 0600);
	CHECK(!starts(inside("other")) && strstr(said, "key-encryption key 1 is not the one"));
	/* A further version is taken, and has to be there from then on. */
	REQUIRE((f = fopen(inside("kek"), "r")) != NULL);
	len = fread(text, 1, sizeof(text) - 80, f);
	fclose(f);
	memcpy(text + len, "2 " HEX32 "\n", 2 + 64 + 1);
	scratch_write(inside("two"), text, len + 67, 0600);
	CHECK(starts(inside("two")));
	CHECK(starts(inside("two")));
	CHECK(refused_with("key-encryption key 2 is missing"));
	REQUIRE(rename(inside("two"), inside("kek")) == 0);
	CHECK(starts(NULL));
}

/* Nodes know the service by its key: a new one in its place would be taken by none. */
static void test_lost_identity(void)
{
	REQUIRE(rename(inside(STATE_IDENTITY), inside("key.away")) == 0);
	CHECK(refused_with("service-key.der is missing"));
	CHECK(access(inside(STATE_IDENTITY), F_OK) != 0);
	REQUIRE(rename(inside("key.away"), inside(STATE_IDENTITY)) == 0);
	CHECK(starts(NULL));
	REQUIRE(rename(inside(STATE_CA_KEY), inside("key.away")) == 0);
	CHECK(refused_with("node-ca.der is missing"));
	CHECK(access(inside(STATE_CA_KEY), F_OK) != 0);
	REQUIRE(rename(inside("key.away"), inside(STATE_CA_KEY)) == 0);
	CHECK(starts(NULL));
}

static void write_line(const char *event)
{
	struct audit_position known = {0};
	struct store *store = NULL;
	struct audit *audit = NULL;
	struct audit_tail tail;
	struct json_line line;

	if (done(store_open(inside(STORE_FILE), STORE_READ, &store)))
		CHECK(done(store_get_position(store, &known)));
	store_close(store);
	REQUIRE(done(audit_open(inside(STATE_AUDIT), &known, &audit, &tail)));
	audit_begin(audit, &line, event);
	json_line_text(&line, "disk", "01000000000000000000000000000000");
	CHECK(done(audit_append(audit, &line, true)));
	audit_close(audit);
}

/* Keys alone, an empty file in its place, a record without it: never a new store by itself. */
static void test_lost_store(void)
{
	REQUIRE(rename(inside(STORE_FILE), inside("store.away")) == 0);
	CHECK(refused_with("but there are keys"));
	scratch_write(inside(STORE_FILE), "", 0, 0600);
	CHECK(refused_with("was lost"));
	write_line("deny");
	CHECK(refused_with("was lost"));
	CHECK(!begins(NULL, true));
	REQUIRE(unlink(inside(STORE_FILE)) == 0);
	CHECK(refused_with("but there is an audit record"));
	CHECK(!begins(NULL, true));
	CHECK(access(inside(STORE_FILE), F_OK) != 0);
	REQUIRE(rename(inside("store.away"), inside(STORE_FILE)) == 0);
	CHECK(starts(NULL));
}

static size_t load(const char *path, char *out, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(out, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* Lines that the store knows were cut off the record, or the record is another's, or gone. */
static void test_other_record(void)
{
	char text[4096], fresh[4096];
	size_t len, fresh_len;
	struct forged other;

	write_line("deny");
	CHECK(starts(NULL));
	len = load(inside(STATE_AUDIT), text, sizeof(text));
	REQUIRE(len > 200 && len < sizeof(text));
	scratch_write(inside(STATE_AUDIT), text, len - 1, 0600);
	CHECK(refused_with("lines were cut off its end"));
	forge_start(&other, fresh, sizeof(fresh));
	forge_text(&other, "\"event\":\"deny\"");
	forge_text(&other, "\"event\":\"deny\"");
	scratch_write(inside(STATE_AUDIT), fresh, other.at.end, 0600);
	CHECK(refused_with("is not the one that the store knows"));
	REQUIRE(unlink(inside(STATE_AUDIT)) == 0);
	CHECK(starts(NULL)); /* moved away by somebody: the record goes on in a new file */
	fresh_len = load(inside(STATE_AUDIT), fresh, sizeof(fresh) - 1);
	fresh[fresh_len] = 0;
	CHECK(strstr(fresh, "\"event\":\"continued\",\"missing\":true"));
	scratch_write(inside(STATE_AUDIT), text, len, 0600);
	CHECK(refused_with("lines were cut off its end"));
	scratch_write(inside(STATE_AUDIT), fresh, fresh_len, 0600);
	CHECK(starts(NULL));
}

/* Decisions in the record that the store lacks. */
static void test_older_store(void)
{
	write_line("grant"); /* the last line: a crash may have come before the store had it */
	CHECK(starts(NULL));
	write_line("commit");
	CHECK(refused_with("which the store does not know"));
	write_line("grant");
	CHECK(refused_with("older than the audit record: it lacks 2"));
	write_line("deny");
	CHECK(refused_with("older than the audit record"));
	CHECK(!begins(NULL, true));
}

/* Keys brought along, and a start cut short after them: --init makes what is missing. */
static void test_only_keys(void)
{
	REQUIRE(unlink(inside(STORE_FILE)) == 0 && unlink(inside(STATE_AUDIT)) == 0);
	CHECK(refused_with("but there are keys"));
	CHECK(begins(NULL, true));
	CHECK(starts(NULL));
	/* The store's file was made, and no table in it. */
	REQUIRE(unlink(inside(STORE_FILE)) == 0);
	scratch_write(inside(STORE_FILE), "", 0, 0600);
	CHECK(refused_with("was lost"));
	CHECK(begins(NULL, true));
	CHECK(starts(NULL));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	program = argv[1];
	scratch_open();
	RUN(test_first_start);
	RUN(test_lost_keks);
	RUN(test_other_keks);
	RUN(test_lost_identity);
	RUN(test_lost_store);
	RUN(test_other_record);
	RUN(test_older_store);
	RUN(test_only_keys);
	scratch_close();
	return test_summary();
}
