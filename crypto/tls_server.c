/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tls_private.h"

#include <string.h>
#include "crypto/digest.h"

#define ECDSA_HASHES_SHIFT 8u
#define P256_DER_SIG_MAX   72u

static struct tls_session *session_of(const br_ssl_server_policy_class **policy)
{
	return (struct tls_session *)(void *)((uint8_t *)policy -
					      offsetof(struct tls_session, policy));
}

/* BearSSL has already matched version, suite, group and, when there is one, the ALPN list. */
static int choose(const br_ssl_server_policy_class **policy, const br_ssl_server_context *server,
	br_ssl_server_choices *choices)
{
	struct tls_session *s = session_of(policy);
	uint32_t hashes = br_ssl_server_get_client_hashes(server) >> ECDSA_HASHES_SHIFT;

	if (!br_ssl_engine_get_selected_protocol(&s->tls.engine)) {
		s->failure = E_TLS_CLIENT_ALPN;
		return 0;
	}
	if (!(hashes >> br_sha256_ID & 1)) {
		s->failure = E_TLS_CLIENT_HASH;
		return 0;
	}
	choices->cipher_suite = BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
	choices->algo_id = 0xFF00 + br_sha256_ID;
	choices->chain = &s->own->chain;
	choices->chain_len = 1;
	return 1;
}

/* Only suites without an ephemeral key call this, and none is on offer. */
static uint32_t refuse_static_key(
	const br_ssl_server_policy_class **policy, unsigned char *data, size_t *len)
{
	(void)policy;
	(void)data;
	(void)len;
	return 0;
}

/* data holds the hash and gets the signature in its place. */
static size_t sign(const br_ssl_server_policy_class **policy, unsigned algo_id, unsigned char *data,
	size_t hash_len, size_t size)
{
	const struct tls_session *s = session_of(policy);
	uint8_t hash[SHA256_LEN];

	if (algo_id != 0xFF00 + br_sha256_ID || hash_len != sizeof(hash) || size < P256_DER_SIG_MAX)
		return 0;
	memcpy(hash, data, sizeof(hash));
	return br_ecdsa_i31_sign_asn1(
		&br_ec_p256_m31, &br_sha256_vtable, hash, &s->own->priv, data);
}

static const br_ssl_server_policy_class policy_class = {
	.context_size = sizeof(const br_ssl_server_policy_class *),
	.choose = choose,
	.do_keyx = refuse_static_key,
	.do_sign = sign,
};

struct status tls_server_start(struct tls_session *s, const struct tls_identity *own)
{
	/* One empty name (RFC 5246, 7.4.4) makes the engine ask for a client certificate. */
	static unsigned char empty_name[] = {0x30, 0x00};
	static const br_x500_name names[] = {{empty_name, sizeof(empty_name)}};
	br_ssl_server_context *server = &s->tls.server;

	memset(s, 0, sizeof(*s));
	br_ssl_server_zero(server);
	TRY(tls_profile(s, own));
	s->policy = &policy_class;
	br_ssl_server_set_policy(server, &s->policy);
	br_ssl_server_set_trust_anchor_names(server, names, 1);
	if (!br_ssl_server_reset(server))
		return fail(E_TLS_SERVER_START);
	/* For an alert that comes before a version is agreed on; the engine would write 0. */
	server->eng.version_out = BR_TLS12;
	return OK;
}
