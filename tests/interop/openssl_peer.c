/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/openssl_peer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

struct openssl_profile openssl_good(bool is_server)
{
	return (struct openssl_profile){
		.is_server = is_server,
		.version_min = TLS1_2_VERSION,
		.version_max = TLS1_2_VERSION,
		.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384",
		.key = "P-256",
		.chain = 1,
		.alpn = "protostar/1",
		.ask_for_certificate = true,
	};
}

/* RFC 5246, 7.4.9: every handshake message with its header, HelloRequest (type 0) excluded. */
static void on_message(int written, int version, int content_type, const void *buf, size_t len,
	SSL *ssl, void *arg)
{
	struct openssl_peer *p = arg;

	(void)version;
	(void)ssl;
	if (content_type == SSL3_RT_ALERT && !written && len == sizeof(p->alert))
		memcpy(p->alert, buf, len);
	if (content_type == SSL3_RT_HANDSHAKE && len && *(const uint8_t *)buf && !p->done)
		EVP_DigestUpdate(p->transcript, buf, len);
}

static int take_any_certificate(int verified, X509_STORE_CTX *store)
{
	(void)verified;
	(void)store;
	return 1;
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	const char *want = arg;
	unsigned char *found;

	(void)ssl;
	if (SSL_select_next_proto(&found, out_len, (const unsigned char *)want,
		    (unsigned)strlen(want), in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = found;
	return SSL_TLSEXT_ERR_OK;
}

static X509 *self_sign(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	return cert;
}

static bool use_key(struct openssl_peer *p, const struct openssl_profile *profile)
{
	EVP_PKEY *key = strcmp(profile->key, "RSA") ? EVP_EC_gen(profile->key) : EVP_RSA_gen(2048);
	X509 *cert = self_sign(key, "peer");
	unsigned char *spki = NULL;
	int spki_len = i2d_PUBKEY(key, &spki);
	bool good = SSL_CTX_use_certificate(p->ctx, cert) == 1 &&
		    SSL_CTX_use_PrivateKey(p->ctx, key) == 1 &&
		    EVP_Digest(spki, (size_t)spki_len, p->pin[0], NULL, EVP_sha256(), NULL);

	for (unsigned i = 1; i < profile->chain; i++)
		good = good && SSL_CTX_add_extra_chain_cert(p->ctx, self_sign(key, "other"));
	OPENSSL_free(spki);
	X509_free(cert);
	EVP_PKEY_free(key);
	return good;
}

/* What OpenSSL's macros do, which cast const away. An absent list leaves OpenSSL's own. */
static bool set_list(SSL_CTX *ctx, int what, const char *list)
{
	char copy[128];

	if (!list)
		return true;
	snprintf(copy, sizeof(copy), "%s", list);
	return SSL_CTX_ctrl(ctx, what, 0, copy) == 1;
}

static bool configure(struct openssl_peer *p, const struct openssl_profile *profile)
{
	/* Length-prefixed, as OpenSSL wants it; owned by the process, callbacks keep the address.
	 */
	static char alpn[2][64];
	char *name = alpn[profile->is_server];

	SSL_CTX_set_security_level(p->ctx, 0);
	SSL_CTX_set_min_proto_version(p->ctx, profile->version_min);
	SSL_CTX_set_max_proto_version(p->ctx, profile->version_max);
	SSL_CTX_set_verify(p->ctx, profile->ask_for_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
		take_any_certificate);
	if (SSL_CTX_set_cipher_list(p->ctx, profile->ciphers) != 1 ||
		!set_list(p->ctx, SSL_CTRL_SET_GROUPS_LIST, profile->groups) ||
		!set_list(p->ctx, SSL_CTRL_SET_SIGALGS_LIST, profile->sigalgs) ||
		!set_list(p->ctx, SSL_CTRL_SET_CLIENT_SIGALGS_LIST, profile->cert_sigalgs) ||
		(profile->key && !use_key(p, profile)))
		return false;
	if (profile->alpn) {
		name[0] = (char)strlen(profile->alpn);
		strcpy(name + 1, profile->alpn);
		if (profile->is_server)
			SSL_CTX_set_alpn_select_cb(p->ctx, select_alpn, name);
		else if (SSL_CTX_set_alpn_protos(
				 p->ctx, (unsigned char *)name, (unsigned)strlen(name)) != 0)
			return false;
	}
	return true;
}

bool openssl_start(struct openssl_peer *p, const struct openssl_profile *profile)
{
	memset(p, 0, sizeof(*p));
	p->ctx = SSL_CTX_new(TLS_method());
	p->transcript = EVP_MD_CTX_new();
	if (!p->ctx || !p->transcript || !configure(p, profile) ||
		EVP_DigestInit_ex(p->transcript, EVP_sha256(), NULL) != 1)
		return false;
	p->ssl = SSL_new(p->ctx);
	p->in = BIO_new(BIO_s_mem());
	p->out = BIO_new(BIO_s_mem());
	SSL_set_bio(p->ssl, p->in, p->out);
	SSL_set_msg_callback(p->ssl, on_message);
	SSL_set_msg_callback_arg(p->ssl, p);
	if (profile->is_server)
		SSL_set_accept_state(p->ssl);
	else
		SSL_set_connect_state(p->ssl);
	return true;
}

void openssl_end(struct openssl_peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	EVP_MD_CTX_free(p->transcript);
}

/* Peeking runs the handshake, and sees alerts and renegotiations later on. */
static void work(struct openssl_peer *p)
{
	char byte;

	if (!p->done)
		p->done = SSL_do_handshake(p->ssl) == 1;
	else
		SSL_peek(p->ssl, &byte, 1);
}

void openssl_settle(struct openssl_peer *p, struct tls_session *s)
{
	size_t len, moved;
	uint8_t *buf;
	int n;

	do {
		moved = 0;
		while ((buf = tls_send_buf(s, &len)) && (n = BIO_write(p->in, buf, (int)len)) > 0) {
			tls_send_ack(s, (size_t)n);
			moved += (size_t)n;
		}
		work(p);
		while ((buf = tls_recv_buf(s, &len)) && (n = BIO_read(p->out, buf, (int)len)) > 0) {
			tls_recv_ack(s, (size_t)n);
			moved += (size_t)n;
		}
	} while (moved);
}

void openssl_settle_server(struct openssl_peer *p, struct server_session *s)
{
	size_t len, moved;
	uint8_t *buf;
	int n;

	do {
		moved = 0;
		while ((buf = session_send_buf(s, &len)) &&
			(n = BIO_write(p->in, buf, (int)len)) > 0) {
			session_send_ack(s, (size_t)n);
			moved += (size_t)n;
		}
		work(p);
		while ((buf = session_recv_buf(s, &len)) &&
			(n = BIO_read(p->out, buf, (int)len)) > 0) {
			session_recv_ack(s, (size_t)n);
			moved += (size_t)n;
		}
	} while (moved);
}

bool openssl_binder(struct openssl_peer *p, uint8_t out[TLS_BINDER_LEN])
{
	static const char label[] = "EXPORTER-protostar-attest-v1", context[] = "protostar/1";
	static char info[] = "protostar binder v1", sha[] = "SHA256";
	uint8_t transcript[32], exported[32];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, transcript, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, exported, 32),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *derive = EVP_KDF_CTX_new(kdf);
	bool good = p->done && EVP_DigestFinal_ex(p->transcript, transcript, NULL) == 1 &&
		    SSL_export_keying_material(p->ssl, exported, 32, label, strlen(label),
			    (const unsigned char *)context, strlen(context), 1) == 1 &&
		    EVP_KDF_derive(derive, out, TLS_BINDER_LEN, params) == 1;

	EVP_KDF_CTX_free(derive);
	EVP_KDF_free(kdf);
	return good;
}
