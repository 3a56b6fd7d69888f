/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early/disk/mkfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/clock.h"
#include "early/console.h"
#include "early/contract/errors.h"

#define MIB		(UINT64_C(1) << 20)
#define JOURNAL_MIN_MIB 4u /* 1024 blocks: the least that ext4 takes */
#define JOURNAL_MAX_MIB 32u

/* What the child ends with before mkfs.ext4 runs; mkfs.ext4 itself ends with 0 or 1. */
enum child_exit { CHILD_NO_ROOT = 120, CHILD_NO_MKFS = 121 };

static const char *const programs[] = {"/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"};

unsigned mkfs_journal_mib(uint64_t bytes)
{
	uint64_t mib = bytes / MIB / 16;

	if (mib < JOURNAL_MIN_MIB)
		return JOURNAL_MIN_MIB;
	return mib > JOURNAL_MAX_MIB ? JOURNAL_MAX_MIB : (unsigned)mib;
}

static bool bind_into(const char *root, const char *what)
{
	char target[128];
	int n = snprintf(target, sizeof(target), "%s%s", root, what);

	return n > 0 && (size_t)n < sizeof(target) &&
	       mount(what, target, NULL, MS_BIND | MS_REC, NULL) == 0;
}

/* Nothing of this is seen outside of the child. */
static bool enter_root(const char *root)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && bind_into(root, "/dev") &&
	       bind_into(root, "/proc") && chroot(root) == 0 && chdir("/") == 0;
}

static bool silence(void)
{
	int null = open("/dev/null", O_RDWR);

	return null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
	       syscall(SYS_close_range, 3u, ~0u, 0u) == 0;
}

/*
 * No discard and no reading of what was never written: such sectors have no valid tag. The journal
 * is written out; inode tables are left to the kernel, which writes before it reads.
 */
static void execute(const char *device, uint64_t bytes)
{
	static char words[][64] = {"mkfs.ext4", "-q", "-F", "-b", "4096", "-E",
		"nodiscard,lazy_itable_init=1,lazy_journal_init=0", "-J", "size=", "device"};
	enum { WORDS = sizeof(words) / sizeof(words[0]) };
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	char *arguments[WORDS + 1] = {NULL};

	(void)snprintf(words[WORDS - 2], sizeof(words[0]), "size=%u", mkfs_journal_mib(bytes));
	(void)snprintf(words[WORDS - 1], sizeof(words[0]), "%s", device);
	for (int i = 0; i < WORDS; i++)
		arguments[i] = words[i];
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		(void)execve(programs[i], arguments, environment);
}

static void child(const char *root, const char *device, uint64_t bytes)
{
	if (!enter_root(root) || !silence())
		_exit(CHILD_NO_ROOT);
	execute(device, bytes);
	_exit(CHILD_NO_MKFS);
}

static struct status judge(int how)
{
	if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
		return OK;
	if (WIFEXITED(how) && WEXITSTATUS(how) == CHILD_NO_ROOT)
		return fail(E_MKFS_ROOT);
	if (WIFEXITED(how) && WEXITSTATUS(how) == CHILD_NO_MKFS)
		return fail(E_MKFS_MISSING);
	console_detail("wait status 0x%x", (unsigned)how);
	return fail(E_MKFS_FAILED);
}

/* Waits for the child until the deadline; kills it then. */
static struct status wait_for(pid_t pid, uint64_t deadline)
{
	struct pollfd ended = {.events = POLLIN};
	bool late = false;
	int how, ready = 0;

	ended.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	while (ended.fd >= 0 && ready == 0 && !late) {
		ready = poll(&ended, 1, clock_left(deadline, 1000));
		late = ready == 0 && clock_ms() >= deadline;
		if (ready < 0 && errno == EINTR)
			ready = 0;
	}
	if (ended.fd < 0 || ready < 0 || late)
		(void)kill(pid, SIGKILL);
	if (ended.fd >= 0)
		close(ended.fd);
	if (waitpid(pid, &how, 0) != pid)
		return system_failure("waitpid", errno, E_MKFS_WAIT);
	return late ? fail(E_MKFS_TIME) : judge(how);
}

struct status mkfs_run(const char *root, const char *device, uint64_t bytes)
{
	pid_t pid = fork();

	if (pid < 0)
		return system_failure("fork", errno, E_MKFS_FORK);
	if (pid == 0)
		child(root, device, bytes);
	return wait_for(pid, clock_ms() + MKFS_WAIT_MS);
}
