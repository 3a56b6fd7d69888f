/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An operator revokes, while the service runs and exchanges are under way: every kind of thing that
 * can be revoked, at every step of an exchange. The node has a TPM with a certificate and SEV-SNP,
 * so it comes with one thing of each kind.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "early/contract/errors.h"
#include "tests/interop/serve/identity_setting.h"
#include "tests/interop/serve/tee_node.h"
#include "tests/interop/serve/tee_policy.h"
#include "tests/unit/test.h"
#include "tools/evidence/tpm/public.h"
#include "tools/lib/hex.h"
#include "tools/serve/store/store_revocations.h"

static const struct tee_node node_a = {.tpm = &at.a, .kinds = TEE(EVIDENCE_SNP)};
static struct pki_entity certificate;
static uint8_t ak_number;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "test_serve_revoked: %s\n", what);
	exit(1);
}

/* One thing to revoke, as the store and as the command line have it. */
struct thing {
	struct store_revocation r;
	char value[2 * REVOCATION_MAX + 1];
};

enum { THINGS = 8 };

static struct thing hex_thing(enum revocation_kind kind, const uint8_t *value, size_t len)
{
	struct thing t = {.r = revocation_of(kind, (struct span){value, len})};

	hex_encode(value, len, t.value);
	return t;
}

/* What node A comes with now. */
static struct thing thing(unsigned which)
{
	struct tpm_public ek, ak;
	uint8_t hash[SHA256_LEN];
	struct thing t = {.r = revocation_of_epoch(2)};

	must(tpm_ek_parse(at.a.ek_pub, at.a.ek_pub_len, &ek) == TPM_GOOD, "an EK");
	must(tpm_ak_parse(at.a.ak_pub, at.a.ak_pub_len, &ak) == TPM_GOOD, "an AK");
	switch (which) {
	case 0:
		return hex_thing(REVOKED_NODE, ek.node_id, TPM_NAME_LEN);
	case 1:
		return hex_thing(REVOKED_DISK, disk_1, DISK_ID_LEN);
	case 2:
		return hex_thing(REVOKED_EK, ek.node_id, TPM_NAME_LEN);
	case 3:
		sha256(at.a.certificates[0].data, at.a.certificates[0].len, hash);
		return hex_thing(REVOKED_EK, hash, SHA256_LEN);
	case 4:
		return hex_thing(REVOKED_AK, ak.name, TPM_NAME_LEN);
	case 5:
		return hex_thing(REVOKED_CHIP, tee_amd.spec.chip_id, SNP_CHIP_ID_LEN);
	case 6:
		t.r = revocation_of(REVOKED_SET, (struct span){(const uint8_t *)"both", 4});
		snprintf(t.value, sizeof(t.value), "both");
		return t;
	default:
		snprintf(t.value, sizeof(t.value), "2");
		return t;
	}
}

static bool say(const char *verb, const struct thing *t)
{
	return NODE(verb, revocation_kind_name(t->r.kind), t->value) == 0;
}

static uint16_t denial(struct client *c)
{
	struct msg_deny deny = {.code = 0};
	struct span body;

	if (client_receive(c, &body) != MSG_DENY || !message_get_deny(body, &deny))
		return 0;
	CHECK(deny.retry_after_ms == 0 || deny.code != E_DENY_REVOKED);
	return deny.code;
}

static void make_evidence(struct client *c, struct evidence *e)
{
	tee_evidence(&node_a, c, disk_1, e);
	e->certificates[0] = at.a.certificates[0];
	e->certificate_count = 1;
}

static void send_evidence(struct client *c, struct evidence *e)
{
	static uint8_t frame[FRAME_MAX + 4];

	make_evidence(c, e);
	CHECK(client_send(c, frame, evidence_frame(e, frame)));
}

static void open_challenged(struct client *c, struct span *out_challenge)
{
	static uint8_t kept[FRAME_MAX];
	struct evidence e;
	struct span body;

	setting_connect(c);
	send_evidence(c, &e);
	evidence_free(&e);
	must(client_receive(c, &body) == MSG_CHALLENGE, "a challenge");
	memcpy(kept, body.data, body.len);
	*out_challenge = (struct span){kept, body.len};
}

static void check_good(void)
{
	struct outcome o;

	CHECK(tee_boot(&node_a, disk_1, &o) == 0);
}

/* Between HELLO and EVIDENCE: of a node whose keys are known, the answer to EVIDENCE. */
static void test_before_evidence(void)
{
	for (unsigned i = 0; i < THINGS; i++) {
		struct thing t = thing(i);
		struct evidence e;
		struct client c;

		setting_connect(&c);
		CHECK(say("revoke", &t));
		send_evidence(&c, &e);
		CHECK(denial(&c) == E_DENY_REVOKED);
		evidence_free(&e);
		client_close(&c);
		CHECK(say("unrevoke", &t));
		check_good();
	}
}

/* Between EVIDENCE and PROOF. What only the owner of the keys may know is said after PROOF. */
static void test_before_proof(void)
{
	for (unsigned i = 0; i < THINGS; i++) {
		struct span challenge;
		struct client c;
		struct thing t;

		machine_new_ak(&at.a, ++ak_number);
		t = thing(i);
		open_challenged(&c, &challenge);
		CHECK(say("revoke", &t));
		CHECK(client_answer(&c, &at.a, challenge));
		CHECK(denial(&c) == E_DENY_REVOKED);
		client_close(&c);
		CHECK(say("unrevoke", &t));
	}
	check_good();
}

/* An operator's transaction is open when PROOF comes, and ends with the revocation in it. */
static uint16_t revoke_in_turn(struct store *s, const struct thing *t)
{
	const struct timespec moment = {0, 20000000};
	struct span challenge;
	struct client c;
	bool is_new = false;
	uint16_t code;

	open_challenged(&c, &challenge);
	must(!store_begin(s).happened, "a transaction");
	CHECK(client_answer(&c, &at.a, challenge));
	nanosleep(&moment, NULL);
	CHECK(!store_revoke(s, &t->r, &is_new).happened && is_new);
	must(!store_commit(s).happened, "its end");
	code = denial(&c);
	client_close(&c);
	CHECK(say("unrevoke", t));
	return code;
}

/* Between PROOF and GRANT: the grant's transaction comes after the operator's, and sees it. */
static void test_before_grant(void)
{
	char path[200];
	struct store *s = NULL;

	snprintf(path, sizeof(path), "%s/store.sqlite", at.service.state);
	REQUIRE(!store_open(path, STORE_CHANGE, &s).happened);
	machine_new_ak(&at.a, ++ak_number);
	for (unsigned i = 0; i < THINGS; i++) {
		struct thing t = thing(i);
		uint16_t code = revoke_in_turn(s, &t);

		/* On a slow machine the service may have waited longer than it does. */
		for (unsigned again = 0; again < 20 && code == E_DENY_INTERNAL; again++)
			code = revoke_in_turn(s, &t);
		CHECK(code == E_DENY_REVOKED);
	}
	store_close(s);
	check_good();
}

static uint16_t join_and_commit(const struct thing *revoked, struct outcome *granted)
{
	struct outcome last;
	struct evidence e;
	struct client c;

	setting_connect(&c);
	make_evidence(&c, &e);
	client_join(&c, &e, &at.a, granted);
	evidence_free(&e);
	must(granted->type == MSG_GRANT, "a grant");
	CHECK(say("revoke", revoked));
	client_commit(&c, granted, mac_1, &last);
	client_close(&c);
	CHECK(say("unrevoke", revoked));
	return last.type == MSG_DENY && !last.retry_after_ms ? last.code : 0;
}

/* Between GRANT and COMMIT: the key is out, and nothing of the commit is stored. */
static void test_before_commit(void)
{
	for (unsigned i = 0; i < THINGS; i++) {
		struct thing t = thing(i);
		struct outcome granted, after;

		CHECK(join_and_commit(&t, &granted) == E_DENY_REVOKED);
		CHECK(tee_boot(&node_a, disk_1, &after) == 0);
		CHECK(after.grant.action == ACTION_OPEN);
		CHECK(after.grant.generation == granted.grant.generation);
	}
}

/* The same for a disk that is being formatted: it stays a disk that may be. */
static void test_before_first_commit(void)
{
	struct thing t = hex_thing(REVOKED_DISK, disk_1, DISK_ID_LEN);
	struct outcome granted, after;

	CHECK(NODE("forget", DISK_1) == 0);
	CHECK(join_and_commit(&t, &granted) == E_DENY_REVOKED);
	CHECK(granted.grant.action == ACTION_FORMAT);
	CHECK(tee_boot(&node_a, disk_1, &after) == 0 && after.grant.action == ACTION_FORMAT);
	check_good();
}

static void test_others_are_not_touched(void)
{
	uint8_t other[SNP_CHIP_ID_LEN] = {1};
	struct thing chip = hex_thing(REVOKED_CHIP, other, sizeof(other));
	struct thing disk = hex_thing(REVOKED_DISK, disk_2, DISK_ID_LEN);

	CHECK(say("revoke", &chip) && say("revoke", &disk));
	CHECK(NODE("revoke", "set", "bot") == 0 && NODE("revoke", "set", "bothh") == 0);
	check_good();
	CHECK(node("revocations", NULL) == 0 && printed("chip  ") == 1 && printed("set  ") == 2);
	CHECK(NODE("revocations", "--json") == 0 &&
		printed("{\"kind\":\"disk\",\"value\":\"d2") == 1);
	CHECK(say("unrevoke", &chip) && say("unrevoke", &disk));
	CHECK(NODE("unrevoke", "set", "bot") == 0 && NODE("unrevoke", "set", "bothh") == 0);
	CHECK(node("revocations", NULL) == 0 && printed("set  ") == 0);
}

/* A set that is revoked gives way to one that is not, as with policy's "revoked". */
static void test_another_set_serves(void)
{
	char more[4096];
	struct outcome o;

	snprintf(more, sizeof(more),
		",{\"name\":\"spare\",\"role\":\"spare\",\"epoch\":1,%s," NO_SEAL
		",\"snp\":" SNP_GOOD "}",
		at.set);
	tee_serve_tpm_and(NO_SEAL ",\"epoch\":2,\"snp\":" SNP_GOOD, more);
	CHECK(NODE("revoke", "set", "both") == 0);
	CHECK(tee_boot(&node_a, disk_1, &o) == 0 && strcmp(o.role, "spare") == 0);
	CHECK(NODE("unrevoke", "set", "both") == 0);
	CHECK(tee_boot(&node_a, disk_1, &o) == 0 && strcmp(o.role, "") == 0);
	/* Of sets below an epoch none serves, and those from it on do. */
	CHECK(NODE("revoke", "epoch", "2") == 0);
	CHECK(tee_boot(&node_a, disk_1, &o) == 0);
	CHECK(NODE("revoke", "epoch", "3") == 0);
	CHECK(tee_boot(&node_a, disk_1, &o) == E_DENY_REVOKED);
	CHECK(NODE("unrevoke", "epoch", "3") == 0);
	CHECK(tee_boot(&node_a, disk_1, &o) == 0);
}

static void test_refused_words(void)
{
	CHECK(NODE("revoke", "thing", "1") == 1 && printed("nothing that can be revoked") == 1);
	CHECK(NODE("revoke", "disk", "d1") == 1 && printed("32 hex digits") == 1);
	CHECK(NODE("revoke", "disk", "d100000000000000000000000000000g") == 1);
	CHECK(NODE("revoke", "disk", "00000000000000000000000000000000") == 1);
	CHECK(NODE("revoke", "chip", DISK_1 DISK_1) == 1);
	CHECK(NODE("revoke", "node", DISK_1) == 1 && NODE("revoke", "ak", DISK_1 DISK_1) == 1);
	CHECK(NODE("revoke", "set", DISK_1 DISK_1 "x") == 1);
	CHECK(NODE("revoke", "epoch", "0") == 1 && NODE("revoke", "epoch", "4294967296") == 1);
	CHECK(NODE("unrevoke", "disk", DISK_2) == 1 && printed("is not revoked here") == 1);
	CHECK(NODE("revoke", "disk", DISK_2) == 0);
	CHECK(NODE("revoke", "disk", DISK_2) == 1 && printed("is revoked already") == 1);
}

/* Denials of what ends a grant are on record, and so is what the operator did. */
static void test_audit(void)
{
	check_good();
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"revoke\"") > 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"detail\":\"epochs below 3\"") == 2);
	CHECK(service_count(&at.service, "audit.jsonl", "\"detail\":\"disk " DISK_2 "\"") == 1);
	CHECK(service_count(&at.service, "audit.jsonl", "\"detail\":\"revoked: epoch\"") == 1);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	tee_open();
	identity_open();
	certificate = certify(&at.a, &maker);
	give(&at.a, &certificate);
	tee_serve_tpm_and(NO_SEAL ",\"epoch\":1,\"snp\":" SNP_GOOD, "");
	RUN(check_good);
	RUN(test_before_evidence);
	RUN(test_before_proof);
	RUN(test_before_grant);
	RUN(test_before_commit);
	RUN(test_before_first_commit);
	RUN(test_others_are_not_touched);
	RUN(test_another_set_serves);
	RUN(test_refused_words);
	RUN(test_audit);
	service_stop(&at.service, SIGTERM);
	give(&at.a, NULL);
	pki_free(&certificate);
	identity_close();
	tee_close();
	setting_close();
	return test_summary();
}
