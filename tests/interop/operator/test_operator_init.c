/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protostar init against a node with a TPM of its own (swtpm): what it gives, what it refuses, and
 * that it can be given again wherever it was cut short.
 */
#include "tests/interop/operator/scene.h"
#include "tests/unit/done.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tools/bundle/bundle.h"
#include "tools/lib/hex.h"

static struct outcome granted, last;
static uint8_t mac_of_boot = 1;

/* A header MAC that no boot before had. */
static const uint8_t *new_mac(void)
{
	static uint8_t mac[32];

	mac[0] = mac_of_boot++;
	return mac;
}

/* A folder that was not used yet. */
static void new_state(const char *name)
{
	snprintf(scene.state, sizeof(scene.state), "%s/%s", at.folder, name);
}

/* One whole exchange. The code of a denial; 0 for an ACK. */
static uint16_t boot(struct machine *m, const uint8_t *disk)
{
	struct client c;

	scene_join(&c, PURPOSE_INIT, m, disk, &granted);
	last = granted;
	if (granted.type == MSG_GRANT)
		client_commit(&c, &granted, new_mac(), &last);
	client_close(&c);
	return last.type == MSG_ACK ? 0 : last.code;
}

static void test_pins(void)
{
	static const uint8_t other[32] = {1, 2, 3};
	struct client c;
	char pin[65], text[128];
	int fd;

	scene_init();
	fd = scene_accept();
	CHECK(!client_shake(&c, fd, other));
	client_close(&c);
	CHECK(scene_end() == 1);
	hex_encode(scene.pin, 32, pin);
	snprintf(text, sizeof(text), "booted with protostar.operator=%s", pin);
	CHECK(scene_said(text));
}

static void test_purposes(void)
{
	struct client c;

	scene_init();
	scene_join(&c, PURPOSE_JOIN, &at.a, disk_1, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_PURPOSE);
	client_close(&c);
	CHECK(scene_end() == 1 && scene_said("E615"));
	scene_init();
	scene_join(&c, PURPOSE_RECOVER, &at.a, disk_1, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_PURPOSE);
	client_close(&c);
	CHECK(scene_end() == 1);
	scene_init();
	scene_connect(&c, PURPOSE_INIT);
	CHECK(c.hello.purpose == PURPOSE_INIT);
	scene_kill();
	client_close(&c);
}

/* A disk with something on it that this folder knows nothing of: it is somebody's. */
static void test_of_somebody(void)
{
	at.a.disk_not_blank = true;
	scene_init();
	CHECK(boot(&at.a, disk_1) == E_DENY_NOT_BLANK);
	CHECK(scene_end() == 1 && scene_said("E619") && scene_said("allow-format"));
	at.a.disk_not_blank = false;
}

/* What listens there is no node. */
static void test_no_node(void)
{
	int fd;

	scene_init();
	fd = scene_accept();
	CHECK(send(fd, "SSH-2.0-something\r\n", 19, MSG_NOSIGNAL) == 19);
	CHECK(scene_end() == 1 && scene_said("does not speak the join protocol"));
	close(fd);
}

/* It does not wait for ever; who was busy is asked again. */
static void test_patience(void)
{
	const char *const args[] = {"--state", scene.state, "--policy", at.service.policy, "--wait",
		"0", "--json", NULL};
	struct client c;
	int fd;

	close(scene.listener);
	scene_begin("init", args);
	CHECK(scene_end() == 1 && scene_said("A node listens when it was booted with"));
	scene_listen();
	scene_init();
	close(scene_accept()); /* it had no place */
	fd = scene_accept();
	CHECK(fd >= 0 && client_open(&c, fd, scene.pin));
	client_close(&c);
	fd = scene_accept();
	CHECK(fd >= 0 && client_open(&c, fd, scene.pin));
	scene_kill();
	client_close(&c);
}

/* Of the same folder, whenever the operator's machine dies or the node's does. */
static void test_again(void)
{
	struct client c;

	new_state("again");
	scene_init(); /* dies before it has said anything */
	scene_kill();
	scene_init(); /* behind HELLO */
	scene_connect(&c, PURPOSE_INIT);
	scene_kill();
	client_close(&c);
	scene_init(); /* behind the GRANT; the node has begun to format */
	scene_join(&c, PURPOSE_INIT, &at.a, disk_1, &granted);
	CHECK(granted.type == MSG_GRANT && granted.grant.action == ACTION_FORMAT);
	scene_kill();
	client_close(&c);
	at.a.disk_not_blank = true;
	scene_init(); /* the node is gone behind its GRANT */
	scene_join(&c, PURPOSE_INIT, &at.a, disk_1, &granted);
	CHECK(granted.type == MSG_GRANT && granted.grant.action == ACTION_OVERWRITE);
	client_close(&c);
	CHECK(scene_end() == 1 && scene_said("give the same command again"));
	scene_init(); /* and all is well */
	CHECK(boot(&at.a, disk_1) == 0 && granted.grant.action == ACTION_OVERWRITE);
	CHECK(scene_end() == 0);
	scene_init(); /* the ACK never came, as far as the node knows */
	CHECK(boot(&at.a, disk_1) == 0 && granted.grant.action == ACTION_OPEN);
	CHECK(granted.grant.generation == 1 && granted.grant.header_mac[0] == mac_of_boot - 2);
	CHECK(scene_end() == 0 && scene_said("\"action\":\"open\""));
}

/* The folder is the one node's from its first grant on. */
static void test_other_node(void)
{
	scene_init();
	CHECK(boot(&at.b, disk_2) == E_DENY_LIMIT);
	CHECK(scene_end() == 1 && scene_said("another first node"));
	scene_init();
	CHECK(boot(&at.a, disk_1) == 0);
	CHECK(scene_end() == 0);
}

static bool is_file(struct span bytes, const char *name)
{
	char path[256];
	static char text[65536];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", scene.state, name);
	f = fopen(path, "rb");
	len = f ? fread(text, 1, sizeof(text), f) : 0;
	if (f)
		fclose(f);
	return len && len == bytes.len && memcmp(text, bytes.data, len) == 0;
}

/* What the node is the service with. */
static void test_material(void)
{
	struct bundle b = {0};

	new_state("material");
	at.a.disk_not_blank = false;
	scene_init();
	CHECK(boot(&at.a, disk_1) == 0 && granted.grant.action == ACTION_FORMAT);
	CHECK(scene_end() == 0 && scene_said("\"action\":\"format\""));
	REQUIRE(done(
		bundle_decode_copy((struct span){granted.material, granted.material_len}, &b)));
	CHECK(b.head.kind == BUNDLE_SERVICE && b.node_count == 1 && b.file_count == 0);
	CHECK(is_file(b.service_key, "service-key.der") && is_file(b.ca_key, "node-ca.der"));
	CHECK(is_file(b.ca_certificate, "node-ca.pem") && is_file(b.kek, "kek"));
	CHECK(is_file(b.policy, "../policy.json"));
	CHECK_BYTES(b.nodes[0].disk.disk_id, disk_1, DISK_ID_LEN);
	CHECK(b.nodes[0].disk.state == DISK_FORMATTING && b.nodes[0].disk_key.len == 0);
	CHECK(strcmp(b.nodes[0].node.role, "worker") == 0 && b.nodes[0].node.epoch == 1);
	CHECK(b.nodes[0].node.firmware.bank == TPM2_ALG_SHA256);
	CHECK(b.nodes[0].node.last_join_s > 0);
	bundle_free(&b);
}

/* A state folder that serves is locked; one that has served several is not given away. */
static void test_service_at_work(void)
{
	char state[sizeof(at.service.state)];
	struct outcome o;

	snprintf(state, sizeof(state), "%s", scene.state);
	snprintf(at.service.state, sizeof(at.service.state), "%s/at-work", at.folder);
	snprintf(scene.state, sizeof(scene.state), "%s/at-work", at.folder);
	REQUIRE(service_start(&at.service, NULL));
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	scene_init();
	CHECK(scene_end() == 1 && scene_said("another service is running from it"));
	CHECK(service_stop(&at.service, 15) == 0);
	scene_init();
	CHECK(scene_end() == 1 && scene_said("knows 2 nodes"));
	snprintf(scene.state, sizeof(scene.state), "%s", state);
}

static void test_words(void)
{
	const char *const nothing[] = {"init", "--key", scene.key, NULL};
	const char *const no_key[] = {"init", "--pin", NULL};

	CHECK(service_run(&at.service, scene.out, nothing) == 2);
	CHECK(scene_said("--node, --state and --policy are needed"));
	CHECK(service_run(&at.service, scene.out, no_key) == 2);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	scene_open();
	RUN(test_words);
	RUN(test_pins);
	RUN(test_purposes);
	RUN(test_of_somebody);
	RUN(test_no_node);
	RUN(test_patience);
	RUN(test_again);
	RUN(test_other_node);
	RUN(test_material);
	RUN(test_service_at_work);
	scene_close();
	setting_close();
	return test_summary();
}
