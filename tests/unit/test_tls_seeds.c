/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seeds of the TLS fuzz targets still lead through the whole handshake: without that, fuzzing
 * would stop at the first record and nobody would notice. Argument: the corpus folder. When this
 * fails after a change of the profile, record_tls_seeds makes new ones.
 */
#include "tests/unit/test.h"

#include "tests/fuzz/tls_session_fuzz.h"

static const char *corpus;

static void replay(const char *name, bool is_client)
{
	static struct tls_session session;
	uint8_t input[16384];
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/connection", corpus, name);
	f = fopen(path, "rb");
	REQUIRE(f != NULL);
	len = fread(input, 1, sizeof(input), f);
	fclose(f);
	fuzz_session_start(&session, is_client);
	fuzz_session_feed(&session, input, len);
	CHECK(tls_ready(&session));
	CHECK(!failed(tls_error(&session)));
	tls_close(&session);
}

static void test_client_seed(void)
{
	replay("fuzz_tls_client", true);
}

static void test_server_seed(void)
{
	replay("fuzz_tls_server", false);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	corpus = argv[1];
	RUN(test_client_seed);
	RUN(test_server_seed);
	return test_summary();
}
