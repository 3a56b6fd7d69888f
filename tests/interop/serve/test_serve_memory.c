/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A service that never forgets: stores that were lost, restored, emptied or copied, disks that are
 * in use or replaced, and what operators do about them. No disk with something on it is told to
 * format but by its own record or an operator.
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/lib/hex.h"
#include "tools/evidence/tpm/public.h"

static char output[192];

static const char *in_state(const char *name)
{
	static char path[4][256];
	static unsigned next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", at.service.state, name);
	return out;
}

/* `protostar node ...` on the service's folder; its exit code. */
static int node(const char *verb, const char *one, const char *two)
{
	const char *args[8] = {"node", "--state", at.service.state, verb, one, two, NULL};

	return service_run(&at.service, output, args);
}

static bool said(const char *text)
{
	return service_count(&at.service, "../node-output", text) > 0;
}

static void node_hex(const struct machine *m, char out[2 * TPM_NAME_LEN + 1])
{
	struct tpm_public ek;

	REQUIRE(tpm_ek_parse(m->ek_pub, m->ek_pub_len, &ek) == TPM_GOOD);
	hex_encode(ek.node_id, TPM_NAME_LEN, out);
}

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

static void test_disk_that_is_not_blank(void)
{
	struct outcome o;

	REQUIRE(service_start(&at.service, NULL));
	at.a.disk_not_blank = true;
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == E_DENY_NOT_BLANK);
	CHECK(!o.retry_after_ms);
	CHECK(service_logged(&at.service, "allow-format d1000000000000000000000000000000"));
	/* Nothing was stored: asking again changes nothing. */
	CHECK(node("list", NULL, NULL) == 0 && !said("d1000000"));
	CHECK(setting_try(&at.a, disk_1) == E_DENY_NOT_BLANK);
	CHECK(node("allow-format", "d1", NULL) == 1);
	CHECK(node("allow-format", "d1000000000000000000000000000000", NULL) == 0);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OVERWRITE);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"allow-format\"") == 1);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(node("allow-format", "d1000000000000000000000000000000", NULL) == 1 &&
		said("in use"));
	/* The word was for once, and for that disk. */
	at.b.disk_not_blank = true;
	CHECK(setting_try(&at.b, disk_2) == E_DENY_NOT_BLANK);
	at.b.disk_not_blank = false;
}

/* Power is cut while the disk is being written: its own record lets it go on. */
static void test_cut_while_formatting(void)
{
	struct outcome o;

	CHECK(setting_try(&at.b, disk_2) == 0);
	at.b.disk_not_blank = true;
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0 && o.grant.action == ACTION_OVERWRITE);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
}

/* A disk that died, and a machine that was made anew beside its old disk. */
static void test_replaced_parts(void)
{
	char a[2 * TPM_NAME_LEN + 1], c[2 * TPM_NAME_LEN + 1];
	uint8_t key[DISK_KEY_LEN];
	struct machine third;
	struct outcome o;

	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	memcpy(key, o.disk_key, DISK_KEY_LEN);
	machine_start(&third, at.folder, "tpm-c");
	setting_prepare(&third);
	third.disk_not_blank = true;
	node_hex(&at.a, a);
	node_hex(&third, c);
	CHECK(setting_try(&third, disk_1) == E_DENY_NODE_DISK);
	CHECK(service_logged(&at.service, a)); /* each side is named */
	CHECK(node("rebind", "d1000000", "00") == 1);
	CHECK(node("rebind", "d1", c) == 1 && said("at least 8 digits"));
	CHECK(node("rebind", "d1000000", c) == 0);
	CHECK(setting_boot(&third, disk_1, mac_1, &o) == 0);
	CHECK(o.challenged && o.grant.action == ACTION_OPEN);
	CHECK_BYTES(o.disk_key, key, DISK_KEY_LEN);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_NODE_DISK);
	CHECK(node("rebind", "d2000000", c) == 1 && said("forget it first"));
	/* Its disk dies: the node begins again, and the disk's next life has another key. */
	CHECK(setting_try(&third, disk_3) == E_DENY_NODE_DISK);
	CHECK(node("forget", "d1000000", NULL) == 0);
	CHECK(node("forget", "d1000000", NULL) == 1);
	CHECK(setting_try(&third, disk_1) == E_DENY_NOT_BLANK);
	third.disk_not_blank = false;
	CHECK(setting_boot(&third, disk_3, mac_1, &o) == 0 && o.challenged);
	at.a.disk_not_blank = false;
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_FORMAT);
	CHECK(memcmp(o.disk_key, key, DISK_KEY_LEN) != 0);
	at.a.disk_not_blank = true;
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"rebind\"") == 1);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"forget\"") == 1);
	machine_stop(&third);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* What firmware measures changes under a node that has joined. */
static void test_changed_firmware(void)
{
	char value[65], extra[256], name[2 * TPM_NAME_LEN + 1];
	uint8_t pcr[32];
	struct outcome o;

	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	machine_extend(&at.b, 0, 0x77);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_FIRMWARE);
	CHECK(service_logged(&at.service, "PCR 0 changed since the last commit"));
	/* For all nodes at once, by policy. */
	machine_pcr(&at.b, 0, pcr);
	hex_encode(pcr, sizeof(pcr), value);
	snprintf(extra, sizeof(extra), ",\"accepted\":{\"0\":[\"%s\"]}", value);
	setting_reload(1, extra);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	setting_reload(1, "");
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0); /* recorded */
	/* For one node, once, by its operator. */
	machine_extend(&at.b, 7, 0x78);
	machine_extend(&at.b, 1, 0x79);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_FIRMWARE);
	setting_reload(1, ",\"may_change\":[1]");
	CHECK(setting_try(&at.b, disk_2) == E_DENY_FIRMWARE); /* 7 still */
	setting_reload(1, "");
	node_hex(&at.b, name);
	CHECK(node("accept", "000b", NULL) == 1);
	CHECK(node("show", name, NULL) == 0 && said(value) && !said("is accepted"));
	CHECK(node("accept", name, NULL) == 0);
	CHECK(node("show", name, NULL) == 0 && said("is accepted"));
	CHECK(setting_try(&at.b, disk_2) == 0); /* a grant alone does not use it up */
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	machine_extend(&at.b, 7, 0x7a);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_FIRMWARE);
	setting_reload(1, ",\"may_change\":[7]");
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	setting_reload(1, "");
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"accept\"") == 1);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* Does not start, and says so in these words. */
static bool refuses(const char *words)
{
	return !service_start(&at.service, NULL) && service_logged(&at.service, words);
}

/* Only files that belong together are served from. */
static void test_restored_files(void)
{
	struct outcome o;

	REQUIRE(service_start(&at.service, NULL));
	shell("rm -rf %s.copy %s.lost && mkdir -m 700 %s.copy && cd %s && cp -p store.sqlite kek "
	      "service-key.der node-ca.* audit.jsonl ../state.copy/",
		at.service.state, at.service.state, at.service.state, at.service.state);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	CHECK(service_stop(&at.service, SIGKILL) == -1);
	/* A store some seconds older than the record, for want of its -wal. */
	shell("mv %s %s.lost && mv %s.copy %s && cp -p %s.lost/audit.jsonl %s/", at.service.state,
		at.service.state, at.service.state, at.service.state, at.service.state,
		at.service.state);
	CHECK(refuses("older than the audit record"));
	/* A record some seconds older than the store. */
	shell("cd %s.lost && cp -p store.sqlite* %s/ && cd %s && "
	      "head -n -1 audit.jsonl > cut && cat cut > audit.jsonl && rm cut",
		at.service.state, at.service.state, at.service.state);
	CHECK(!service_start(&at.service, NULL));
	shell("cp -p %s.lost/audit.jsonl %s/", at.service.state, at.service.state);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	/* Keys without store, an empty store. */
	shell("rm -rf %s.lost && mkdir -m 700 %s.lost && "
	      "mv %s/store.sqlite* %s/audit.jsonl %s.lost/",
		at.service.state, at.service.state, at.service.state, at.service.state,
		at.service.state);
	CHECK(refuses("but there are keys"));
	shell(": > %s && chmod 600 %s", in_state("store.sqlite"), in_state("store.sqlite"));
	CHECK(refuses("was lost"));
	shell("cp -p %s.lost/audit.jsonl %s/", at.service.state, at.service.state);
	CHECK(refuses("was lost"));
	shell("rm %s && mv %s.lost/store.sqlite %s.lost/audit.jsonl %s/", in_state("store.sqlite"),
		at.service.state, at.service.state, at.service.state);
	REQUIRE(service_start(&at.service, NULL));
}

/* Copied keys and a store of its own: it is a stranger to every disk in use. */
static void test_second_service(void)
{
	struct service_process other;
	struct outcome o;

	shell("mkdir -p -m 700 %s/second/state && cp -p %s %s %s/second/state/", at.folder,
		in_state("kek"), in_state("service-key.der"), at.folder);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	other = at.service;
	snprintf(other.state, sizeof(other.state), "%s/second/state", at.folder);
	snprintf(output, sizeof(output), "%s/node-output", at.folder);
	CHECK(service_run(&other, output,
		      (const char *const[]){"serve", "--state", other.state, "--init", NULL}) == 0);
	REQUIRE(service_start(&other, NULL));
	at.service.port = other.port;
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == E_DENY_NOT_BLANK);
	CHECK(service_stop(&other, SIGTERM) == 0);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
}

/* A backup of a service at work, put in place of what was lost. */
static void test_backup(void)
{
	char folder[160];
	struct machine third;
	struct outcome o;

	machine_start(&third, at.folder, "tpm-d");
	setting_prepare(&third);
	CHECK(setting_try(&third, (const uint8_t[DISK_ID_LEN]){0xd4}) == 0); /* formatting */
	snprintf(folder, sizeof(folder), "%s/backup", at.folder);
	/* One that fails leaves no half of a backup, and its name free. */
	CHECK(rename(in_state("kek"), in_state("kek.away")) == 0);
	CHECK(node("backup", folder, NULL) == 1 && access(folder, F_OK) != 0);
	CHECK(rename(in_state("kek.away"), in_state("kek")) == 0);
	CHECK(node("backup", folder, NULL) == 0);
	CHECK(node("backup", folder, NULL) == 1); /* never over another */
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	CHECK(service_stop(&at.service, SIGKILL) == -1);
	shell("rm -rf %s && mv %s %s", at.service.state, folder, at.service.state);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	/* What was being formatted then may be in use by now. */
	third.disk_not_blank = true;
	CHECK(setting_try(&third, (const uint8_t[DISK_ID_LEN]){0xd4}) == E_DENY_NOT_BLANK);
	CHECK(node("allow-format", "d4000000000000000000000000000000", NULL) == 0);
	CHECK(setting_boot(&third, (const uint8_t[DISK_ID_LEN]){0xd4}, mac_1, &o) == 0);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(service_start(&at.service, NULL) && service_stop(&at.service, SIGTERM) == 0);
	machine_stop(&third);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	snprintf(output, sizeof(output), "%s/node-output", at.folder);
	RUN(test_disk_that_is_not_blank);
	RUN(test_cut_while_formatting);
	RUN(test_replaced_parts);
	RUN(test_changed_firmware);
	RUN(test_restored_files);
	RUN(test_second_service);
	RUN(test_backup);
	service_stop(&at.service, SIGKILL);
	setting_close();
	return test_summary();
}
