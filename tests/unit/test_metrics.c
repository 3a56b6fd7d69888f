/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters for monitoring: what the file says, and when it is written. */
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

#include <fcntl.h>

#include "early/contract/errors.h"
#include "tools/serve/log/clock.h"
#include "tools/serve/log/metrics.h"

static struct log quiet = {.fd = -1};
static struct metrics m;

static const char *text(void)
{
	static char all[16384];
	FILE *f = fopen(scratch_path("node.prom"), "r");

	all[f ? fread(all, 1, sizeof(all) - 1, f) : 0] = 0;
	if (f)
		fclose(f);
	return all;
}

static bool says(const char *line)
{
	const char *at = strstr(text(), line);

	return at && (at == text() || at[-1] == '\n') && at[strlen(line)] == '\n';
}

static void test_file(void)
{
	m = (struct metrics){.path = ""};
	CHECK(done(metrics_open(&m, scratch_path("node.prom"))));
	CHECK(says("protostar_alarms_total 0") && says("protostar_grants_total 0"));
	CHECK(says("# TYPE protostar_alarms_total counter") && !strstr(text(), "code="));
	metrics_count(&m, METRIC_GRANT);
	metrics_count(&m, METRIC_COMMIT);
	metrics_count(&m, METRIC_ABORT);
	metrics_count(&m, METRIC_ALARM);
	metrics_count(&m, METRIC_ALARM);
	metrics_count_denial(&m, E_DENY_NODE_DISK);
	metrics_count_denial(&m, METRICS_DENY_MIN);
	metrics_count_denial(&m, METRICS_DENY_MIN + METRICS_DENIALS - 1);
	/* No codes of denials. */
	metrics_count_denial(&m, METRICS_DENY_MIN - 1);
	metrics_count_denial(&m, METRICS_DENY_MIN + METRICS_DENIALS);
	metrics_close(&m, &quiet);
	CHECK(says("protostar_grants_total 1") && says("protostar_commits_total 1"));
	CHECK(says("protostar_aborts_total 1") && says("protostar_alarms_total 2"));
	CHECK(says("protostar_denials_total{code=\"612\"} 1"));
	CHECK(says("protostar_denials_total{code=\"600\"} 1"));
	CHECK(says("protostar_denials_total{code=\"649\"} 1"));
	CHECK(access(scratch_path("node.prom.new"), F_OK) != 0);
}

/* How things stand, with as many versions as there can be. */
static void test_state(void)
{
	m = (struct metrics){.path = ""};
	CHECK(done(metrics_open(&m, scratch_path("node.prom"))));
	CHECK(!strstr(text(), "protostar_revocations") && !strstr(text(), "protostar_disks"));
	m.state = (struct metrics_state){.known = true, .revocations = 3};
	m.state.version_count = METRICS_VERSIONS;
	for (unsigned i = 0; i < METRICS_VERSIONS; i++) {
		m.state.versions[i].version = UINT32_MAX - i;
		m.state.versions[i].disks = UINT64_MAX - i;
	}
	metrics_count(&m, METRIC_ROTATION);
	metrics_close(&m, &quiet);
	CHECK(says("protostar_rotations_total 1") && says("protostar_revocations 3"));
	CHECK(says("# TYPE protostar_disks gauge"));
	CHECK(says("protostar_disks{version=\"4294967295\"} 18446744073709551615"));
	CHECK(says("protostar_disks{version=\"4294967232\"} 18446744073709551552"));
}

/* Everything at its longest is there to the last line. */
static void test_longest_file(void)
{
	for (unsigned i = 0; i < METRICS; i++)
		m.counts[i] = UINT64_MAX;
	for (unsigned i = 0; i < METRICS_DENIALS; i++)
		m.denials[i] = UINT64_MAX - 1;
	metrics_count_denial(&m, METRICS_DENY_MIN + METRICS_DENIALS - 1);
	metrics_close(&m, &quiet);
	CHECK(says("protostar_denials_total{code=\"649\"} 18446744073709551615"));
	CHECK(says("protostar_alarms_total 18446744073709551615"));
}

static void test_when(void)
{
	uint64_t before = now_ms(), due;

	m = (struct metrics){.path = ""};
	metrics_count(&m, METRIC_GRANT);
	CHECK(metrics_due(&m) == UINT64_MAX); /* nobody wants a file */
	CHECK(done(metrics_open(&m, scratch_path("node.prom"))));
	CHECK(metrics_due(&m) == UINT64_MAX && says("protostar_grants_total 1"));
	metrics_count(&m, METRIC_GRANT);
	due = metrics_due(&m);
	CHECK(due >= before + METRICS_MS && due <= now_ms() + METRICS_MS);
	metrics_count(&m, METRIC_GRANT);
	CHECK(metrics_due(&m) == due); /* however much happens */
	m.due_ms = UINT64_MAX - 1;
	metrics_write(&m, &quiet);
	CHECK(says("protostar_grants_total 1"));
	m.due_ms = 1;
	metrics_write(&m, &quiet);
	CHECK(says("protostar_grants_total 3") && metrics_due(&m) == UINT64_MAX);
}

/* A file that cannot be written is no reason to stop; the log says so once. */
static void test_unwritable(void)
{
	char said[1024];
	int log[2];

	m = (struct metrics){.path = ""};
	CHECK(!done(metrics_open(&m, scratch_path("no/such/folder"))));
	if (pipe2(log, O_NONBLOCK))
		abort();
	for (unsigned i = 0; i < 2; i++) {
		struct log noisy = {.fd = log[1], .json = true};

		metrics_count(&m, METRIC_GRANT);
		metrics_close(&m, &noisy);
		CHECK((read(log[0], said, sizeof(said)) > 0) == (i == 0));
	}
	close(log[0]);
	close(log[1]);
}

int main(void)
{
	scratch_open();
	RUN(test_file);
	RUN(test_state);
	RUN(test_longest_file);
	RUN(test_when);
	RUN(test_unwritable);
	scratch_close();
	return test_summary();
}
