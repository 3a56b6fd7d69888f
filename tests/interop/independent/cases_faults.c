/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service whose disk fails (617), and one whose clock is wrong. */
#include "tests/interop/independent/cases.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/interop/independent/pki.h"

#define YEAR_2100 4102444800

static unsigned boot(const struct machine *m)
{
	struct service to = the_service();
	struct plan p;

	plan_init(&p, m);
	return session_whole(&to, m, &p);
}

static void fail_disk(bool fails)
{
	const char *path = service_file("fault");
	FILE *f;

	if (!fails) {
		need(unlink(path) == 0, "the disk's fault");
		return;
	}
	f = fopen(path, "w");
	need(f && fputs("audit-write", f) > 0 && fclose(f) == 0, "a fault of the disk");
}

/* Nothing that was not stored is granted or acknowledged, and the node may come again. */
static void failing_disk(const char *module)
{
	struct service to;
	struct session s;
	struct machine m;
	struct plan p;

	service_under(module, "FAILING_FILES", service_file("fault"));
	to = the_service();
	machine_make(&m, KEY_P256, KEY_P256);
	fail_disk(true);
	expect("failing disk: at a grant", 617, boot(&m));
	fail_disk(false);
	plan_init(&p, &m);
	need(session_open(&s, &to, &m, &p) == GOOD && session_join(&s) == GOOD, "a grant");
	need(s.challenged && s.action == FORMAT, "the refused join was stored");
	fail_disk(true);
	expect("failing disk: at a commit", 617, session_commit(&s));
	fail_disk(false);
	session_close(&s);
	need(session_open(&s, &to, &m, &p) == GOOD, "HELLO");
	expect("failing disk: again", GOOD, session_join(&s));
	need(s.action == FORMAT && s.generation == 0, "the refused commit was stored");
	session_close(&s);
	machine_free(&m);
}

/* HELLO says the time that the service has, and nothing else follows from it. */
static void wrong_clock(const char *name, const char *seconds, uint64_t value)
{
	struct service to = the_service();
	char line[64];
	struct session s;
	struct machine m;
	struct plan p;
	unsigned outcome;

	machine_make(&m, KEY_P256, KEY_P256);
	plan_init(&p, &m);
	need(session_open(&s, &to, &m, &p) == GOOD, "HELLO");
	need(s.service_time_s == value, seconds);
	outcome = session_join(&s);
	if (outcome == GOOD)
		outcome = session_commit(&s);
	need(!outcome && s.certificate_len, "a certificate in ACK");
	session_close(&s);
	snprintf(line, sizeof(line), "clock: %s", name);
	expect(line, GOOD, outcome);
	snprintf(line, sizeof(line), "clock: %s, again", name);
	expect(line, GOOD, boot(&m));
	machine_free(&m);
}

/* An EK's certificate of 2020 to 2040, by this clock. */
static unsigned certified(const struct authority *maker)
{
	struct service to = the_service();
	struct buf chain = {0};
	struct machine m;
	struct plan p;
	X509 *x;
	unsigned outcome;

	machine_make(&m, KEY_P256, KEY_P256);
	x = certify_ek(maker, m.ek, NULL);
	put_certificate(&chain, x);
	plan_init(&p, &m);
	p.chain = &chain;
	p.chain_count = 1;
	outcome = session_whole(&to, &m, &p);
	X509_free(x);
	buf_free(&chain);
	machine_free(&m);
	return outcome;
}

static void at_time(const char *module, const char *name, const char *seconds, uint64_t value,
	const struct authority *maker, unsigned if_allowed)
{
	char line[64];

	service_under(module, "PROTOSTAR_TEST_TIME", seconds);
	wrong_clock(name, seconds, value);
	policy_words("{\"ek_certificate\":{\"roots\":[\"clock.pem\"]}}", "", "");
	snprintf(line, sizeof(line), "clock: %s, EK's certificate", name);
	expect(line, 621, certified(maker));
	policy_words(
		"{\"ek_certificate\":{\"roots\":[\"clock.pem\"],\"allow_expired\":true}}", "", "");
	snprintf(line, sizeof(line), "clock: %s, expired ones allowed", name);
	expect(line, if_allowed, certified(maker));
	policy_usual();
}

void cases_faults(const char *failing_files, const char *wall_clock)
{
	struct authority maker = authority_make("A maker of TPMs", false, NULL);

	authority_write(&maker, service_file("clock.pem"));
	failing_disk(failing_files);
	at_time(wall_clock, "1970", "60", 60, &maker, 621);
	at_time(wall_clock, "2100", "4102444800", YEAR_2100, &maker, GOOD);
	service_again();
	policy_words("{\"ek_certificate\":{\"roots\":[\"clock.pem\"]}}", "", "");
	expect("clock: today's, EK's certificate", GOOD, certified(&maker));
	policy_usual();
	authority_free(&maker);
}
