/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/join/bearssl_server.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/tls_private.h"

static const uint16_t suites[] = {BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384};
static const char *protocols[] = {TLS_ALPN};

static void use_algorithms(br_ssl_engine_context *e)
{
	br_ssl_engine_set_versions(e, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(e, suites, 1);
	br_ssl_engine_set_ec(e, &br_ec_p256_m31);
	br_ssl_engine_set_ecdsa(e, br_ecdsa_i31_vrfy_asn1);
	br_ssl_engine_set_hash(e, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(e, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_prf_sha384(e, br_tls12_sha384_prf);
	br_ssl_engine_set_gcm(e, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(e, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(e, br_ghash_ctmul64);
}

bool bearssl_start(struct bearssl_server *s, const struct tls_identity *own)
{
	/* One empty name (RFC 5246, 7.4.4) makes the engine ask for a client certificate. */
	static unsigned char empty_name[] = {0x30, 0x00};
	static const br_x500_name names[] = {{empty_name, sizeof(empty_name)}};
	br_ssl_engine_context *e = &s->tls.eng;
	uint8_t entropy[48];

	memset(s, 0, sizeof(*s));
	s->own = own;
	if (failed(random_bytes(entropy, sizeof(entropy))))
		return false;
	br_ssl_server_zero(&s->tls);
	use_algorithms(e);
	br_ssl_server_set_single_ec(&s->tls, &own->chain, 1, &own->priv, BR_KEYTYPE_SIGN,
		BR_KEYTYPE_EC, &br_ec_p256_m31, br_ecdsa_i31_sign_asn1);
	br_ssl_engine_inject_entropy(e, entropy, sizeof(entropy));
	br_ssl_engine_set_protocol_names(e, protocols, 1);
	br_ssl_engine_set_buffer(e, s->records, sizeof(s->records), 0);
	br_ssl_server_set_trust_anchor_names(&s->tls, names, 1);
	tls_peer_init(&s->peer);
	br_ssl_engine_set_x509(e, &s->peer.vtable);
	return br_ssl_server_reset(&s->tls);
}

bool bearssl_binder(const struct bearssl_server *s, uint8_t out[TLS_BINDER_LEN])
{
	static const char label[] = "EXPORTER-protostar-attest-v1", info[] = "protostar binder v1";
	uint8_t transcript[SHA256_LEN], exported[32];
	br_ssl_engine_context e = s->tls.eng;

	if (!bearssl_ready(s) || br_multihash_out(&e.mhash, br_sha256_ID, transcript) != SHA256_LEN)
		return false;
	if (!br_ssl_key_export(
		    &e, exported, sizeof(exported), label, TLS_ALPN, sizeof(TLS_ALPN) - 1))
		return false;
	hkdf256(transcript, sizeof(transcript), exported, sizeof(exported), info, sizeof(info) - 1,
		out, TLS_BINDER_LEN);
	return true;
}

bool bearssl_ready(const struct bearssl_server *s)
{
	return br_ssl_engine_current_state(&s->tls.eng) & (BR_SSL_SENDAPP | BR_SSL_RECVAPP);
}

bool bearssl_closed(const struct bearssl_server *s)
{
	return br_ssl_engine_current_state(&s->tls.eng) == BR_SSL_CLOSED;
}

size_t bearssl_read(struct bearssl_server *s, uint8_t *out, size_t len)
{
	size_t have;
	const uint8_t *buf = br_ssl_engine_recvapp_buf(&s->tls.eng, &have);

	if (!buf)
		return 0;
	if (len > have)
		len = have;
	memcpy(out, buf, len);
	br_ssl_engine_recvapp_ack(&s->tls.eng, len);
	return len;
}

size_t bearssl_write(struct bearssl_server *s, const uint8_t *data, size_t len)
{
	size_t room;
	uint8_t *buf = br_ssl_engine_sendapp_buf(&s->tls.eng, &room);

	if (!buf)
		return 0;
	if (len > room)
		len = room;
	memcpy(buf, data, len);
	br_ssl_engine_sendapp_ack(&s->tls.eng, len);
	return len;
}

void bearssl_shutdown(struct bearssl_server *s)
{
	size_t len;

	while (br_ssl_engine_recvapp_buf(&s->tls.eng, &len))
		br_ssl_engine_recvapp_ack(&s->tls.eng, len);
	br_ssl_engine_close(&s->tls.eng);
}
