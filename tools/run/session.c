/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/run/child.h"
#include "tools/run/keyboard.h"
#include "tools/run/tpm_socket.h"

#define BLOCK	  2048u /* bytes: a pipe that is ready takes as many at once */
#define ASK_MS	  10000u
#define FOLLOW_MS 5000u /* for swtpm to see that QEMU is gone, and the other way round */
#define LINGER_MS 1000	/* for what QEMU said last to come out of its pipe */

/* Bytes on their way; no more are read before these are written. */
struct flow {
	uint8_t bytes[2 * BLOCK];
	size_t len, done;
};

struct session {
	const struct session_request *request;
	struct session_result *result;
	struct child tpm, qemu;
	int signals, to_guest, from_guest; /* descriptors; -1: closed */
	bool input, keyboard;		   /* standard input is read; it is a terminal */
	struct keys keys;
	struct flow in, out;
	bool over; /* result->end is decided, and QEMU is to end */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void decide(struct session *s, enum session_end end)
{
	s->result->end = end;
	s->over = true;
}

/* --- signals ------------------------------------------------------------------------------------
 */

static bool watch_signals(struct session *s)
{
	static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGCONT};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		sigaddset(&set, watched[i]);
	signal(SIGPIPE, SIG_IGN);
	s->signals = sigprocmask(SIG_BLOCK, &set, NULL)
			     ? -1
			     : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals >= 0 || complain("cannot watch signals: %s", strerror(errno));
}

static void read_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCONT && s->keyboard) {
			keyboard_open();
		} else if (info.ssi_signo != SIGCHLD && info.ssi_signo != SIGCONT && !s->over) {
			s->result->signal = (int)info.ssi_signo;
			decide(s, SESSION_SIGNAL);
		}
	}
}

/* --- starting -----------------------------------------------------------------------------------
 */

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		complain("cannot write %s: %s", path, strerror(errno));
	return fd;
}

static bool start_child(const struct session *s, const struct argv *argv, const char *log, int in,
	int out, struct child *child)
{
	int err = open_log(log);
	const struct child_request request = {.argv = argv,
		.folder = s->request->tpm_path,
		.in = in,
		.out = out < 0 ? err : out,
		.err = err};
	bool fine = err >= 0 && child_start(&request, child);

	close_fd(&err);
	return fine;
}

static bool start_tpm(struct session *s)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool fine = null >= 0 &&
		    start_child(s, s->request->swtpm, s->request->tpm_log, null, -1, &s->tpm);

	close_fd(&null);
	if (!fine)
		return complain("cannot start the TPM");
	/* A machine that does much else is slow, and only a failure waits. */
	while (!s->over && !tpm_socket_listens(s->request->tpm_folder)) {
		struct pollfd ready = {.fd = s->signals, .events = POLLIN};

		if (child_ended(&s->tpm))
			decide(s, SESSION_NO_TPM);
		else if (poll(&ready, 1, 20) > 0)
			read_signals(s);
	}
	return true;
}

static bool start_qemu(struct session *s)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	bool fine = !pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC) &&
		    !fcntl(in[1], F_SETFL, O_NONBLOCK) &&
		    start_child(s, s->request->qemu, s->request->qemu_log, in[0], out[1], &s->qemu);

	close_fd(&in[0]);
	close_fd(&out[1]);
	s->to_guest = in[1];
	s->from_guest = out[0];
	s->input = fine;
	s->keyboard = fine && keyboard_present();
	/* In the background a terminal is not ours to read. */
	if (isatty(STDIN_FILENO) && !s->keyboard)
		s->input = false;
	if (s->keyboard)
		keyboard_open();
	return fine || complain("cannot start QEMU");
}

/* --- the console --------------------------------------------------------------------------------
 */

static void read_guest(struct session *s)
{
	ssize_t n = read(s->from_guest, s->out.bytes, BLOCK);

	if (n <= 0) {
		close_fd(&s->from_guest);
		return;
	}
	/* QEMU has its connection by now: nothing is left behind if this program is killed. */
	tpm_socket_remove(s->request->tpm_folder);
	s->out.len = (size_t)n;
	s->out.done = 0;
	guest_report_add(&s->result->report, s->out.bytes, s->out.len);
	if (s->request->copy >= 0 &&
		write(s->request->copy, s->out.bytes, s->out.len) != (ssize_t)s->out.len)
		decide(s, SESSION_NO_OUTPUT);
}

static void write_terminal(struct session *s)
{
	ssize_t n = write(STDOUT_FILENO, s->out.bytes + s->out.done, s->out.len - s->out.done);

	if (n > 0)
		s->out.done += (size_t)n;
	else if (n < 0 && errno != EINTR && errno != EAGAIN)
		decide(s, SESSION_NO_OUTPUT);
}

static void read_terminal(struct session *s)
{
	uint8_t keys[BLOCK];
	bool quit = false;
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n <= 0) {
		s->input = n < 0 && (errno == EINTR || errno == EAGAIN);
		return;
	}
	s->in.done = 0;
	s->in.len = (size_t)n;
	if (s->keyboard)
		s->in.len = keys_read(&s->keys, keys, (size_t)n, s->in.bytes, &quit);
	else
		memcpy(s->in.bytes, keys, (size_t)n);
	if (quit)
		decide(s, SESSION_QUIT);
}

static void write_guest(struct session *s)
{
	ssize_t n = write(s->to_guest, s->in.bytes + s->in.done, s->in.len - s->in.done);

	if (n > 0)
		s->in.done += (size_t)n;
	else if (n < 0 && errno != EINTR && errno != EAGAIN)
		close_fd(&s->to_guest);
}

/* --- the loop -----------------------------------------------------------------------------------
 */

/* Waits for something to do, and does it. The value is how many descriptors were ready. */
static int step(struct session *s)
{
	bool waiting = s->out.done < s->out.len, typed = s->in.done < s->in.len;
	struct pollfd fds[] = {
		{.fd = s->signals, .events = POLLIN},
		{.fd = waiting ? -1 : s->from_guest, .events = POLLIN},
		{.fd = waiting ? STDOUT_FILENO : -1, .events = POLLOUT},
		{.fd = s->input && !typed ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = typed ? s->to_guest : -1, .events = POLLOUT},
	};
	int ready = poll(fds, sizeof(fds) / sizeof(fds[0]), child_ended(&s->qemu) ? LINGER_MS : -1);

	if (ready <= 0)
		return ready < 0 && errno == EINTR ? 1 : ready;
	if (fds[0].revents)
		read_signals(s);
	if (fds[1].revents)
		read_guest(s);
	if (fds[2].revents)
		write_terminal(s);
	if (fds[3].revents)
		read_terminal(s);
	if (fds[4].revents)
		write_guest(s);
	return ready;
}

static void watch(struct session *s)
{
	while (!s->over && (s->from_guest >= 0 || s->out.done < s->out.len)) {
		if (step(s) <= 0)
			break;
		/* swtpm ends when QEMU lets go of it, which a moment later has ended itself. */
		if (child_ended(&s->tpm) && !child_wait(&s->qemu, FOLLOW_MS))
			decide(s, SESSION_NO_TPM);
	}
	if (s->over)
		return;
	decide(s, SESSION_OFF);
	if (!child_wait(&s->qemu, FOLLOW_MS) || !child_succeeded(&s->qemu))
		s->result->end = SESSION_NO_QEMU;
}

bool session_run(const struct session_request *request, struct session_result *out)
{
	struct session s = {
		.request = request, .result = out, .signals = -1, .to_guest = -1, .from_guest = -1};
	bool fine;

	*out = (struct session_result){.end = SESSION_OFF};
	fine = watch_signals(&s) && start_tpm(&s);
	if (fine && !s.over) {
		fine = start_qemu(&s);
		if (fine)
			watch(&s);
	}
	keyboard_close();
	/* QEMU must not wait for a reader of its console while it ends. */
	close_fd(&s.from_guest);
	close_fd(&s.to_guest);
	child_end(&s.qemu, ASK_MS);
	child_wait(&s.tpm, s.qemu.pid ? FOLLOW_MS : 0);
	child_end(&s.tpm, FOLLOW_MS);
	close_fd(&s.signals);
	return fine;
}
