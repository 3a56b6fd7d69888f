/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/tpm/ek_certificate.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>
#include "tools/evidence/tpm/ek_certificate_private.h"
#include "tools/evidence/tpm/key.h"
#include "tools/evidence/tpm/stored.h"
#include "tools/evidence/x509/path.h"

/* TCG: tcg-kp-EKCertificate and tcg-kp-AIKCertificate. */
#define OID_KP_EK  "2.23.133.8.1"
#define OID_KP_AIK "2.23.133.8.3"

/* What a certificate of this kind of key must say. */
struct purpose {
	const char *name;	 /* of the key, for sentences */
	uint32_t key_usage;	 /* KU_...: one of them */
	bool usage_may_lack;	 /* then the extended key usage has to say it */
	const char *extended[2]; /* one of them, where there is an extended key usage */
	const char *usage_text;
};

static const struct purpose ek_purpose = {
	.name = "endorsement key",
	.key_usage = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT,
	.usage_may_lack = true,
	.extended = {OID_KP_EK, OID_KP_EK},
	.usage_text = "keyEncipherment or keyAgreement",
};

/* Google's older ones have the usage of an EK certificate beside the key usage of a signer. */
static const struct purpose ak_purpose = {
	.name = "attestation key",
	.key_usage = KU_DIGITAL_SIGNATURE,
	.extended = {OID_KP_AIK, OID_KP_EK},
	.usage_text = "digitalSignature",
};

void ek_trust_free(struct ek_trust *trust)
{
	certs_free(&trust->roots);
	certs_free(&trust->intermediates);
	crls_free(&trust->crls);
}

enum extended { EXTENDED_ABSENT, EXTENDED_NAMES_IT, EXTENDED_OTHER };

static enum extended extended_usage(const X509 *cert, const struct purpose *p)
{
	EXTENDED_KEY_USAGE *all = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
	enum extended found = all ? EXTENDED_OTHER : EXTENDED_ABSENT;
	char oid[64];

	for (int i = 0; i < sk_ASN1_OBJECT_num(all); i++) {
		OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(all, i), 1);
		if (!strcmp(oid, p->extended[0]) || !strcmp(oid, p->extended[1]))
			found = EXTENDED_NAMES_IT;
	}
	EXTENDED_KEY_USAGE_free(all);
	return found;
}

static struct failure check_purpose(X509 *cert, const struct purpose *p)
{
	uint32_t usage = X509_get_key_usage(cert);
	enum extended extended = extended_usage(cert, p);
	bool lacks = usage == UINT32_MAX;

	/* X509_check_ca() alone overlooks a CA that may not sign certificates. */
	if ((X509_get_extension_flags(cert) & EXFLAG_CA) || X509_check_ca(cert))
		return refuse("it is a CA's, not that of a TPM's %s", p->name);
	if (!lacks && !(usage & p->key_usage))
		return refuse("its key usage has no %s: it is not that of a TPM's %s",
			p->usage_text, p->name);
	if (extended == EXTENDED_OTHER)
		return refuse("its extended key usage does not have %s: it is not that of a TPM's "
			      "%s",
			p->extended[0], p->name);
	if (lacks && !(p->usage_may_lack && extended == EXTENDED_NAMES_IT))
		return refuse("it does not say that it is that of a TPM's %s", p->name);
	return failure_none();
}

/* TPM 1.2 certified its keys under an identifier for OAEP, which OpenSSL makes no key of. */
static bool is_oaep(X509 *cert)
{
	ASN1_OBJECT *algorithm = NULL;

	return X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert)) &&
	       OBJ_obj2nid(algorithm) == NID_rsaesOaep;
}

/* What was sent, as certificates. */
struct sent {
	struct certs all;
	size_t unreadable, oaep;
};

static struct failure read_sent(const struct span *certs, size_t n, struct sent *out)
{
	if (n > EK_CERTIFICATES_MAX)
		return refuse("the node sent more than %u certificates", EK_CERTIFICATES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct span der;

		if (!tpm_stored_certificate(certs[i], &der) ||
			certs_add_der(&out->all, der).happened)
			out->unreadable++;
		else
			out->oaep += is_oaep(certs_at(&out->all, certs_count(&out->all) - 1));
	}
	return failure_none();
}

static struct failure none_fits(const struct sent *sent, size_t n, const struct purpose *p)
{
	if (!n)
		return refuse("the node sent no certificate of its %s: its TPM has none, or PID 1 "
			      "did not find it",
			p->name);
	if (sent->oaep)
		return refuse("the %s's certificate is of the TPM 1.2 era (RSAES-OAEP): it is not "
			      "accepted",
			p->name);
	if (sent->unreadable)
		return refuse("%zu of the node's %zu certificates cannot be read, and none of the "
			      "others is of its %s",
			sent->unreadable, n, p->name);
	return refuse("none of the node's %zu certificates is of its %s", n, p->name);
}

static struct failure check_one(const struct ek_trust *trust, const struct sent *sent, X509 *cert,
	const struct purpose *p, int64_t now_s)
{
	struct path_request r = {
		.leaf = cert,
		.roots = &trust->roots,
		.intermediates = &trust->intermediates,
		.offered = &sent->all,
		.crls = &trust->crls,
		.now_s = now_s,
		.flags = PATH_TPM_EXTENSIONS | PATH_PARTIAL |
			 (trust->crls.list ? PATH_CRL_GIVEN : 0) |
			 (trust->allow_expired ? PATH_ALLOW_EXPIRED : 0),
	};

	TRY_FAILURE(check_purpose(cert, p));
	return path_verify(&r, NULL);
}

/* Of several certificates of one key, as after a renewal, one good one is enough. */
static struct failure check_sent(const struct ek_trust *trust, const struct tpm_public *key,
	const struct sent *sent, size_t n, const struct purpose *p, int64_t now_s,
	struct ek_identity *out)
{
	struct failure f = none_fits(sent, n, p);

	for (size_t i = 0; i < certs_count(&sent->all); i++) {
		X509 *cert = certs_at(&sent->all, i);
		const EVP_PKEY *certified = X509_get0_pubkey(cert);
		char who[CERT_NAME_MAX];

		if (!certified || !tpm_key_same(key, certified))
			continue;
		f = check_one(trust, sent, cert, p, now_s);
		if (!f.happened)
			return tpm_certificate_identity(cert, out);
		cert_text(cert, who);
		f = refuse("the %s's certificate (%s): %s", p->name, who, f.text);
	}
	return f;
}

static struct failure check(const struct ek_trust *trust, const struct tpm_public *key,
	const struct span *certs, size_t n, const struct purpose *p, int64_t now_s,
	struct ek_identity *out)
{
	struct sent sent = {0};
	struct ek_identity found = {.manufacturer = 0};
	struct failure f = read_sent(certs, n, &sent);

	if (!f.happened)
		f = check_sent(trust, key, &sent, n, p, now_s, &found);
	certs_free(&sent.all);
	ERR_clear_error();
	if (!f.happened)
		*out = found;
	return f;
}

struct failure ek_certificate_check(const struct ek_trust *trust, const struct tpm_public *ek,
	const struct span *certs, size_t n, int64_t now_s, struct ek_identity *out)
{
	return check(trust, ek, certs, n, &ek_purpose, now_s, out);
}

struct failure ak_certificate_check(const struct ek_trust *trust, const struct tpm_public *ak,
	const struct span *certs, size_t n, int64_t now_s, struct ek_identity *out)
{
	return check(trust, ak, certs, n, &ak_purpose, now_s, out);
}

struct failure ek_certificate_node_id(struct span stored, uint8_t out[TPM_NAME_LEN])
{
	struct span der;
	X509 *cert = tpm_stored_certificate(stored, &der) ? cert_parse(der) : NULL;
	struct failure f;

	if (!cert)
		f = refuse("not a certificate in DER, nor one as a TPM stores it");
	else
		f = check_purpose(cert, &ek_purpose);
	if (!f.happened && (is_oaep(cert) || !tpm_ek_node_id(X509_get0_pubkey(cert), out)))
		f = refuse("its key is none that endorsement keys have: RSA of 2048, 3072 or 4096 "
			   "bits, P-256 or P-384");
	X509_free(cert);
	ERR_clear_error();
	return f;
}
