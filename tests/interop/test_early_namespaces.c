/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages that change the machine, in namespaces of their own: halt in a PID namespace, whose
 * reboot(2) the kernel turns into a signal; mounts and the hand-over in a mount namespace, on a
 * root in memory. Needs root; fails without.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <linux/magic.h>
#include <unistd.h>
#include "early/boot.h"
#include "early/console.h"
#include "early/console_open.h"
#include "early/contract/errors.h"
#include "early/halt.h"
#include "early/mounts.h"
#include "early/stages.h"
#include "early/switch_root.h"
#include "early/tee/tee.h"
#include "tests/unit/test.h"

static char folder[] = "/tmp/test_namespaces.XXXXXX";
static char log_path[64];

/* Stands for the TPM's: it only says that it was called, and when. */
struct tpm {
	int unused;
};
void tpm_poison(struct tpm *t);
void tpm_poison(struct tpm *t)
{
	console_say("poisoned %d", t != NULL);
}

/* And the same for the register of TDX. */
void rtmr_poison(const char *text)
{
	console_say("extended with %s", text);
}

static const char *console_log(void)
{
	static char text[8192];
	FILE *f = fopen(log_path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

/*
 * Mounts that are this process's alone. "/" may be no mount point, in a chroot that is a folder,
 * and what holds it can then not be named; so this goes to the namespace's own root, and back.
 */
static bool own_mounts(void)
{
	int back, ns;
	bool good;

	if (unshare(CLONE_NEWNS)) {
		perror("unshare: it takes root (CAP_SYS_ADMIN)");
		return false;
	}
	back = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	good = back >= 0 && ns >= 0 && !setns(ns, CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) && !fchdir(back) && !chroot(".");
	if (!good)
		perror("mounts of its own: is /proc mounted?");
	close(back);
	close(ns);
	return good;
}

/* Runs body as PID 1 of a PID namespace with the log as its console; the wait status. */
static int as_pid_1(void (*body)(void))
{
	int status = -1;
	pid_t middle = fork(), first;

	if (middle == 0) {
		if (!own_mounts() || unshare(CLONE_NEWPID))
			_exit(99);
		first = fork();
		if (first == 0) {
			close(open(log_path, O_CREAT | O_TRUNC | O_WRONLY, 0600));
			console_open(log_path, "/nonexistent", "/dev/null");
			body();
			_exit(98);
		}
		waitpid(first, &status, 0);
		/* 100 + signal, or the exit code. */
		_exit(WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status));
	}
	waitpid(middle, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void halt_plain(void)
{
	static struct boot b;

	console_detail("/dev/vda");
	halt_boot(&b, "devices", fail(E_DEVICE_AMBIGUOUS));
}

static void halt_reset(void)
{
	static struct tpm t;
	static struct boot b = {.config.failure = FAILURE_REBOOT};

	b.tpm = &t;
	b.rtmr = true;
	halt_boot(&b, "join", fail(E_DENY_REVOKED));
}

static void test_halt(void)
{
	CHECK(as_pid_1(halt_plain) == 100 + SIGINT);
	CHECK(!strcmp(console_log(),
		"protostar: E386 phase=devices two devices match one selector (/dev/vda)\n"
		"protostar: what to do: detach one, or select by partuuid: or a whole serial "
		"(more: protostar explain E386)\n"));
	CHECK(as_pid_1(halt_reset) == 100 + SIGHUP);
	CHECK(strcmp(console_log(),
		      "protostar: E614 phase=join this node, or something that it comes "
		      "with, is revoked\nprotostar: what to do: if it may join again: "
		      "protostar node unrevoke, or take it out of the policy's revoked "
		      "(more: protostar explain E614)\n"
		      "protostar: extended with protostar: failed\n"
		      "protostar: poisoned 1\n") == 0);
}

static int crash_signal;

static void crash(void)
{
	static struct boot b;

	halt_on_crash(&b);
	if (crash_signal == SIGSEGV) {
		/* A real fault, not one that a sanitizer sees coming. */
		volatile char *closed = mmap(
			NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		*closed = 1;
	}
	if (crash_signal == SIGABRT)
		abort();
	raise(crash_signal);
}

static void test_crash(void)
{
	static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		crash_signal = signals[i];
		CHECK(as_pid_1(crash) == 100 + SIGINT);
		/* A sanitizer may have its say before. */
		CHECK(strstr(console_log(), "protostar: E302 phase=start PID 1 crashed\n"
					    "protostar: what to do: report it with the phase"));
	}
}

/* A new root in memory with the host's file system as the root to switch to. */
static bool memory_root(void)
{
	static const char *const folders[] = {"proc", "sys", "dev", "run", "sysroot"};
	char path[128];

	if (mount("tmpfs", folder, "tmpfs", 0, NULL))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
		if (mkdir(path, 0755))
			return false;
	}
	(void)snprintf(path, sizeof(path), "%s/init", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	(void)snprintf(path, sizeof(path), "%s/sysroot", folder);
	return !mount("/", path, NULL, MS_BIND, NULL) && !chroot(folder) && !chdir("/");
}

static const char *init_path;
static char script[64];

static void hand_over(void)
{
	if (!memory_root() || failed(mounts_make("")))
		_exit(97);
	_exit(100 - (int)(switch_root(init_path).code % 100));
}

static void test_mounts(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		struct statfs fs;
		bool good;

		if (!own_mounts() || !memory_root() || failed(mounts_make("")))
			_exit(1);
		good = !statfs("/proc", &fs) && fs.f_type == PROC_SUPER_MAGIC &&
		       (fs.f_flags & MS_NOEXEC) && !statfs("/sys", &fs) &&
		       fs.f_type == SYSFS_MAGIC && !statfs("/run", &fs) &&
		       fs.f_type == TMPFS_MAGIC && (fs.f_flags & MS_NODEV) &&
		       !access("/dev/null", W_OK) && !statfs("/sys/kernel/security", &fs) &&
		       fs.f_type == SECURITYFS_MAGIC;
		_exit(good ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void write_script(mode_t mode)
{
	static const char text[] = "#!/bin/sh\n"
				   "echo \"pid $$ args $# $0 env $(env | sort | tr '\\n' ' ')\"\n"
				   "grep -q ' /run tmpfs' /proc/mounts && echo run moved\n"
				   "grep -c sysroot /proc/mounts\n"
				   "test -c /dev/null && ls -d /sysroot\n"
				   "ls -l /proc/$$/fd | grep -c -e '-> '\n"
				   "exit 7\n";
	int fd = open(script, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		abort();
	close(fd);
	if (chmod(script, mode))
		abort();
}

static void test_switch_root(void)
{
	const char *log;

	write_script(0700);
	init_path = script;
	CHECK(as_pid_1(hand_over) == 7);
	log = console_log();
	CHECK(strstr(log, "protostar: starting /tmp/") != NULL);
	CHECK(strstr(log, "pid 1 args 0 /tmp/") != NULL);
	CHECK(strstr(log, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") !=
		NULL);
	CHECK(strstr(log, "TERM=linux") && !strstr(log, "HOME="));
	CHECK(strstr(log, "run moved\n0\n") != NULL);
	CHECK(strstr(log, "'/sysroot'") != NULL);
	if (test_failures)
		fputs(log, stderr);
}

static void test_bad_init(void)
{
	write_script(0600);
	init_path = script;
	CHECK(as_pid_1(hand_over) == 100 - E_HANDOVER_EXEC % 100);
	init_path = "/nonexistent";
	CHECK(as_pid_1(hand_over) == 100 - E_HANDOVER_EXEC % 100);
	init_path = "/etc";
	CHECK(as_pid_1(hand_over) == 100 - E_HANDOVER_EXEC % 100);
}

int main(void)
{
	int result;

	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(log_path, sizeof(log_path), "%s.log", folder);
	(void)snprintf(script, sizeof(script), "%s.init", folder);
	RUN(test_halt);
	RUN(test_crash);
	RUN(test_mounts);
	RUN(test_switch_root);
	RUN(test_bad_init);
	unlink(log_path);
	unlink(script);
	result = test_summary();
	return rmdir(folder) ? 1 : result;
}
