/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of keys, as the process has them: made, encrypted, read again while it is closed, and who
 * is refused. And its one connection, with which it ends.
 */
#include "tests/interop/keys/keys_process.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <string.h>
#include <sys/socket.h>

#include "crypto/random.h"

static const char *program;
static char kek[128], box[128], copy[128], words[128], wrong[128], log_file[128];

/* With one connection; *out_fd is our end. */
static pid_t start(const char *const *args, int *out_fd)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	keys_patience(ends[0]);
	pid = keys_start(program, log_file, ends[1], args);
	close(ends[1]);
	*out_fd = ends[0];
	return pid;
}

static int runs(const char *const *args)
{
	return keys_wait(keys_start(program, log_file, -1, args));
}

/* The newest version that it tells; 0: it tells none. */
static uint32_t newest(int fd)
{
	uint8_t frame[KEYS_HEAD_LEN];
	struct keys_frame answer;
	struct key_status status;
	struct wire_writer w;

	wire_write_start(&w, frame, sizeof(frame));
	keys_plain_put(&w, KEYS_STATUS, 1);
	if (!keys_ask(fd, frame, w.len, KEYS_VERSIONS, &answer) ||
		!keys_versions_get(answer.body, &status))
		return 0;
	return status.versions[status.count - 1].version;
}

static bool add_version(const char *path, const char *passphrase_file, uint32_t version)
{
	struct kek_engine *e = NULL;
	bool good = done(kek_engine_open(path, passphrase_file, false, &e)) &&
		    done(e->ops->add(e, version));

	kek_engine_close(e);
	return good;
}

static void test_made_and_followed(void)
{
	const char *const without[] = {"--kek", kek, "--connected", NULL};
	const char *const create[] = {"--kek", kek, "--connected", "--create", NULL};
	int fd;
	pid_t pid = start(without, &fd);

	CHECK(newest(fd) == 0 && keys_wait(pid) == 1 && access(kek, F_OK) != 0);
	close(fd);
	pid = start(create, &fd);
	CHECK(newest(fd) == 1);
	CHECK(add_version(kek, NULL, 2) && newest(fd) == 2);
	/* Signals of a terminal or of systemd go to the join service: this one ends with it. */
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	CHECK(newest(fd) == 2);
	close(fd);
	CHECK(keys_wait(pid) == 0);
}

static void test_encrypted(void)
{
	const char *const encrypt[] = {
		"--kek", kek, "--encrypt", box, "--passphrase-file", words, NULL};
	const char *const decrypt[] = {
		"--kek", box, "--decrypt", copy, "--passphrase-file", words, NULL};
	const char *const serve[] = {"--kek", box, "--connected", "--passphrase-file", words, NULL};
	int fd;
	pid_t pid;

	CHECK(runs(encrypt) == 0 && !keys_file_has(box, "protostar-kek"));
	CHECK(runs(encrypt) == 1); /* nothing is written over */
	CHECK(runs(decrypt) == 0 && keys_file_has(copy, "protostar-kek 1\n1 "));
	pid = start(serve, &fd);
	CHECK(newest(fd) == 2);
	/* Read and opened again by a process that is closed. */
	CHECK(add_version(box, words, 7) && newest(fd) == 7);
	close(fd);
	CHECK(keys_wait(pid) == 0);
}

static int refused(const char *path, const char *passphrase_file)
{
	const char *const args[] = {"--kek", path, "--connected",
		passphrase_file ? "--passphrase-file" : NULL, passphrase_file, NULL};
	int fd, code;
	pid_t pid = start(args, &fd);

	CHECK(newest(fd) == 0);
	code = keys_wait(pid);
	close(fd);
	return code;
}

static void test_refused(void)
{
	CHECK(refused(box, wrong) == 1);
	CHECK(refused(box, NULL) == 1 && keys_file_has(log_file, "give --passphrase-file"));
	CHECK(refused(kek, words) == 1 && keys_file_has(log_file, "is not encrypted"));
	REQUIRE(chmod(words, 0644) == 0);
	CHECK(refused(box, words) == 1);
	REQUIRE(chmod(words, 0600) == 0 && chmod(box, 0640) == 0);
	CHECK(refused(box, words) == 1);
	REQUIRE(chmod(box, 0600) == 0);
}

/* Standard input must be a connection, and options must go together. */
static void test_misuse(void)
{
	const char *const no_connection[] = {"--kek", kek, "--connected", NULL};
	const char *const nowhere[] = {"--kek", kek, NULL};
	const char *const both[] = {"--kek", kek, "--connected", "--socket", copy, NULL};
	const char *const plain[] = {"--kek", kek, "--encrypt", copy, NULL};
	const char *const nobody[] = {"--kek", kek, "--allow-user", "no-such-user-here", NULL};

	CHECK(runs(no_connection) == 1 && runs(nowhere) == 1);
	CHECK(runs(both) == 2 && runs(plain) == 2 && runs(nobody) == 2);
}

int main(int argc, char **argv)
{
	if (argc != 2 || failed(secret_pool_open(1u << 20)) || failed(random_open()))
		return 2;
	program = argv[1];
	scratch_open();
	snprintf(kek, sizeof(kek), "%s/kek", scratch);
	snprintf(box, sizeof(box), "%s/box", scratch);
	snprintf(copy, sizeof(copy), "%s/copy", scratch);
	snprintf(words, sizeof(words), "%s/words", scratch);
	snprintf(wrong, sizeof(wrong), "%s/wrong", scratch);
	snprintf(log_file, sizeof(log_file), "%s/log", scratch);
	scratch_write(words, "many words\n", 11, 0600);
	scratch_write(wrong, "other words\n", 12, 0600);
	RUN(test_made_and_followed);
	RUN(test_encrypted);
	RUN(test_refused);
	RUN(test_misuse);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
