/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/report.h"

#define STEP_MS	    10u
#define EXIT_FAILED 126

static void become(const struct child_request *request, pid_t parent)
{
	const int streams[] = {request->in, request->out, request->err};
	sigset_t none;

	sigemptyset(&none);
	/* The parent may have ended before the kernel knew what to do then. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent || setpgid(0, 0) ||
		sigprocmask(SIG_SETMASK, &none, NULL))
		_exit(EXIT_FAILED);
	signal(SIGPIPE, SIG_DFL);
	/* What it makes, its socket above all, is for nobody else. */
	umask(077);
	if (request->folder && chdir(request->folder))
		_exit(EXIT_FAILED);
	for (int i = 0; i < 3; i++)
		if (dup2(streams[i], i) < 0)
			_exit(EXIT_FAILED);
	execv(request->argv->items[0], request->argv->items);
	_exit(EXIT_FAILED);
}

bool child_start(const struct child_request *request, struct child *out)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become(request, parent);
	if (pid < 0)
		return complain("cannot start %s: %s", request->argv->items[0], strerror(errno));
	*out = (struct child){.pid = pid};
	return true;
}

bool child_ended(struct child *child)
{
	if (child->pid && !child->ended)
		child->ended = waitpid(child->pid, &child->status, WNOHANG) == child->pid;
	return !child->pid || child->ended;
}

bool child_wait(struct child *child, unsigned milliseconds)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};

	for (unsigned waited = 0; !child_ended(child); waited += STEP_MS) {
		if (waited >= milliseconds)
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}

void child_end(struct child *child, unsigned milliseconds)
{
	if (child_ended(child))
		return;
	kill(child->pid, SIGTERM);
	if (child_wait(child, milliseconds))
		return;
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
		;
	child->ended = true;
}

bool child_succeeded(const struct child *child)
{
	return child->ended && WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0;
}
