/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leash COMMAND...: runs one test and lets nothing that it started outlive it. ctest runs every
 * test through it.
 *
 * Two processes hold the test: the outer one is ctest's child, the inner one the test's parent.
 * Both adopt orphans (PR_SET_CHILD_SUBREAPER), so each process that comes of the test stays below
 * them, daemons and their sessions too. What happens then:
 *
 *   the test ends               the inner one ends what is left; a test that passed has failed when
 *                               there was anything, which is named
 *   ctest ends the test         it ends the whole tree, and the tree is whole
 *   ctest ends or is killed     both holders are told (PR_SET_PDEATHSIG) and end the test
 *   the outer holder is killed  the inner one is told, and ends the test
 *   the inner holder is killed  the outer one adopts what it held, and ends it
 *
 * The exit code is the test's; 128 + the signal that ended it; 1 for what was left; 127 when the
 * test cannot be run.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOLDERS	      2
#define LEFT_BEHIND   1
#define CANNOT_RUN    127
#define BY_SIGNAL     128
#define SETTLE_NAPS   400 /* of 50 ms: what was told to end may take this long to do so */
#define STAT_TEXT_MAX 512

struct process {
	pid_t pid, parent;
	char name[32];
	char state;
};

/* PID (NAME) STATE PARENT ..., where a name may hold anything. */
static bool read_process(const char *pid, struct process *out)
{
	char path[288], text[STAT_TEXT_MAX], *open, *close;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || strlen(close) < 5)
		return false;
	*close = '\0';
	snprintf(out->name, sizeof(out->name), "%.31s", open + 1);
	out->pid = (pid_t)strtol(pid, NULL, 10);
	out->state = close[2];
	out->parent = (pid_t)strtol(close + 4, NULL, 10);
	return true;
}

/* Calls what() for each child that still runs; how many there are. */
static unsigned for_children(void (*what)(const struct process *))
{
	DIR *all = opendir("/proc");
	struct process p;
	struct dirent *e;
	unsigned n = 0;

	if (!all) {
		fprintf(stderr, "leash: /proc is not there: is it mounted?\n");
		exit(CANNOT_RUN);
	}
	while ((e = readdir(all))) {
		if (!isdigit((unsigned char)e->d_name[0]) || !read_process(e->d_name, &p))
			continue;
		if (p.parent != getpid() || p.state == 'Z' || p.state == 'X')
			continue;
		what(&p);
		n++;
	}
	closedir(all);
	return n;
}

static void leave_alone(const struct process *p)
{
	(void)p;
}

static void name_it(const struct process *p)
{
	fprintf(stderr, "leash: the test left behind: %s (process %d)\n", p->name, (int)p->pid);
}

static void kill_it(const struct process *p)
{
	kill(p->pid, SIGKILL);
}

static void nap(void)
{
	nanosleep(&(struct timespec){0, 50000000}, NULL);
}

/* Children that have ended; false when there are none at all any more. */
static bool reap(void)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, WNOHANG);
	while (pid > 0);
	return pid == 0;
}

/* Ends all that came of the test. What a child leaves becomes a child, until there is none. */
static void end_all(void)
{
	while (reap()) {
		(void)for_children(kill_it);
		nap();
	}
}

/* Whether anything stays once the test has ended. What is about to end is given its time. */
static bool left_behind(void)
{
	for (int i = 0; i < SETTLE_NAPS && reap(); i++) {
		if (for_children(leave_alone) == 0)
			return false;
		nap();
	}
	return for_children(name_it) > 0;
}

/* Waits for the child; false when the holder was told to end instead. */
static bool wait_child(pid_t child, int *out_status)
{
	sigset_t awaited;
	pid_t pid;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	sigaddset(&awaited, SIGTERM);
	do {
		while ((pid = waitpid(-1, out_status, WNOHANG)) > 0)
			if (pid == child)
				return true;
	} while (sigwaitinfo(&awaited, NULL) != SIGTERM);
	return false;
}

static int result_of(int status)
{
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "leash: the test was ended by signal %d (%s)\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
		return BY_SIGNAL + WTERMSIG(status);
	}
	return WEXITSTATUS(status);
}

/* The signals that are blocked in the test: those that ctest had blocked. */
static sigset_t at_start;

static int hold(char **command, unsigned more);

/* In the child: it ends with its holder. The next holder is told, the test is killed. */
static int become(char **command, unsigned more, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, more ? SIGTERM : SIGKILL) || getppid() != parent)
		return CANNOT_RUN;
	if (more)
		return hold(command, more - 1);
	sigprocmask(SIG_SETMASK, &at_start, NULL);
	execvp(command[0], command);
	fprintf(stderr, "leash: %s: %s\n", command[0], strerror(errno));
	return CANNOT_RUN;
}

static int hold(char **command, unsigned more)
{
	pid_t self = getpid(), child;
	int status = 0, result;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		perror("leash: PR_SET_CHILD_SUBREAPER");
		return CANNOT_RUN;
	}
	child = fork();
	if (child == 0)
		_exit(become(command, more, self));
	if (child < 0) {
		perror("leash: fork");
		return CANNOT_RUN;
	}
	if (!wait_child(child, &status)) {
		end_all();
		return BY_SIGNAL + SIGTERM;
	}
	result = more && WIFEXITED(status) ? WEXITSTATUS(status) : result_of(status);
	if (result == 0 && left_behind())
		result = LEFT_BEHIND;
	end_all();
	return result;
}

/*
 * What a terminal sends goes to the test as well, so the holders wait for what the test makes of
 * it: they take no signal but those that they wait for.
 */
int main(int argc, char **argv)
{
	sigset_t all;

	if (argc < 2) {
		fprintf(stderr, "usage: leash COMMAND...\n");
		return 2;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &at_start);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM)) {
		perror("leash: PR_SET_PDEATHSIG");
		return CANNOT_RUN;
	}
	return hold(argv + 1, HOLDERS - 1);
}
