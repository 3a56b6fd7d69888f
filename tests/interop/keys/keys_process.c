/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/keys/keys_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/aead.h"

#define PATIENCE_S 60
#define WORDS_MAX  24

static void nap(void)
{
	const struct timespec t = {.tv_nsec = 10000000};

	nanosleep(&t, NULL);
}

pid_t keys_start(const char *program, const char *log, int connection, const char *const *args)
{
	const char *words[WORDS_MAX] = {"protostar", "keys"};
	size_t count = 2;
	pid_t pid;
	int out;

	while (*args && count < WORDS_MAX - 1)
		words[count++] = *args++;
	pid = fork();
	if (pid)
		return pid;
	out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (connection < 0)
		connection = open("/dev/null", O_RDWR);
	if (out < 0 || dup2(connection, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	execv(program, (char *const *)(uintptr_t)words);
	_exit(127);
}

int keys_wait(pid_t pid)
{
	int how;

	for (int i = 0; i < PATIENCE_S * 100; i++) {
		if (waitpid(pid, &how, WNOHANG) == pid)
			return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
		nap();
	}
	kill(pid, SIGKILL);
	waitpid(pid, &how, 0);
	return -1;
}

int keys_stop(pid_t pid, int signal)
{
	kill(pid, signal);
	return keys_wait(pid);
}

void keys_patience(int fd)
{
	const struct timeval t = {.tv_sec = PATIENCE_S};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

int keys_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	keys_patience(fd);
	for (int i = 0; i < PATIENCE_S * 100; i++) {
		if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
			return fd;
		nap();
	}
	close(fd);
	return -1;
}

bool keys_send(int fd, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool keys_hear(int fd, struct keys_frame *out)
{
	static uint8_t bytes[KEYS_REPLY_MAX];
	size_t len = 0;

	for (;;) {
		long found = keys_frame_get((struct span){bytes, len}, sizeof(bytes), out);
		ssize_t n;

		if (found)
			return found > 0;
		n = recv(fd, bytes + len, len < KEYS_LENGTH_LEN ? KEYS_LENGTH_LEN - len : 1, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
}

bool keys_ended(int fd)
{
	uint8_t byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

bool keys_ask(int fd, const void *bytes, size_t len, enum keys_type answer, struct keys_frame *out)
{
	return keys_send(fd, bytes, len) && keys_hear(fd, out) && out->type == answer;
}

bool keys_lives(int fd)
{
	uint8_t frame[KEYS_HEAD_LEN];
	struct keys_frame answer;
	struct key_status status;
	struct wire_writer w;

	wire_write_start(&w, frame, sizeof(frame));
	keys_plain_put(&w, KEYS_STATUS, 77);
	return keys_ask(fd, frame, w.len, KEYS_VERSIONS, &answer) && answer.number == 77 &&
	       keys_versions_get(answer.body, &status) && status.count;
}

struct key_request keys_request(const struct kem_pair *node)
{
	static const uint8_t disk[DISK_ID_LEN] = "disk-0123456789", salt[DISK_SALT_LEN] = {7},
			     rd[32] = {8};
	const uint8_t *mlkem = kem_mlkem_pub(node);

	return (struct key_request){.tenant = "default",
		.disk_id = disk,
		.version = 1,
		.salt = salt,
		.join_material = {(const uint8_t *)"material", 8},
		.to = {node->p256.pub, {mlkem, mlkem ? MLKEM_PUBLIC_LEN : 0}},
		.rd = rd,
		.aad = {(const uint8_t *)"aad", 3}};
}

size_t keys_encode(const struct key_request *r, uint64_t number, uint8_t out[KEYS_REQUEST_MAX])
{
	static struct keys_seal_frame f;
	struct wire_writer w;

	if (!keys_seal_put(r, number, &f))
		return 0;
	wire_write_start(&w, out, KEYS_REQUEST_MAX);
	wire_put_bytes(&w, f.head, f.head_len);
	wire_put_bytes(&w, r->join_material.data, r->join_material.len);
	wire_put_bytes(&w, f.tail, f.tail_len);
	return w.failed ? 0 : w.len;
}

bool keys_open_sealed(const struct kem_pair *node, const struct key_request *r,
	const struct keys_frame *answer, struct secret *out)
{
	struct span wrapped;

	return answer->type == KEYS_SEALED && keys_sealed_get(answer->body, &wrapped) &&
	       !failed(wrap_open(
		       node, r->rd, r->aad.data, r->aad.len, wrapped.data, wrapped.len, out));
}

bool keys_file_has(const char *path, const char *text)
{
	static char bytes[65536];
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(bytes, 1, sizeof(bytes) - 1, f) : 0;

	bytes[len] = 0;
	if (f)
		fclose(f);
	return strstr(bytes, text);
}
