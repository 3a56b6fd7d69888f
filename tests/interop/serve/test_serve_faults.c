/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service when things go wrong around it: power cuts, a failing disk, a damaged audit
 * record, files that others could read, an end in the middle of a join. No key leaves that was not
 * recorded, and nothing that was acknowledged is lost.
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "early/contract/errors.h"

static char fault_file[128];

static void set_fault(const char *what)
{
	FILE *f;

	unlink(fault_file);
	if (!what)
		return;
	f = fopen(fault_file, "w");
	if (!f || fputs(what, f) < 0 || fclose(f))
		exit(1);
}

static uint64_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

static const char *in_state(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", at.service.state, name);
	return path;
}

static void test_init(void)
{
	const char *const init[] = {"serve", "--state", at.service.state, "--init", NULL};
	char output[192], pin[80] = "pin: ";
	struct stat st;

	snprintf(output, sizeof(output), "%s/init", at.folder);
	CHECK(service_run(&at.service, output, init) == 0);
	CHECK(stat(at.service.state, &st) == 0 && (st.st_mode & 0777) == 0700);
	CHECK(stat(in_state("kek"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(stat(in_state("service-key.der"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(stat(in_state("store.sqlite"), &st) == 0 && (st.st_mode & 077) == 0);
	CHECK(stat(in_state("audit.jsonl"), &st) == 0 && (st.st_mode & 077) == 0);
	REQUIRE(service_start(&at.service, NULL));
	for (size_t i = 0; i < 32; i++)
		snprintf(pin + 5 + 2 * i, 3, "%02x", at.service.pin[i]);
	CHECK(service_count(&at.service, "../init", pin) == 1);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static void test_power_cut_between_grant_and_commit(void)
{
	struct client c;
	struct outcome before, after, last;

	REQUIRE(service_start(&at.service, NULL));
	setting_join(&c, &at.a, disk_1, &before);
	CHECK(before.type == MSG_GRANT && before.grant.action == ACTION_FORMAT);
	CHECK(service_stop(&at.service, SIGKILL) == -1);
	client_commit(&c, &before, mac_1, &last);
	CHECK(last.type == 0);
	client_close(&c);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &after) == 0);
	CHECK(after.grant.action == ACTION_FORMAT && !after.challenged);
	CHECK_BYTES(before.disk_key, after.disk_key, DISK_KEY_LEN);
	/* The ACK is a promise. */
	CHECK(service_stop(&at.service, SIGKILL) == -1);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &after) == 0);
	CHECK(after.grant.action == ACTION_OPEN && after.grant.generation == 1);
	CHECK_BYTES(after.grant.header_mac, mac_1, 32);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static void test_abort(void)
{
	static const uint8_t abort_530[] = {0, 0, 0, 4, MSG_ABORT, 1, 0x02, 0x12};
	struct client c;
	struct outcome o;
	struct span body;

	REQUIRE(service_start(&at.service, NULL));
	setting_join(&c, &at.a, disk_1, &o);
	CHECK(o.type == MSG_GRANT);
	CHECK(client_send(&c, abort_530, sizeof(abort_530)));
	CHECK(client_receive(&c, &body) == 0);
	client_close(&c);
	CHECK(service_count(&at.service, "audit.jsonl", "\"node_code\":530") == 1);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* The code of a join while the disk fails in the way named; no grant may come. */
static uint16_t code_under(const char *fault, struct machine *m, const uint8_t *disk)
{
	struct client c;
	struct outcome o;

	set_fault(fault);
	setting_join(&c, m, disk, &o);
	client_close(&c);
	set_fault(NULL);
	CHECK(o.type != MSG_GRANT && (o.type != MSG_DENY || o.retry_after_ms));
	return o.type == MSG_DENY ? o.code : 0;
}

static void test_failing_disk(const char *preload)
{
	struct client c;
	struct outcome o, last;

	setenv("FAILING_FILES", fault_file, 1);
	setenv("LD_PRELOAD", preload, 1);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(code_under("audit-write", &at.b, disk_2) == E_DENY_INTERNAL);
	CHECK(service_count(&at.service, "audit.jsonl", "\"disk\":\"d2") == 0);
	/* Nothing was stored, so the next join is a first one; and the record has no half line. */
	setting_join(&c, &at.b, disk_2, &o);
	CHECK(o.type == MSG_GRANT && o.challenged && o.grant.action == ACTION_FORMAT);
	set_fault("audit-write");
	client_commit(&c, &o, mac_1, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_INTERNAL);
	set_fault(NULL);
	client_close(&c);
	CHECK(code_under("store-sync", &at.b, disk_2) == E_DENY_INTERNAL);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_try(&at.b, disk_2) == 0);
	/* After an fsync that failed nobody knows what is on disk: no grant until a restart. */
	CHECK(code_under("audit-sync", &at.b, disk_2) == E_DENY_INTERNAL);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_INTERNAL);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	unsetenv("LD_PRELOAD");
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static bool starts(void)
{
	if (!service_start(&at.service, NULL))
		return false;
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	return true;
}

static void test_damaged_audit_record(void)
{
	FILE *f = fopen(in_state("audit.jsonl"), "r+");

	REQUIRE(f != NULL);
	fseek(f, 0, SEEK_END);
	fputs("{\"seq\":99,\"time\":\"2026", f); /* what a crash may leave */
	fclose(f);
	CHECK(starts());
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"repair\"") == 1);
	f = fopen(in_state("audit.jsonl"), "r+");
	REQUIRE(f != NULL);
	fseek(f, 200, SEEK_SET);
	fputc('!', f);
	fclose(f);
	CHECK(!starts());
	CHECK(service_logged(&at.service, "the first line does not fit the chain"));
	unlink(in_state("audit.jsonl"));
	CHECK(starts());
}

static void test_files_of_others(void)
{
	chmod(in_state("kek"), 0640);
	CHECK(!starts());
	CHECK(service_logged(&at.service, "others may have read it"));
	chmod(in_state("kek"), 0600);
	chmod(in_state("service-key.der"), 0604);
	CHECK(!starts());
	chmod(in_state("service-key.der"), 0600);
	chmod(at.service.state, 0770);
	CHECK(!starts());
	chmod(at.service.state, 0700);
	CHECK(starts());
}

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		exit(2);
}

/* Keys and policy as Kubernetes mounts a Secret: links, through a link to a folder. */
static void test_files_behind_links(void)
{
	const char *const kek[] = {"--kek", NULL, NULL};
	const char *args[3];
	const struct service_process before = at.service;
	const char *policy = before.policy;
	char path[192];

	memcpy(args, kek, sizeof(args));
	snprintf(path, sizeof(path), "%s/secret/kek", at.folder);
	args[1] = path;
	shell("cd %s && mkdir -p secret/..data_1 && mv %s secret/..data_1/kek && "
	      "cp -p %s secret/..data_1/policy.json && cd secret && ln -s ..data_1 ..data && "
	      "ln -s ..data/kek kek && ln -s ..data/policy.json policy.json",
		at.folder, in_state("kek"), policy);
	snprintf(at.service.policy, sizeof(at.service.policy), "%s/secret/policy.json", at.folder);
	CHECK(service_start(&at.service, args));
	CHECK(setting_try(&at.a, disk_1) == 0);
	/* SIGHUP reads what the links lead to now; what others may write to is not taken. */
	shell("cd %s/secret && cp -rp ..data_1 ..data_2 && chmod 666 ..data_2/policy.json && "
	      "ln -sfn ..data_2 ..data",
		at.folder);
	kill(at.service.pid, SIGHUP);
	CHECK(service_logged(&at.service, "\"event\":\"policy-kept\""));
	CHECK(service_logged(&at.service, "others may have written it"));
	CHECK(setting_try(&at.a, disk_1) == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(!service_start(&at.service, args));
	at.service = before;
	shell("cd %s && mv secret/..data_1/kek %s && rm -r secret", at.folder, in_state("kek"));
	CHECK(starts());
}

static void test_one_process_per_state(void)
{
	struct service_process second = at.service;

	REQUIRE(service_start(&at.service, NULL));
	snprintf(second.log, sizeof(second.log), "%s/log2", at.folder);
	CHECK(!service_start(&second, NULL));
	CHECK(service_logged(&second, "another service is running"));
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static void test_end_waits_for_commits(void)
{
	struct client c, idle;
	struct outcome o, last;
	uint64_t began;

	REQUIRE(service_start(&at.service, NULL));
	setting_connect(&idle);
	setting_join(&c, &at.a, disk_1, &o);
	CHECK(o.type == MSG_GRANT);
	kill(at.service.pid, SIGTERM);
	CHECK(service_logged(&at.service, "\"event\":\"stopping\""));
	CHECK(client_connect(at.service.port) < 0);
	client_commit(&c, &o, mac_1, &last);
	CHECK(last.type == MSG_ACK);
	client_close(&c);
	client_close(&idle);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	/* Nor for who was told already, however long he keeps the connection. */
	REQUIRE(service_start(&at.service, NULL));
	setting_join(&c, &at.a, disk_1, &o);
	client_commit(&c, &o, mac_1, &last);
	CHECK(last.type == MSG_ACK);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(service_logged(
		&at.service, "\"event\":\"stopping\",\"granted\":0,\"text\":\"no node"));
	CHECK(service_logged(&at.service, "\"event\":\"stopped\",\"uncommitted\":0"));
	client_close(&c);
	/* But not for ever. */
	REQUIRE(service_start(&at.service, NULL));
	setting_join(&c, &at.a, disk_1, &o);
	began = seconds();
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(seconds() - began >= 4);
	CHECK(service_logged(&at.service, "\"granted\":1,\"text\":\"waiting for the commits"));
	CHECK(service_logged(&at.service, "\"event\":\"stopped\",\"uncommitted\":1"));
	client_close(&c);
}

static void test_join_material(void)
{
	char extra[256], path[192];
	struct outcome o;
	FILE *f;

	snprintf(path, sizeof(path), "%s/material", at.folder);
	f = fopen(path, "w");
	REQUIRE(f != NULL);
	fputs("token-and-address", f);
	fclose(f);
	chmod(path, 0600);
	snprintf(extra, sizeof(extra), ",\"join_material_file\":\"%s\"", path);
	setting_policy(1, extra);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(o.material_len == 17 && memcmp(o.material, "token-and-address", 17) == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "token-and") == 0);
	setting_policy(1, "");
}

/* The longest that there may be has to fit twice: while a policy is read again. */
static void test_longest_join_material(void)
{
	static const uint8_t bytes[JOIN_MATERIAL_MAX] = {1};
	char extra[256], path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/longest", at.folder);
	f = fopen(path, "w");
	REQUIRE(f != NULL);
	CHECK(fwrite(bytes, sizeof(bytes), 1, f) == 1);
	fclose(f);
	chmod(path, 0600);
	snprintf(extra, sizeof(extra), ",\"join_material_file\":\"%s\"", path);
	setting_policy(1, extra);
	REQUIRE(service_start(&at.service, NULL));
	setting_reload(1, extra);
	setting_reload(1, extra);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	setting_policy(1, "");
}

/* Another installation's KEK file, or one without the disks' version, is found out at the start. */
static void test_lost_kek(void)
{
	static const char *const lines[] = {"1 ", "2 "};
	char path[192];
	const char *const args[] = {"--kek", path, NULL};

	snprintf(path, sizeof(path), "%s/kek2", at.folder);
	for (size_t i = 0; i < 2; i++) {
		FILE *f = fopen(path, "w");

		REQUIRE(f != NULL);
		fprintf(f, "protostar-kek 1\n%s%s\n", lines[i],
			"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
		fclose(f);
		chmod(path, 0600);
		CHECK(!service_start(&at.service, args));
		CHECK(service_logged(&at.service, "key-encryption key 1"));
	}
	CHECK(starts());
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	setting_open(argv[1]);
	snprintf(fault_file, sizeof(fault_file), "%s/fault", at.folder);
	RUN(test_init);
	RUN(test_power_cut_between_grant_and_commit);
	RUN(test_abort);
	printf("test_failing_disk\n");
	test_failing_disk(argv[2]);
	RUN(test_damaged_audit_record);
	RUN(test_files_of_others);
	RUN(test_files_behind_links);
	RUN(test_one_process_per_state);
	RUN(test_end_waits_for_commits);
	RUN(test_join_material);
	RUN(test_longest_join_material);
	RUN(test_lost_kek);
	service_stop(&at.service, SIGKILL);
	setting_close();
	return test_summary();
}
