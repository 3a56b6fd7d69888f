/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known attacks on attested joins, each by its name: tests/ATTACKS.md has the list. */
#include "tests/interop/independent/cases.h"

#include <stdio.h>
#include <string.h>

#define SET(member, value) offsetof(struct plan, member), (value)
#define NONE		   SET(no_item, 0)

static const struct {
	const char *name;
	unsigned code;
	size_t first;
	uint32_t first_value;
	size_t second;
	uint32_t second_value;
} rows[] = {
	{"reflection: role 2", 604, SET(role, 2), NONE},
	{"reflection: role 2, keys changed over", 604, SET(role, 2), SET(swap_spki, 1)},
	{"reflection: keys changed over", 604, SET(swap_spki, 1), NONE},
	{"reflection: nonces changed over", 604, SET(role, 2), SET(swap_nonces, 1)},
	{"role_and_purpose_swap: quote to verify", 604, SET(rd_purpose, 3), NONE},
	{"role_and_purpose_swap: quote to recover", 604, SET(rd_purpose, 2), NONE},
	{"role_and_purpose_swap: role 0", 604, SET(role, 0), NONE},
	{"unbound: another label", 604, SET(flip_label, 1), NONE},
	{"unbound: another binder", 604, SET(flip_binder, 1), NONE},
	{"unbound: another key of the node", 604, SET(flip_spki_self, 1), NONE},
	{"unbound: another key of the service", 604, SET(flip_spki_peer, 1), NONE},
	{"unbound: another nonce of the service", 604, SET(flip_nonce_v, 1), NONE},
	{"unbound: another nonce of the node", 604, SET(flip_nonce_a, 1), NONE},
	{"unbound: other claims", 604, SET(flip_claims, 1), NONE},
	{"empty_expected_value: extra_data empty", 604, SET(extra_len, 0), NONE},
	{"wrong_magic", 604, SET(magic, 0), NONE},
	{"other_pcr_selection: fewer", 605, SET(mask_drop, 1u << 4), NONE},
	{"other_pcr_selection: others", 605, SET(mask_drop, 1u << 4), SET(mask_add, 1u << 16)},
	{"other_bank", 605, SET(bank, HASH_SHA384), SET(quote_values, HASH_SHA384)},
	{"forged_sha256_values_beside_sha384_quote", 605, SET(bank, HASH_SHA384), NONE},
	{"forged_sha256_values_beside_sha384_quote: two selections", 605, SET(selections, 2),
		SET(second_bank, HASH_SHA384)},
};

static void by_plan(void)
{
	struct service to = the_service();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct machine m;
		struct plan p;

		machine_make(&m, KEY_P256, KEY_P256);
		plan_init(&p, &m);
		memcpy((uint8_t *)&p + rows[i].first, &rows[i].first_value, 4);
		memcpy((uint8_t *)&p + rows[i].second, &rows[i].second_value, 4);
		expect(rows[i].name, rows[i].code, session_whole(&to, &m, &p));
		machine_free(&m);
	}
}

/* What a node makes for one connection is sent in another; `to` may be another service. */
static unsigned relay(const struct service *from, const struct service *to, bool nonces_too)
{
	struct session honest, thief;
	struct buf body = {0};
	struct machine m;
	struct plan p;
	unsigned outcome;

	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	need(session_open(&honest, from, &m, &p) == GOOD &&
			session_open(&thief, to, &m, &p) == GOOD,
		"two connections");
	if (nonces_too)
		memcpy(honest.nonce_v, thief.nonce_v, 32);
	make_claims(&honest);
	make_rd(&honest);
	make_evidence(&honest, &body);
	need(session_send(&thief, EVIDENCE, &body), "sending");
	outcome = session_answer(&thief);
	buf_free(&body);
	session_close(&honest);
	session_close(&thief);
	machine_free(&m);
	return outcome;
}

/* Evidence that was good once comes a second time, byte for byte. */
static unsigned replay(void)
{
	struct service to = the_service();
	struct session first, second;
	struct buf body = {0};
	struct machine m;
	struct plan p;
	unsigned outcome;

	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	need(session_open(&first, &to, &m, &p) == GOOD, "a connection");
	make_claims(&first);
	make_rd(&first);
	make_evidence(&first, &body);
	need(session_send(&first, EVIDENCE, &body) && session_answer(&first) == GOOD &&
			session_commit(&first) == GOOD,
		"the first time");
	need(session_open(&second, &to, &m, &p) == GOOD, "another connection");
	need(memcmp(first.nonce_v, second.nonce_v, 32) != 0, "the nonce of HELLO comes again");
	need(session_send(&second, EVIDENCE, &body), "sending");
	outcome = session_answer(&second);
	buf_free(&body);
	session_close(&first);
	session_close(&second);
	machine_free(&m);
	return outcome;
}

static unsigned boot(const struct machine *m)
{
	struct service to = the_service();
	struct plan p;

	plan_init(&p, m);
	return session_whole(&to, m, &p);
}

static void duplicates(void)
{
	struct machine one, two;

	machine_make(&one, KEY_P256, KEY_P256);
	machine_make(&two, KEY_P256, KEY_P256);
	need(boot(&one) == GOOD, "the first node");
	memcpy(two.disk, one.disk, DISK_LEN);
	expect("duplicated_disk", 612, boot(&two));
	two.disk[0] ^= 1;
	expect("duplicated_disk: its own again", GOOD, boot(&two));
	machine_free(&two);
	machine_make(&two, KEY_P256, KEY_P256);
	EVP_PKEY_free(two.ek);
	two.ek = one.ek;
	expect("duplicated_ek: other disk", 612, boot(&two));
	need(EVP_PKEY_up_ref(one.ek) == 1, "a key");
	machine_free(&two);
	machine_make(&two, KEY_P256, KEY_P256);
	EVP_PKEY_free(two.ak);
	two.ak = one.ak;
	expect("duplicated_ak", 613, boot(&two));
	need(EVP_PKEY_up_ref(one.ak) == 1, "a key");
	machine_free(&two);
	machine_free(&one);
}

/* There is no field to say a role in: the grant has that of policy, whatever `version` says. */
static void self_declared_role(void)
{
	struct service to = the_service();
	struct session s;
	struct machine m;
	struct plan p;
	unsigned outcome;

	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	need(session_open(&s, &to, &m, &p) == GOOD, "a connection");
	outcome = session_join(&s);
	expect("self_declared_role", GOOD, outcome == GOOD && !strcmp(s.role, "worker") ? GOOD : 1);
	session_close(&s);
	machine_free(&m);
}

/* With another's EK: up to the proof, of which a thief can send anything but the secret. */
static unsigned claim(const struct machine *m, bool *challenged)
{
	struct service to = the_service();
	struct session s;
	struct plan p;
	unsigned outcome;

	plan_init(&p, m);
	p.flip_secret = 1;
	need(session_open(&s, &to, m, &p) == GOOD, "a connection");
	outcome = session_join(&s);
	*challenged = s.challenged;
	session_close(&s);
	return outcome;
}

/*
 * A node with the EK of another says it has its AK too: the other TPM does not open for it. And
 * whatever the service knows of the EK's owner, the thief does not get to know it.
 */
static void ak_of_another_tpm(void)
{
	char ek[101], disk[33], revoked[192];
	struct machine victim, thief;
	bool challenged;

	machine_make(&victim, KEY_P256, KEY_P256);
	machine_make(&thief, KEY_P256, KEY_P256);
	need(boot(&victim) == GOOD, "the first node");
	EVP_PKEY_free(victim.ak);
	victim.ak = thief.ak;
	need(EVP_PKEY_up_ref(thief.ak) == 1, "a key");
	expect("ak_substitution", 611, claim(&victim, &challenged));
	need(challenged, "a new AK is not challenged");
	names_of(&victim, ek, disk);
	victim.disk[0] ^= 1;
	expect("probing: an EK with another disk", 611, claim(&victim, &challenged));
	snprintf(revoked, sizeof(revoked), ",\"revoked\":{\"nodes\":[\"%s\"]}", ek);
	policy_take(1, 1, "sha256", revoked);
	expect("probing: a revoked EK", 611, claim(&victim, &challenged));
	policy_words("{\"listed\":true}", "", "");
	expect("probing: an EK that is not enrolled", 611, claim(&victim, &challenged));
	policy_usual();
	machine_free(&victim);
	machine_free(&thief);
}

void cases_attacks(void)
{
	struct service one = the_service(), two = other_service();

	by_plan();
	expect("relay_to_another_connection", 604, relay(&one, &one, false));
	expect("relay_to_another_connection: its nonce", 604, relay(&one, &one, true));
	expect("relay_to_another_service", 604, relay(&two, &one, false));
	expect("relay_to_another_service: its nonce", 604, relay(&two, &one, true));
	expect("nonce_reuse", 604, replay());
	duplicates();
	self_declared_role();
	ak_of_another_tpm();
}
