/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PROTOCOL.md sections 1 and 2: what TLS has to be, and who is turned away before HELLO. */
#include "tests/interop/independent/cases.h"

#include <string.h>
#include <unistd.h>

#define SET(member, value) offsetof(struct link_how, member), (value)

static const struct {
	const char *name;
	unsigned outcome;
	size_t member;
	uint32_t value;
} rows[] = {
	{"tls: as the page wants it", GOOD, SET(certificate_len, 0)},
	{"tls: certificate of 4096 bytes", GOOD, SET(certificate_len, 4096)},
	{"oversized_certificate: 4097 bytes", ENDED, SET(certificate_len, 4097)},
	{"oversized_certificate: 16000 bytes", ENDED, SET(certificate_len, 16000)},
	{"tls: no certificate", ENDED, SET(no_certificate, 1)},
	{"tls: two certificates", ENDED, SET(chain, 1)},
	{"tls: RSA certificate", ENDED, SET(rsa_key, 1)},
	{"tls: P-384 certificate", ENDED, SET(p384_key, 1)},
	{"tls: no ALPN", ENDED, SET(no_alpn, 1)},
	{"tls: other ALPN", ENDED, SET(other_alpn, 1)},
	{"tls: 1.3 alone", ENDED, SET(tls13_only, 1)},
	{"tls: other cipher suite", ENDED, SET(other_cipher, 1)},
	{"tls: other group", ENDED, SET(other_group, 1)},
	{"tls: other versions, suites and groups beside", GOOD, SET(offers_more, 1)},
	{"clock: the node's certificate is of 1970", GOOD, SET(of_1970, 1)},
	{"clock: the node's certificate is of 2100", GOOD, SET(of_2100, 1)},
};

static void renegotiation(const struct machine *m)
{
	struct service to = the_service();
	struct session s;
	struct plan p;
	unsigned outcome;

	plan_init(&p, m);
	need(session_open(&s, &to, m, &p) == GOOD, "HELLO");
	outcome = SSL_renegotiate(s.l.ssl) == 1 && SSL_do_handshake(s.l.ssl) == 1 &&
				  session_join(&s) == GOOD
			  ? GOOD
			  : ENDED;
	s.l.up = false; /* no close_notify in the middle of a handshake */
	session_close(&s);
	expect("tls: renegotiation", ENDED, outcome);
}

/* The pin is another service's: nothing is said to it. */
static void rogue_service(const struct machine *m)
{
	struct service to = the_service();
	struct session s;
	struct plan p;
	unsigned outcome;

	to.pin[31] ^= 1;
	plan_init(&p, m);
	outcome = session_open(&s, &to, m, &p);
	need(s.l.rogue && !link_send(&s.l, "x", 1), "a rogue service gets a word");
	session_close(&s);
	expect("rogue_service", ENDED, outcome);
}

/* The service hangs up by itself; LINK_WAIT_S bounds the wait for it. */
static void slow_loris_silent(void)
{
	int fd = link_tcp(the_service().port);
	char byte;
	ssize_t n = read(fd, &byte, 1);

	close(fd);
	expect("slow_loris: silent before ClientHello", ENDED, n <= 0 ? ENDED : GOOD);
}

/* A byte of a frame at a time, each well within 10 s; the whole is not. */
static void slow_loris_trickle(const struct machine *m)
{
	static const uint8_t frame[LINK_WAIT_S] = {0, 0, 1, 0, EVIDENCE, 1};
	struct service to = the_service();
	struct session s;
	struct plan p;
	size_t sent = 0;

	plan_init(&p, m);
	need(session_open(&s, &to, m, &p) == GOOD, "HELLO");
	while (sent < sizeof(frame) && link_send(&s.l, frame + sent, 1)) {
		sent++;
		sleep(1);
		if (sent == 3)
			expect("slow_loris: others are served", GOOD, session_whole(&to, m, &p));
	}
	s.l.up = false;
	session_close(&s);
	expect("slow_loris: a byte a second", ENDED, sent < sizeof(frame) ? ENDED : GOOD);
}

void cases_transport(void)
{
	struct service to = the_service();
	struct machine m;
	struct plan p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		machine_make(&m, KEY_P256, KEY_P256);
		plan_init(&p, &m);
		memcpy((uint8_t *)&p.how + rows[i].member, &rows[i].value, sizeof(uint32_t));
		expect(rows[i].name, rows[i].outcome, session_whole(&to, &m, &p));
		machine_free(&m);
	}
	machine_make(&m, KEY_P256, KEY_P256);
	renegotiation(&m);
	rogue_service(&m);
	slow_loris_silent();
	slow_loris_trickle(&m);
	machine_free(&m);
}
