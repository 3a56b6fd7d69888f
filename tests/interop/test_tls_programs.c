/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TLS profile against the programs `openssl s_server` and `openssl s_client`, over a socket in
 * the file system, as a person at a shell would try it.
 */
#include "crypto/errors.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/tls.h"
#include "tools/serve/tls/session.h"

#define DEADLINE_MS 20000

static char folder[] = "/tmp/protostar-openssl-XXXXXX";
static struct tls_session session;
static struct tls_server *server;
static struct server_session *served;
static struct key_pair own_key;
static struct tls_identity own;
static uint8_t pin[1][32];

/* OpenSSL with this standard input; its output goes to a file of the folder. */
static pid_t spawn_openssl(const char *options, int *out_stdin)
{
	char command[1024];
	int ends[2];
	pid_t pid;

	snprintf(command, sizeof(command), "exec openssl %s >openssl.log 2>&1", options);
	if (pipe(ends))
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(ends[0], 0);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	*out_stdin = ends[1];
	return pid;
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strcpy(a.sun_path, "socket");
	return a;
}

static int connect_to_server(void)
{
	struct sockaddr_un a = address();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < DEADLINE_MS / 20; i++) {
		if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
			return fd;
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	}
	close(fd);
	return -1;
}

/* One turn of moving bytes; false when the connection is over. */
static bool move_once(int fd)
{
	struct pollfd p = {.fd = fd};
	size_t len;
	uint8_t *buf;
	ssize_t n;

	if (tls_state(&session) == TLS_CLOSED)
		return false;
	p.events = tls_state(&session) & TLS_CAN_SEND ? POLLOUT : POLLIN;
	if (poll(&p, 1, DEADLINE_MS) != 1)
		return false;
	if (p.events == POLLOUT) {
		buf = tls_send_buf(&session, &len);
		n = send(fd, buf, len, MSG_NOSIGNAL);
		if (n > 0)
			tls_send_ack(&session, (size_t)n);
	} else {
		buf = tls_recv_buf(&session, &len);
		n = recv(fd, buf, len, 0);
		if (n > 0)
			tls_recv_ack(&session, (size_t)n);
	}
	return n > 0;
}

static void handshake(int fd)
{
	while (!tls_ready(&session) && move_once(fd))
		;
}

/* Waits for a line of the peer and compares it. */
static bool hear(int fd, const char *line)
{
	uint8_t got[64];
	size_t have = 0, want = strlen(line);

	while (have < want) {
		size_t n = tls_read(&session, got + have, want - have);

		have += n;
		if (!n && !move_once(fd))
			return false;
	}
	return !memcmp(got, line, want);
}

static void stop(pid_t pid, int in, int fd)
{
	close(in);
	close(fd);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	tls_close(&session);
}

/* Our client against s_server with these options. */
static uint16_t client_verdict(const char *options)
{
	char command[768];
	uint16_t code = UINT16_MAX;
	int in, fd;
	pid_t pid;

	unlink("socket");
	snprintf(command, sizeof(command), "s_server -unix socket -quiet %s", options);
	pid = spawn_openssl(command, &in);
	fd = connect_to_server();
	if (fd >= 0 && !failed(tls_client_start(&session, &own, (const uint8_t(*)[32])pin, 1))) {
		handshake(fd);
		code = tls_error(&session).code;
		if (tls_ready(&session)) {
			CHECK(write(in, "hello node\n", 11) == 11);
			CHECK(hear(fd, "hello node\n"));
		}
		CHECK(tls_ready(&session) == !code);
	}
	stop(pid, in, fd);
	return code;
}

/* One turn of the service's session; false when the connection is over. */
static bool serve_once(int fd)
{
	struct pollfd p = {.fd = fd};
	size_t len;
	uint8_t *buf;
	ssize_t n;

	if (session_state(served) & SESSION_CLOSED)
		return false;
	p.events = session_state(served) & SESSION_CAN_SEND ? POLLOUT : POLLIN;
	if (poll(&p, 1, DEADLINE_MS) != 1)
		return false;
	if (p.events == POLLOUT) {
		buf = session_send_buf(served, &len);
		n = send(fd, buf, len, MSG_NOSIGNAL);
		if (n > 0)
			session_send_ack(served, (size_t)n);
	} else {
		buf = session_recv_buf(served, &len);
		n = recv(fd, buf, len, 0);
		if (n > 0)
			session_recv_ack(served, (size_t)n);
	}
	return n > 0;
}

/* Waits for a line of s_client and compares it. */
static bool serve_line(int fd, const char *line)
{
	uint8_t got[64];
	size_t have = 0, want = strlen(line);

	while (have < want) {
		size_t n = session_read(served, got + have, want - have);

		have += n;
		if (!n && !serve_once(fd))
			return false;
	}
	return !memcmp(got, line, want);
}

static int wait_for_client(int listener)
{
	int fd = -1;

	if (poll(&(struct pollfd){listener, POLLIN, 0}, 1, DEADLINE_MS) == 1)
		fd = accept(listener, NULL, NULL);
	close(listener);
	return fd;
}

/* s_client with these options against our server; `line` is what it is told to type. */
static enum tls_fault server_verdict(const char *options, const char *line)
{
	struct sockaddr_un a = address();
	char command[768];
	enum tls_fault fault = TLS_FAULTS;
	int in = -1, fd, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink("socket");
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) || listen(listener, 1))
		return fault;
	snprintf(command, sizeof(command), "s_client -unix socket %s", options);
	pid = spawn_openssl(command, &in);
	fd = wait_for_client(listener);
	served = session_open(server);
	if (fd >= 0 && served) {
		while (!session_ready(served) && serve_once(fd))
			;
		if (session_ready(served)) {
			CHECK(write(in, line, strlen(line)) == (ssize_t)strlen(line));
			CHECK(serve_line(fd, line) == (line[0] != 'R'));
		}
		fault = session_fault(served);
	}
	session_close(served);
	stop(pid, in, fd);
	return fault;
}

/* Keys and certificates by OpenSSL alone, and the pin as an operator makes it. */
static void make_certificates(void)
{
	static const char script[] =
		"exec 2>openssl.log; "
		"ec='openssl genpkey -algorithm EC -pkeyopt'; "
		"$ec ec_paramgen_curve:P-256 -out p256.key && "
		"$ec ec_paramgen_curve:P-384 -out p384.key && "
		"openssl genpkey -algorithm RSA -out rsa.key && "
		"for k in p256 p384 rsa; do "
		"openssl req -x509 -new -key $k.key -subj /CN=$k -days 2 -out $k.pem; done && "
		"openssl pkey -in p256.key -pubout -outform DER | "
		"openssl dgst -sha256 -binary >pin";
	FILE *f;

	REQUIRE(mkdtemp(folder) != NULL && chdir(folder) == 0);
	REQUIRE(system(script) == 0);
	f = fopen("pin", "rb");
	REQUIRE(f != NULL);
	CHECK(fread(pin[0], 1, 32, f) == 32);
	fclose(f);
}

#define SERVE "-cert p256.pem -key p256.key -alpn protostar/1 -Verify 1 "

static void test_client_against_s_server(void)
{
	CHECK(client_verdict(SERVE "-tls1_2") == 0);
	CHECK(client_verdict(SERVE) == 0);
	CHECK(client_verdict(SERVE "-tls1_3") == E_TLS_ALERT);
	CHECK(client_verdict(SERVE "-tls1_1 -cipher ALL:@SECLEVEL=0") == E_TLS_ALERT);
	CHECK(client_verdict(SERVE "-cipher ECDHE-ECDSA-AES128-GCM-SHA256") == E_TLS_ALERT);
	CHECK(client_verdict(SERVE "-groups X25519") == E_TLS_ALERT);
	CHECK(client_verdict(SERVE "-groups P-384") == E_TLS_ALERT);
	CHECK(client_verdict("-cert p256.pem -key p256.key -Verify 1") == E_TLS_SERVER_ALPN);
	CHECK(client_verdict("-cert p256.pem -key p256.key -Verify 1 -alpn h2") == E_TLS_ALERT);
	CHECK(client_verdict("-cert p256.pem -key p256.key -alpn protostar/1") == E_TLS_NOT_ASKED);
	CHECK(client_verdict("-cert rsa.pem -key rsa.key -alpn protostar/1 -Verify 1") ==
		E_TLS_ALERT);
	pin[0][0] ^= 1;
	CHECK(client_verdict(SERVE) == E_TLS_PIN);
	pin[0][0] ^= 1;
}

#define CONNECT "-cert p256.pem -key p256.key -alpn protostar/1 "

static void test_server_against_s_client(void)
{
	CHECK(server_verdict(CONNECT "-tls1_2", "hello service\n") == TLS_FINE);
	CHECK(server_verdict(CONNECT, "hello service\n") == TLS_FINE);
	CHECK(server_verdict(CONNECT, "R\n") == TLS_RENEGOTIATION);
	CHECK(server_verdict(CONNECT "-tls1_3", "") == TLS_NOTHING_COMMON);
	CHECK(server_verdict(CONNECT "-tls1_1 -cipher ALL:@SECLEVEL=0", "") == TLS_TOO_OLD);
	CHECK(server_verdict(CONNECT "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256", "") ==
		TLS_NOTHING_COMMON);
	CHECK(server_verdict(CONNECT "-tls1_2 -groups X25519", "") == TLS_NOTHING_COMMON);
	CHECK(server_verdict(CONNECT "-tls1_2 -groups P-384", "") == TLS_NOTHING_COMMON);
	CHECK(server_verdict("-cert p256.pem -key p256.key", "") == TLS_NO_ALPN);
	CHECK(server_verdict("-cert p256.pem -key p256.key -alpn h2", "") == TLS_OTHER_ALPN);
	CHECK(server_verdict("-alpn protostar/1", "") == TLS_NO_CERTIFICATE);
	CHECK(server_verdict("-cert rsa.pem -key rsa.key -alpn protostar/1", "") ==
		TLS_NO_CERTIFICATE);
	CHECK(server_verdict("-cert p384.pem -key p384.key -alpn protostar/1", "") ==
		TLS_CERTIFICATE_FORM);
}

static void clean_up(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK(chdir("/") == 0 && system(command) == 0);
}

int main(void)
{
	if (failed(secret_pool_open(1 << 16)) || failed(random_open()) ||
		failed(key_generate(&own_key)))
		return 1;
	tls_identity_make(&own, &own_key);
	if (tls_server_open(&own_key, &server).happened)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	RUN(make_certificates);
	RUN(test_client_against_s_server);
	RUN(test_server_against_s_client);
	RUN(clean_up);
	tls_server_close(server);
	key_free(&own_key);
	secret_pool_close();
	return test_summary();
}
