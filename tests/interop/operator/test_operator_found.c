/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protostar serve --found: the state folder of a first node, from what protostar init gave it. It
 * serves then; it is made once, whole, and whenever the power goes; and from nothing but its own.
 */
#include "tests/interop/operator/scene.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/contract/errors.h"
#include "tests/unit/done.h"
#include "tools/bundle/bundle.h"
#include "tools/lib/hex.h"

static struct outcome granted;
static uint8_t service_pin[32];
static char handoff[128];
static const char *dying;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void write_file(
	const char *folder, const char *name, const void *bytes, size_t len, unsigned mode)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	must(f && fwrite(bytes, 1, len, f) == len && !fclose(f) && !chmod(path, mode), path);
}

/* boot.json as PID 1 writes it, and the join material. */
static void hand_off_of(
	const char *purpose, const uint8_t *disk, uint64_t generation, unsigned version)
{
	char json[1024], disk_hex[33], mac_hex[65];

	hex_encode(disk, DISK_ID_LEN, disk_hex);
	hex_encode(mac_1, 32, mac_hex);
	snprintf(json, sizeof(json),
		"{\"version\":\"protostar 0.1.0\",\"purpose\":\"%s\",\"action\":\"format\","
		"\"role\":\"worker\",\"policyEpoch\":1,\"keyVersion\":%u,\"generation\":\"%llu\","
		"\"headerMac\":\"%s\",\"diskId\":\"%s\",\"stateMount\":\"/state\"}\n",
		purpose, version, (unsigned long long)generation, mac_hex, disk_hex);
	write_file(handoff, "boot.json", json, strlen(json), 0644);
	write_file(handoff, "join-material", granted.material, granted.material_len, 0600);
}

static void hand_off(const char *purpose, const uint8_t *disk, uint64_t generation)
{
	hand_off_of(purpose, disk, generation, 1);
}

/* What a first node comes to: machine A with disk 1. */
static void init_first(void)
{
	struct outcome last;
	struct client c;

	scene_init();
	scene_join(&c, PURPOSE_INIT, &at.a, disk_1, &granted);
	client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	must(last.type == MSG_ACK && scene_end() == 0, "init did not come to its end");
	snprintf(handoff, sizeof(handoff), "%s/run", at.folder);
	must(mkdir(handoff, 0755) == 0, handoff);
	hand_off("init", disk_1, 1);
}

static void use_state(const char *name)
{
	snprintf(at.service.state, sizeof(at.service.state), "%s/%s", at.folder, name);
}

static bool is_there(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s", at.service.state, name);
	return access(path, F_OK) == 0;
}

static bool start_found(void)
{
	const char *const args[] = {"serve", "--found", handoff, "--state", at.service.state,
		"--listen", "127.0.0.1:0", "--json", NULL};

	return service_spawn_as_it_is(&at.service, args);
}

/* Refused, with these words, and nothing is left behind. */
static bool refused(const char *words)
{
	bool good = !start_found() && service_logged_now(&at.service, words) && !is_there("");

	if (!good) {
		char command[256];

		snprintf(command, sizeof(command), "cat %s >&2", at.service.log);
		(void)!system(command);
	}
	return good;
}

static void test_refusals(void)
{
	uint8_t first = granted.material[0];

	use_state("refused");
	hand_off("join", disk_1, 1);
	CHECK(refused("not served by protostar init"));
	hand_off("init", disk_2, 1);
	CHECK(refused("no record of this node's disk"));
	hand_off("init", disk_1, 0);
	CHECK(refused("from 1 on"));
	granted.material[0] ^= 1;
	hand_off("init", disk_1, 1);
	CHECK(refused("not the contents of a bundle"));
	granted.material[0] = first;
	granted.material_len--;
	hand_off("init", disk_1, 1);
	CHECK(refused("malformed"));
	granted.material_len++;
	hand_off("init", disk_1, 1);
	write_file(handoff, "boot.json", "{}", 2, 0644);
	CHECK(refused("purpose"));
	hand_off("init", disk_1, 1);
	CHECK(mkdir(at.service.state, 0700) == 0);
	write_file(at.service.state, "something", "x", 1, 0600);
	CHECK(!start_found() && service_logged_now(&at.service, "is not empty"));
}

/* The power goes before each thing that it does to the disk: there is all of it or nothing. */
static void test_power_cuts(void)
{
	char number[16];
	unsigned cuts = 0;
	bool done = false;

	use_state("cut");
	setenv("LD_PRELOAD", dying, 1);
	while (!done && cuts < 200) {
		snprintf(number, sizeof(number), "%u", ++cuts);
		setenv("DYING_AT", number, 1);
		done = start_found();
		CHECK(!is_there("") || (is_there("/store.sqlite") && is_there("/kek") &&
					       is_there("/policy/policy.json")));
	}
	CHECK(done && cuts > 15 && !is_there(".found"));
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	unsetenv("DYING_AT");
	unsetenv("LD_PRELOAD");
}

/* The service has its own record, serves others with its policy, and does not forget. */
static void test_serves(void)
{
	struct outcome o;

	use_state("served");
	REQUIRE(start_found());
	CHECK_BYTES(at.service.pin, service_pin, 32);
	CHECK(service_logged(&at.service, "\"event\":\"found\""));
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0);
	/* Its own disk is in use: the node joins like any other, elsewhere. */
	at.a.disk_not_blank = true;
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(o.grant.action == ACTION_OPEN && o.grant.generation == 1);
	CHECK_BYTES(o.disk_key, granted.disk_key, DISK_KEY_LEN);
	CHECK_BYTES(o.grant.header_mac, mac_1, 32);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	/* Another boot, with another hand-off: what is there stays. */
	hand_off("join", disk_3, 7);
	REQUIRE(start_found());
	CHECK_BYTES(at.service.pin, service_pin, 32);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.generation == 2);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0 && o.grant.generation == 1);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* What init gives machine B, in a folder of its own. */
static void init_other(struct outcome *out)
{
	char state[sizeof(scene.state)];
	struct client c;

	memcpy(state, scene.state, sizeof(state));
	snprintf(scene.state, sizeof(scene.state), "%s/other", at.folder);
	at.b.disk_not_blank = false;
	scene_init();
	scene_join(&c, PURPOSE_INIT, &at.b, disk_2, out);
	must(out->type == MSG_GRANT, "no material for B");
	client_close(&c);
	CHECK(scene_end() == 1);
	memcpy(scene.state, state, sizeof(state));
}

/*
 * A's folder was rotated, and its exchange cut between the two COMMITs, before the last init; and B
 * had begun to format there.
 */
static void change_material(struct bundle *b, const struct bundle *other)
{
	static const char second[] =
		"2 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n";
	static struct bundle_node nodes[2];
	static uint8_t keks[512];
	struct locked_bytes plain = {0};

	nodes[0] = b->nodes[0];
	nodes[0].disk.state = DISK_ACTIVE;
	nodes[0].disk.may_overwrite = false;
	nodes[0].disk.generation = 1;
	nodes[0].disk.next_version = 2;
	memset(nodes[0].disk.next_header_mac, 0x55, HEADER_MAC_LEN);
	nodes[1] = other->nodes[0];
	must(nodes[1].disk.may_overwrite && nodes[1].disk.state == DISK_FORMATTING, "B's record");
	must(b->kek.len + sizeof(second) <= sizeof(keks), "the keys");
	memcpy(keks, b->kek.data, b->kek.len);
	memcpy(keks + b->kek.len, second, sizeof(second) - 1);
	b->kek = (struct span){keks, b->kek.len + sizeof(second) - 1};
	free(b->nodes);
	b->nodes = NULL;
	b->node_count = 2;
	b->nodes = nodes;
	must(done(bundle_encode(b, &plain)) && plain.len <= sizeof(granted.material), "no bundle");
	memcpy(granted.material, plain.data, plain.len);
	granted.material_len = plain.len;
	locked_bytes_free(&plain);
	b->nodes = NULL;
	b->node_count = 0;
}

/* The rotation is over, and what B has on its disk since is not written over. */
static void test_records(void)
{
	static struct outcome other;
	struct bundle b = {0}, of_b = {0};
	struct outcome o;

	init_other(&other);
	REQUIRE(done(
		bundle_decode_copy((struct span){granted.material, granted.material_len}, &b)));
	REQUIRE(done(bundle_decode_copy((struct span){other.material, other.material_len}, &of_b)));
	change_material(&b, &of_b);
	bundle_free(&b);
	bundle_free(&of_b);
	hand_off_of("init", disk_1, 3, 2);
	use_state("rotated");
	REQUIRE(start_found());
	at.a.disk_not_blank = at.b.disk_not_blank = true;
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.action == ACTION_OPEN);
	CHECK(o.grant.generation == 3 && o.grant.key_version == 2 && o.grant.next_version == 0);
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == E_DENY_NOT_BLANK);
	at.b.disk_not_blank = false;
	CHECK(setting_boot(&at.b, disk_2, mac_1, &o) == 0 && o.grant.action == ACTION_FORMAT);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

int main(int argc, char **argv)
{
	const char *args[] = {"serve", "--pin", "--state", scene.state, NULL};
	char text[128] = "";
	FILE *f;

	if (argc != 3)
		return 2;
	dying = argv[2];
	setting_open(argv[1]);
	scene_open();
	init_first();
	must(service_run(&at.service, scene.out, args) == 0, "no pin");
	f = fopen(scene.out, "r");
	must(f && fgets(text, sizeof(text), f) && !fclose(f) &&
			hex_decode_text(text + 5, 64, service_pin, 32),
		"no pin");
	RUN(test_refusals);
	hand_off("init", disk_1, 1);
	RUN(test_power_cuts);
	RUN(test_serves);
	RUN(test_records);
	scene_close();
	setting_close();
	return test_summary();
}
