/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a PKCS#11 module can do inside `protostar keys`: its work, with threads; and no programs, no
 * other processes, no network. The process ends and names the system call.
 * argv: token_tool, the failing module, protostar.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/interop/keys/token_scene.h"
#include "tools/keys/message.h"

#define PATIENCE_STEPS 3000 /* of 20 ms: only for what would never come */

static const char *program;
static char socket_path[160], log_path[160];

static void become(bool network)
{
	const char *const words[] = {program, "keys", "--create", "--kek", s.faulty_uri, "--socket",
		socket_path, network ? "--token-network" : NULL, NULL};
	char *copies[sizeof(words) / sizeof(words[0])] = {NULL};
	int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t i = 0; words[i]; i++)
		copies[i] = strdup(words[i]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || fd < 0 || dup2(fd, 2) < 0)
		_exit(126);
	execv(program, copies);
	_exit(127);
}

/* -1 when nobody listens. */
static int ask(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static pid_t start(bool network)
{
	pid_t pid;
	int fd;

	snprintf(socket_path, sizeof(socket_path), "%s/socket", s.folder);
	snprintf(log_path, sizeof(log_path), "%s/log", s.folder);
	pid = fork();
	if (pid == 0)
		become(network);
	for (int i = 0; i < PATIENCE_STEPS; i++) {
		fd = ask();
		if (fd >= 0) {
			close(fd);
			return pid;
		}
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return -1;
		usleep(20000);
	}
	return -1;
}

/* The type of the answer to a STATUS; 0: the connection ended. */
static unsigned status(void)
{
	uint8_t bytes[KEYS_REPLY_MAX];
	struct keys_frame frame;
	struct wire_writer w;
	size_t len = 0;
	ssize_t n;
	int fd = ask();

	wire_write_start(&w, bytes, sizeof(bytes));
	keys_plain_put(&w, KEYS_STATUS, 1);
	if (fd < 0 || send(fd, bytes, w.len, MSG_NOSIGNAL) != (ssize_t)w.len)
		return 0;
	do {
		n = recv(fd, bytes + len, sizeof(bytes) - len, 0);
		len += n > 0 ? (size_t)n : 0;
		if (keys_frame_get((struct span){bytes, len}, sizeof(bytes), &frame) > 0) {
			close(fd);
			return frame.type;
		}
	} while (n > 0);
	close(fd);
	return 0;
}

static bool logged(const char *text)
{
	char said[8192] = "";
	FILE *f = fopen(log_path, "r");

	if (!f)
		return false;
	said[fread(said, 1, sizeof(said) - 1, f)] = 0;
	fclose(f);
	return strstr(said, text);
}

static void stop(pid_t pid)
{
	CHECK(kill(pid, SIGTERM) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static void test_work(void)
{
	pid_t pid;

	begin();
	pid = start(false);
	REQUIRE(pid > 0);
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
		int end = 0;
		pid_t pid;

		begin();
		pid = start(false);
		REQUIRE(pid > 0);
		CHECK(status() == KEYS_VERSIONS);
		REQUIRE(token_setting_fault(&s, cases[i].what));
		CHECK(status() == 0);
		CHECK(waitpid(pid, &end, 0) == pid);
		CHECK(WIFEXITED(end) && WEXITSTATUS(end) == 1);
		snprintf(text, sizeof(text), "system call %ld,", cases[i].call);
		CHECK(logged(text));
	}
}

/* A module that needs the network has it when it is told so. */
static void test_network(void)
{
	pid_t pid;

	begin();
	pid = start(true);
	REQUIRE(pid > 0);
	REQUIRE(token_setting_fault(&s, "internet"));
	CHECK(status() == KEYS_VERSIONS);
	stop(pid);
}

/* A socket that nobody listens on gives way; a file of that name, which may be of keys, does not.
 */
static void test_place_of_the_socket(void)
{
	char text[8] = "";
	pid_t pid;
	FILE *f;

	begin();
	pid = start(false);
	REQUIRE(pid > 0);
	stop(pid);
	CHECK(access(socket_path, F_OK) == 0);
	pid = start(false);
	REQUIRE(pid > 0);
	stop(pid);
	REQUIRE(unlink(socket_path) == 0);
	scratch_write(socket_path, "keys", 4, 0600);
	CHECK(start(false) == -1);
	CHECK(logged("cannot be listened on"));
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
