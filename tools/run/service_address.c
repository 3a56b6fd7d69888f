/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/service_address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tools/lib/number.h"
#include "tools/lib/report.h"

#define LOOPBACK     "127.0.0.1"
#define QEMU_MACHINE "10.0.2.2" /* this machine on QEMU's user network, unless told */

/* The IPv4 address of a service; false for IPv6. */
static bool ipv4_of(const struct sockaddr_in6 *service, struct in_addr *out)
{
	if (!IN6_IS_ADDR_V4MAPPED(&service->sin6_addr))
		return false;
	memcpy(out, service->sin6_addr.s6_addr + 12, sizeof(*out));
	return true;
}

static struct in_addr address(const char *text)
{
	struct in_addr out;

	inet_pton(AF_INET, text, &out);
	return out;
}

/* The port of "127.0.0.1:PORT". */
static bool read_port(const char *wanted, uint16_t *out)
{
	const char *port = strrchr(wanted, ':');
	size_t len = port ? (size_t)(port - wanted) : 0;
	uint64_t number;

	if (!port || len != strlen(LOOPBACK) || strncmp(wanted, LOOPBACK, len) != 0)
		return complain("--service %s: it takes " LOOPBACK ":PORT, where protostar serve "
				"listens: the guest reaches no other address of this machine",
			wanted);
	if (!number_read(port + 1, 10, 1, UINT16_MAX, &number))
		return complain("--service %s: the port is a number from 1 to 65535", wanted);
	*out = (uint16_t)number;
	return true;
}

/* Whether a network of 256 addresses can be laid around it. */
static bool fits_network(struct in_addr a)
{
	uint32_t host = ntohl(a.s_addr), first = host >> 24, last = host & 0xff;

	return first != 0 && first != 127 && first < 224 && last != 0 && last != 255;
}

static void name_service(const struct sockaddr_in6 *service, char out[64])
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;
	bool is_v4 = ipv4_of(service, &v4);

	inet_ntop(is_v4 ? AF_INET : AF_INET6,
		is_v4 ? (const void *)&v4 : (const void *)&service->sin6_addr, text, sizeof(text));
	snprintf(out, 64, is_v4 ? "%s:%u" : "[%s]:%u", text, ntohs(service->sin6_port));
}

static bool refuse(const struct config *config, const char *wanted, uint16_t port)
{
	char name[64];

	if (!config->service_count)
		return complain("--service %s: the image looks for no join service, it waits for "
				"its operator",
			wanted);
	name_service(&config->services[0], name);
	return complain(
		"--service %s: the image looks for its join service at %s. Let protostar "
		"serve listen on 127.0.0.1:%u, or build the image with --service " QEMU_MACHINE
		":%u",
		wanted, name, ntohs(config->services[0].sin6_port), port);
}

bool service_locate(const struct config *config, const char *wanted, struct guest_network *out,
	uint16_t *out_port)
{
	uint16_t port = 0;
	struct in_addr own = address(QEMU_MACHINE), a;

	*out = (struct guest_network){.machine = own};
	*out_port = 0;
	if (wanted && !read_port(wanted, &port))
		return false;
	for (size_t i = 0; i < config->service_count; i++) {
		uint16_t of_image = ntohs(config->services[i].sin6_port);

		if (!ipv4_of(&config->services[i], &a))
			continue;
		if (wanted ? of_image == port && fits_network(a) : a.s_addr == own.s_addr) {
			out->machine = a;
			out->own_range = a.s_addr != own.s_addr;
			*out_port = of_image;
			return true;
		}
	}
	return !wanted || refuse(config, wanted, port);
}

void service_warn_if_silent(uint16_t port)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		report_error("warning: nobody listens on 127.0.0.1:%u, where the guest looks for "
			     "its join service: start protostar serve --listen 127.0.0.1:%u",
			port, port);
	if (fd >= 0)
		close(fd);
}
