/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PKCS#11 module can do inside `protostar keys`: its work, with threads; and no programs, no
 * other processes, no network. The process ends and names the system call.
 * argv: token_tool, the failing module, protostar.
 */
#include <signal.h>
#include <sys/syscall.h>

#include "tests/interop/keys/keys_process.h"
#include "tests/interop/keys/token_scene.h"

static const char *program;
static char socket_path[160], log_path[160];

static pid_t start(bool network)
{
	const char *const words[] = {"--create", "--kek", s.faulty_uri, "--socket", socket_path,
		network ? "--token-network" : NULL, NULL};

	snprintf(socket_path, sizeof(socket_path), "%s/socket", s.folder);
	snprintf(log_path, sizeof(log_path), "%s/log", s.folder);
	return keys_start(program, log_path, -1, words);
}

/* The type of the answer to a STATUS; 0: the connection ended. */
static unsigned status(void)
{
	uint8_t bytes[KEYS_HEAD_LEN];
	struct keys_frame frame;
	struct wire_writer w;
	int fd = keys_connect(socket_path);
	bool heard;

	wire_write_start(&w, bytes, sizeof(bytes));
	keys_plain_put(&w, KEYS_STATUS, 1);
	heard = fd >= 0 && keys_send(fd, bytes, w.len) && keys_hear(fd, &frame);
	close(fd);
	return heard ? frame.type : 0;
}

static void stop(pid_t pid)
{
	CHECK(keys_stop(pid, SIGTERM) == 128 + SIGTERM);
}

static void test_work(void)
{
	pid_t pid;

	begin();
	pid = start(false);
	CHECK(status() == KEYS_VERSIONS);
	REQUIRE(token_setting_fault(&s, "thread"));
	CHECK(status() == KEYS_VERSIONS);
	/* A new start of the module, which opens its files again, is within the filter too. */
	REQUIRE(token_setting_fault(&s, "C_SignInit b3"));
	CHECK(status() == KEYS_AWAY);
	REQUIRE(token_setting_fault(&s, NULL));
	CHECK(status() == KEYS_VERSIONS);
	stop(pid);
}

static void test_ends(void)
{
	static const struct {
		const char *what;
		long call;
	} cases[] = {
		{"exec", SYS_execve},
		{"fork", SYS_clone},
		{"internet", SYS_socket},
		{"namespace", SYS_unshare},
		{"trace", SYS_ptrace},
	};
	char text[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid;

		begin();
		pid = start(false);
		CHECK(status() == KEYS_VERSIONS);
		REQUIRE(token_setting_fault(&s, cases[i].what));
		CHECK(status() == 0);
		CHECK(keys_wait(pid) == 1);
		snprintf(text, sizeof(text), "system call %ld,", cases[i].call);
		CHECK(keys_file_has(log_path, text));
	}
}

/* A module that needs the network has it when it is told so. */
static void test_network(void)
{
	pid_t pid;

	begin();
	pid = start(true);
	CHECK(status() == KEYS_VERSIONS);
	REQUIRE(token_setting_fault(&s, "internet"));
	CHECK(status() == KEYS_VERSIONS);
	stop(pid);
}

/* A socket that nobody listens on gives way; a file of that name does not: it may be of keys. */
static void test_place_of_the_socket(void)
{
	char text[8] = "";
	pid_t pid;
	FILE *f;

	begin();
	pid = start(false);
	CHECK(status() == KEYS_VERSIONS);
	stop(pid);
	REQUIRE(access(socket_path, F_OK) == 0);
	pid = start(false);
	CHECK(status() == KEYS_VERSIONS);
	stop(pid);
	REQUIRE(unlink(socket_path) == 0);
	scratch_write(socket_path, "keys", 4, 0600);
	CHECK(keys_wait(start(false)) == 1);
	CHECK(keys_file_has(log_path, "cannot be listened on"));
	f = fopen(socket_path, "r");
	REQUIRE(f && fread(text, 1, sizeof(text), f) == 4);
	fclose(f);
	CHECK(strcmp(text, "keys") == 0);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 1;
	program = argv[3];
	scene_open(3, argv);
	RUN(test_work);
	RUN(test_ends);
	RUN(test_network);
	RUN(test_place_of_the_socket);
	return scene_close();
}
