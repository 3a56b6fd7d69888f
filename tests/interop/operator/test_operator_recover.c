/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protostar recover against a node with a TPM of its own (swtpm): from bundles that a service has
 * exported, with everything that can be wrong: the key, the bundle, what opens it, the node, the
 * count, and the ledger that the service is brought when it is back.
 */
#include "tests/interop/operator/scene.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "early/contract/errors.h"
#include "tools/lib/hex.h"

#define USES 3

static const uint8_t mac_2[HEADER_MAC_LEN] = {0x12, 0x22}; /* of a header with the next key */

static struct outcome first, granted, last; /* of machine A: by the service, and by a bundle */
static char node_a[9], words[160], other_words[160], bundle[160], ledger[170];

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void path_of(const char *name, char out[160])
{
	snprintf(out, 160, "%s/%s", at.folder, name);
}

static void write_secret(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	must(f && fputs(text, f) >= 0 && !fclose(f) && !chmod(path, 0600), path);
}

/* node export of the service's state, of this node, in this way. */
static int export(const char *name, const char *how, const char *with)
{
	char out[160];
	const char *const args[] = {"node", "export", "--state", at.service.state, "--policy",
		at.service.policy, "--node", node_a, "--uses", "3", "--out", out, how, with, NULL};

	path_of(name, out);
	return service_run(&at.service, scene.out, args);
}

static void use_bundle(const char *name)
{
	path_of(name, bundle);
	snprintf(ledger, sizeof(ledger), "%s.uses", bundle);
}

/* Both machines are nodes of a service, which then goes away. */
static void make_service(void)
{
	char disk[33];
	struct outcome o;

	must(service_start(&at.service, NULL), "no service");
	must(setting_boot(&at.a, disk_1, mac_1, &first) == 0, "A is no node");
	must(setting_boot(&at.b, disk_2, mac_1, &o) == 0, "B is no node");
	must(service_stop(&at.service, SIGTERM) == 0, "the service does not end");
	hex_encode(disk_1, DISK_ID_LEN, disk);
	snprintf(node_a, sizeof(node_a), "%.8s", disk);
	path_of("words", words);
	path_of("other-words", other_words);
	write_secret(words, "correct horse\n");
	write_secret(other_words, "battery staple\n");
	must(export("a.bundle", "--passphrase-file", words) == 0, "no bundle");
	at.a.disk_not_blank = at.b.disk_not_blank = true;
}

static void recover(const char *how, const char *with)
{
	const char *const args[] = {"--bundle", bundle, "--json", "--wait", "60", how, with, NULL};

	scene_begin("recover", args);
}

/* One whole exchange. The code of a denial; 0 for an ACK. */
static uint16_t boot(struct machine *m, const uint8_t *disk)
{
	struct client c;

	scene_join(&c, PURPOSE_RECOVER, m, disk, &granted);
	last = granted;
	if (granted.type == MSG_GRANT)
		client_commit(&c, &granted, mac_1, &last);
	client_close(&c);
	return last.type == MSG_ACK ? 0 : last.code;
}

static unsigned uses(void)
{
	FILE *f = fopen(ledger, "r");
	unsigned lines = 0;
	int c;

	while (f && (c = fgetc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines ? lines - 1 : 0;
}

static void test_openers(void)
{
	use_bundle("a.bundle");
	recover("--passphrase-file", other_words);
	CHECK(scene_end() == 1 && scene_said("passphrase"));
	recover(NULL, NULL);
	CHECK(scene_end() == 1 && scene_said(bundle));
	CHECK(uses() == 0);
}

static void test_pin(void)
{
	static const uint8_t other[32] = {1};
	struct client c;
	int fd;

	recover("--passphrase-file", words);
	fd = scene_accept();
	CHECK(!client_shake(&c, fd, other));
	client_close(&c);
	CHECK(scene_end() == 1 && scene_said("booted with protostar.operator="));
	CHECK(uses() == 0);
}

static void test_purposes(void)
{
	static const uint8_t others[] = {PURPOSE_JOIN, PURPOSE_INIT, PURPOSE_VERIFY};
	struct client c;

	for (size_t i = 0; i < sizeof(others); i++) {
		recover("--passphrase-file", words);
		scene_join(&c, others[i], &at.a, disk_1, &last);
		CHECK(last.type == MSG_DENY && last.code == E_DENY_PURPOSE);
		CHECK(c.hello.purpose == PURPOSE_RECOVER);
		client_close(&c);
		CHECK(scene_end() == 1 && scene_said("E615"));
	}
	CHECK(uses() == 0);
}

/* Who is not in the bundle gets nothing, and what is in it is bound to its partner. */
static void test_nodes(void)
{
	recover("--passphrase-file", words);
	CHECK(boot(&at.b, disk_2) == E_DENY_NOT_BLANK);
	CHECK(scene_end() == 1);
	recover("--passphrase-file", words);
	CHECK(boot(&at.b, disk_1) == E_DENY_NODE_DISK);
	CHECK(scene_end() == 1);
	recover("--passphrase-file", words);
	CHECK(boot(&at.a, disk_2) == E_DENY_NODE_DISK);
	CHECK(scene_end() == 1);
	at.b.disk_not_blank = false;
	recover("--passphrase-file", words);
	CHECK(boot(&at.b, disk_3) == E_DENY_PURPOSE); /* it would have to be formatted */
	CHECK(scene_end() == 1 && scene_said("formats none"));
	at.b.disk_not_blank = true;
	CHECK(uses() == 0);
}

/* A GRANT of one connection is of no use on another: it is sealed to that one's key and rd. */
static void check_replay(const struct client *c, const struct evidence *now)
{
	static uint8_t old[FRAME_MAX];
	static size_t old_len;
	struct msg_grant g;
	struct secret plain = {0};
	uint8_t aad[GRANT_AAD_MAX];
	struct wire_writer w;

	if (old_len) {
		REQUIRE(message_get_grant((struct span){old, old_len}, &g));
		wire_write_start(&w, aad, sizeof(aad));
		grant_aad_put(&w, &g);
		CHECK(failed(wrap_open(
			&now->kem, now->rd, aad, w.len, g.wrapped.data, g.wrapped.len, &plain)));
	}
	memcpy(old, c->frame, c->frame_len);
	old_len = c->frame_len;
}

/* The right node, as often as the bundle says; each use is on record before the key is out. */
static void test_uses(void)
{
	struct evidence e;
	struct client c;

	for (unsigned i = 1; i <= USES; i++) {
		recover("--passphrase-file", words);
		scene_connect(&c, PURPOSE_RECOVER);
		evidence_make(&e, &c, &at.a, disk_1);
		client_join(&c, &e, &at.a, &granted);
		REQUIRE(granted.type == MSG_GRANT && granted.grant.action == ACTION_OPEN);
		CHECK(uses() == i);
		CHECK(granted.grant.generation == 1 && granted.material_len == 0);
		CHECK_BYTES(granted.grant.header_mac, mac_1, 32);
		CHECK_BYTES(granted.disk_key, first.disk_key, DISK_KEY_LEN);
		check_replay(&c, &e);
		evidence_free(&e);
		if (i == 1) { /* the command dies: the use counts */
			scene_kill();
			client_close(&c);
			continue;
		}
		client_commit(&c, &granted, mac_1, &last);
		CHECK(last.type == MSG_ACK && last.certificate_len == 0);
		client_close(&c);
		CHECK(scene_end() == 0 && scene_said(i == 2 ? "\"usesLeft\":1" : "\"usesLeft\":0"));
	}
	recover("--passphrase-file", words);
	CHECK(scene_end() == 1 && scene_said("is used up"));
	CHECK(uses() == USES);
}

static void change_byte(const char *path, long offset)
{
	FILE *f = fopen(path, "r+b");
	int byte;

	must(f && !fseek(f, offset, offset < 0 ? SEEK_END : SEEK_SET), path);
	byte = fgetc(f);
	must(!fseek(f, -1, SEEK_CUR) && fputc(byte ^ 1, f) != EOF && !fclose(f), path);
}

static void test_changed_files(void)
{
	change_byte(ledger, 60);
	recover("--passphrase-file", words);
	CHECK(scene_end() == 1 && scene_said("line 2 is not what was written"));
	change_byte(ledger, 60);
	change_byte(bundle, -1);
	recover("--passphrase-file", words);
	CHECK(scene_end() == 1 && scene_said(bundle));
	change_byte(bundle, -1);
	recover("--passphrase-file", words);
	CHECK(scene_end() == 1 && scene_said("is used up"));
}

/* Shares of operators, and the operator's own key, open as a passphrase does. */
static void test_other_locks(void)
{
	char one[180], two[180], command[512], pem[160];
	const char *args[] = {"--bundle", bundle, "--share", one, "--wait", "60", NULL, NULL, NULL};

	CHECK(export("shared.bundle", "--shares", "2/3") == 0);
	use_bundle("shared.bundle");
	snprintf(one, sizeof(one), "%s.share-1", bundle);
	snprintf(two, sizeof(two), "%s.share-3", bundle);
	scene_begin("recover", args);
	CHECK(scene_end() == 1 && scene_said("share"));
	args[6] = "--share";
	args[7] = two;
	scene_begin("recover", args);
	CHECK(boot(&at.a, disk_1) == 0);
	CHECK_BYTES(granted.disk_key, first.disk_key, DISK_KEY_LEN);
	CHECK(scene_end() == 0 && scene_said("uses left: 2"));
	path_of("operator.pem", pem);
	snprintf(command, sizeof(command),
		"openssl ec -inform DER -in %s -pubout -out %s 2>/dev/null", scene.key, pem);
	REQUIRE(system(command) == 0);
	CHECK(export("mine.bundle", "--to", pem) == 0);
	use_bundle("mine.bundle");
	recover(NULL, NULL);
	CHECK(boot(&at.a, disk_1) == 0);
	CHECK(scene_end() == 0);
}

/* Another service's bundle, of a node of its own. */
static void test_stranger(void)
{
	char state[sizeof(at.service.state)];
	struct outcome o;

	snprintf(state, sizeof(state), "%s", at.service.state);
	snprintf(at.service.state, sizeof(at.service.state), "%s/stranger", at.folder);
	at.b.disk_not_blank = false;
	must(service_start(&at.service, NULL), "no other service");
	CHECK(setting_boot(&at.b, disk_1, mac_1, &o) == 0); /* it says that its disk is A's */
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	CHECK(export("stranger.bundle", "--passphrase-file", words) == 0);
	use_bundle("stranger.bundle");
	recover("--passphrase-file", words);
	CHECK(boot(&at.a, disk_1) == E_DENY_NODE_DISK);
	CHECK(scene_end() == 1 && uses() == 0);
	/* And its own service's ledger is none of the first one's. */
	at.b.disk_not_blank = true;
	recover("--passphrase-file", words);
	CHECK(boot(&at.b, disk_1) == 0);
	CHECK(memcmp(granted.disk_key, first.disk_key, DISK_KEY_LEN) != 0);
	CHECK(scene_end() == 0 && uses() == 1);
	snprintf(at.service.state, sizeof(at.service.state), "%s", state);
}

static int enter(const char *file)
{
	const char *const args[] = {"node", "recovered", file, "--state", at.service.state, NULL};

	return service_run(&at.service, scene.out, args);
}

/* The service is back: what was opened enters its record, once. */
static void test_recovered(void)
{
	struct outcome o;

	CHECK(enter(ledger) == 1 && scene_said("did not export"));
	use_bundle("a.bundle");
	CHECK(enter(ledger) == 0 && scene_said("3 uses entered"));
	CHECK(enter(ledger) == 0 && scene_said("0 uses entered"));
	change_byte(ledger, 60);
	CHECK(enter(ledger) == 1 && scene_said("line 2"));
	change_byte(ledger, 60);
	CHECK(enter(words) == 1 && scene_said("is not a ledger"));
	must(service_start(&at.service, NULL), "the service does not come back");
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"recovered\"") == USES);
	CHECK(service_count(&at.service, "audit.jsonl", "use 3 at ") == 1);
	/* The disk is as the service knows it. */
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0 && o.grant.generation == 1);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* A's key begins to change: the service has both headers' MACs, and says no more of it. */
static void begin_rotation(struct outcome *o)
{
	const char *const rotate[] = {"node", "rotate", "--kek", "--state", at.service.state, NULL};
	struct msg_commit commit = {.action = ACTION_OPEN, .key_version = 1, .next_version = 2};
	struct client c;

	must(service_start(&at.service, NULL), "the service does not come back");
	CHECK(service_run(&at.service, scene.out, rotate) == 0);
	setting_join(&c, &at.a, disk_1, o);
	REQUIRE(o->type == MSG_GRANT && o->grant.next_version == 2);
	commit.generation = o->grant.generation + 1;
	memcpy(commit.header_mac, mac_1, HEADER_MAC_LEN);
	memcpy(commit.next_header_mac, mac_2, HEADER_MAC_LEN);
	client_commit_as(&c, &commit, &last);
	CHECK(last.type == MSG_ACK);
	client_close(&c);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

/* One recovery in a rotation, with this COMMIT. The code of a denial; 0 for an ACK. */
static uint16_t recover_to(const struct outcome *served, uint32_t version, uint32_t next)
{
	struct msg_commit commit = {
		.action = ACTION_OPEN, .key_version = version, .next_version = next};
	struct client c;

	recover("--passphrase-file", words);
	scene_join(&c, PURPOSE_RECOVER, &at.a, disk_1, &granted);
	must(granted.type == MSG_GRANT, "no grant in a rotation");
	CHECK(granted.grant.action == ACTION_OPEN);
	CHECK(granted.grant.key_version == 1 && granted.grant.next_version == 2);
	CHECK_BYTES(granted.grant.header_mac, mac_1, HEADER_MAC_LEN);
	CHECK_BYTES(granted.grant.next_header_mac, mac_2, HEADER_MAC_LEN);
	CHECK_BYTES(granted.disk_key, served->disk_key, DISK_KEY_LEN);
	CHECK_BYTES(granted.next_key, served->next_key, DISK_KEY_LEN);
	commit.generation = granted.grant.generation + 1;
	memcpy(commit.header_mac, mac_1, HEADER_MAC_LEN);
	if (next)
		memcpy(commit.next_header_mac, mac_2, HEADER_MAC_LEN);
	client_commit_as(&c, &commit, &last);
	client_close(&c);
	CHECK(scene_end() == (last.type == MSG_ACK ? 0 : 1));
	return last.type == MSG_ACK ? 0 : last.code;
}

/* A bundle of that time opens whichever header is there; the service goes on where it was. */
static void test_rotation(void)
{
	struct outcome served, later;

	begin_rotation(&served);
	CHECK(export("rotating.bundle", "--passphrase-file", words) == 0);
	use_bundle("rotating.bundle");
	CHECK(recover_to(&served, 1, 2) == E_DENY_STATE); /* nothing is gone on with here */
	CHECK(recover_to(&served, 2, 0) == 0);
	CHECK(recover_to(&served, 1, 0) == 0);
	CHECK(uses() == USES);
	must(service_start(&at.service, NULL), "the service does not come back");
	CHECK(setting_boot(&at.a, disk_1, mac_2, &later) == E_DENY_STATE); /* it says version 1 */
	CHECK(later.grant.generation == granted.grant.generation);
	CHECK(later.grant.key_version == 1 && later.grant.next_version == 2);
	CHECK_BYTES(later.grant.next_header_mac, mac_2, HEADER_MAC_LEN);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
}

static void test_words(void)
{
	const char *const nothing[] = {"recover", "--key", scene.key, NULL};
	const char *const both[] = {"recover", "--key", scene.key, "--node", scene.address,
		"--bundle", "b", "--passphrase-file", "p", "--share", "s", NULL};

	CHECK(service_run(&at.service, scene.out, nothing) == 2);
	CHECK(scene_said("--node and --bundle are needed"));
	CHECK(service_run(&at.service, scene.out, both) == 2);
	CHECK(scene_said("give a passphrase or shares"));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	scene_open();
	make_service();
	RUN(test_words);
	RUN(test_openers);
	RUN(test_pin);
	RUN(test_purposes);
	RUN(test_nodes);
	RUN(test_uses);
	RUN(test_changed_files);
	RUN(test_other_locks);
	RUN(test_stranger);
	RUN(test_recovered);
	RUN(test_rotation);
	scene_close();
	setting_close();
	return test_summary();
}
