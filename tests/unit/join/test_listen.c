/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node waits for its operator while strangers do what they can at its port. Sockets, TLS and
 * the race are the real ones; TPM and disk are fakes.h's.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/errors.h"
#include "crypto/random.h"
#include "early/boot.h"
#include "early/clock.h"
#include "early/contract/errors.h"
#include "early/join/listen.h"
#include "tests/unit/join/fakes.h"
#include "tests/unit/join/scripted_service.h"
#include "tests/unit/test.h"

#define OPERATOR_KEY 3
#define CROWD	     1000

static struct boot boot;
static bool found_with_next; /* the disk of served_by() */

static const struct script by_operator = {
	.key = OPERATOR_KEY, .purpose = PURPOSE_RECOVER, .generation = 12, .challenge = true};
static const struct script stranger = {.key = 9, .purpose = PURPOSE_RECOVER, .generation = 12};

/* A port of the loopback where nobody listens. */
static struct sockaddr_in free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
		getsockname(fd, (struct sockaddr *)&a, &len))
		abort();
	close(fd);
	return a;
}

/* A node with an operator, and with `services` services of which none is there. */
static void fresh_boot(unsigned services)
{
	secret_free(&boot.join_material);
	memset(&boot, 0, sizeof(boot));
	memset(&fakes, 0, sizeof(fakes));
	boot.config.join_timeout_s = 600;
	boot.tpm = fake_tpm();
	boot.config.operator_count = 1;
	service_pin(OPERATOR_KEY, boot.config.operators[0]);
	boot.config.listen_port = ntohs(free_port().sin_port);
	memset(boot.disk_id, 0xdd, DISK_ID_LEN);
	boot.config.pin_count = services > 0;
	service_pin(1, boot.config.pins[0]);
	for (unsigned i = 0; i < services; i++) {
		struct sockaddr_in6 *s = &boot.config.services[boot.config.service_count++];
		struct sockaddr_in at = free_port();

		s->sin6_family = AF_INET6;
		s->sin6_port = at.sin_port;
		s->sin6_addr.s6_addr[10] = s->sin6_addr.s6_addr[11] = 0xff;
		memcpy(s->sin6_addr.s6_addr + 12, &at.sin_addr, 4);
	}
}

static uint16_t port(void)
{
	return (uint16_t)boot.config.listen_port;
}

/* Whether the port refuses connections: the listener is gone. */
static bool nobody_listens(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port()),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool refused = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0;

	close(fd);
	return refused;
}

static int dial(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port()),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)connect(fd, (struct sockaddr *)&to, sizeof(to));
	return fd;
}

/* What stranger i says once it is connected: nothing, garbage, or the begin of a ServerHello. */
static void say(unsigned i, int fd)
{
	static const uint8_t hello[] = {22, 3, 3, 0, 70, 2, 0, 0, 66, 3, 3, 1, 2, 3};
	uint8_t garbage[64];

	memset(garbage, 0x41 + (int)(i % 26), sizeof(garbage));
	if (i % 3 == 1)
		(void)send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
	if (i % 3 == 2)
		(void)send(fd, hello, sizeof(hello), MSG_NOSIGNAL);
}

/* A crowd that connects, says its piece, and comes again when it is thrown out. */
static void crowd(void)
{
	static struct pollfd at[CROWD];
	static bool said[CROWD];
	char sink[4096];

	for (;;) {
		for (unsigned i = 0; i < CROWD; i++) {
			if (at[i].fd <= 0)
				at[i].fd = dial();
			at[i].events = said[i] ? POLLIN : POLLOUT;
		}
		(void)poll(at, CROWD, 1000);
		for (unsigned i = 0; i < CROWD; i++) {
			if (at[i].revents & POLLOUT && !said[i]) {
				say(i, at[i].fd);
				said[i] = true;
			}
			if (at[i].revents & (POLLERR | POLLHUP) ||
				(at[i].revents & POLLIN &&
					recv(at[i].fd, sink, sizeof(sink), 0) <= 0)) {
				close(at[i].fd);
				at[i].fd = 0;
				said[i] = false;
			}
		}
	}
}

/* Starts it once the port is open, and gives it a moment's lead. */
static pid_t start_crowd(void)
{
	struct rlimit files = {0};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_max < CROWD + 100)
		_exit(1);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		_exit(1);
	while (nobody_listens())
		usleep(10000);
	crowd();
	_exit(0);
}

/* An operator that comes wait_ms later. Its report is there once another test has made one. */
static pid_t start_later(const struct script *script, unsigned wait_ms)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	usleep(wait_ms * 1000);
	if (operator_start(script, port()) < 0)
		_exit(1);
	for (;;)
		pause();
}

static void stop(pid_t pid)
{
	service_stop(pid);
}

static void test_operator_serves(void)
{
	pid_t pid;

	fresh_boot(0);
	pid = operator_start(&by_operator, port());
	CHECK(!failed(stage_join(&boot)));
	CHECK(service_report()->proof && service_report()->commit.generation == 13);
	CHECK(fakes.opens == 1 && fakes.mounts == 1 && boot.generation == 13);
	CHECK(nobody_listens());
	stop(pid);
}

/* Whoever has another key never gets a word of evidence, and does not end the boot. */
static void test_stranger(void)
{
	pid_t pid;

	fresh_boot(0);
	boot.config.join_timeout_s = 3;
	pid = operator_start(&stranger, port());
	CHECK(stage_join(&boot).code == E_JOIN_NO_OPERATOR);
	CHECK(service_report()->connections > 1 && !service_report()->evidence);
	CHECK(fakes.opens == 0 && nobody_listens());
	stop(pid);
}

/* Not before no service has answered for so long. */
static void test_listens_after(void)
{
	uint64_t before = clock_ms();
	pid_t pid;

	fresh_boot(2);
	boot.config.listen_after_s = 2;
	pid = operator_start(&by_operator, port());
	CHECK(!failed(stage_join(&boot)));
	CHECK(clock_ms() - before >= 2000);
	stop(pid);
}

/* As many silent ones as there are places, and more: each gives its place up in its time. */
static void test_silent_ones_give_way(void)
{
	int fds[3 * LISTEN_PLACES];
	pid_t silent, pid;

	fresh_boot(0);
	fflush(stdout);
	silent = fork();
	if (silent == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (nobody_listens())
			usleep(10000);
		for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
			fds[i] = dial();
		for (;;)
			pause();
	}
	pid = start_later(&by_operator, 500);
	CHECK(!failed(stage_join(&boot)));
	stop(pid);
	stop(silent);
}

/* A thousand at the port at any time, and four with a wrong key beside them. */
static void test_operator_in_a_crowd(void)
{
	pid_t crowd_pid, strangers[4], pid;
	unsigned i;

	fresh_boot(0);
	crowd_pid = start_crowd();
	for (i = 0; i < 4; i++)
		strangers[i] = operator_start(&stranger, port());
	pid = start_later(&by_operator, 2000);
	CHECK(!failed(stage_join(&boot)));
	CHECK(fakes.opens == 1 && fakes.mounts == 1 && boot.generation == 13);
	stop(pid);
	for (i = 0; i < 4; i++)
		stop(strangers[i]);
	CHECK(kill(crowd_pid, 0) == 0);
	stop(crowd_pid);
}

/* The crowd keeps nobody from the services: the fifth try is the one that is answered. */
static void test_service_beside_a_crowd(void)
{
	const struct script late = {
		.key = 1, .generation = 5, .at = TURN_HELLO, .fault = FAULT_CLOSE, .faulty = 4};
	pid_t crowd_pid, strangers[4], pid;
	unsigned i;

	fresh_boot(1);
	pid = service_start(&late, &boot.config.services[0]);
	crowd_pid = start_crowd();
	for (i = 0; i < 4; i++)
		strangers[i] = start_later(&stranger, 0);
	CHECK(!failed(stage_join(&boot)));
	CHECK(boot.generation == 6 && fakes.mounts == 1);
	CHECK(kill(crowd_pid, 0) == 0);
	for (i = 0; i < 4; i++)
		stop(strangers[i]);
	stop(crowd_pid);
	stop(pid);
}

/* What an operator's exchange ends with is no reason to end the boot: it comes again. */
static void test_operator_comes_again(void)
{
	static const struct script faults[] = {
		{.key = OPERATOR_KEY,
			.purpose = PURPOSE_RECOVER,
			.generation = 12,
			.at = TURN_GRANT,
			.fault = FAULT_DENY,
			.amount = 608,
			.faulty = 2},
		{.key = OPERATOR_KEY,
			.purpose = PURPOSE_RECOVER,
			.generation = 12,
			.fault = FAULT_AAD,
			.faulty = 1},
		{.key = OPERATOR_KEY,
			.purpose = PURPOSE_RECOVER,
			.generation = 12,
			.at = TURN_ACK,
			.fault = FAULT_CLOSE,
			.faulty = 1},
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		pid_t pid;

		fresh_boot(i == 0);
		pid = operator_start(&faults[i], port());
		CHECK(!failed(stage_join(&boot)));
		CHECK(service_report()->connections >= faults[i].faulty + 1);
		CHECK(fakes.mounts == 1 && boot.generation == 13);
		stop(pid);
	}
}

/* Wrong keys at all of its services do not end the boot of a node that has an operator. */
static void test_wrong_service_is_waited_out(void)
{
	const struct script wrong = {.key = 2};
	pid_t service, pid;

	fresh_boot(1);
	boot.config.listen_after_s = 1;
	service = service_start(&wrong, &boot.config.services[0]);
	pid = start_later(&by_operator, 0);
	CHECK(!failed(stage_join(&boot)));
	stop(pid);
	stop(service);
}

/* The code that this operator, who comes once, is told by ABORT; 0 when the node has joined. */
static uint16_t served_by(struct script s)
{
	uint16_t code;
	pid_t pid;

	fresh_boot(0);
	boot.config.join_timeout_s = 3;
	fakes.with_next = found_with_next;
	s.once = true;
	pid = operator_start(&s, port());
	code = stage_join(&boot).code;
	stop(pid);
	return code ? service_report()->abort_code : 0;
}

/* Who comes to the node may recover or init it, not let it join; a service only that. */
static void test_purposes(void)
{
	struct script s = by_operator;
	struct sockaddr_in6 at;
	pid_t pid;

	CHECK(served_by(s) == 0 && boot.purpose == PURPOSE_RECOVER);
	CHECK(boot.header_mac[0] == FAKE_NEXT_MAC && boot.header_mac[31] == FAKE_NEXT_MAC);
	s.purpose = PURPOSE_INIT;
	CHECK(served_by(s) == 0 && boot.purpose == PURPOSE_INIT && fakes.opens == 1);
	s.action = ACTION_FORMAT;
	CHECK(served_by(s) == 0 && boot.purpose == PURPOSE_INIT && fakes.formats == 1);
	s.purpose = PURPOSE_JOIN;
	(void)served_by(s);
	CHECK(!service_report()->evidence && fakes.formats == 0);
	for (uint8_t purpose = PURPOSE_RECOVER; purpose <= PURPOSE_INIT; purpose += 2) {
		const struct script wrong = {.key = 1, .purpose = purpose, .generation = 12};

		fresh_boot(0);
		pid = service_start(&wrong, &at);
		boot.config.services[0] = at;
		boot.config.service_count = boot.config.pin_count = 1;
		service_pin(1, boot.config.pins[0]);
		boot.config.listen_after_s = 100;
		boot.config.join_timeout_s = 1;
		CHECK(failed(stage_join(&boot)));
		CHECK(service_report()->connections > 0 && !service_report()->evidence);
		stop(pid);
	}
}

/* To recover is to open the disk as it is: no format, no other key. */
static void test_recovery_opens_only(void)
{
	struct script s = by_operator;

	s.action = ACTION_FORMAT;
	CHECK(served_by(s) == E_JOIN_RECOVER_ACTION && fakes.formats == 0);
	s.action = ACTION_OVERWRITE;
	CHECK(served_by(s) == E_JOIN_RECOVER_ACTION && fakes.formats == 0);
	s.action = ACTION_OPEN;
	s.rotate = true; /* begun by this very grant: no header of the next version is on record */
	CHECK(served_by(s) == E_JOIN_RECOVER_ACTION && fakes.opens == 0);
	CHECK(served_by(by_operator) == 0 && fakes.open_only && !fakes.next_given);
}

/* Where a rotation was under way either header opens, and one COMMIT says which; it ends there. */
static void test_recovery_in_a_rotation(void)
{
	struct script s = by_operator;

	s.rotate = s.next_committed = true;
	for (int with_next = 0; with_next < 2; with_next++) {
		const struct msg_commit *c = &service_report()->commit;
		uint32_t version = with_next ? SERVICE_NEXT_VERSION : SERVICE_VERSION;

		found_with_next = with_next;
		CHECK(served_by(s) == 0 && fakes.opens == 1 && fakes.mounts == 1);
		CHECK(fakes.open_only && fakes.next_given && fakes.next_committed);
		CHECK(fakes.rotates == 0 && service_report()->commits == 1);
		CHECK(c->action == ACTION_OPEN && c->generation == 13);
		CHECK(c->key_version == version && c->header_mac[31] == FAKE_NEXT_MAC);
		CHECK(c->next_version == 0 && boot.key_version == version);
		/* Who is first of a cluster goes on with it. */
		s.purpose = PURPOSE_INIT;
		CHECK(served_by(s) == 0 && !fakes.open_only);
		CHECK(service_report()->commits == (with_next ? 1 : 2));
		s.purpose = PURPOSE_RECOVER;
	}
	found_with_next = false;
}

/* What the service's machine has to prove is not asked of an operator, whose key is pinned. */
static void test_operator_beside_evidence(void)
{
	pid_t pid;

	fresh_boot(1);
	boot.config.pin_count = 0;
	boot.config.service_wanted.given = true;
	pid = operator_start(&by_operator, port());
	CHECK(!failed(stage_join(&boot)) && fakes.opens == 1);
	stop(pid);
}

static uint64_t cpu_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

/* No descriptor is left for those who wait at the port: the node waits, it does not spin. */
static void test_accept_fails(void)
{
	struct rlimit few, files;
	uint64_t before;
	int highest = dup(0);
	pid_t pid;

	fresh_boot(0);
	boot.config.join_timeout_s = 3;
	pid = operator_start(&by_operator, port());
	REQUIRE(highest > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0);
	close(highest);
	few = files;
	few.rlim_cur = (rlim_t)highest + 1; /* the socket itself, and none more */
	REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
	before = cpu_ms();
	CHECK(stage_join(&boot).code == E_JOIN_NO_OPERATOR);
	CHECK(cpu_ms() - before < 1000);
	CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
	stop(pid);
}

/* A port that somebody else has is tried again, and the services meanwhile. */
static void test_port_taken(void)
{
	const struct script good = {.key = 1, .generation = 5};
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	fresh_boot(0);
	boot.config.join_timeout_s = 1;
	a.sin_port = htons(port());
	REQUIRE(fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 1));
	CHECK(stage_join(&boot).code == E_JOIN_NO_OPERATOR);
	boot.config.service_count = boot.config.pin_count = 1;
	service_pin(1, boot.config.pins[0]);
	boot.config.join_timeout_s = 600;
	pid = service_start(&good, &boot.config.services[0]);
	CHECK(!failed(stage_join(&boot)));
	stop(pid);
	close(fd);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 18)) || failed(random_open()))
		return 1;
	RUN(test_operator_serves);
	RUN(test_stranger);
	RUN(test_listens_after);
	RUN(test_silent_ones_give_way);
	RUN(test_operator_comes_again);
	RUN(test_wrong_service_is_waited_out);
	RUN(test_purposes);
	RUN(test_recovery_opens_only);
	RUN(test_recovery_in_a_rotation);
	RUN(test_operator_beside_evidence);
	RUN(test_accept_fails);
	RUN(test_port_taken);
	RUN(test_service_beside_a_crowd);
	RUN(test_operator_in_a_crowd);
	return test_summary();
}
