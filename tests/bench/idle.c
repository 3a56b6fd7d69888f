/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/idle.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/interop/serve/client.h"

/* The header of a ClientHello of 200 bytes, and the first few of them. */
static const uint8_t hello[] = {0x16, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3};

double idle_service(const struct service_process *s)
{
	static int connections[IDLE_COUNT];
	unsigned long before = service_memory(s), after;

	for (unsigned i = 0; i < IDLE_COUNT; i++) {
		connections[i] = client_connect(s->port);
		if (connections[i] < 0 || send(connections[i], hello, sizeof(hello), 0) < 0) {
			perror("an idle connection");
			exit(1);
		}
	}
	nanosleep(&(struct timespec){1, 0}, NULL); /* until the service has read what is there */
	after = service_memory(s);
	for (unsigned i = 0; i < IDLE_COUNT; i++)
		close(connections[i]);
	return (double)(after - before) / IDLE_COUNT;
}

/* A connection that has its HELLO. The client's own memory is given back. */
static int open_one(const struct service_process *s)
{
	struct client c;
	int fd = client_connect(s->port), kept = fd < 0 ? -1 : dup(fd);

	if (kept < 0 || !client_open(&c, fd, s->pin)) {
		perror("an open connection");
		exit(1);
	}
	client_close(&c);
	return kept;
}

double idle_open(const struct service_process *s)
{
	static int connections[IDLE_COUNT];
	unsigned long kib;
	char byte;

	for (unsigned i = 0; i < IDLE_COUNT; i++)
		connections[i] = open_one(s);
	kib = service_memory(s);
	for (unsigned i = 0; i < IDLE_COUNT; i++) {
		if (recv(connections[i], &byte, 1, MSG_DONTWAIT) == 0) {
			fprintf(stderr, "the machine is too slow: the service gave up waiting\n");
			exit(1);
		}
		close(connections[i]);
	}
	return (double)kib * 1024 / 1e6;
}

static unsigned long own_memory(void)
{
	const struct service_process self = {.pid = getpid()};

	return service_memory(&self);
}

static bool begin(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	int result;

	if (!ssl || !in || !out)
		return false;
	SSL_set_bio(ssl, in, out);
	result = BIO_write(in, hello, sizeof(hello)) == sizeof(hello) ? SSL_accept(ssl) : 1;
	return SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ;
}

/* Sessions are not freed: the process ends. */
static double openssl_cost(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	unsigned long before;

	if (!ctx || !begin(ctx)) /* the first one pays for what all share */
		return -1;
	before = own_memory();
	for (unsigned i = 0; i < IDLE_COUNT; i++)
		if (!begin(ctx))
			return -1;
	return (double)(own_memory() - before) / IDLE_COUNT;
}

double idle_openssl(void)
{
	int ends[2], how;
	double cost = -1;
	pid_t pid;

	if (pipe(ends) || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		cost = openssl_cost();
		_exit(write(ends[1], &cost, sizeof(cost)) != sizeof(cost));
	}
	close(ends[1]);
	if (read(ends[0], &cost, sizeof(cost)) != sizeof(cost))
		cost = -1;
	close(ends[0]);
	waitpid(pid, &how, 0);
	return cost;
}
