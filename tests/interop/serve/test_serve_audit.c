/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit record of a running service: rotation by logrotate as the example has it, and as it
 * must not be; a disk that fails meanwhile; what a start finds; `protostar node audit`.
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/contract/errors.h"

static const char *example, *preload;

static const char *in_state(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", at.service.state, name);
	return path;
}

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", at.folder, name);
	return path;
}

/* A command of the shell, from the folder of the state; its exit code. */
__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...)
{
	char command[2048];
	size_t len = (size_t)snprintf(command, sizeof(command),
		"cd %s && PATH=$PATH:/usr/sbin:/sbin && P=%s && exec 2>&1 && ", at.service.state,
		at.service.program);
	va_list args;
	int how;

	va_start(args, format);
	vsnprintf(command + len, sizeof(command) - len, format, args);
	va_end(args);
	how = system(command); /* NOLINT(cert-env33-c): the test's own commands */
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static bool starts(void)
{
	if (!service_start(&at.service, NULL))
		return false;
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	return true;
}

static uint16_t boot(void)
{
	struct outcome o;

	return setting_boot(&at.a, disk_1, mac_1, &o);
}

/* The example with this folder and user, and a plain kill in place of systemd's. */
static void write_config(const char *path, const char *change)
{
	CHECK(shell("sed -e 's,/var/lib/protostar,%s,' -e 's,systemctl kill .*,kill -HUP %d,' "
		    "-e \"s,su .*,su $(id -un) $(id -gn),\" -e '%s' %s > %s && chmod 600 %s",
		      at.service.state, at.service.pid, change, example, path, path) == 0);
}

static int rotate(const char *config)
{
	return shell("logrotate --force --state %s/rotated %s", at.folder, config);
}

static void test_rotation(void)
{
	struct stat st;

	REQUIRE(service_start(&at.service, NULL));
	CHECK(boot() == 0);
	kill(at.service.pid, SIGHUP);
	CHECK(service_logged(&at.service, "\"event\":\"policy-reloaded\""));
	CHECK(shell("grep -c record-reopened %s", at.service.log) == 1); /* nothing was moved */
	write_config(in_folder("config"), "");
	CHECK(rotate(in_folder("config")) == 0);
	REQUIRE(service_logged(&at.service, "\"event\":\"record-reopened\""));
	CHECK(boot() == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"continued\"") == 1);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"commit\"") == 1);
	CHECK(service_count(&at.service, "audit.jsonl.1", "\"event\":\"commit\"") == 1);
	CHECK(stat(in_state("audit.jsonl"), &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(shell("$P node audit audit.jsonl.1 audit.jsonl | grep '1 to 5, fit'") == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(starts());
}

/* The second rotation compresses what the first one moved away; a pipe brings it back. */
static void test_compressed(void)
{
	REQUIRE(service_start(&at.service, NULL));
	write_config(in_folder("config"), "");
	CHECK(rotate(in_folder("config")) == 0);
	REQUIRE(service_logged(&at.service, "\"event\":\"record-reopened\""));
	CHECK(boot() == 0);
	CHECK(shell("zcat audit.jsonl.2.gz | $P node audit /dev/stdin audit.jsonl.1 audit.jsonl | "
		    "grep '1 to 8, fit'") == 0);
	CHECK(shell("$P node audit audit.jsonl.1 audit.jsonl | "
		    "grep 'line 3 goes on from a file that was not given'") == 0);
	CHECK(shell("$P node audit audit.jsonl audit.jsonl.1") == 1);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(starts());
}

/* logrotate's create: an empty file lies there already. */
static void test_created(void)
{
	REQUIRE(service_start(&at.service, NULL));
	write_config(in_folder("config"), "s,nocreate,create 0640,");
	CHECK(rotate(in_folder("config")) == 0);
	REQUIRE(service_logged(&at.service, "\"event\":\"record-reopened\""));
	CHECK(boot() == 0);
	CHECK(shell("$P node audit audit.jsonl.1 audit.jsonl") == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(starts());
}

/* Without a word to the service: it writes on into the old file, and the next start goes on. */
static void test_moved_without_signal(void)
{
	REQUIRE(service_start(&at.service, NULL));
	REQUIRE(rename(in_state("audit.jsonl"), in_state("moved")) == 0);
	CHECK(boot() == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(service_count(&at.service, "moved", "\"event\":\"commit\"") == 2);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(service_logged(&at.service, "\"event\":\"record-missing\""));
	CHECK(boot() == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"missing\":true") == 1);
	CHECK(shell("$P node audit moved audit.jsonl") == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* No key leaves that cannot be recorded where the record goes on; a restart goes on. */
static void test_copytruncate(void)
{
	REQUIRE(service_start(&at.service, NULL));
	write_config(in_folder("config"), "s,nocreate,copytruncate,");
	CHECK(rotate(in_folder("config")) == 0);
	CHECK(service_logged(&at.service, "another has truncated the audit record"));
	CHECK(boot() == E_DENY_INTERNAL);
	CHECK(boot() == E_DENY_INTERNAL);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "seq") == 0);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(service_logged(&at.service, "\"event\":\"record-missing\""));
	CHECK(boot() == 0);
	CHECK(shell("$P node audit audit.jsonl.1 audit.jsonl") == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* What lies where the new file should be is left alone, and the old one goes on being used. */
static void test_path_taken(void)
{
	REQUIRE(service_start(&at.service, NULL));
	REQUIRE(rename(in_state("audit.jsonl"), in_state("moved")) == 0);
	CHECK(shell("echo mine > audit.jsonl") == 0);
	kill(at.service.pid, SIGHUP);
	CHECK(service_logged(&at.service, "\"event\":\"record-kept\""));
	CHECK(boot() == 0);
	CHECK(shell("grep -qx mine audit.jsonl") == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(!starts());
	CHECK(service_logged(&at.service, "the first line does not fit the chain"));
	REQUIRE(rename(in_state("moved"), in_state("audit.jsonl")) == 0);
	CHECK(starts());
}

/* Whether the new file's first line is on disk is not known: nothing is granted on either. */
static void test_disk_fails_meanwhile(void)
{
	setenv("FAILING_FILES", in_folder("fault"), 1);
	setenv("LD_PRELOAD", preload, 1);
	REQUIRE(service_start(&at.service, NULL));
	unsetenv("LD_PRELOAD");
	CHECK(boot() == 0);
	REQUIRE(rename(in_state("audit.jsonl"), in_state("moved")) == 0);
	CHECK(shell("printf audit-sync > %s", in_folder("fault")) == 0);
	kill(at.service.pid, SIGHUP);
	CHECK(service_logged(&at.service, "\"event\":\"record-kept\""));
	unlink(in_folder("fault"));
	CHECK(boot() == E_DENY_INTERNAL);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(boot() == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(shell("$P node audit moved audit.jsonl") == 0);
}

/* Cut at a line's border: the chain alone would not tell. */
static void test_cut_end(void)
{
	CHECK(shell("cp audit.jsonl whole && sed -i '$d' audit.jsonl") == 0);
	CHECK(shell("$P node audit audit.jsonl") == 0);
	CHECK(!starts());
	CHECK(service_logged(&at.service, "lines were cut off its end"));
	CHECK(shell("tail -n +2 whole > audit.jsonl") == 0);
	CHECK(!starts());
	CHECK(service_logged(&at.service, "its start was moved away"));
	CHECK(shell("cp whole audit.jsonl") == 0);
	CHECK(starts());
}

static void test_undecodable_evidence(void)
{
	struct client c;
	struct evidence e;
	struct outcome o;
	unsigned before;

	REQUIRE(service_start(&at.service, NULL));
	before = service_count(&at.service, "audit.jsonl", "\"seq\"");
	for (unsigned cut = 1; cut < 3; cut++) {
		setting_connect(&c);
		evidence_make(&e, &c, &at.a, disk_1);
		e.claims_len -= cut;
		client_join(&c, &e, &at.a, &o);
		CHECK(o.type == MSG_DENY && o.code == E_DENY_PROTOCOL);
		evidence_free(&e);
		client_close(&c);
	}
	CHECK(service_logged(&at.service, "the claims cannot be decoded"));
	CHECK(service_count(&at.service, "audit.jsonl", "\"seq\"") == before);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static void test_command(void)
{
	CHECK(shell("$P node audit --help | grep -q 'oldest first'") == 0);
	CHECK(shell("$P node audit") == 2);
	CHECK(shell("$P node audit --nonsense whole") == 2);
	CHECK(shell("$P node audit whole absent") == 2);
	CHECK(shell("sed 's/commit/comnit/' whole > changed; $P node audit changed") == 1);
	CHECK(shell("printf '{\"seq' >> whole; $P node audit whole | grep 'not whole'") == 0);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	setting_open(argv[1]);
	preload = argv[2];
	example = argv[3];
	RUN(test_rotation);
	RUN(test_compressed);
	RUN(test_created);
	RUN(test_moved_without_signal);
	RUN(test_copytruncate);
	RUN(test_path_taken);
	RUN(test_disk_fails_meanwhile);
	RUN(test_cut_end);
	RUN(test_undecodable_evidence);
	RUN(test_command);
	service_stop(&at.service, SIGKILL);
	setting_close();
	return test_summary();
}
