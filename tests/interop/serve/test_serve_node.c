/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1's own join, with its own TPM code on a swtpm, against the running service. Only the state
 * disk is a stand-in, because it needs the kernel's device mapper: it keeps one MAC, as a disk
 * keeps its header.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tss2/tss2_tcti_swtpm.h>
#include <unistd.h>

#include "crypto/errors.h"
#include "crypto/random.h"
#include "early/boot.h"
#include "early/contract/errors.h"
#include "early/disk/state_disk.h"
#include "early/tpm/tpm.h"
#include "tests/interop/serve/service_process.h"
#include "tests/interop/swtpm_ready.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"

static struct service_process service;
static struct boot boot;
static pid_t swtpm;
static TSS2_TCTI_CONTEXT *tcti;

static struct {
	uint8_t key[DISK_KEY_LEN], mac[HEADER_MAC_LEN];
	unsigned formats, opens, mounts;
	bool other_header, not_blank;
	uint64_t generation; /* last committed */
} disk;

struct status state_disk_contents(const struct boot *b, uint8_t *out)
{
	(void)b;
	*out = disk.not_blank ? DISK_NOT_BLANK : DISK_BLANK;
	return OK;
}

struct status state_disk_format(const struct boot *b, const uint8_t disk_key[DISK_KEY_LEN],
	uint64_t generation, bool overwrite, uint8_t out_mac[HEADER_MAC_LEN])
{
	(void)b;
	CHECK(!disk.not_blank || overwrite);
	disk.formats++;
	disk.not_blank = true;
	disk.generation = generation;
	memcpy(disk.key, disk_key, DISK_KEY_LEN);
	memset(disk.mac, (int)(0x40 + generation), HEADER_MAC_LEN);
	memcpy(out_mac, disk.mac, HEADER_MAC_LEN);
	return OK;
}

struct status state_disk_open(
	const struct boot *b, const struct state_grant *g, struct state_opened *out)
{
	(void)b;
	disk.opens++;
	CHECK(g->generation == disk.generation);
	CHECK_BYTES(g->disk_key, disk.key, DISK_KEY_LEN);
	if (disk.other_header)
		return fail(E_HEADER_MAC);
	CHECK_BYTES(g->header_mac, disk.mac, HEADER_MAC_LEN);
	disk.generation++;
	memset(disk.mac, (int)(0x40 + disk.generation), HEADER_MAC_LEN);
	memset(out, 0, sizeof(*out));
	memcpy(out->mac, disk.mac, HEADER_MAC_LEN);
	return OK;
}

struct status state_disk_rotate(
	const struct boot *b, const struct state_grant *g, uint8_t out_mac[HEADER_MAC_LEN])
{
	(void)b, (void)g, (void)out_mac;
	return fail(E_HEADER_WRITE);
}

struct status state_disk_mount(const struct boot *b)
{
	(void)b;
	disk.mounts++;
	return OK;
}

void state_disk_close(void)
{
}

/* A swtpm of this name: its socket is scratch/NAME, its state in scratch/NAME.d. */
static pid_t spawn_swtpm(const char *name)
{
	char state[96], server[96], ctrl[96], log[96], path[64];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	snprintf(state, sizeof(state), "dir=%s.d", path);
	snprintf(server, sizeof(server), "type=unixio,path=%s", path);
	snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s.ctrl", path);
	snprintf(log, sizeof(log), "%s.log", path);
	(void)mkdir(state + 4, 0700);
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || !freopen(log, "w", stderr))
			_exit(127);
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server",
			server, "--ctrl", ctrl, "--flags", "not-need-init,startup-clear",
			(char *)NULL);
		_exit(127);
	}
	return swtpm_ready(path) ? pid : -1;
}

static void stop_swtpm(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

static void start_tpm(void)
{
	char conf[64];
	size_t size = 0;

	snprintf(conf, sizeof(conf), "path=%s/tpm", scratch);
	swtpm = spawn_swtpm("tpm");
	REQUIRE(swtpm > 0);
	REQUIRE(Tss2_Tcti_Swtpm_Init(NULL, &size, NULL) == 0);
	tcti = calloc(1, size);
	REQUIRE(tcti && Tss2_Tcti_Swtpm_Init(tcti, &size, conf) == 0);
	REQUIRE(!failed(tpm_open(tcti, &boot.tpm)));
}

static void stop_tpm(void)
{
	tpm_close(boot.tpm);
	Tss2_Tcti_Finalize(tcti);
	free(tcti);
	stop_swtpm(swtpm);
}

/* A fresh TPM's PCR 4 is zero; `expected` is what policy wants of it. */
static void want_pcr_4(uint8_t expected, const char *extra)
{
	char json[512], hex[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", expected);
	snprintf(json, sizeof(json),
		"{\"identity\":{\"first_use\":true},"
		"\"sets\":[{\"name\":\"zeros\",\"allow_missing\":[2,3,11,12,15],"
		"\"epoch\":1,\"role\":\"worker\","
		"\"measurements\":{\"4\":\"%s\"}}]%s}",
		hex, extra);
	service_policy(&service, json);
}

static bool without_pin;
static unsigned timeout_s = 60;

static uint16_t join_once(void)
{
	struct config *c = &boot.config;
	struct status s;

	secret_free(&boot.join_material);
	c->services[0] = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = htons(service.port)};
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &c->services[0].sin6_addr);
	c->service_count = 1;
	memcpy(c->pins[0], service.pin, 32);
	c->pin_count = without_pin ? 0 : 1;
	c->join_timeout_s = timeout_s;
	memset(boot.disk_id, 0xd1, DISK_ID_LEN);
	s = stage_join(&boot);
	return s.code;
}

static void test_first_boot_and_reboot(void)
{
	want_pcr_4(0, "");
	REQUIRE(service_start(&service, NULL));
	CHECK(join_once() == 0);
	CHECK(disk.formats == 1 && disk.mounts == 1 && boot.action == ACTION_FORMAT);
	CHECK(strcmp(boot.role, "worker") == 0 && boot.key_version == 1);
	CHECK(join_once() == 0);
	CHECK(disk.formats == 1 && disk.opens == 1 && disk.mounts == 2);
	CHECK(boot.action == ACTION_OPEN);
	CHECK(service_count(&service, "audit.jsonl", "\"event\":\"commit\"") == 2);
}

static void test_changed_header(void)
{
	disk.other_header = true;
	CHECK(join_once() == E_HEADER_MAC);
	disk.other_header = false;
	CHECK(disk.formats == 1 && disk.mounts == 2);
	/* The node hangs up behind its ABORT; the service takes it in its own time. */
	CHECK(service_logged(&service, "\"event\":\"aborted\""));
	CHECK(join_once() == 0);
	CHECK(service_count(&service, "audit.jsonl", "\"event\":\"abort\"") == 1);
	CHECK(service_stop(&service, SIGTERM) == 0);
}

static void test_refused_image(void)
{
	want_pcr_4(1, "");
	REQUIRE(service_start(&service, NULL));
	CHECK(join_once() == E_DENY_MEASUREMENTS);
	CHECK(service_count(&service, "audit.jsonl", ": PCR 4 differs\"") == 1);
	CHECK(service_stop(&service, SIGTERM) == 0);
	want_pcr_4(0, "");
}

static void test_join_material(void)
{
	char extra[128];
	const char *path = scratch_path("material");

	scratch_write(path, "token", 5, 0600);
	snprintf(extra, sizeof(extra), ",\"join_material_file\":\"%s\"", path);
	want_pcr_4(0, extra);
	REQUIRE(service_start(&service, NULL));
	CHECK(join_once() == 0);
	CHECK(boot.join_material.len == 5 && memcmp(boot.join_material.bytes, "token", 5) == 0);
	CHECK(service_stop(&service, SIGTERM) == 0);
}

static void test_other_service_and_none(void)
{
	REQUIRE(service_start(&service, NULL));
	service.pin[0] ^= 1;
	CHECK(join_once() == E_TLS_PIN);
	service.pin[0] ^= 1;
	CHECK(join_once() == 0);
	CHECK(service_stop(&service, SIGTERM) == 0);
	timeout_s = 2; /* it tries again until then */
	CHECK(join_once() == E_JOIN_REFUSED);
	timeout_s = 60;
}

static char own_tcti[96];

/* What `serve --evidence-option` prints now, as a node's command line takes it. */
static bool read_option(const char *pcrs, struct service_wanted *out)
{
	const char *const args[] = {"serve", "--state", service.state, "--evidence", own_tcti,
		"--evidence-pcrs", pcrs, "--evidence-option", NULL};
	const char *path = scratch_path("option");
	char line[512], bad[CONFIG_TEXT_MAX], printed[256] = "";
	struct config c;
	FILE *f;
	bool good;

	if (service_run(&service, path, args) != 0)
		return false;
	f = fopen(path, "r");
	good = f && fgets(printed, sizeof(printed), f);
	if (f)
		fclose(f);
	snprintf(line, sizeof(line), "roothash=%064d protostar.service=192.0.2.1:1 %s", 0, printed);
	if (!good || failed(config_parse(line, strlen(line), &c, bad)))
		return false;
	*out = c.service_wanted;
	return out->given;
}

static bool start_proving(const char *pcrs)
{
	const char *const extra[] = {"--evidence", own_tcti, "--evidence-pcrs", pcrs, NULL};

	return service_start(&service, extra);
}

static int extend_own(void)
{
	char command[512];

	/* It is a debug register: nothing else of this machine changes it. */
	snprintf(command, sizeof(command),
		"tpm2_pcrextend -T '%s' 16:sha256=%064d > /dev/null 2> %s/extend.log", own_tcti + 4,
		1, scratch);
	return system(command);
}

/* The node takes this service alone: its TPM, its PCRs, over this connection; with a pin or not. */
static void test_service_proves_itself(void)
{
	struct service_wanted *wanted = &boot.config.service_wanted, right;
	unsigned used = disk.formats + disk.opens;
	pid_t own;

	snprintf(own_tcti, sizeof(own_tcti), "tpm:swtpm:path=%s/own", scratch);
	own = spawn_swtpm("own");
	REQUIRE(own > 0 && read_option("0,7,16", &right));
	CHECK(right.pcr_mask == (1u << 0 | 1u << 7 | 1u << 16));
	*wanted = right;
	REQUIRE(start_proving("0,7,16"));
	CHECK(join_once() == 0);
	without_pin = true;
	CHECK(join_once() == 0);
	CHECK(disk.formats + disk.opens == used + 2);
	wanted->ak[0] ^= 1;
	CHECK(join_once() == E_SERVICE_AK);
	*wanted = right, wanted->pcr_digest[0] ^= 1;
	CHECK(join_once() == E_SERVICE_PCRS);
	*wanted = right, wanted->pcr_mask = 1u << 0;
	CHECK(join_once() == E_SERVICE_SELECTION);
	/* Neither a pin nor evidence: no service at all. */
	wanted->given = false;
	CHECK(join_once() == E_TLS_PIN_COUNT);
	without_pin = false;
	CHECK(join_once() == 0);
	CHECK(service_stop(&service, SIGTERM) == 0);
	*wanted = right;
	REQUIRE(start_proving("0,7"));
	CHECK(join_once() == E_SERVICE_SELECTION);
	CHECK(service_stop(&service, SIGTERM) == 0);
	CHECK(extend_own() == 0);
	REQUIRE(start_proving("0,7,16"));
	CHECK(join_once() == E_SERVICE_PCRS);
	CHECK(service_stop(&service, SIGTERM) == 0);
	CHECK(read_option("0,7,16", wanted));
	REQUIRE(start_proving("0,7,16"));
	CHECK(join_once() == 0);
	CHECK(service_stop(&service, SIGTERM) == 0);
	stop_swtpm(own);
	CHECK(disk.formats + disk.opens == used + 4);
}

/* Services without evidence, and with a TPM that is gone. */
static void test_service_without_evidence(void)
{
	struct service_wanted *wanted = &boot.config.service_wanted;

	REQUIRE(wanted->given);
	REQUIRE(service_start(&service, NULL));
	CHECK(join_once() == E_DENY_PURPOSE);
	CHECK(service_stop(&service, SIGTERM) == 0);
	CHECK(!start_proving("0"));
	wanted->given = false;
}

int main(int argc, char **argv)
{
	if (argc != 2 || failed(secret_pool_open(1u << 18)) || failed(random_open()))
		return 2;
	scratch_open();
	service_at(&service, argv[1], scratch);
	RUN(start_tpm);
	RUN(test_first_boot_and_reboot);
	RUN(test_changed_header);
	RUN(test_refused_image);
	RUN(test_join_material);
	RUN(test_other_service_and_none);
	RUN(test_service_proves_itself);
	RUN(test_service_without_evidence);
	RUN(stop_tpm);
	secret_free(&boot.join_material);
	service_stop(&service, SIGKILL);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
