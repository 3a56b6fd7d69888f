/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/lib/report.h"

/* The loop, memory, time, and reading a key file. */
static const int calls[] = {SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall),
	SCMP_SYS(accept4), SCMP_SYS(getsockopt), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(lseek), SCMP_SYS(fgetxattr), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getgroups), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit), SCMP_SYS(exit_group)};

/*
 * What a module of somebody else's needs beside them: files of its own, threads, sockets. Not among
 * them: running programs, looking into other processes, other users, mounts, the kernel.
 */
static const int module_calls[] = {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(fcntl), SCMP_SYS(flock), SCMP_SYS(ioctl),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(umask), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(shutdown),
	SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg), SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(mmap), SCMP_SYS(mprotect),
	SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(getppid),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(prlimit64),
	SCMP_SYS(times)};

struct failure sandbox_prepare(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return refuse("core dumps cannot be turned off");
	return failure_none();
}

/* Nothing but write() and _exit() in here: what was going on when the call came is unknown. */
static void tell(int number, siginfo_t *info, void *context)
{
	static const char before[] = "protostar: the key service ends: it made system call ";
	static const char after[] = ", which is not one that it needs\n";
	char text[sizeof(before) + sizeof(after) + 10];
	size_t len = sizeof(before) - 1, digits = 1;
	int call = info->si_syscall;

	(void)number;
	(void)context;
	memcpy(text, before, len);
	for (int rest = call / 10; rest > 0; rest /= 10)
		digits++;
	for (size_t i = digits; i-- > 0; call /= 10)
		text[len + i] = (char)('0' + call % 10);
	len += digits;
	memcpy(text + len, after, sizeof(after) - 1);
	if (write(STDERR_FILENO, text, len + sizeof(after) - 1) < 0)
		_exit(EXIT_MISUSE);
	_exit(EXIT_REFUSED);
}

static bool allow(scmp_filter_ctx f, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, list[i], 0))
			return false;
	return true;
}

/* Files are only read, and no memory becomes code. */
static bool allow_careful(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp reads = SCMP_A2(
		SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	return !seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, reads) &&
	       !seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code) &&
	       !seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code);
}

/* Threads, and no processes: those would not end with this one. clone3() hides what it asks for. */
static bool allow_threads(scmp_filter_ctx f)
{
	return !seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) &&
	       !seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static bool allow_sockets(scmp_filter_ctx f, bool network)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

	for (size_t i = 0; i < (network ? sizeof(families) / sizeof(families[0]) : 1); i++) {
		const struct scmp_arg_cmp family = {
			.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)families[i]};

		if (seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &family))
			return false;
	}
	return true;
}

static bool fill(scmp_filter_ctx f, const struct sandbox *s)
{
	/* A module's threads are under it, too. */
	if (seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) ||
		!allow(f, calls, sizeof(calls) / sizeof(calls[0])))
		return false;
#ifdef __SANITIZE_ADDRESS__
	/* AddressSanitizer asks for the stack of signals before each call that does not return. */
	if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0))
		return false;
#endif
	if (!s->token)
		return allow_careful(f);
	return allow(f, module_calls, sizeof(module_calls) / sizeof(module_calls[0])) &&
	       allow_threads(f) && allow_sockets(f, s->network);
}

static struct failure enter_seccomp(const struct sandbox *s)
{
	struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	bool good = f && !sigaction(SIGSYS, &action, NULL) && fill(f, s) && !seccomp_load(f);

	seccomp_release(f);
	if (!good)
		return refuse("the kernel takes no filter of system calls (seccomp)");
	return failure_none();
}

struct failure sandbox_enter(const struct sandbox *s, bool *out_landlock)
{
	const struct landlock_rules rules = {.folders = s->folders,
		.count = s->token ? 0 : s->folder_count,
		.all_files = s->token,
		.network = s->network};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return refuse("privileges cannot be given up: %s", strerror(errno));
	TRY_FAILURE(landlock_enter(&rules, out_landlock));
	return enter_seccomp(s);
}
