/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/lib/interrupt.h"
#include "tools/lib/report.h"

#define OUTPUT_MAX   (256u << 20) /* bytes: an unpacked module, at most */
#define EXIT_MISSING 127

/* FAT cannot say a time before 1980, so that is the "no time" of everything built here. */
#define FIXED_TIME "SOURCE_DATE_EPOCH=315532800"

static char *make_path(void)
{
	const char *path = getenv("PATH");

	return must_format(
		"PATH=%s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
}

/*
 * No file that the program writes becomes larger: it is ended, or told so and fails. Either way it
 * leaves no core file.
 */
static bool limit_files(uint64_t max)
{
	const struct rlimit size = {max, max}, none = {0, 0};

	return !setrlimit(RLIMIT_FSIZE, &size) && !setrlimit(RLIMIT_CORE, &none);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, text, strlen(text));
		close(fd);
	}
}

/* The caller goes by the number 0, in a namespace of the program's own, and may no more than
 * before.
 */
static void call_me_root(void)
{
	char users[32], groups[32];

	(void)snprintf(users, sizeof(users), "0 %u 1", (unsigned)geteuid());
	(void)snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getegid());
	if (geteuid() == 0 || unshare(CLONE_NEWUSER))
		return;
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", users);
	write_text("/proc/self/gid_map", groups);
}

/* What a child gets, and what counts as success. */
enum mode {
	MODE_PURE,	 /* an environment of our own, exit status 0 */
	MODE_ROOT,	 /* the same, and it takes itself for root's where the kernel lets it */
	MODE_CALLERS,	 /* the caller's environment, exit status 0 */
	MODE_ANY_STATUS, /* as MODE_PURE, but only a missing program is a failure */
};

/* max: bytes of a file that it writes; UINT64_MAX: any number. */
static void child(
	const char *const argv[], const int fds[3], uint64_t max, char *path, char *const env[])
{
	if (max != UINT64_MAX && !limit_files(max))
		_exit(EXIT_MISSING - 1);
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(EXIT_MISSING - 1);
	/* execvpe looks in the caller's PATH, so that has to be the one the program gets. */
	if (putenv(path))
		_exit(EXIT_MISSING - 1);
	execvpe(argv[0], (char *const *)(uintptr_t)argv, env ? env : environ);
	_exit(errno == ENOENT ? EXIT_MISSING : EXIT_MISSING - 1);
}

/* False when there is more than anything here may say. */
static bool read_back(int fd, struct bytes *out)
{
	uint8_t buf[65536];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return false;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (out->len + (size_t)n > OUTPUT_MAX)
			return false;
		bytes_add(out, buf, (size_t)n);
	}
	return n == 0;
}

static bool judge(const char *const argv[], int status, int err, const char *package)
{
	struct bytes text = {0};

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MISSING)
		return complain("%s is not installed: apt-get install %s", argv[0], package);
	(void)read_back(err, &text);
	complain("%s failed:\n%.*s", argv[0], (int)text.len, text.len ? (char *)text.data : "");
	bytes_free(&text);
	return false;
}

/* A signal that interrupts the wait reaches the program too, which then ends. */
static bool wait_for(pid_t pid, int *out_status)
{
	pid_t ended;

	do
		ended = waitpid(pid, out_status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid;
}

static bool run_with(const char *const argv[], const int in_out[2], uint64_t max,
	const char *package, enum mode mode)
{
	const char *tmp = getenv("TMPDIR");
	char *path = make_path(), *tmpdir = must_format("TMPDIR=%s", tmp ? tmp : "/tmp");
	char lc[] = "LC_ALL=C", tz[] = "TZ=UTC0", home[] = "HOME=/nonexistent",
	     mtools[] = "MTOOLSRC=/dev/null", check[] = "MTOOLS_SKIP_CHECK=1", when[] = FIXED_TIME;
	/* mksquashfs refuses its own time options when the environment gives a time too. */
	bool own_time = strcmp(argv[0], "mksquashfs") == 0;
	char *env[] = {path, tmpdir, lc, tz, home, mtools, check, own_time ? NULL : when, NULL};
	int err = memfd_create("stderr", MFD_CLOEXEC), status = -1;
	bool done = false;
	pid_t pid = err < 0 ? -1 : fork();

	if (pid == 0 && mode == MODE_ROOT)
		call_me_root();
	if (pid == 0)
		child(argv, (const int[]){in_out[0], in_out[1], err}, max, path,
			mode == MODE_CALLERS ? NULL : env);
	if (pid < 0 || !wait_for(pid, &status))
		complain("cannot start %s: %s", argv[0], strerror(errno));
	else if (mode == MODE_ANY_STATUS)
		done = WIFEXITED(status) && WEXITSTATUS(status) != EXIT_MISSING;
	else
		done = judge(argv, status, err, package);
	if (err >= 0)
		close(err);
	free(path);
	free(tmpdir);
	return done;
}

static bool run_in_mode(const char *const argv[], const char *stdin_path, const char *package,
	enum mode mode, struct bytes *out_text)
{
	int in = open(stdin_path ? stdin_path : "/dev/null", O_RDONLY | O_CLOEXEC);
	int out = memfd_create("stdout", MFD_CLOEXEC);
	bool done = false;

	if (interrupted())
		complain("interrupted");
	else if (in < 0)
		complain("cannot open %s: %s", stdin_path ? stdin_path : "/dev/null",
			strerror(errno));
	else if (out < 0)
		complain("cannot hold the output of %s: %s", argv[0], strerror(errno));
	else
		done = run_with(argv, (const int[]){in, out}, UINT64_MAX, package, mode);
	if (done && out_text && !read_back(out, out_text))
		done = complain("%s has too much to say", argv[0]);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return done;
}

bool run(const char *const argv[], const char *stdin_path, const char *package,
	struct bytes *out_text)
{
	return run_in_mode(argv, stdin_path, package, MODE_PURE, out_text);
}

bool run_to_file(const struct run_output *output, const char *const argv[], const char *stdin_path)
{
	int in = open(stdin_path ? stdin_path : "/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open(output->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	bool done = false;
	struct stat st;

	if (interrupted())
		complain("interrupted");
	else if (in < 0 || out < 0)
		complain("cannot open %s: %s", in < 0 ? stdin_path : output->path, strerror(errno));
	else
		done = run_with(
			argv, (const int[]){in, out}, output->max, output->package, MODE_PURE);
	if (in >= 0)
		close(in);
	if (out >= 0 && !done && !fstat(out, &st) && (uint64_t)st.st_size >= output->max)
		complain("%s was stopped at %llu bytes, the most that is taken here", argv[0],
			(unsigned long long)output->max);
	if (out >= 0 && close(out))
		done = complain("cannot write %s: %s", output->path, strerror(errno));
	return done;
}

bool run_as_root(const char *const argv[], const char *stdin_path, const char *package)
{
	return run_in_mode(argv, stdin_path, package, MODE_ROOT, NULL);
}

bool run_quietly(const char *const argv[])
{
	bool before = report_quiet(true);
	bool done = run_in_mode(argv, NULL, argv[0], MODE_PURE, NULL);

	report_quiet(before);
	return done;
}

bool run_in_callers_environment(const char *const argv[], const char *package)
{
	return run_in_mode(argv, NULL, package, MODE_CALLERS, NULL);
}

bool run_version(const char *const argv[], struct bytes *out_text)
{
	struct bytes text = {0};
	size_t len = 0;

	if (!run_in_mode(argv, NULL, NULL, MODE_ANY_STATUS, &text)) {
		bytes_free(&text);
		return false;
	}
	while (len < text.len && text.data[len] >= ' ' && text.data[len] < 0x7f)
		len++;
	while (len && text.data[len - 1] == ' ')
		len--;
	bytes_add(out_text, text.data, len);
	bytes_free(&text);
	return len > 0;
}
