/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeds of the TLS fuzz targets still lead through the whole handshake: without that, fuzzing
 * would stop at the first record and nobody would notice. Argument: the corpus folder. When the
 * client's fails after a change of the profile, record_tls_seeds makes a new one.
 */
#include "tests/unit/test.h"

#include "tests/fuzz/tls_server_fuzz.h"
#include "tests/fuzz/tls_session_fuzz.h"

static const char *corpus;

static uint8_t input[16384];

static size_t seed(const char *name)
{
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", corpus, name);
	f = fopen(path, "rb");
	if (!f)
		return 0;
	len = fread(input, 1, sizeof(input), f);
	fclose(f);
	return len;
}

static void test_client_seed(void)
{
	static struct tls_session session;
	size_t len = seed("fuzz_tls_client/connection");

	REQUIRE(len > 0);
	fuzz_session_start(&session);
	fuzz_session_feed(&session, input, len);
	CHECK(tls_ready(&session));
	CHECK(!failed(tls_error(&session)));
	tls_close(&session);
}

static void test_server_seeds(void)
{
	struct fuzz_server_result r;
	size_t len = seed("fuzz_tls_server/data");

	REQUIRE(len > 1);
	r = fuzz_server_run(input, len);
	CHECK(r.was_ready && r.received == len - 1 && !r.fault);
	len = seed("fuzz_tls_server/behind-handshake");
	REQUIRE(len > 3);
	r = fuzz_server_run(input, len);
	CHECK(r.was_ready && !r.received && r.fault == TLS_BROKEN);
	len = seed("fuzz_tls_server/changed-certificate");
	REQUIRE(len > 3);
	r = fuzz_server_run(input, len);
	CHECK(!r.was_ready && r.changed && r.fault);
	len = seed("fuzz_tls_server/hello");
	REQUIRE(len > 1);
	r = fuzz_server_run(input, len);
	CHECK(!r.was_ready && !r.fault);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	corpus = argv[1];
	RUN(test_client_seed);
	RUN(test_server_seeds);
	return test_summary();
}
