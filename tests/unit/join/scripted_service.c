/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/join/scripted_service.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/unit/join/bearssl_server.h"
#include "tools/keys/seal.h"

static struct report *report;

struct connection {
	const struct script *script;
	bool faulty;
	int fd;
	size_t sent;
	struct bearssl_server tls;
	uint8_t binder[TLS_BINDER_LEN];
	uint8_t in[FRAME_MAX + 4], out[FRAME_MAX + 4];
};

static void private_key(uint8_t key, struct key_pair *out)
{
	uint8_t scalar[P256_PRIV_LEN];

	memset(scalar, key, sizeof(scalar));
	if (failed(key_from_private(scalar, out)))
		abort();
}

void service_pin(uint8_t key, uint8_t out[32])
{
	uint8_t spki[P256_SPKI_LEN];
	struct key_pair pair;

	private_key(key, &pair);
	key_spki(pair.pub, spki);
	sha256(spki, sizeof(spki), out);
	key_free(&pair);
}

void service_header_mac(uint8_t out[HEADER_MAC_LEN])
{
	memset(out, 0x77, HEADER_MAC_LEN);
}

/* False when the connection is over. */
static bool flush_records(struct connection *c)
{
	size_t len;
	uint8_t *buf;

	while ((buf = br_ssl_engine_sendrec_buf(&c->tls.tls.eng, &len))) {
		size_t cut = c->faulty ? c->script->cut_wire : 0;
		bool last = cut > 0 && c->sent + len >= cut;
		ssize_t n;

		if (last)
			len = cut - c->sent;
		n = send(c->fd, buf, len, MSG_NOSIGNAL);
		if (n <= 0 || last) {
			report->wire_bytes = c->sent + (n > 0 ? (size_t)n : 0);
			shutdown(c->fd, SHUT_WR);
			return false;
		}
		br_ssl_engine_sendrec_ack(&c->tls.tls.eng, (size_t)n);
		c->sent += (size_t)n;
		report->wire_bytes = c->sent;
	}
	return true;
}

static bool take_records(struct connection *c)
{
	size_t room;
	uint8_t *buf = br_ssl_engine_recvrec_buf(&c->tls.tls.eng, &room);
	ssize_t n = buf ? recv(c->fd, buf, room, 0) : -1;

	if (n <= 0)
		return false;
	br_ssl_engine_recvrec_ack(&c->tls.tls.eng, (size_t)n);
	return true;
}

/* Holds back what is sent, until HELLO is complete. */
static void hold_back(struct connection *c, int on)
{
	if (c->script->records)
		(void)setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static bool handshake(struct connection *c)
{
	while (!bearssl_ready(&c->tls)) {
		if (!flush_records(c) || bearssl_closed(&c->tls))
			return false;
		if (c->sent > 0)
			hold_back(c, 1);
		/* The last flight may have been ours. */
		if (!bearssl_ready(&c->tls) && !take_records(c))
			return false;
	}
	return bearssl_binder(&c->tls, c->binder);
}

static bool read_exact(struct connection *c, uint8_t *to, size_t len)
{
	while (len > 0) {
		size_t n = bearssl_read(&c->tls, to, len);

		to += n;
		len -= n;
		if (n == 0 && (bearssl_closed(&c->tls) || !flush_records(c) || !take_records(c)))
			return false;
	}
	return true;
}

static bool read_message(struct connection *c, uint8_t *type, struct span *body)
{
	size_t len;

	if (!read_exact(c, c->in, FRAME_HEADER_LEN) || !frame_header(c->in, type, &len) ||
		!read_exact(c, c->in + FRAME_HEADER_LEN, len))
		return false;
	*body = (struct span){c->in + FRAME_HEADER_LEN, len};
	return true;
}

static bool write_exact(struct connection *c, const uint8_t *from, size_t len)
{
	while (len > 0) {
		size_t n = bearssl_write(&c->tls, from, len);

		from += n;
		len -= n;
		br_ssl_engine_flush(&c->tls.tls.eng, 0);
		if (!flush_records(c))
			return false;
	}
	return true;
}

/* HELLO in many records, and before them such as hold nothing (RFC 5246, 6.2.1). */
static bool write_records(struct connection *c, const uint8_t *from, size_t len)
{
	unsigned n = c->script->records;

	for (unsigned i = 0; i < c->script->empty; i++) {
		br_ssl_engine_flush(&c->tls.tls.eng, 1);
		if (!flush_records(c))
			return false;
	}
	for (unsigned i = 0; i < n; i++)
		if (!write_exact(c, from + len * i / n, len * (i + 1) / n - len * i / n))
			return false;
	hold_back(c, 0);
	return true;
}

static bool orderly_close(struct connection *c)
{
	bearssl_shutdown(&c->tls);
	(void)flush_records(c);
	return false;
}

static void stall(struct connection *c)
{
	char byte;

	while (recv(c->fd, &byte, 1, 0) > 0)
		;
}

/* Sends the message that is due at this turn, or commits the scripted fault. */
static bool say(struct connection *c, enum turn turn, const struct wire_writer *w)
{
	const struct script *s = c->script;
	struct msg_deny deny = {.code = (uint16_t)s->amount, .retry_after_ms = s->retry_after_ms};
	struct wire_writer d;

	if (w->failed)
		abort();
	if (turn == TURN_HELLO && s->records)
		return write_records(c, w->data, w->len);
	if (!c->faulty || s->at != turn)
		return write_exact(c, w->data, w->len);
	switch (s->fault) {
	case FAULT_STALL:
		stall(c);
		return false;
	case FAULT_CLOSE:
		return orderly_close(c);
	case FAULT_TRUNCATE:
		return write_exact(c, w->data, s->amount) && orderly_close(c);
	case FAULT_BYTES:
		return write_exact(c, s->bytes.data, s->bytes.len) && (stall(c), false);
	case FAULT_DENY:
		deny.text = (struct span){(const uint8_t *)"as the script says", 18};
		wire_write_start(&d, c->out, sizeof(c->out));
		message_put_deny(&d, &deny);
		return write_exact(c, d.data, d.len) && orderly_close(c);
	default:
		return write_exact(c, w->data, w->len);
	}
}

static void rd_of(struct connection *c, const struct msg_hello *hello, const struct msg_evidence *e,
	uint8_t rd[RD_LEN])
{
	uint8_t own[P256_SPKI_LEN], peer[P256_SPKI_LEN], buf[RD_INPUT_MAX];
	struct rd_input in = {.role = ROLE_NODE,
		.purpose = e->purpose,
		.spki_self = {peer, sizeof(peer)},
		.spki_peer = {own, sizeof(own)},
		.binder = c->binder,
		.nonce_v = hello->nonce_v,
		.nonce_a = e->nonce_a,
		.claims = e->claims};
	struct wire_writer w;

	key_spki(c->tls.own->pub, own);
	key_spki(c->tls.peer.pub, peer);
	wire_write_start(&w, buf, sizeof(buf));
	rd_input_put(&w, &in);
	sha256(buf, w.len, rd);
}

static bool challenge(struct connection *c)
{
	struct msg_challenge m = {.credential = {(const uint8_t *)"credential", 10},
		.encrypted_secret = {(const uint8_t *)"seed", 4}};
	struct msg_proof proof;
	struct wire_writer w;
	struct span body;
	uint8_t type;

	wire_write_start(&w, c->out, sizeof(c->out));
	message_put_challenge(&w, &m);
	if (!say(c, TURN_CHALLENGE, &w) || !read_message(c, &type, &body))
		return false;
	if (type == MSG_ABORT) {
		struct msg_abort a;

		if (message_get_abort(body, &a))
			report->abort_code = a.code;
		return false;
	}
	report->proof = type == MSG_PROOF && message_get_proof(body, &proof) &&
			proof.secret.len == 32 && memcmp(proof.secret.data, SERVICE_PROOF, 32) == 0;
	return report->proof;
}

static bool grant(struct connection *c, const uint8_t rd[RD_LEN], const struct kem_public *to)
{
	static uint8_t plain[256], wrapped[256 + WRAP_OVERHEAD_MAX], aad[GRANT_AAD_MAX];
	const struct script *s = c->script;
	struct grant_secrets secrets = {
		.join_material = {(const uint8_t *)SERVICE_MATERIAL, strlen(SERVICE_MATERIAL)}};
	struct msg_grant m = {.action = s->action ? s->action : ACTION_OPEN,
		.key_version = SERVICE_VERSION,
		.generation = s->generation,
		.policy_epoch = 6,
		.role = {(const uint8_t *)SERVICE_ROLE, strlen(SERVICE_ROLE)}};
	struct wire_writer w, a;
	size_t len, wrapped_len = 0;

	if (m.action == ACTION_OPEN)
		service_header_mac(m.header_mac);
	if (s->rotate)
		m.next_version = SERVICE_NEXT_VERSION;
	if (s->next_committed)
		service_header_mac(m.next_header_mac);
	memset(secrets.disk_key, SERVICE_DISK_KEY, DISK_KEY_LEN);
	memset(secrets.next_key, SERVICE_NEXT_KEY, DISK_KEY_LEN);
	secrets.has_next = s->rotate != (c->faulty && s->fault == FAULT_NEXT);
	wire_write_start(&w, plain, sizeof(plain));
	grant_secrets_put(&w, &secrets);
	len = c->faulty && s->fault == FAULT_SECRETS ? 20 : w.len;
	wire_write_start(&a, aad, sizeof(aad));
	grant_aad_put(&a, &m);
	if (!seal(to, rd, (struct span){aad, a.len}, (struct span){plain, len}, wrapped,
		    &wrapped_len))
		abort();
	m.wrapped = (struct span){wrapped, wrapped_len};
	if (c->faulty && s->fault == FAULT_AAD)
		m.generation++;
	wire_write_start(&w, c->out, sizeof(c->out));
	message_put_grant(&w, &m);
	return say(c, TURN_GRANT, &w);
}

static bool hear_commit(struct connection *c, struct msg_commit *out)
{
	struct msg_abort abort_;
	struct span body;
	uint8_t type;

	if (!read_message(c, &type, &body))
		return false;
	if (type == MSG_ABORT && message_get_abort(body, &abort_))
		report->abort_code = abort_.code;
	if (type != MSG_COMMIT || !message_get_commit(body, out))
		return false;
	report->commits++;
	return true;
}

static bool acknowledge(struct connection *c, enum turn turn)
{
	const struct msg_ack ack = {
		.certificate = {(const uint8_t *)SERVICE_CERTIFICATE, strlen(SERVICE_CERTIFICATE)}};
	struct wire_writer w;

	wire_write_start(&w, c->out, sizeof(c->out));
	message_put_ack(&w, &ack);
	return say(c, turn, &w);
}

/* How many of them the TPM's evidence has; 0 also where there is no such evidence. */
static size_t certificates_of(const struct msg_evidence *m)
{
	struct evidence_tpm2 e;

	return evidence_tpm2_get(m->items[EVIDENCE_TPM2 - 1], &e) ? e.certificate_count : 0;
}

static void exchange(struct connection *c)
{
	struct msg_hello hello = {.bank = 0x000B,
		.pcr_mask = 1u << 11,
		.evidence_types = 1,
		.purpose = c->script->purpose ? c->script->purpose : PURPOSE_JOIN};
	struct msg_evidence evidence;
	struct msg_claims claims;
	uint8_t rd[RD_LEN], kem_pub[KEM_PUB_LEN], mlkem_pub[MLKEM_PUB_LEN], type;
	struct kem_public to = {kem_pub, {mlkem_pub, 0}};
	struct wire_writer w;
	struct span body;

	if (failed(random_bytes(hello.nonce_v, NONCE_LEN)))
		abort();
	wire_write_start(&w, c->out, sizeof(c->out));
	message_put_hello(&w, &hello);
	if (!say(c, TURN_HELLO, &w) || !read_message(c, &type, &body))
		return;
	if (type != MSG_EVIDENCE || !message_get_evidence(body, &evidence) ||
		!claims_get(evidence.claims, &claims))
		return;
	report->evidence = true;
	report->contents = claims.contents;
	report->certificates = certificates_of(&evidence);
	if (c->faulty && c->script->fault == FAULT_NONCE)
		hello.nonce_v[0] ^= 1;
	rd_of(c, &hello, &evidence, rd);
	memcpy(kem_pub, claims.kem_pub, KEM_PUB_LEN);
	to.mlkem.len = claims.mlkem_pub.len;
	memcpy(mlkem_pub, claims.mlkem_pub.data, claims.mlkem_pub.len);
	if (c->script->challenge && !challenge(c))
		return;
	if (!grant(c, rd, &to) || !hear_commit(c, &report->commit))
		return;
	if (!acknowledge(c, TURN_ACK))
		return;
	report->acked = true;
	if (report->commit.next_version &&
		(!hear_commit(c, &report->second) || !acknowledge(c, TURN_SECOND_ACK)))
		return;
	(void)orderly_close(c);
}

/* The next connection to the node: one that it makes, or, as an operator, one to its port. */
static int next_connection(int listener, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (listener >= 0)
		return accept(listener, NULL, NULL);
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || !connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return fd;
		close(fd);
		usleep(50000);
	}
}

static void serve(int listener, uint16_t port, const struct script *script)
{
	static struct connection c;
	static struct tls_identity identity;
	struct key_pair key;
	int one = 1;

	private_key(script->key, &key);
	tls_identity_make(&identity, &key);
	for (unsigned n = 1;; n++) {
		memset(&c, 0, sizeof(c));
		c.script = script;
		c.fd = next_connection(listener, port);
		if (c.fd < 0)
			_exit(1);
		(void)setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		*report = (struct report){.connections = n};
		c.faulty = script->faulty == 0 || n <= script->faulty;
		if ((c.faulty && script->at == TURN_NONE && script->fault == FAULT_STALL) ||
			(script->silent_from && n >= script->silent_from))
			stall(&c);
		else if (bearssl_start(&c.tls, &identity) && handshake(&c))
			exchange(&c);
		close(c.fd);
		/* An operator has done his work; a service goes on. */
		while (listener < 0 && (report->acked || script->once))
			pause();
	}
}

static int listen_on_loopback(struct sockaddr_in6 *out)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 16) ||
		getsockname(fd, (struct sockaddr *)&a, &len))
		return -1;
	memset(out, 0, sizeof(*out));
	out->sin6_family = AF_INET6;
	out->sin6_port = a.sin_port;
	out->sin6_addr.s6_addr[10] = out->sin6_addr.s6_addr[11] = 0xff;
	memcpy(out->sin6_addr.s6_addr + 12, &a.sin_addr, 4);
	return fd;
}

static pid_t start(const struct script *script, int listener, uint16_t port)
{
	pid_t pid;

	if (!report)
		report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return -1;
	*report = (struct report){0};
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		secret_pool_close();
		if (failed(secret_pool_open(1u << 16)) || failed(random_open()))
			_exit(1);
		serve(listener, port, script);
	}
	return pid;
}

pid_t service_start(const struct script *script, struct sockaddr_in6 *out_address)
{
	int listener = listen_on_loopback(out_address);
	pid_t pid = listener < 0 ? -1 : start(script, listener, 0);

	if (listener >= 0)
		close(listener);
	return pid;
}

pid_t operator_start(const struct script *script, uint16_t port)
{
	return start(script, -1, port);
}

void service_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

const struct report *service_report(void)
{
	return report;
}
