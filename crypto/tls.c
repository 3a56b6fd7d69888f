/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tls_private.h"

#include <string.h>
#include "crypto/digest.h"
#include "crypto/random.h"

#define ENTROPY_LEN 48u

/* RFC 5246, 6.2.1: the type in a record's header. */
#define RECORD_HANDSHAKE 22u

/*
 * The engine's check of the peer's signature: SHA-256 only, one encoding only. BearSSL alone would
 * take SHA-384, which its PRF needs, and lax DER.
 */
static uint32_t verify(const br_ec_impl *impl, const void *hash, size_t hash_len,
	const br_ec_public_key *key, const void *sig, size_t sig_len)
{
	(void)impl;
	if (hash_len != SHA256_LEN || key->curve != BR_EC_secp256r1 || key->qlen != P256_PUB_LEN)
		return 0;
	return key_verify_der(key->q, hash, sig, sig_len);
}

static void set_algorithms(br_ssl_engine_context *e)
{
	static const uint16_t suites[] = {BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384};

	br_ssl_engine_set_versions(e, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(e, suites, 1);
	br_ssl_engine_set_ec(e, &br_ec_p256_m31);
	br_ssl_engine_set_ecdsa(e, verify);
	br_ssl_engine_set_hash(e, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(e, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_prf_sha384(e, br_tls12_sha384_prf);
	br_ssl_engine_set_gcm(e, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(e, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(e, br_ghash_ctmul64);
}

void tls_identity_make(struct tls_identity *id, const struct key_pair *key)
{
	key_certificate(key->pub, id->cert);
	id->chain = (br_x509_certificate){id->cert, sizeof(id->cert)};
	id->priv = (br_ec_private_key){BR_EC_secp256r1, key->priv.bytes, P256_PRIV_LEN};
	memcpy(id->pub, key->pub, sizeof(id->pub));
}

struct status tls_profile(struct tls_session *s, const struct tls_identity *own)
{
	static const char *protocols[] = {TLS_ALPN};
	br_ssl_engine_context *e = &s->tls.engine;
	uint8_t entropy[ENTROPY_LEN];

	TRY(random_bytes(entropy, sizeof(entropy)));
	set_algorithms(e);
	br_ssl_engine_inject_entropy(e, entropy, sizeof(entropy));
	wipe(entropy, sizeof(entropy));
	br_ssl_engine_set_protocol_names(e, protocols, 1);
	br_ssl_engine_add_flags(e, BR_OPT_NO_RENEGOTIATION | BR_OPT_FAIL_ON_ALPN_MISMATCH);
	br_ssl_engine_set_buffer(e, s->records, sizeof(s->records), 0);
	tls_peer_init(&s->peer);
	br_ssl_engine_set_x509(e, &s->peer.vtable);
	s->own = own;
	return OK;
}

/* early/contract/PROTOCOL.md, section 2. */
static struct status compute_binder(struct tls_session *s)
{
	static const char label[] = "EXPORTER-protostar-attest-v1", info[] = "protostar binder v1";
	br_ssl_engine_context *e = &s->tls.engine;
	uint8_t transcript[SHA256_LEN], exported[32];

	/* mhash is an internal of BearSSL 0.6; tests/interop/test_tls_openssl.c holds us to it. */
	if (br_multihash_out(&e->mhash, br_sha256_ID, transcript) != sizeof(transcript))
		return fail(E_TLS_TRANSCRIPT);
	if (!br_ssl_key_export(
		    e, exported, sizeof(exported), label, TLS_ALPN, sizeof(TLS_ALPN) - 1))
		return fail(E_TLS_EXPORT);
	hkdf256(transcript, sizeof(transcript), exported, sizeof(exported), info, sizeof(info) - 1,
		s->binder, sizeof(s->binder));
	wipe(exported, sizeof(exported));
	return OK;
}

/* The handshake has just ended: what BearSSL does not insist on is checked here. */
static struct status finish_handshake(struct tls_session *s)
{
	br_ssl_engine_context *e = &s->tls.engine;

	if (!br_ssl_engine_get_selected_protocol(e))
		return fail(E_TLS_SERVER_ALPN);
	if (s->tls.client.auth_type != BR_AUTH_ECDSA)
		return fail(E_TLS_NOT_ASKED);
	TRY(compute_binder(s));
	/* From here on a handshake record can only be a renegotiation: after_move() looks for it.
	 */
	e->record_type_in = 0;
	s->ready = true;
	return OK;
}

/* What this room refuses although the engine goes on. */
static uint16_t refused(struct tls_session *s, unsigned state)
{
	if (s->peer.failure)
		return s->peer.failure; /* do not wait for the rest of a long chain */
	if (s->ready && s->tls.engine.record_type_in == RECORD_HANDSHAKE)
		return E_TLS_RENEGOTIATION;
	return !s->ready && state & BR_SSL_SENDAPP ? finish_handshake(s).code : 0;
}

/* Runs whenever the engine has moved on. */
static void after_move(struct tls_session *s)
{
	unsigned state = br_ssl_engine_current_state(&s->tls.engine);

	/* With a failure set already the engine is about to tell the peer by itself. */
	if (state != BR_SSL_CLOSED) {
		if (s->failure)
			return;
		s->failure = refused(s, state);
		if (!s->failure)
			return;
	}
	s->over = true;
	tls_alert(s);
}

/* True while the engine's records may move: nothing wrong, not closed. */
static bool alive(const struct tls_session *s)
{
	return !s->over && br_ssl_engine_current_state(&s->tls.engine) != BR_SSL_CLOSED;
}

unsigned tls_state(const struct tls_session *s)
{
	unsigned engine = br_ssl_engine_current_state(&s->tls.engine), state = 0;

	if (!alive(s))
		return s->alert_len ? TLS_CAN_SEND : TLS_CLOSED;
	if (engine & BR_SSL_SENDREC)
		state |= TLS_CAN_SEND;
	if (engine & BR_SSL_RECVREC)
		state |= TLS_CAN_RECV;
	if (s->ready && engine & BR_SSL_RECVAPP)
		state |= TLS_CAN_READ;
	if (s->ready && engine & BR_SSL_SENDAPP)
		state |= TLS_CAN_WRITE;
	return state;
}

struct status tls_error(const struct tls_session *s)
{
	int err = br_ssl_engine_last_error(&s->tls.engine);

	if (s->failure || s->peer.failure)
		return fail(s->failure ? s->failure : s->peer.failure);
	if (err == BR_ERR_OK)
		return OK;
	if (err >= BR_ERR_RECV_FATAL_ALERT)
		return fail(E_TLS_ALERT);
	return fail(E_TLS_PROTOCOL);
}

int tls_error_detail(const struct tls_session *s)
{
	return br_ssl_engine_last_error(&s->tls.engine);
}

uint8_t *tls_send_buf(struct tls_session *s, size_t *out_len)
{
	if (alive(s))
		return br_ssl_engine_sendrec_buf(&s->tls.engine, out_len);
	*out_len = s->alert_len;
	return s->alert_len ? s->alert : NULL;
}

void tls_send_ack(struct tls_session *s, size_t len)
{
	if (s->alert_len) {
		s->alert += len;
		s->alert_len -= len;
	}
	if (!len || !alive(s))
		return;
	br_ssl_engine_sendrec_ack(&s->tls.engine, len);
	after_move(s);
}

uint8_t *tls_recv_buf(struct tls_session *s, size_t *out_len)
{
	uint8_t *buf = alive(s) ? br_ssl_engine_recvrec_buf(&s->tls.engine, out_len) : NULL;

	if (!buf)
		*out_len = 0;
	return buf;
}

void tls_recv_ack(struct tls_session *s, size_t len)
{
	if (!len || !alive(s))
		return;
	br_ssl_engine_recvrec_ack(&s->tls.engine, len);
	after_move(s);
}

size_t tls_read(struct tls_session *s, uint8_t *out, size_t len)
{
	const uint8_t *buf;
	size_t have;

	if (!len || !(tls_state(s) & TLS_CAN_READ))
		return 0;
	buf = br_ssl_engine_recvapp_buf(&s->tls.engine, &have);
	if (len > have)
		len = have;
	memcpy(out, buf, len);
	br_ssl_engine_recvapp_ack(&s->tls.engine, len);
	return len;
}

size_t tls_write(struct tls_session *s, const uint8_t *data, size_t len)
{
	uint8_t *buf;
	size_t capacity;

	if (!len || !(tls_state(s) & TLS_CAN_WRITE))
		return 0;
	buf = br_ssl_engine_sendapp_buf(&s->tls.engine, &capacity);
	if (len > capacity)
		len = capacity;
	memcpy(buf, data, len);
	br_ssl_engine_sendapp_ack(&s->tls.engine, len);
	return len;
}

void tls_flush(struct tls_session *s)
{
	if (alive(s))
		br_ssl_engine_flush(&s->tls.engine, 0);
}

bool tls_ready(const struct tls_session *s)
{
	return s->ready && !s->failure;
}

struct status tls_binder(const struct tls_session *s, uint8_t out[TLS_BINDER_LEN])
{
	if (!tls_ready(s))
		return fail(E_TLS_BINDER);
	memcpy(out, s->binder, sizeof(s->binder));
	return OK;
}

void tls_peer_spki(const struct tls_session *s, uint8_t out[P256_SPKI_LEN])
{
	key_spki(s->peer.pub, out);
}

void tls_own_spki(const struct tls_session *s, uint8_t out[P256_SPKI_LEN])
{
	key_spki(s->own->pub, out);
}

void tls_shutdown(struct tls_session *s)
{
	size_t len;

	if (!alive(s))
		return;
	s->closing = true;
	/* BearSSL 0.6 leaves unread data in the way of its own close. */
	while (br_ssl_engine_recvapp_buf(&s->tls.engine, &len))
		br_ssl_engine_recvapp_ack(&s->tls.engine, len);
	br_ssl_engine_close(&s->tls.engine);
}

void tls_close(struct tls_session *s)
{
	wipe(s, sizeof(*s));
}
