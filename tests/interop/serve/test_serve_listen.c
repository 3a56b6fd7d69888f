/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the service listens: on the loopback interface unless it is told otherwise, on IPv4 where
 * there is no IPv6; and what it says when it cannot.
 */
#include "tests/interop/serve/service_process.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/lib/hex.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct service_process service;
static const char *no_ipv6;

static const char policy[] =
	"{\"identity\":{\"first_use\":true},\"measurements\":{\"4\":"
	"\"0000000000000000000000000000000000000000000000000000000000000000\"},"
	"\"allow_missing\":[2,3,11,12,15]}";

/* Starts with another --listen than the test's own; true when it listens. */
static bool listens_on(const char *address)
{
	const char *const options[] = {"--listen", address, NULL};

	return service_start(&service, options);
}

static void stop(void)
{
	CHECK(service_stop(&service, SIGTERM) == 0);
}

/* It refused to start, and its last words hold this. */
static bool refuses(const char *address, const char *words)
{
	if (!listens_on(address))
		return service_logged(&service, words);
	stop();
	return false;
}

static void test_addresses(void)
{
	CHECK(listens_on("127.0.0.1:0") && service.port != 0);
	stop();
	CHECK(listens_on("0.0.0.0:0") && service_logged(&service, "\"address\":\"0.0.0.0:"));
	stop();
	CHECK(listens_on("[::]:0") && service_logged(&service, "\"address\":\"[::]:"));
	CHECK(!service_logged_now(&service, "no-ipv6"));
	stop();
}

/* Whoever has the port on this machine: the address is in what the service says. */
static void test_default(void)
{
	const char *const args[] = {
		"serve", "--state", service.state, "--policy", service.policy, "--json", NULL};

	if (service_spawn(&service, args)) {
		CHECK(service_logged(&service, "\"address\":\"127.0.0.1:7443\""));
		CHECK(service_logged(&service, "loopback"));
		stop();
	} else {
		CHECK(service_logged(&service, "cannot listen on 127.0.0.1:7443: "));
	}
	/* Told to listen there, it does not wonder. */
	CHECK(listens_on("127.0.0.1:0") && !service_logged_now(&service, "loopback-only"));
	stop();
}

static void test_what_goes_wrong(void)
{
	const char *options[] = {"--listen", NULL, NULL};
	struct service_process second = service;
	char address[64], words[128];

	CHECK(refuses("192.0.2.1:7443", "cannot listen on 192.0.2.1:7443: "));
	CHECK(service_logged(&service, "no interface of this machine has that address"));
	CHECK(refuses("[2001:db8::1]:7443", "cannot listen on [2001:db8::1]:7443: "));
	REQUIRE(listens_on("127.0.0.1:0"));
	snprintf(address, sizeof(address), "127.0.0.1:%u", service.port);
	snprintf(words, sizeof(words), "cannot listen on %s: Address already in use", address);
	options[1] = address;
	snprintf(second.state, sizeof(second.state), "%s/second", scratch);
	snprintf(second.log, sizeof(second.log), "%s/log2", scratch);
	CHECK(!service_start(&second, options) && service_logged(&second, words));
	CHECK(service_logged(&second, "another program listens there"));
	stop();
}

static void test_without_ipv6(void)
{
	setenv("LD_PRELOAD", no_ipv6, 1);
	CHECK(listens_on("[::]:0") && service_logged(&service, "\"address\":\"0.0.0.0:"));
	CHECK(service_logged(&service, "no-ipv6"));
	stop();
	CHECK(refuses("[::1]:7443", "cannot listen on [::1]:7443: "));
	CHECK(service_logged(&service, "give --listen an IPv4 address"));
	unsetenv("LD_PRELOAD");
}

/* The next datagram that the service manager gets begins with this. */
static bool manager_hears(int fd, const char *words)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[256];
	ssize_t n = poll(&p, 1, 20000) == 1 ? recv(fd, text, sizeof(text) - 1, 0) : 0;

	text[n > 0 ? n : 0] = '\0';
	if (strncmp(text, words, strlen(words)) != 0)
		fprintf(stderr, "the service manager heard \"%s\"\n", text);
	return strncmp(text, words, strlen(words)) == 0;
}

/* A service manager's socket: a path, or a name of Linux's own. */
static void check_manager(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
	setenv("NOTIFY_SOCKET", name, 1);
	CHECK(listens_on("127.0.0.1:0") && manager_hears(fd, "READY=1"));
	CHECK(kill(service.pid, SIGHUP) == 0);
	CHECK(manager_hears(fd, "RELOADING=1\nMONOTONIC_USEC=") && manager_hears(fd, "READY=1"));
	stop();
	CHECK(manager_hears(fd, "STOPPING=1"));
	unsetenv("NOTIFY_SOCKET");
	close(fd);
}

static void test_service_manager(void)
{
	char name[200];

	snprintf(name, sizeof(name), "%.90s/notify", scratch);
	check_manager(name);
	unlink(name);
	snprintf(name, sizeof(name), "@protostar-test-%d", (int)getpid());
	check_manager(name);
}

/* The pin, in both forms, from a service that runs and from one that does not. */
static void test_pin(void)
{
	const char *args[] = {"serve", "--state", service.state, "--pin", NULL, NULL};
	char output[192], hex[65], words[128];

	snprintf(output, sizeof(output), "%.150s/pin", scratch);
	REQUIRE(listens_on("127.0.0.1:0"));
	hex_encode(service.pin, sizeof(service.pin), hex);
	for (int running = 1; running >= 0; running--) {
		args[4] = NULL;
		CHECK(service_run(&service, output, args) == 0);
		snprintf(words, sizeof(words), "pin: %s\n", hex);
		CHECK(service_count(&service, "../pin", words) == 1);
		args[4] = "--json";
		CHECK(service_run(&service, output, args) == 0);
		snprintf(words, sizeof(words), "{\"pin\":\"%s\"}\n", hex);
		CHECK(service_count(&service, "../pin", words) == 1);
		if (running)
			stop();
	}
	args[3] = "--init";
	CHECK(service_run(&service, output, args) == 0);
	CHECK(service_count(&service, "../pin", words) == 1);
	args[4] = "--pin";
	CHECK(service_run(&service, output, args) == 2);
	args[2] = scratch; /* no service's folder */
	args[3] = "--json";
	CHECK(service_run(&service, output, args) == 1);
	CHECK(service_count(&service, "../pin", "--init makes it") == 1);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	scratch_open();
	no_ipv6 = argv[2];
	service_at(&service, argv[1], scratch);
	service_policy(&service, policy);
	RUN(test_addresses);
	RUN(test_default);
	RUN(test_what_goes_wrong);
	RUN(test_without_ipv6);
	RUN(test_service_manager);
	RUN(test_pin);
	service_stop(&service, SIGKILL);
	scratch_close();
	return test_summary();
}
