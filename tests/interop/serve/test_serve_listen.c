/*
 * Where the service listens: on the loopback interface unless it is told otherwise, on IPv4 where
 * there is no IPv6; and what it says when it cannot.
 */
#include "tests/interop/serve/service_process.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>

static struct service_process service;
static const char *no_ipv6;

static const char policy[] =
	"{\"measurements\":{\"4\":"
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
	service_stop(&service, SIGKILL);
	scratch_close();
	return test_summary();
}
