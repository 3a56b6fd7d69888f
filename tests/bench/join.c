/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service under a node's client with a real (software) TPM, beside a bare TLS server:
 *     bench_join PROTOSTAR EVENT_LOG STOPPED_CLOCK ROUNDS PEER_PORT PEER_PID PEER_PIN
 * The peer takes a handshake of the same client, TLS profile and key type. Prints "name number", a
 * line a figure and round: wall clock and the server's own processor time, in ms.
 */
#include "tests/bench/idle.h"
#include "tests/bench/node.h"
#include "tests/interop/serve/setting.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/hex.h"

#define REJOINS	    15u
#define FIRST_JOINS 10u
#define HANDSHAKES  40u
#define SETTLE_NS   100000000 /* for what a server does after a connection's end */

struct server {
	uint16_t port;
	uint8_t pin[32];
	clockid_t clock; /* the process's processor time */
};

struct spent {
	double wall, server, tpm; /* ms */
};

static struct bench_node node;
static const char *still; /* the module for LD_PRELOAD: tests/interop/serve/stopped_clock.c */

static void give_up(const char *what)
{
	fprintf(stderr, "bench_join: %s\n", what);
	exit(1);
}

static double ms(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		give_up("a clock cannot be read: the server ended");
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void say(const char *name, double value)
{
	printf("%s %.4f\n", name, value);
	fflush(stdout);
}

static void server_clock(struct server *s, pid_t pid)
{
	if (clock_getcpuclockid(pid, &s->clock))
		give_up("no processor time of the server");
}

static double settled(const struct server *s)
{
	nanosleep(&(struct timespec){0, SETTLE_NS}, NULL);
	return ms(s->clock);
}

/* Handshakes one after the other, each with a fresh client key. */
static struct spent handshakes(const struct server *s)
{
	struct spent spent = {0};
	double cpu = settled(s), began = ms(CLOCK_MONOTONIC);
	struct client c;

	for (unsigned i = 0; i < HANDSHAKES; i++) {
		int fd = client_connect(s->port);

		if (fd < 0 || !client_shake(&c, fd, s->pin))
			give_up("a handshake failed");
		client_close(&c);
	}
	spent.wall = (ms(CLOCK_MONOTONIC) - began) / HANDSHAKES;
	spent.server = (settled(s) - cpu) / HANDSHAKES;
	return spent;
}

/* One node's join from connect to ACK; tpm is the part in which the node's TPM makes its quote. */
static void join(struct spent *sum, bool first)
{
	double began = ms(CLOCK_MONOTONIC), quote;
	struct client c;
	struct evidence e;
	struct outcome granted, last;

	setting_connect(&c);
	quote = ms(CLOCK_MONOTONIC);
	evidence_make(&e, &c, &node.machine, node.disk);
	e.event_log = node.log;
	sum->tpm += ms(CLOCK_MONOTONIC) - quote;
	client_join(&c, &e, &node.machine, &granted);
	if (granted.type != MSG_GRANT || granted.challenged != first)
		give_up("the join was not the one expected");
	client_commit(&c, &granted, mac_1, &last);
	if (last.type != MSG_ACK)
		give_up("the commit was refused");
	evidence_free(&e);
	client_close(&c);
	sum->wall += ms(CLOCK_MONOTONIC) - began;
}

static struct spent rejoins(const struct server *s)
{
	struct spent spent = {0};
	double cpu = settled(s);

	for (unsigned i = 0; i < REJOINS; i++)
		join(&spent, false);
	spent.server = (settled(s) - cpu) / REJOINS;
	spent.wall /= REJOINS;
	spent.tpm /= REJOINS;
	return spent;
}

/* A service that knows no node, so that the next join is a first one. */
static void start_fresh(struct server *s)
{
	static const char *const many[] = {"--max-per-source", "4096", NULL};
	static unsigned count;

	snprintf(at.service.state, sizeof(at.service.state), "%s/state-%u", at.folder, count++);
	if (!service_start(&at.service, many))
		give_up("the service did not start");
	s->port = at.service.port;
	memcpy(s->pin, at.service.pin, 32);
	server_clock(s, at.service.pid);
}

static void say_all(const char *name, struct spent spent)
{
	char text[64];

	snprintf(text, sizeof(text), "%s.wall", name);
	say(text, spent.wall);
	snprintf(text, sizeof(text), "%s.server", name);
	say(text, spent.server);
	snprintf(text, sizeof(text), "%s.tpm", name);
	say(text, spent.tpm);
}

static void stop(void)
{
	if (service_stop(&at.service, SIGTERM))
		give_up("the service did not end well");
}

/* Of a service at work: what a process does once is done before. The last node stays. */
static struct spent first_joins(struct server *s)
{
	struct spent spent = {0};
	double cpu;

	start_fresh(s);
	join(&(struct spent){0}, true);
	cpu = settled(s);
	for (unsigned i = 0; i < FIRST_JOINS; i++) {
		node_next(&node);
		join(&spent, true);
	}
	spent.server = (settled(s) - cpu) / FIRST_JOINS;
	spent.wall /= FIRST_JOINS;
	spent.tpm /= FIRST_JOINS;
	return spent;
}

/* A node whose endorsement key and maker's keys are RSA. */
static void run_rsa(void)
{
	struct server own;

	node_take(&node, NODE_RSA);
	say_all("first-rsa", first_joins(&own));
	say_all("rejoin-rsa", rejoins(&own));
	stop();
}

/* A clock that stands, in a file: no connection is given up, however slow the machine is. */
static void make_clock(const char *module)
{
	const uint64_t ms = 1000000;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/clock", at.folder);
	f = fopen(path, "w");
	if (!f || fwrite(&ms, sizeof(ms), 1, f) != 1 || fclose(f) ||
		setenv("PROTOSTAR_TEST_CLOCK", path, 1))
		give_up("no clock for the service");
	still = module;
}

static void run_idle(void)
{
	struct server own;

	setenv("LD_PRELOAD", still, 1);
	start_fresh(&own);
	unsetenv("LD_PRELOAD");
	join(&(struct spent){0}, true);
	say("idle", idle_service(&at.service));
	say("idle-peer", idle_openssl());
	say("open", idle_open(&at.service));
	stop();
}

static void run_round(const struct server *peer)
{
	struct server own;

	node_take(&node, NODE_P256);
	say_all("first", first_joins(&own));
	say_all("rejoin", rejoins(&own));
	say_all("handshake", handshakes(&own));
	say_all("peer", handshakes(peer));
	stop();
	run_idle();
	run_rsa();
}

static struct server read_peer(char **argv)
{
	struct server peer = {.port = (uint16_t)strtoul(argv[0], NULL, 10)};

	if (!hex_decode_text(argv[2], 64, peer.pin, sizeof(peer.pin)))
		give_up("the peer's pin is not 64 hex digits");
	server_clock(&peer, (pid_t)strtol(argv[1], NULL, 10));
	return peer;
}

static void allow_files(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur < IDLE_COUNT + 64)
		give_up("too few open files are allowed");
}

/* However the program ends, what it started ends too. */
static void clean_up(void)
{
	service_stop(&at.service, SIGKILL);
	node_close(&node);
	setting_close();
}

int main(int argc, char **argv)
{
	struct server peer;

	if (argc != 8)
		return 2;
	allow_files();
	peer = read_peer(argv + 5);
	setting_open(argv[1]);
	node_open(&node, argv[2]);
	make_clock(argv[3]);
	atexit(clean_up);
	for (unsigned i = 0; i < strtoul(argv[4], NULL, 10); i++)
		run_round(&peer);
	return 0;
}
