/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join service against real TPMs (swtpm): first join, commit, rejoin, and every refusal that
 * evidence, binding and policy can cause. Each refusal has its good twin beside it.
 */
#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#include <signal.h>
#include <stdlib.h>

#include "early/contract/errors.h"
#include "tools/lib/hex.h"
#include "tools/evidence/tpm/public.h"

static struct outcome first;

static void test_first_join_and_commit(void)
{
	struct outcome again;

	CHECK(setting_boot(&at.a, disk_1, mac_1, &first) == 0);
	CHECK(first.challenged && first.grant.action == ACTION_FORMAT);
	CHECK(first.grant.generation == 0 && first.grant.key_version == 1);
	CHECK(first.grant.policy_epoch == 1 && strcmp(first.role, "worker") == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"grant\"") == 1);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"commit\"") == 1);
	/* Rejoin: the same key, no activation, the disk is to be opened and its MAC is told. */
	CHECK(setting_boot(&at.a, disk_1, mac_1, &again) == 0);
	CHECK(!again.challenged && again.grant.action == ACTION_OPEN);
	CHECK(again.grant.generation == 1);
	CHECK_BYTES(again.grant.header_mac, mac_1, 32);
	CHECK_BYTES(again.disk_key, first.disk_key, DISK_KEY_LEN);
}

static void test_power_cut_before_commit(void)
{
	static const uint8_t other_mac[32] = {9};
	struct client early, late;
	struct outcome one, two, last;

	setting_join(&early, &at.b, disk_2, &one);
	CHECK(one.type == MSG_GRANT && one.grant.action == ACTION_FORMAT && one.challenged);
	setting_join(&late, &at.b, disk_2, &two);
	CHECK(two.type == MSG_GRANT && two.grant.action == ACTION_FORMAT && !two.challenged);
	CHECK_BYTES(one.disk_key, two.disk_key, DISK_KEY_LEN);
	/* Only the latest grant can be committed. */
	client_commit(&early, &one, other_mac, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_STATE && !last.retry_after_ms);
	client_commit(&late, &two, mac_1, &last);
	CHECK(last.type == MSG_ACK);
	client_close(&early);
	client_close(&late);
	CHECK(memcmp(two.disk_key, first.disk_key, DISK_KEY_LEN) != 0);
}

static void test_commits_that_do_not_fit(void)
{
	static const uint8_t no_mac[32];
	struct client c, twin;
	struct outcome granted, same, last;

	setting_join(&c, &at.a, disk_1, &granted);
	client_commit(&c, &granted, no_mac, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_STATE);
	client_close(&c);
	/* Two boots of one machine with one grant each: whoever commits first has the disk. */
	setting_join(&c, &at.a, disk_1, &granted);
	setting_join(&twin, &at.a, disk_1, &same);
	CHECK(same.grant.generation == granted.grant.generation);
	client_commit(&twin, &same, mac_1, &last);
	CHECK(last.type == MSG_ACK);
	client_commit(&c, &granted, mac_1, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_STATE);
	client_close(&c);
	client_close(&twin);
	setting_join(&c, &at.a, disk_1, &granted);
	granted.grant.generation++;
	client_commit(&c, &granted, mac_1, &last);
	CHECK(last.type == MSG_DENY && last.code == E_DENY_STATE);
	client_close(&c);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &granted) == 0);
	CHECK_BYTES(granted.grant.header_mac, mac_1, 32);
}

static void test_partners(void)
{
	CHECK(setting_try(&at.b, disk_1) == E_DENY_NODE_DISK); /* another node's disk */
	CHECK(service_logged(&at.service, "brought disk d1000000000000000000000000000000, which is "
					  "bound to node 000b"));
	CHECK(setting_try(&at.a, disk_3) == E_DENY_NODE_DISK); /* a known node's new disk */
	CHECK(service_logged(&at.service,
		"this node is bound to disk d1000000000000000000000000000000 "
		"and brought disk "));
	CHECK(service_logged(&at.service, ", which is new here: protostar node forget\""));
	CHECK(setting_try(&at.a, disk_2) == E_DENY_NODE_DISK);
	CHECK(setting_try(&at.a, disk_1) == 0);
	CHECK(setting_try(&at.b, disk_2) == 0);
}

/* Evidence of one connection, sent over another: a relay, or a replay. */
static void test_evidence_of_another_connection(void)
{
	struct client one, two;
	struct evidence e;
	struct outcome o;

	setting_connect(&one);
	setting_connect(&two);
	CHECK(memcmp(one.hello.nonce_v, two.hello.nonce_v, NONCE_LEN) != 0);
	CHECK(memcmp(one.binder, two.binder, BINDER_LEN) != 0);
	evidence_make(&e, &one, &at.a, disk_1);
	client_join(&two, &e, &at.a, &o);
	CHECK(o.type == MSG_DENY && o.code == E_DENY_QUOTE);
	client_join(&one, &e, &at.a, &o);
	CHECK(o.type == MSG_GRANT);
	client_close(&one);
	client_close(&two);
	setting_connect(&one); /* replayed after it was good once */
	client_join(&one, &e, &at.a, &o);
	CHECK(o.type == MSG_DENY && o.code == E_DENY_QUOTE);
	client_close(&one);
	evidence_free(&e);
}

enum change {
	NONCE_A,
	BINDER,
	KEM,
	MLKEM,
	MLKEM_GONE,
	DISK,
	ROLE_PURPOSE,
	SIGNATURE,
	ATTEST,
	VALUES,
	MASK,
	BANK,
	TYPE,
	CLAIMS,
	AK_FORM,
	EK_FORM,
	KEM_FORM,
	MLKEM_FORM,
	MLKEM_LENGTH,
	LOG,
	VALUES_CUT,
};

static void change_evidence(struct evidence *e, struct client *c, enum change what)
{
	static const uint8_t bad_log[] = "this is no event log";

	switch (what) {
	case NONCE_A:
		e->nonce_a[0] ^= 1;
		break;
	case BINDER:
		e->rd[0] ^= 1;
		machine_quote(&at.a, e->rd, c->hello.bank, c->hello.pcr_mask, &e->quote);
		break;
	case KEM:
		key_free(&e->kem.p256);
		CHECK(!failed(key_generate(&e->kem.p256)));
		evidence_claims(e, &at.a, disk_1);
		break;
	case MLKEM:
		e->kem.mlkem.bytes[MLKEM_PRIV_LEN - 65] ^= 1; /* of the public half: its seed */
		evidence_claims(e, &at.a, disk_1);
		break;
	case MLKEM_GONE:
		secret_free(&e->kem.mlkem);
		evidence_claims(e, &at.a, disk_1);
		break;
	case DISK:
		evidence_claims(e, &at.a, disk_3);
		break;
	case ROLE_PURPOSE:
		e->purpose = PURPOSE_VERIFY;
		break;
	case SIGNATURE:
		e->quote.signature[e->quote.signature_len - 1] ^= 1;
		break;
	case ATTEST:
		e->quote.attest[e->quote.attest_len - 1] ^= 1;
		break;
	case VALUES:
		e->quote.pcr_values[0] ^= 1;
		break;
	case VALUES_CUT:
		e->quote.pcr_values_len--;
		break;
	case MASK:
		machine_quote(&at.a, e->rd, c->hello.bank, c->hello.pcr_mask | 1u << 5, &e->quote);
		break;
	case BANK:
		machine_quote(&at.a, e->rd, 0x000c, c->hello.pcr_mask, &e->quote);
		break;
	case TYPE:
		e->type = 2;
		break;
	case CLAIMS:
		e->claims_len--;
		break;
	case AK_FORM:
		/* The key's own EK in place of its AK: it can be used for other things than quotes.
		 */
		memcpy(at.a.ak_pub, at.a.ek_pub, at.a.ek_pub_len);
		at.a.ak_pub_len = at.a.ek_pub_len;
		evidence_claims(e, &at.a, disk_1);
		machine_new_ak(&at.a, 0);
		break;
	case EK_FORM:
		at.a.ek_pub[5] ^= 1; /* an attribute */
		evidence_claims(e, &at.a, disk_1);
		at.a.ek_pub[5] ^= 1;
		break;
	case KEM_FORM:
		e->claims[e->claims_len - MLKEM_PUB_LEN - 4 - 5] ^= 1; /* y: off the curve */
		break;
	case MLKEM_FORM:
		memset(e->claims + e->claims_len - MLKEM_PUB_LEN, 0xff, 3); /* beyond the modulus */
		break;
	case MLKEM_LENGTH:
		e->claims[e->claims_len - MLKEM_PUB_LEN - 1] ^= 1;
		e->claims_len++;
		break;
	case LOG:
		e->event_log = (struct span){bad_log, sizeof(bad_log)};
		break;
	}
}

static uint16_t code_after(enum change what)
{
	struct client c;
	struct evidence e;
	struct outcome o;

	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	change_evidence(&e, &c, what);
	client_join(&c, &e, &at.a, &o);
	evidence_free(&e);
	client_close(&c);
	return o.type == MSG_DENY && !o.retry_after_ms ? o.code : 0;
}

static void test_changed_evidence(void)
{
	CHECK(code_after(NONCE_A) == E_DENY_QUOTE);
	CHECK(service_logged(
		&at.service, "\"detail\":\"the quote was made for another connection"));
	CHECK(code_after(BINDER) == E_DENY_QUOTE);
	CHECK(code_after(KEM) == E_DENY_QUOTE);
	CHECK(code_after(MLKEM) == E_DENY_QUOTE);
	CHECK(code_after(MLKEM_GONE) == E_DENY_KEYS);
	CHECK(code_after(DISK) == E_DENY_QUOTE);
	CHECK(code_after(ROLE_PURPOSE) == E_DENY_PURPOSE);
	CHECK(code_after(SIGNATURE) == E_DENY_SIGNATURE);
	CHECK(code_after(ATTEST) == E_DENY_SIGNATURE);
	CHECK(code_after(VALUES) == E_DENY_PCR_DIGEST);
	CHECK(code_after(VALUES_CUT) == E_DENY_PCR_DIGEST);
	CHECK(code_after(MASK) == E_DENY_SELECTION);
	CHECK(code_after(BANK) == E_DENY_SELECTION);
	CHECK(code_after(TYPE) == E_DENY_PROTOCOL);
	CHECK(code_after(CLAIMS) == E_DENY_PROTOCOL);
	CHECK(code_after(AK_FORM) == E_DENY_KEYS);
	CHECK(code_after(EK_FORM) == E_DENY_KEYS);
	CHECK(code_after(KEM_FORM) == E_DENY_KEYS);
	CHECK(code_after(MLKEM_FORM) == E_DENY_KEYS);
	CHECK(code_after(MLKEM_LENGTH) == E_DENY_PROTOCOL);
	CHECK(code_after(LOG) == E_DENY_EVENT_LOG);
	CHECK(setting_try(&at.a, disk_1) == 0);
}

#define ONE_EVENT (65u + 14u + 32u + 4u)

/* A log of one event that leads to the machine's PCR 4 or does not, with `more` bytes of text. */
static void try_log(bool good, uint32_t more)
{
	static uint8_t log[EVENT_LOG_MAX];
	uint8_t *event = log + 65;
	struct client c;
	struct evidence e;
	struct outcome o;

	log[4] = 3;
	log[28] = 33;
	memcpy(log + 32, "Spec ID Event03", 16);
	memcpy(log + 52, "\0\2\0\2\1\0\0\0\x0b\0\40\0\0", 13);
	memcpy(event, "\4\0\0\0\x0d\0\0\0\1\0\0\0\x0b\0", 14);
	memset(event + 14, 0x44, 32);
	event[14] ^= (uint8_t)!good;
	for (unsigned i = 0; i < 4; i++)
		event[46 + i] = (uint8_t)(more >> 8 * i);
	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	e.event_log = (struct span){log, ONE_EVENT + more};
	client_join(&c, &e, &at.a, &o);
	CHECK(good ? o.type == MSG_GRANT : o.type == MSG_DENY && o.code == E_DENY_EVENT_LOG);
	evidence_free(&e);
	client_close(&c);
}

static void test_event_log(void)
{
	try_log(true, 0);
	try_log(false, 0);
	/* Four banks and a full dbx; the longest there can be. */
	try_log(true, 90000);
	try_log(true, EVENT_LOG_MAX - ONE_EVENT);
	try_log(false, EVENT_LOG_MAX - ONE_EVENT);
}

/* B's AK beside A's EK: each is good alone, but they are not in one TPM. */
static void test_activation_of_another_tpm(void)
{
	struct machine chimera;
	struct client c;
	struct evidence e;
	struct outcome o;

	machine_new_ak(&at.b, 3);
	chimera = at.b;
	memcpy(chimera.ek_pub, at.a.ek_pub, at.a.ek_pub_len);
	chimera.ek_pub_len = at.a.ek_pub_len;
	setting_connect(&c);
	evidence_make(&e, &c, &chimera, disk_1);
	client_join(&c, &e, &at.b, &o);
	CHECK(o.challenged && o.type == MSG_DENY && o.code == E_DENY_ACTIVATION);
	evidence_free(&e);
	client_close(&c);
	/* And an AK that is known for B makes A's EK no more its own. */
	machine_new_ak(&at.b, 0);
	chimera = at.b;
	memcpy(chimera.ek_pub, at.a.ek_pub, at.a.ek_pub_len);
	chimera.ek_pub_len = at.a.ek_pub_len;
	setting_connect(&c);
	evidence_make(&e, &c, &chimera, disk_1);
	client_join(&c, &e, &at.b, &o);
	CHECK(o.challenged && o.type == MSG_DENY && o.code == E_DENY_ACTIVATION);
	evidence_free(&e);
	client_close(&c);
}

static void test_new_ak(void)
{
	struct outcome o;

	machine_new_ak(&at.a, 1);
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(o.challenged && o.grant.action == ACTION_OPEN);
	CHECK_BYTES(o.disk_key, first.disk_key, DISK_KEY_LEN);
	setting_reload(1, ",\"pin_ak\":true");
	CHECK(setting_try(&at.a, disk_1) == 0);
	machine_new_ak(&at.a, 2);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_NODE_AK);
	setting_reload(1, "");
	CHECK(setting_try(&at.a, disk_1) == 0);
}

static void test_policy_reloads(void)
{
	struct outcome o;
	char revoked[256];
	struct client c;
	struct evidence e;

	/* Epochs: a commit under 3 bars 2. */
	setting_reload(3, "");
	CHECK(setting_boot(&at.a, disk_1, mac_1, &o) == 0);
	CHECK(o.grant.policy_epoch == 3);
	setting_reload(2, "");
	CHECK(setting_try(&at.a, disk_1) == E_DENY_EPOCH);
	CHECK(setting_try(&at.b, disk_2) == 0); /* has only ever committed under 1 */
	setting_reload(3, "");
	CHECK(setting_try(&at.a, disk_1) == 0);
	/* Revocations. */
	setting_reload(3, ",\"revoked\":{\"sets\":[\"demo\"]}");
	CHECK(setting_try(&at.a, disk_1) == E_DENY_REVOKED);
	snprintf(revoked, sizeof(revoked),
		",\"revoked\":{\"disks\":[\"d1000000000000000000000000000000\"]}");
	setting_reload(3, revoked);
	CHECK(setting_try(&at.a, disk_1) == E_DENY_REVOKED);
	CHECK(setting_try(&at.b, disk_2) == 0);
	setting_reload(3, "");
	/* Reloaded between HELLO and EVIDENCE: come again. */
	setting_connect(&c);
	evidence_make(&e, &c, &at.a, disk_1);
	setting_reload(3, "");
	client_join(&c, &e, &at.a, &o);
	CHECK(o.type == MSG_DENY && o.code == E_DENY_BUSY && o.retry_after_ms);
	evidence_free(&e);
	client_close(&c);
	/* A bad file changes nothing. */
	service_policy(&at.service, "{\"identity\":{\"first_use\":true},\"measurements\":{}}");
	kill(at.service.pid, SIGHUP);
	CHECK(service_logged(&at.service, "\"event\":\"policy-kept\""));
	CHECK(setting_try(&at.a, disk_1) == 0);
}

static void test_limit_of_nodes(void)
{
	struct machine third;

	machine_start(&third, at.folder, "tpm-c");
	machine_extend(&third, 4, 0x44);
	machine_extend(&third, 11, 0xbb);
	setting_reload(3, ",\"max_nodes\":2");
	CHECK(setting_try(&third, disk_3) == E_DENY_LIMIT);
	CHECK(setting_try(&at.a, disk_1) == 0);
	setting_reload(3, ",\"max_nodes\":3");
	CHECK(setting_try(&third, disk_3) == 0);
	machine_stop(&third);
}

static void test_other_measurements(void)
{
	machine_extend(&at.b, 11, 1);
	CHECK(setting_try(&at.b, disk_2) == E_DENY_MEASUREMENTS);
	CHECK(service_count(&at.service, "audit.jsonl",
		      "\"detail\":\"nearest is set demo: PCR 11 differs\"") == 1);
	CHECK(service_count(&at.service, "audit.jsonl", "\"differing\":\"11\"") == 1);
}

static void test_node_list(void)
{
	const char *const list[] = {"node", "list", "--state", at.service.state, "--json", NULL};
	const char *const show[] = {"node", "show", "d1", "--state", at.service.state, NULL};
	const char *const none[] = {"node", "show", "ff", "--state", at.service.state, NULL};
	const char *const full[] = {"node", "list", "--state", at.service.state, "--full", NULL};
	char output[192], node[2 * TPM_NAME_LEN + 4];
	struct tpm_public ek;

	snprintf(output, sizeof(output), "%s/list", at.service.state);
	CHECK(service_run(&at.service, output, list) == 0);
	CHECK(service_count(&at.service, "list", "\"state\":\"active\"") == 2);
	CHECK(service_count(&at.service, "list", "\"state\":\"formatting\"") == 1);
	CHECK(service_run(&at.service, output, show) == 0);
	CHECK(service_count(&at.service, "list", "state        active") == 1);
	CHECK(service_run(&at.service, output, none) == 1);
	/* The whole name, as policy's "revoked" takes it. */
	REQUIRE(tpm_ek_parse(at.a.ek_pub, at.a.ek_pub_len, &ek) == TPM_GOOD);
	hex_encode(ek.node_id, TPM_NAME_LEN, node);
	memcpy(node + 2 * TPM_NAME_LEN, "  d", 4);
	CHECK(service_run(&at.service, output, full) == 0);
	CHECK(service_count(&at.service, "list", node) == 1);
}

/* No key may be found in anything the service wrote but the KEK file. */
static void test_no_key_in_files(void)
{
	char hex[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", first.disk_key[i]);
	CHECK(service_count(&at.service, "audit.jsonl", hex) == 0);
	CHECK(service_count(&at.service, "../log", hex) == 0);
	CHECK(service_count(&at.service, "audit.jsonl", "\"event\":\"grant\"") > 5);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	setting_open(argv[1]);
	if (!service_start(&at.service, NULL)) {
		setting_close();
		return 1;
	}
	RUN(test_first_join_and_commit);
	RUN(test_power_cut_before_commit);
	RUN(test_commits_that_do_not_fit);
	RUN(test_partners);
	RUN(test_evidence_of_another_connection);
	RUN(test_changed_evidence);
	RUN(test_event_log);
	RUN(test_activation_of_another_tpm);
	RUN(test_new_ak);
	RUN(test_policy_reloads);
	RUN(test_limit_of_nodes);
	RUN(test_other_measurements);
	RUN(test_node_list);
	RUN(test_no_key_in_files);
	CHECK(service_stop(&at.service, SIGTERM) == 0);
	/* The same state serves again: the chain of the audit record holds. */
	CHECK(service_start(&at.service, NULL));
	CHECK(service_stop(&at.service, SIGINT) == 0);
	setting_close();
	return test_summary();
}
