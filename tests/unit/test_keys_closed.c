/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the closed key service can still do, each in a process of its own that has entered the
 * sandbox: the calls that it needs, and calls that it must not make, which end it with a word.
 */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/keys/sandbox.h"

enum { DONE = 40, FAILED = 41, NO_SANDBOX = 42 };

static char said[512];
static const char *other_folder; /* a folder that is not one of the key files */

/* Runs it inside; its exit code, or 128 and a signal's number. What it wrote is in said[]. */
static int inside(const struct sandbox *s, bool (*what)(void))
{
	int talk[2], how = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(talk))
		return -1;
	pid = fork();
	if (pid == 0) {
		bool landlock;

		dup2(talk[1], STDERR_FILENO);
		if (!done(sandbox_prepare()) || !done(sandbox_enter(s, &landlock)))
			_exit(NO_SANDBOX);
		_exit(what() ? DONE : FAILED);
	}
	close(talk[1]);
	n = read(talk[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = 0;
	close(talk[0]);
	if (pid < 0 || waitpid(pid, &how, 0) != pid)
		return -1;
	return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

static bool reads_keys(void)
{
	char byte;
	int fd = open(scratch_path("kek"), O_RDONLY | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && read(fd, &byte, 1) == 1 && close(fd) == 0;
}

static bool reads_elsewhere(void)
{
	return open(other_folder, O_RDONLY | O_CLOEXEC) >= 0;
}

static bool works_in_memory(void)
{
	void *big = malloc(64u << 20);
	uint8_t random[16];
	struct pollfd none = {.fd = -1};

	memset(big, 1, 64u << 20);
	free(big);
	return getrandom(random, sizeof(random), 0) == sizeof(random) && poll(&none, 1, 1) == 0;
}

static bool writes_file(void)
{
	return open(scratch_path("kek"), O_WRONLY | O_CLOEXEC) >= 0;
}

static bool makes_file(void)
{
	return open(scratch_path("made"), O_RDONLY | O_CREAT | O_CLOEXEC, 0600) >= 0;
}

static bool cuts_file(void)
{
	return open(scratch_path("kek"), O_RDONLY | O_TRUNC | O_CLOEXEC) >= 0;
}

static bool removes_file(void)
{
	return unlink(scratch_path("kek")) == 0;
}

static bool inet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool inet6_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0) >= 0;
}

static bool unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool runs_program(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};

	return execve("/bin/true", argv, NULL) == 0;
}

static bool forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool reads_process(void)
{
	return syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0) == 0;
}

static bool kills(void)
{
	return kill(1, 0) == 0;
}

static bool dumps_again(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool makes_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool turns_to_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool handles_signal(void)
{
	return signal(SIGSYS, SIG_IGN) != SIG_ERR;
}

static void test_needed(void)
{
	const char *const folders[] = {scratch};
	const struct sandbox s = {.folders = folders, .folder_count = 1};

	CHECK(inside(&s, reads_keys) == DONE);
	CHECK(inside(&s, works_in_memory) == DONE);
}

static bool has_landlock(void)
{
	struct landlock_rules rules = {0};
	bool has = false;
	pid_t pid = fork();
	int how = 0;

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(done(landlock_enter(&rules, &has)) ? has : 2);
	}
	CHECK(waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) <= 1);
	return WEXITSTATUS(how) == 1;
}

/* Beyond the folders of the keys nothing is read, where the kernel has landlock. */
static void test_other_files(void)
{
	const char *const folders[] = {scratch};
	const struct sandbox s = {.folders = folders, .folder_count = 1};

	CHECK(inside(&s, reads_elsewhere) == (has_landlock() ? FAILED : DONE));
}

static void test_forbidden(void)
{
	static bool (*const calls[])(void) = {writes_file, makes_file, cuts_file, removes_file,
		inet_socket, inet6_socket, unix_socket, runs_program, forks, traces, reads_process,
		kills, dumps_again, makes_code, turns_to_code, handles_signal};
	const char *const folders[] = {scratch};
	const struct sandbox s = {.folders = folders, .folder_count = 1};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		CHECK(inside(&s, calls[i]) == 1);
		CHECK(strstr(said, "the key service ends: it made system call "));
	}
	CHECK(inside(&s, kills) == 1 && strstr(said, "system call 62, "));
	CHECK(access(scratch_path("kek"), F_OK) == 0 && access(scratch_path("made"), F_OK) != 0);
}

/* A token's module may use files, threads and local sockets; the network when it is told. */
static void test_token(void)
{
	const struct sandbox local = {.token = true}, network = {.token = true, .network = true};
	static bool (*const never[])(void) = {
		runs_program, traces, reads_process, kills, dumps_again};

	CHECK(inside(&local, unix_socket) == DONE && inside(&network, unix_socket) == DONE);
	CHECK(inside(&local, makes_file) == DONE);
	CHECK(inside(&local, inet_socket) == 1 && inside(&local, inet6_socket) == 1);
	CHECK(inside(&network, inet_socket) == DONE && inside(&network, inet6_socket) == DONE);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(inside(&network, never[i]) == 1);
}

int main(void)
{
	scratch_open();
	other_folder = "/etc/passwd";
	scratch_write(scratch_path("kek"), "k", 1, 0600);
	RUN(test_needed);
	RUN(test_other_files);
	RUN(test_forbidden);
	RUN(test_token);
	scratch_close();
	return test_summary();
}
