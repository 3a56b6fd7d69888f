/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/independent/link.h"

#include <arpa/inet.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define HANDSHAKE_CONTENT 22
#define HELLO_REQUEST	  0

int link_tcp(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval wait = {.tv_sec = LINK_WAIT_S};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	need(fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	need(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) &&
			!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)),
		"time-outs of a socket");
	return fd;
}

/* Section 2: all handshake messages with their headers, HelloRequest excluded. */
static void on_message(
	int out, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
	struct link *l = arg;

	(void)out;
	(void)version;
	(void)ssl;
	if (type == HANDSHAKE_CONTENT && len && *(const uint8_t *)data != HELLO_REQUEST)
		need(EVP_DigestUpdate(l->transcript, data, len) == 1, "the transcript");
}

#define YEAR_2100 4102444800

static time_t valid_from(const struct link_how *how)
{
	return how->of_1970 ? 0 : how->of_2100 ? YEAR_2100 : time(NULL);
}

static X509 *make_certificate(EVP_PKEY *key, uint32_t comment, time_t from)
{
	X509 *x = X509_new();
	ASN1_OCTET_STRING *text = ASN1_OCTET_STRING_new();
	uint8_t *fill = calloc(1, comment + 1);
	X509_EXTENSION *extension;

	need(x && text && fill && X509_set_version(x, 2) == 1 &&
			ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
			ASN1_TIME_set(X509_getm_notBefore(x), from) &&
			ASN1_TIME_set(X509_getm_notAfter(x), from + 3600) &&
			X509_set_pubkey(x, key) == 1,
		"a certificate");
	need(ASN1_OCTET_STRING_set(text, fill, (int)comment) == 1, "a comment");
	extension = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, text);
	if (comment)
		need(extension && X509_add_ext(x, extension, -1) == 1, "an extension");
	need(X509_sign(x, key, EVP_sha256()) > 0, "a signature");
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(text);
	free(fill);
	return x;
}

/* ECDSA signatures differ in length, so it is tried until the whole is as long as wanted. */
static X509 *certificate_of(EVP_PKEY *key, const struct link_how *how)
{
	uint32_t comment = 1000, want = how->certificate_len;
	X509 *x = make_certificate(key, want ? comment : 0, valid_from(how));

	for (int i = 0; want && i < 1000; i++) {
		int len = i2d_X509(x, NULL);

		if (len == (int)want)
			return x;
		comment = (uint32_t)((int)comment + (int)want - len);
		X509_free(x);
		x = make_certificate(key, comment, valid_from(how));
	}
	need(!want, "a certificate of that length");
	return x;
}

static EVP_PKEY *key_for(const struct link_how *how)
{
	return how->rsa_key    ? EVP_RSA_gen(2048)
	       : how->p384_key ? EVP_EC_gen("P-384")
			       : EVP_EC_gen("P-256");
}

static void set_up(struct link *l, const struct link_how *how)
{
	int version = how->tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION;
	char group[16] = "P-256"; /* the macro that takes it drops const */
	const char *suites = how->other_cipher	? "ECDHE-ECDSA-AES128-GCM-SHA256"
			     : how->offers_more ? "ALL"
						: "ECDHE-ECDSA-AES256-GCM-SHA384";
	X509 *own;

	if (how->other_group)
		snprintf(group, sizeof(group), "P-384");
	if (how->offers_more)
		snprintf(group, sizeof(group), "X25519:P-256");
	l->ctx = SSL_CTX_new(TLS_client_method());
	l->key = key_for(how);
	need(l->ctx && l->key, "a context");
	own = certificate_of(l->key, how);
	SSL_CTX_set_security_level(l->ctx, 0);
	need(SSL_CTX_set_min_proto_version(l->ctx, version) == 1 &&
			SSL_CTX_set_max_proto_version(
				l->ctx, how->offers_more ? TLS1_3_VERSION : version) == 1 &&
			SSL_CTX_set_cipher_list(l->ctx, suites) == 1 &&
			SSL_CTX_set1_groups_list(l->ctx, group) == 1,
		"settings of TLS");
	if (!how->no_certificate)
		need(SSL_CTX_use_certificate(l->ctx, own) == 1 &&
				SSL_CTX_use_PrivateKey(l->ctx, l->key) == 1,
			"the certificate");
	if (how->chain)
		need(SSL_CTX_add1_chain_cert(l->ctx, own) == 1, "a chain");
	X509_free(own);
}

static size_t spki_of(EVP_PKEY *key, uint8_t out[SPKI_LEN])
{
	uint8_t *der = NULL;
	int len = key ? i2d_PUBKEY(key, &der) : 0;

	if (len == (int)SPKI_LEN)
		memcpy(out, der, SPKI_LEN);
	OPENSSL_free(der);
	return len > 0 ? (size_t)len : 0;
}

static void make_binder(struct link *l)
{
	static const char label[] = "EXPORTER-protostar-attest-v1", info[] = "protostar binder v1";
	static const uint8_t context[] = "protostar/1";
	uint8_t ekm[32];

	need(EVP_DigestFinal_ex(l->transcript, l->th, NULL) == 1 &&
			SSL_export_keying_material(l->ssl, ekm, 32, label, strlen(label), context,
				sizeof(context) - 1, 1) == 1,
		"the exporter");
	hkdf((struct span){l->th, 32}, (struct span){ekm, 32},
		(struct span){(const uint8_t *)info, sizeof(info) - 1}, l->binder);
}

static bool pinned(struct link *l, const uint8_t pin[32])
{
	X509 *theirs = SSL_get1_peer_certificate(l->ssl);
	uint8_t hash[32];
	bool good = theirs && spki_of(X509_get0_pubkey(theirs), l->peer) == SPKI_LEN;

	X509_free(theirs);
	hash_of(HASH_SHA256, l->peer, SPKI_LEN, hash);
	return good && CRYPTO_memcmp(hash, pin, 32) == 0;
}

void link_open(struct link *l, uint16_t port, const uint8_t pin[32], const struct link_how *how)
{
	static const uint8_t alpn[] = "\x0bprotostar/1", other[] = "\x02h2";

	*l = (struct link){.fd = link_tcp(port)};
	set_up(l, how);
	l->transcript = EVP_MD_CTX_new();
	l->ssl = SSL_new(l->ctx);
	need(l->ssl && l->transcript && EVP_DigestInit_ex(l->transcript, EVP_sha256(), NULL) == 1 &&
			SSL_set_fd(l->ssl, l->fd) == 1,
		"a connection");
	if (!how->no_alpn)
		need(!SSL_set_alpn_protos(l->ssl, how->other_alpn ? other : alpn,
			     how->other_alpn ? sizeof(other) - 1 : sizeof(alpn) - 1),
			"ALPN");
	SSL_set_msg_callback(l->ssl, on_message);
	SSL_set_msg_callback_arg(l->ssl, l);
	if (SSL_connect(l->ssl) != 1)
		return;
	SSL_set_msg_callback(l->ssl, NULL);
	make_binder(l);
	l->rogue = !pinned(l, pin);
	l->up = !l->rogue && spki_of(l->key, l->own) == SPKI_LEN;
}

void link_close(struct link *l)
{
	if (l->up)
		SSL_shutdown(l->ssl);
	SSL_free(l->ssl);
	SSL_CTX_free(l->ctx);
	EVP_PKEY_free(l->key);
	EVP_MD_CTX_free(l->transcript);
	close(l->fd);
	*l = (struct link){.fd = -1};
}

bool link_send(struct link *l, const void *data, size_t len)
{
	return l->up && SSL_write(l->ssl, data, (int)len) == (int)len;
}

static bool receive(struct link *l, uint8_t *out, size_t len)
{
	for (size_t got = 0; got < len;) {
		int n = SSL_read(l->ssl, out + got, (int)(len - got));

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

unsigned link_frame(struct link *l, struct buf *out)
{
	uint8_t head[6];
	struct reader r = {{head, 6}, false};
	size_t len;
	unsigned type;

	out->len = 0;
	if (!l->up || !receive(l, head, 6))
		return 0;
	len = (size_t)take_uint(&r, 4);
	type = (unsigned)take_uint(&r, 1);
	need(len >= 2 && len <= FRAME_MAX && take_uint(&r, 1) == 1, "a frame of the service");
	put_fill(out, 0, len - 2);
	return receive(l, out->data, len - 2) ? type : 0;
}
