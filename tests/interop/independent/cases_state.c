/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md sections 5 to 8: what the service remembers, and what policy says. */
#include "tests/interop/independent/cases.h"

#include <openssl/x509.h>
#include <string.h>

/* A node, from HELLO to where a case wants it; `contents` 2 is a disk that is not blank. */
static unsigned join(struct session *s, const struct machine *m, uint32_t contents)
{
	struct service to = the_service();
	struct plan p;

	plan_init(&p, m);
	p.contents = contents;
	return session_open(s, &to, m, &p) == GOOD ? session_join(s) : ENDED;
}

static unsigned try(const struct machine *m, uint32_t contents)
{
	struct session s;
	unsigned outcome = join(&s, m, contents);

	session_close(&s);
	return outcome;
}

static unsigned boot(const struct machine *m)
{
	struct session s;
	unsigned outcome = join(&s, m, 1);

	if (outcome == GOOD)
		outcome = session_commit(&s);
	session_close(&s);
	return outcome;
}

static void known(struct machine *m)
{
	machine_make(m, KEY_P256, KEY_P256);
	need(boot(m) == GOOD, "a node that is known");
}

/* Section 4: an X.509 certificate of the AK and behind it its issuer's, or nothing. */
static bool certificate_is_of_ak(const struct session *s)
{
	const uint8_t *at = s->certificate, *end = at + s->certificate_len;
	X509 *x = d2i_X509(NULL, &at, end - at);
	X509 *issuer = x ? d2i_X509(NULL, &at, end - at) : NULL;
	bool good = !s->certificate_len ||
		    (x && issuer && at == end && EVP_PKEY_eq(X509_get0_pubkey(x), s->m->ak) == 1 &&
			    X509_verify(x, X509_get0_pubkey(issuer)) == 1);

	X509_free(x);
	X509_free(issuer);
	return good;
}

static void whole(enum key_kind ek, enum key_kind ak, const char *name)
{
	uint8_t key[32];
	struct machine m;

	machine_make(&m, ek, ak);
	for (unsigned i = 0; i < 3; i++) {
		struct session s;
		unsigned outcome = join(&s, &m, 1);

		need(outcome == GOOD && s.challenged == (i == 0), "who is challenged");
		need(s.action == (i ? OPEN : FORMAT) && s.generation == i, "what is granted");
		need(!i || memcmp(key, s.disk_key, 32) == 0, "the disk's key");
		memcpy(key, s.disk_key, 32);
		outcome = session_commit(&s);
		need(certificate_is_of_ak(&s), "the certificate of an ACK");
		expect(name, GOOD, outcome);
		session_close(&s);
	}
	machine_free(&m);
}

static void other_bank(void)
{
	struct machine m;

	machine_make(&m, KEY_P256, KEY_P256);
	policy_take(1, 1, "sha384", "");
	expect("whole: SHA-384 bank", GOOD, boot(&m));
	expect("whole: SHA-384 bank, again", GOOD, boot(&m));
	policy_usual();
	machine_free(&m);
}

static void attestation_keys(void)
{
	struct session s;
	struct machine m;

	known(&m);
	machine_new_ak(&m);
	policy_take(1, 1, "sha256", ",\"pin_ak\":true");
	expect("pin_ak: another AK", 613, boot(&m));
	policy_usual();
	expect("a new AK", GOOD, join(&s, &m, 1));
	need(s.challenged, "a new AK is not challenged");
	session_close(&s);
	expect("a new AK, again", GOOD, join(&s, &m, 1));
	need(!s.challenged, "a proven AK is challenged");
	session_close(&s);
	machine_free(&m);
}

static void measurements(void)
{
	struct machine m, fresh;

	known(&m);
	machine_make(&fresh, KEY_P256, KEY_P256);
	m.changed[4] = 1;
	expect("other PCR 4 than policy's", 608, boot(&m));
	m.changed[4] = 0;
	m.changed[15] = 1;
	expect("sealed PCR 15", 608, boot(&m));
	m.changed[15] = 0;
	m.changed[0] = 1;
	expect("other firmware than at the last COMMIT", 620, boot(&m));
	fresh.changed[7] = 1;
	expect("other firmware of a new node", GOOD, boot(&fresh));
	policy_take(1, 1, "sha256", ",\"may_change\":[0]");
	expect("other firmware, which policy lets change", GOOD, boot(&m));
	policy_usual();
	machine_free(&m);
	machine_free(&fresh);
}

static void epochs(void)
{
	struct machine m;

	known(&m);
	policy_take(3, 3, "sha256", "");
	expect("policy_rollback: newer", GOOD, boot(&m));
	policy_take(2, 2, "sha256", "");
	expect("policy_rollback: older again", 609, boot(&m));
	policy_take(3, 3, "sha256", "");
	expect("policy_rollback: newer again", GOOD, boot(&m));
	policy_usual();
	machine_free(&m);
}

static void revocation(void)
{
	char ek[101], disk[33], more[256];
	struct machine m, other;
	struct session s;

	known(&m);
	known(&other);
	names_of(&m, ek, disk);
	snprintf(more, sizeof(more), ",\"revoked\":{\"nodes\":[\"%s\"]}", ek);
	policy_take(1, 1, "sha256", more);
	expect("revoked node", 614, boot(&m));
	expect("revoked node: another", GOOD, boot(&other));
	snprintf(more, sizeof(more), ",\"revoked\":{\"disks\":[\"%s\"]}", disk);
	policy_take(1, 1, "sha256", more);
	expect("revoked disk", 614, boot(&m));
	policy_take(1, 1, "sha256", ",\"revoked\":{\"sets\":[\"demo\"]}");
	expect("revoked set", 614, boot(&other));
	policy_usual();
	need(join(&s, &m, 1) == GOOD, "a grant");
	policy_take(1, 1, "sha256", more);
	expect("revoked behind GRANT", 614, session_commit(&s));
	session_close(&s);
	policy_usual();
	machine_free(&m);
	machine_free(&other);
}

static void limits(void)
{
	struct machine m, fresh;

	known(&m);
	machine_make(&fresh, KEY_P256, KEY_P256);
	policy_take(1, 1, "sha256", ",\"max_nodes\":1");
	expect("one node more than policy admits", 618, boot(&fresh));
	expect("a known one", GOOD, boot(&m));
	policy_usual();
	machine_free(&m);
	machine_free(&fresh);
}

static void disks(void)
{
	char ek[101], disk[33];
	struct session s;
	struct machine m;

	machine_make(&m, KEY_P256, KEY_P256);
	names_of(&m, ek, disk);
	expect("disk: not blank, unknown", 619, try(&m, 2));
	need(node_command("allow-format", disk, NULL), "node allow-format");
	expect("disk: released", GOOD, join(&s, &m, 2));
	need(s.action == OVERWRITE && s.generation == 0, "overwrite");
	session_close(&s);
	expect("disk: formatting, not blank", GOOD, join(&s, &m, 2));
	need(s.action == OVERWRITE, "overwrite again");
	session_close(&s);
	expect("disk: formatting, blank", GOOD, join(&s, &m, 1));
	need(s.action == FORMAT && session_commit(&s) == GOOD, "format");
	session_close(&s);
	expect("disk: active, not blank", GOOD, join(&s, &m, 2));
	need(s.action == OPEN && s.generation == 1, "open");
	session_close(&s);
	machine_free(&m);
}

static void commits(void)
{
	struct session one, two;
	struct machine m;

	known(&m);
	need(join(&one, &m, 1) == GOOD && join(&two, &m, 1) == GOOD, "two grants");
	expect("two grants: the first COMMIT", GOOD, session_commit(&two));
	expect("two grants: the other", 616, session_commit(&one));
	session_close(&one);
	session_close(&two);
	machine_free(&m);
	machine_make(&m, KEY_P256, KEY_P256);
	need(join(&one, &m, 1) == GOOD && join(&two, &m, 1) == GOOD, "two grants to format");
	expect("two grants to format: the earlier", 616, session_commit(&one));
	expect("two grants to format: the later", GOOD, session_commit(&two));
	session_close(&one);
	session_close(&two);
	machine_free(&m);
}

static void aborts(void)
{
	struct buf code = {0}, zero = {0};
	struct session s;
	struct machine m;

	machine_make(&m, KEY_P256, KEY_P256);
	put_uint(&code, 530, 2);
	put_uint(&zero, 0, 2);
	need(join(&s, &m, 1) == GOOD && session_send(&s, ABORT, &code), "ABORT");
	expect("ABORT: no answer", ENDED, session_answer(&s));
	session_close(&s);
	need(join(&s, &m, 1) == GOOD && s.action == FORMAT, "nothing has changed");
	need(session_send(&s, ABORT, &zero), "ABORT 0");
	expect("ABORT: code 0", 601, session_answer(&s));
	session_close(&s);
	buf_free(&code);
	buf_free(&zero);
	machine_free(&m);
}

static void reloads(void)
{
	struct service to = the_service();
	struct session s;
	struct machine m;
	struct plan p;

	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	need(session_open(&s, &to, &m, &p) == GOOD, "HELLO");
	policy_usual();
	expect("policy read behind HELLO", 602, session_join(&s));
	session_close(&s);
	need(join(&s, &m, 1) == GOOD, "a grant");
	policy_usual();
	expect("policy read behind GRANT", GOOD, session_commit(&s));
	need(s.certificate_len, "no certificate in ACK");
	session_close(&s);
	service_again();
	expect("another run of the service", GOOD, boot(&m));
	machine_free(&m);
}

void cases_state(void)
{
	whole(KEY_P256, KEY_P256, "whole: P-256 keys");
	whole(KEY_RSA_2048, KEY_P256, "whole: RSA EK");
	whole(KEY_P384, KEY_P256, "whole: P-384 EK");
	whole(KEY_P256, KEY_RSA_2048, "whole: RSA AK");
	whole(KEY_RSA_2048, KEY_RSA_2048, "whole: RSA keys");
	other_bank();
	attestation_keys();
	measurements();
	epochs();
	revocation();
	limits();
	disks();
	commits();
	aborts();
	reloads();
}
