/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/attest/endpoint.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "tools/lib/number.h"
#include "tools/serve/net/address.h"

#define BACKLOG 16

union address {
	struct sockaddr any;
	struct sockaddr_in6 ip;
	struct sockaddr_vm vm;
};

static bool number_up_to(const char *text, uint64_t max, uint64_t *out)
{
	return number_read(text, 10, 0, max, out);
}

/* What follows "vsock:". To listen the context is any. */
static bool parse_vsock(const char *text, bool to_listen, struct sockaddr_vm *out)
{
	const char *colon = strchr(text, ':');
	uint64_t cid = (uint32_t)VMADDR_CID_ANY, port;
	char first[16];

	if (to_listen == (colon != NULL))
		return false;
	if (colon) {
		size_t len = (size_t)(colon - text);

		if (len >= sizeof(first))
			return false;
		memcpy(first, text, len);
		first[len] = 0;
		if (!number_up_to(first, UINT32_MAX - 1, &cid))
			return false;
		text = colon + 1;
	}
	if (!number_up_to(text, UINT32_MAX - 1, &port))
		return false;
	*out = (struct sockaddr_vm){
		.svm_family = AF_VSOCK, .svm_cid = (unsigned)cid, .svm_port = (unsigned)port};
	return true;
}

static struct failure parse(const char *text, bool to_listen, union address *out, socklen_t *len)
{
	if (strncmp(text, "vsock:", 6) == 0) {
		*len = sizeof(out->vm);
		return parse_vsock(text + 6, to_listen, &out->vm)
			       ? failure_none()
			       : refuse("%s: %s", text,
					 to_listen ? "write vsock:PORT" : "write vsock:CID:PORT");
	}
	*len = sizeof(out->ip);
	return address_parse(text, &out->ip)
		       ? failure_none()
		       : refuse("%s: write ADDRESS:PORT with a literal address, [..] around IPv6",
				 text);
}

static struct failure system_refused(int fd, const char *what)
{
	struct failure f = refuse("%s: %s", what, strerror(errno));

	if (fd >= 0)
		close(fd);
	return f;
}

struct failure endpoint_listen(const char *text, int *out_fd)
{
	union address address = {.any = {.sa_family = AF_UNSPEC}};
	socklen_t len = 0;
	int fd, on = 1;

	TRY_FAILURE(parse(text, true, &address, &len));
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, &address.any, len) || listen(fd, BACKLOG))
		return system_refused(fd, text);
	*out_fd = fd;
	return failure_none();
}

int64_t endpoint_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True when the descriptor is ready before the deadline. */
static bool ready(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = deadline_ms - endpoint_now_ms();
	int n = left > 0 ? poll(&p, 1, (int)left) : 0;

	if (n == 0)
		errno = ETIMEDOUT;
	return n == 1;
}

struct failure endpoint_connect(const char *text, int *out_fd)
{
	union address address = {.any = {.sa_family = AF_UNSPEC}};
	socklen_t len = 0, error_len = sizeof(errno);
	int fd, error = 0;

	TRY_FAILURE(parse(text, false, &address, &len));
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || (connect(fd, &address.any, len) && errno != EINPROGRESS))
		return system_refused(fd, text);
	if (!ready(fd, POLLOUT, endpoint_now_ms() + ENDPOINT_TIMEOUT_MS) ||
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len))
		return system_refused(fd, text);
	errno = error;
	if (error)
		return system_refused(fd, text);
	*out_fd = fd;
	return failure_none();
}

struct failure endpoint_send(int fd, const uint8_t *frame, size_t len)
{
	int64_t deadline = endpoint_now_ms() + ENDPOINT_TIMEOUT_MS;

	while (len > 0) {
		ssize_t n = send(fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return system_refused(-1, "the connection");
		if (n < 0 && !ready(fd, POLLOUT, deadline))
			return system_refused(-1, "the connection");
		if (n > 0) {
			frame += n;
			len -= (size_t)n;
		}
	}
	return failure_none();
}

/* Fewer than len bytes: the peer closed the connection. */
static struct failure receive(int fd, uint8_t *buf, size_t len, int64_t deadline, size_t *out_got)
{
	*out_got = 0;
	while (*out_got < len) {
		ssize_t n = recv(fd, buf + *out_got, len - *out_got, MSG_DONTWAIT);

		if (n == 0)
			return failure_none();
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return system_refused(-1, "the connection");
		if (n < 0 && !ready(fd, POLLIN, deadline))
			return system_refused(-1, "the connection");
		if (n > 0)
			*out_got += (size_t)n;
	}
	return failure_none();
}

struct failure endpoint_receive(
	int fd, uint8_t *buf, size_t cap, uint8_t *out_type, struct span *out_body)
{
	int64_t deadline = endpoint_now_ms() + ENDPOINT_TIMEOUT_MS;
	uint8_t header[ATTEST_FRAME_HEADER_LEN];
	size_t got, len;

	*out_type = 0;
	TRY_FAILURE(receive(fd, header, sizeof(header), deadline, &got));
	if (got == 0)
		return failure_none();
	if (got < sizeof(header) || !attest_frame_header(header, out_type, &len) || len > cap)
		return refuse("the peer does not speak this protocol");
	TRY_FAILURE(receive(fd, buf, len, deadline, &got));
	if (got < len)
		return refuse("the peer closed the connection in the middle of a message");
	*out_body = (struct span){buf, len};
	return failure_none();
}
