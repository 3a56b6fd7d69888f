/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypto/errors.h"
#include "crypto/tls_private.h"

#include <string.h>
#include "crypto/certificate.h"
#include "crypto/digest.h"

/* The first failure stands; whatever follows of the chain is let pass by. */
static void refuse(struct tls_peer *p, uint16_t code)
{
	if (!p->failure)
		p->failure = code;
}

static void start_chain(const br_x509_class **ctx, const char *server_name)
{
	struct tls_peer *p = (struct tls_peer *)(void *)ctx;

	(void)server_name;
	p->cert_count = 0;
}

static void start_cert(const br_x509_class **ctx, uint32_t length)
{
	struct tls_peer *p = (struct tls_peer *)(void *)ctx;

	p->cert_count++;
	p->cert_len = 0;
	if (p->cert_count > 1)
		refuse(p, E_TLS_CERT_COUNT);
	else if (length > sizeof(p->cert))
		refuse(p, E_TLS_CERT_SIZE);
}

static void append(const br_x509_class **ctx, const unsigned char *buf, size_t len)
{
	struct tls_peer *p = (struct tls_peer *)(void *)ctx;

	if (p->failure)
		return;
	if (len > sizeof(p->cert) - p->cert_len) {
		refuse(p, E_TLS_CERT_OVERRUN);
		return;
	}
	memcpy(p->cert + p->cert_len, buf, len);
	p->cert_len += len;
}

static void end_cert(const br_x509_class **ctx)
{
	struct tls_peer *p = (struct tls_peer *)(void *)ctx;

	if (!p->failure && !certificate_key(p->cert, p->cert_len, p->pub))
		refuse(p, E_TLS_CERT_FORM);
}

/* Every pin is compared in full, so that time tells nothing of which one is near. */
static bool pinned(const struct tls_peer *p)
{
	uint8_t spki[P256_SPKI_LEN], hash[SHA256_LEN];
	unsigned hits = 0;

	key_spki(p->pub, spki);
	sha256(spki, sizeof(spki), hash);
	for (size_t i = 0; i < p->pin_count; i++)
		hits += equal_ct(hash, p->pins[i], sizeof(hash));
	return hits != 0;
}

static unsigned end_chain(const br_x509_class **ctx)
{
	struct tls_peer *p = (struct tls_peer *)(void *)ctx;

	if (!p->cert_count)
		return BR_ERR_X509_EMPTY_CHAIN;
	if (!p->failure && p->pin_count && !pinned(p))
		refuse(p, E_TLS_PIN);
	return p->failure ? BR_ERR_X509_NOT_TRUSTED : 0;
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	const struct tls_peer *p = (const struct tls_peer *)(const void *)ctx;

	/* Signing only: a key that may agree too would excuse a client from CertificateVerify. */
	if (usages)
		*usages = BR_KEYTYPE_SIGN;
	return p->failure ? NULL : &p->key;
}

static const br_x509_class peer_class = {
	.context_size = sizeof(struct tls_peer),
	.start_chain = start_chain,
	.start_cert = start_cert,
	.append = append,
	.end_cert = end_cert,
	.end_chain = end_chain,
	.get_pkey = get_pkey,
};

void tls_peer_init(struct tls_peer *p)
{
	p->vtable = &peer_class;
	p->key.key_type = BR_KEYTYPE_EC;
	p->key.key.ec.curve = BR_EC_secp256r1;
	p->key.key.ec.q = p->pub;
	p->key.key.ec.qlen = sizeof(p->pub);
}
