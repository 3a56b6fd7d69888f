/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/random.h"

#define WAIT_MS 120000 /* on a busy machine; only a test that fails waits so long */

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "the test's client: %s\n", what);
	exit(1);
}

int client_connect(uint16_t port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, WAIT_MS) == 1;
}

/* Moves records until the session can do what is wanted. */
static bool pump(struct client *c, unsigned wanted)
{
	for (;;) {
		unsigned state = tls_state(&c->tls);
		size_t len;
		ssize_t n;
		uint8_t *buf;

		if (state & TLS_CLOSED)
			return false;
		if (state & TLS_CAN_SEND) {
			buf = tls_send_buf(&c->tls, &len);
			n = send(c->fd, buf, len, MSG_NOSIGNAL);
			if (n <= 0)
				return false;
			tls_send_ack(&c->tls, (size_t)n);
			continue;
		}
		if (state & wanted)
			return true;
		if (!(state & TLS_CAN_RECV) || !wait_for(c->fd, POLLIN))
			return false;
		buf = tls_recv_buf(&c->tls, &len);
		n = recv(c->fd, buf, len, 0);
		if (n <= 0)
			return false;
		tls_recv_ack(&c->tls, (size_t)n);
	}
}

bool client_send(struct client *c, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t n;

		if (!pump(c, TLS_CAN_WRITE))
			return false;
		n = tls_write(&c->tls, bytes, len);
		bytes += n;
		len -= n;
	}
	tls_flush(&c->tls);
	return pump(c, TLS_CAN_WRITE);
}

static bool receive_bytes(struct client *c, uint8_t *out, size_t len)
{
	while (len) {
		size_t n;

		if (!pump(c, TLS_CAN_READ))
			return false;
		n = tls_read(&c->tls, out, len);
		out += n;
		len -= n;
	}
	return true;
}

uint8_t client_receive(struct client *c, struct span *out_body)
{
	uint8_t header[FRAME_HEADER_LEN], type;
	size_t len;

	if (!receive_bytes(c, header, sizeof(header)))
		return 0;
	must(frame_header(header, &type, &len), "a frame of the service is malformed");
	if (!receive_bytes(c, c->frame, len))
		return 0;
	c->frame_len = len;
	*out_body = (struct span){c->frame, len};
	return type;
}

void client_begin(struct client *c, int fd, const uint8_t pin[32])
{
	uint8_t pins[1][32];

	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->purpose = PURPOSE_JOIN;
	memcpy(pins[0], pin, 32);
	must(!failed(key_generate(&c->key)), "no key");
	tls_identity_make(&c->identity, &c->key);
	must(!failed(tls_client_start(&c->tls, &c->identity, pins, 1)), "TLS does not start");
}

bool client_shake(struct client *c, int fd, const uint8_t pin[32])
{
	client_begin(c, fd, pin);
	return pump(c, TLS_CAN_READ | TLS_CAN_WRITE) && tls_ready(&c->tls);
}

bool client_open(struct client *c, int fd, const uint8_t pin[32])
{
	return client_shake(c, fd, pin) && client_hello(c);
}

bool client_hello(struct client *c)
{
	struct span body;

	must(!failed(tls_binder(&c->tls, c->binder)), "no binder");
	tls_own_spki(&c->tls, c->own_spki);
	tls_peer_spki(&c->tls, c->service_spki);
	return client_receive(c, &body) == MSG_HELLO && message_get_hello(body, &c->hello);
}

void client_close(struct client *c)
{
	tls_close(&c->tls);
	key_free(&c->key);
	close(c->fd);
}

void evidence_claims(struct evidence *e, const struct machine *m, const uint8_t disk[DISK_ID_LEN])
{
	struct msg_claims claims = {
		.version = {(const uint8_t *)"test 1", 6},
		.contents = DISK_BLANK,
	};
	struct wire_writer w;

	if (m) {
		claims.ak_pub = (struct span){m->ak_pub, m->ak_pub_len};
		claims.ek_pub = (struct span){m->ek_pub, m->ek_pub_len};
		claims.contents = m->disk_not_blank ? DISK_NOT_BLANK : DISK_BLANK;
	}
	memcpy(claims.disk_id, disk, DISK_ID_LEN);
	memcpy(claims.kem_pub, e->kem.p256.pub, KEM_PUB_LEN);
	if (kem_mlkem_pub(&e->kem))
		claims.mlkem_pub = (struct span){kem_mlkem_pub(&e->kem), MLKEM_PUB_LEN};
	wire_write_start(&w, e->claims, sizeof(e->claims));
	claims_put(&w, &claims);
	must(!w.failed, "claims do not fit");
	e->claims_len = w.len;
}

static void compute_rd(struct evidence *e, const struct client *c)
{
	uint8_t bytes[RD_INPUT_MAX];
	struct rd_input in = {
		.role = ROLE_NODE,
		.purpose = e->purpose,
		.spki_self = {c->own_spki, P256_SPKI_LEN},
		.spki_peer = {c->service_spki, P256_SPKI_LEN},
		.binder = c->binder,
		.nonce_v = c->hello.nonce_v,
		.nonce_a = e->nonce_a,
		.claims = {e->claims, e->claims_len},
	};
	struct wire_writer w;

	wire_write_start(&w, bytes, sizeof(bytes));
	rd_input_put(&w, &in);
	must(!w.failed, "rd does not fit");
	sha256(bytes, w.len, e->rd);
}

void evidence_start(struct evidence *e, const struct client *c, const struct machine *m,
	const uint8_t disk[DISK_ID_LEN])
{
	memset(e, 0, sizeof(*e));
	e->purpose = c->purpose;
	e->type = EVIDENCE_TPM2;
	must(!failed(random_bytes(e->nonce_a, NONCE_LEN)), "no random bytes");
	must(!failed(kem_generate(&e->kem)), "no key");
	e->no_tpm = !m;
	evidence_claims(e, m, disk);
	compute_rd(e, c);
}

void evidence_make(struct evidence *e, const struct client *c, struct machine *m,
	const uint8_t disk[DISK_ID_LEN])
{
	evidence_start(e, c, m, disk);
	memcpy(e->certificates, m->certificates, sizeof(e->certificates));
	e->certificate_count = m->certificate_count;
	machine_quote(m, e->rd, c->hello.bank, c->hello.pcr_mask, &e->quote);
}

void evidence_renew(struct evidence *e, const struct client *c, struct machine *m,
	const uint8_t disk[DISK_ID_LEN])
{
	evidence_claims(e, m, disk);
	compute_rd(e, c);
	machine_quote(m, e->rd, c->hello.bank, c->hello.pcr_mask, &e->quote);
}

static struct span tpm_item(const struct evidence *e)
{
	static uint8_t item[EVIDENCE_ITEM_MAX];
	struct evidence_tpm2 tpm = {
		.attest = {e->quote.attest, e->quote.attest_len},
		.signature = {e->quote.signature, e->quote.signature_len},
		.pcr_values = {e->quote.pcr_values, e->quote.pcr_values_len},
		.event_log = e->event_log,
		.certificate_count = e->certificate_count,
	};
	struct wire_writer w;

	memcpy(tpm.certificates, e->certificates, sizeof(tpm.certificates));
	wire_write_start(&w, item, sizeof(item));
	evidence_tpm2_put(&w, &tpm);
	must(!w.failed, "the TPM's evidence does not fit");
	return (struct span){item, w.len};
}

size_t evidence_frame(const struct evidence *e, uint8_t *out)
{
	struct msg_evidence m = {
		.purpose = e->purpose,
		.claims = {e->claims, e->claims_len},
	};
	struct wire_writer w;

	memcpy(m.items, e->items, sizeof(m.items));
	if (!e->no_tpm)
		m.items[EVIDENCE_TPM2 - 1] = tpm_item(e);
	memcpy(m.nonce_a, e->nonce_a, NONCE_LEN);
	wire_write_start(&w, out, FRAME_MAX + 4);
	message_put_evidence(&w, &m);
	must(!w.failed, "the evidence does not fit");
	/* Written here, because the codec does not write a type that the protocol does not know. */
	if (!e->no_tpm)
		out[FRAME_HEADER_LEN + 1 + NONCE_LEN + 1 + 4 + e->claims_len + 1 + 1] =
			(uint8_t)e->type;
	return w.len;
}

void evidence_free(struct evidence *e)
{
	kem_free(&e->kem);
}

static void take_grant(const struct evidence *e, struct span body, struct outcome *out)
{
	struct secret plain = {0};
	struct grant_secrets secrets;
	uint8_t aad[GRANT_AAD_MAX];
	struct wire_writer w;

	must(message_get_grant(body, &out->grant), "the grant is malformed");
	wire_write_start(&w, aad, sizeof(aad));
	grant_aad_put(&w, &out->grant);
	must(!failed(wrap_open(&e->kem, e->rd, aad, w.len, out->grant.wrapped.data,
		     out->grant.wrapped.len, &plain)),
		"the grant does not open with this connection's key");
	must(grant_secrets_get((struct span){plain.bytes, plain.len}, &secrets),
		"the grant's contents are malformed");
	memcpy(out->role, out->grant.role.data, out->grant.role.len);
	memcpy(out->disk_key, secrets.disk_key, DISK_KEY_LEN);
	memcpy(out->next_key, secrets.next_key, DISK_KEY_LEN);
	must(secrets.has_next == (out->grant.next_version != 0), "keys are not as the versions");
	must(secrets.join_material.len <= sizeof(out->material), "more join material than given");
	memcpy(out->material, secrets.join_material.data, secrets.join_material.len);
	out->material_len = secrets.join_material.len;
	secret_free(&plain);
}

static void take_last(const struct evidence *e, uint8_t type, struct span body, struct outcome *out)
{
	struct msg_deny deny;
	struct msg_ack ack;

	out->type = type;
	if (type == MSG_GRANT && e)
		take_grant(e, body, out);
	if (type == MSG_ACK) {
		must(message_get_ack(body, &ack), "the ACK is malformed");
		memcpy(out->certificate, ack.certificate.data, ack.certificate.len);
		out->certificate_len = ack.certificate.len;
	}
	if (type != MSG_DENY)
		return;
	must(message_get_deny(body, &deny), "the denial is malformed");
	must(deny.text.len > 0, "the denial says nothing");
	out->code = deny.code;
	out->retry_after_ms = deny.retry_after_ms;
}

bool client_answer(struct client *c, struct machine *m, struct span body)
{
	struct msg_challenge challenge;
	uint8_t secret[64], frame[128];
	struct msg_proof proof = {.secret = {secret, 0}};
	struct wire_writer w;

	must(message_get_challenge(body, &challenge), "the challenge is malformed");
	if (!machine_activate(m, challenge.credential, challenge.encrypted_secret, secret,
		    &proof.secret.len)) {
		/* What a TPM without that EK would do: guess. */
		memset(secret, 0x5a, 32);
		proof.secret.len = 32;
	}
	wire_write_start(&w, frame, sizeof(frame));
	message_put_proof(&w, &proof);
	return client_send(c, frame, w.len);
}

void client_join(struct client *c, const struct evidence *e, struct machine *m, struct outcome *out)
{
	static uint8_t frame[FRAME_MAX + 4];
	struct span body = {0};
	uint8_t type;

	memset(out, 0, sizeof(*out));
	if (!client_send(c, frame, evidence_frame(e, frame)))
		return;
	type = client_receive(c, &body);
	if (type == MSG_CHALLENGE) {
		out->challenged = true;
		if (!client_answer(c, m, body))
			return;
		type = client_receive(c, &body);
	}
	take_last(e, type, body, out);
}

void client_commit_as(struct client *c, const struct msg_commit *commit, struct outcome *out)
{
	uint8_t bytes[128];
	struct wire_writer w;
	struct span body = {0};

	memset(out, 0, sizeof(*out));
	wire_write_start(&w, bytes, sizeof(bytes));
	message_put_commit(&w, commit);
	if (client_send(c, bytes, w.len))
		take_last(NULL, client_receive(c, &body), body, out);
}

void client_commit(
	struct client *c, const struct outcome *granted, const uint8_t mac[32], struct outcome *out)
{
	struct msg_commit commit = {
		.action = granted->grant.action,
		.generation = granted->grant.generation + 1,
		.key_version = granted->grant.key_version,
	};

	memcpy(commit.header_mac, mac, HEADER_MAC_LEN);
	client_commit_as(c, &commit, out);
}
