/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates of TPM keys under a CA of the tests' own: what no real sample has. Each test spoils
 * one thing of a chain root -> maker -> key that is good.
 */
#include "tests/unit/test.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include "tests/unit/evidence/tpm_pki.h"
#include "tools/evidence/x509/path.h"

#define EK_USAGE    "critical,keyAgreement"
#define EK_EXTENDED "2.23.133.8.1"
#define AK_USAGE    "critical,digitalSignature"

static struct pki_entity root, maker;
static struct ek_trust trust;

/* A certificate of an EK as makers write it; tests change one field. */
static struct pki_request ek_request(void)
{
	return (struct pki_request){
		.name = "EK",
		.issuer = &maker,
		.constraints = "critical,CA:FALSE",
		.key_usage = EK_USAGE,
		.extended = EK_EXTENDED,
	};
}

static struct pki_request ak_request(void)
{
	struct pki_request r = ek_request();

	r.key_usage = AK_USAGE;
	r.extended = "2.23.133.8.3,1.3.6.1.4.1.311.10.3.12";
	return r;
}

static bool refused_for(struct failure f, const char *why)
{
	if (f.happened && strstr(f.text, why))
		return true;
	fprintf(stderr, "expected \"%s\", got \"%s\"\n", why, f.happened ? f.text : "accepted");
	return false;
}

/* Judges the first of the entities as EK's or AK's certificate; the others are sent along. */
static struct failure judge_all(const struct ek_trust *t, bool is_ek,
	const struct pki_entity *const *sent, size_t n, int64_t now_s)
{
	struct tpm_public key = pki_public(sent[0]->cert);
	struct span der[EK_CERTIFICATES_MAX + 1];
	struct ek_identity id;
	struct failure f;

	for (size_t i = 0; i < n; i++)
		der[i] = pki_der(sent[i]->cert);
	f = is_ek ? ek_certificate_check(t, &key, der, n, now_s, &id)
		  : ak_certificate_check(t, &key, der, n, now_s, &id);
	for (size_t i = 0; i < n; i++)
		OPENSSL_free((void *)(uintptr_t)der[i].data);
	return f;
}

static struct failure judge(const struct ek_trust *t, bool is_ek, const struct pki_entity *e)
{
	return judge_all(t, is_ek, &e, 1, PKI_NOW);
}

/* Makes what the request says, judges it under `trust`, and forgets it. */
static struct failure verdict(bool is_ek, struct pki_request r)
{
	struct pki_entity e = pki_make(&r);
	struct failure f = judge(&trust, is_ek, &e);

	pki_free(&e);
	return f;
}

static void make_chain(void)
{
	root = pki_ca("Root", NULL);
	maker = pki_ca("Maker", &root);
	pki_add(&trust.roots, &root);
	pki_add(&trust.intermediates, &maker);
	CHECK(!verdict(true, ek_request()).happened);
	CHECK(!verdict(false, ak_request()).happened);
}

#define SPOIL_EK(field, value, why)                           \
	do {                                                  \
		struct pki_request r_ = ek_request();         \
		r_.field = (value);                           \
		CHECK(refused_for(verdict(true, r_), (why))); \
	} while (0)
#define SPOIL_AK(field, value, why)                            \
	do {                                                   \
		struct pki_request r_ = ak_request();          \
		r_.field = (value);                            \
		CHECK(refused_for(verdict(false, r_), (why))); \
	} while (0)

static void test_ak_is_no_ek(void)
{
	CHECK(refused_for(verdict(true, ak_request()), "key usage"));
	CHECK(refused_for(verdict(false, ek_request()), "key usage"));
	SPOIL_EK(extended, "2.23.133.8.3", "extended key usage");
	SPOIL_EK(extended, "serverAuth", "extended key usage");
	SPOIL_EK(key_usage, "digitalSignature", "key usage");
	SPOIL_AK(extended, "serverAuth", "extended key usage");
	SPOIL_AK(key_usage, "keyEncipherment", "key usage");
}

static void test_what_may_lack(void)
{
	struct pki_request r = ek_request();

	r.constraints = NULL;
	CHECK(!verdict(true, r).happened);
	r.extended = NULL; /* Google */
	CHECK(!verdict(true, r).happened);
	r.key_usage = NULL;
	CHECK(refused_for(verdict(true, r), "does not say"));
	r.extended = EK_EXTENDED;
	CHECK(!verdict(true, r).happened);
	SPOIL_AK(key_usage, NULL, "does not say");
	r = ak_request();
	r.extended = NULL;
	CHECK(!verdict(false, r).happened);
}

static void test_ca_is_no_ek(void)
{
	SPOIL_EK(constraints, "critical,CA:TRUE", "a CA's");
	SPOIL_AK(constraints, "critical,CA:TRUE", "a CA's");
}

/* A second one of any extension: two readers would read two certificates. */
static void test_duplicate_extension(void)
{
	struct pki_request r = ek_request();

	r.other_oid = "1.2.3.4";
	r.other_value = "DER:0500";
	CHECK(!verdict(true, r).happened);
	r.other_twice = true;
	CHECK(refused_for(verdict(true, r), "1.2.3.4 twice"));
	r = ek_request();
	r.other_oid = "2.5.29.37";
	r.other_value = "DER:300606042a030405";
	CHECK(verdict(true, r).happened);
	r.other_oid = "2.5.29.19";
	r.other_value = "DER:30030101ff";
	CHECK(verdict(true, r).happened);
}

/* Of what is critical and unknown, the TCG's attributes alone are known to be harmless. */
static void test_critical_extensions(void)
{
	struct pki_request r = ek_request();

	r.other_oid = "2.5.29.9";
	r.other_value = "critical,DER:3000";
	CHECK(!verdict(true, r).happened);
	r.other_oid = "1.2.3.4";
	CHECK(refused_for(verdict(true, r), "unhandled critical extension"));
}

static void test_algorithms(void)
{
	struct pki_request r = ek_request();

	SPOIL_EK(digest, EVP_sha1(), "refused");
	r.digest = EVP_sha384();
	CHECK(!verdict(true, r).happened);
	r = ek_request();
	r.key_usage = "keyEncipherment";
	r.key = pki_rsa(2048);
	CHECK(!verdict(true, r).happened);
	EVP_PKEY_free(r.key);
	r.key = pki_rsa(1024);
	CHECK(verdict(true, r).happened);
	EVP_PKEY_free(r.key);
	r = ek_request();
	r.key = pki_ec("P-384");
	CHECK(!verdict(true, r).happened);
	EVP_PKEY_free(r.key);
}

static void test_expired_ca(void)
{
	struct pki_request r = {.name = "Old maker",
		.issuer = &root,
		.constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign",
		.from_s = PKI_NOW - 10 * PKI_YEAR,
		.until_s = PKI_NOW - PKI_YEAR};
	struct pki_entity old = pki_make(&r), ek;
	struct ek_trust t = trust;

	r = ek_request();
	r.issuer = &old;
	ek = pki_make(&r);
	pki_add(&t.intermediates, &old);
	CHECK(refused_for(judge(&t, true, &ek), "Old maker expired"));
	t.allow_expired = true;
	CHECK(!judge(&t, true, &ek).happened);
	pki_free(&old);
	pki_free(&ek);
}

/* Anybody with an EK certificate could otherwise certify others. */
static void test_leaf_as_issuer(void)
{
	struct pki_request r = ek_request();
	struct pki_entity leaf, ek;
	const struct pki_entity *sent[2] = {&ek, &leaf};

	r.name = "Leaf";
	leaf = pki_make(&r);
	r = ek_request();
	r.issuer = &leaf;
	ek = pki_make(&r);
	CHECK(refused_for(judge_all(&trust, true, sent, 2, PKI_NOW), "Leaf"));
	pki_free(&ek);
	pki_free(&leaf);
}

static void test_own_root_sent_along(void)
{
	struct pki_entity strange = pki_ca("Root", NULL), ek;
	struct pki_request r = ek_request();
	const struct pki_entity *sent[2] = {&ek, &strange};

	r.issuer = &strange;
	ek = pki_make(&r);
	CHECK(judge_all(&trust, true, sent, 2, PKI_NOW).happened);
	pki_free(&ek);
	r.issuer = NULL;
	ek = pki_make(&r);
	CHECK(refused_for(judge(&trust, true, &ek), "signed itself"));
	pki_free(&ek);
	pki_free(&strange);
}

/* An intermediate may come with the evidence; missing, it is named. */
static void test_offered_chain(void)
{
	struct ek_trust t = {.roots = trust.roots};
	struct pki_request r = ek_request();
	struct pki_entity ek = pki_make(&r);
	const struct pki_entity *sent[EK_CERTIFICATES_MAX + 1] = {
		&ek, &maker, &maker, &maker, &maker, &maker, &maker};

	CHECK(!judge_all(&t, true, sent, 2, PKI_NOW).happened);
	CHECK(refused_for(judge_all(&t, true, sent, 1, PKI_NOW), "the certificate of CN = Maker"));
	CHECK(refused_for(judge_all(&trust, true, sent, EK_CERTIFICATES_MAX + 1, PKI_NOW), "more"));
	t.roots.list = NULL;
	CHECK(refused_for(judge_all(&t, true, sent, 2, PKI_NOW), "no root"));
	pki_add(&t.roots, &maker); /* one maker alone is trusted */
	CHECK(!judge_all(&t, true, sent, 1, PKI_NOW).happened);
	certs_free(&t.roots);
	pki_add(&t.roots, &ek);
	CHECK(judge_all(&t, true, sent, 1, PKI_NOW).happened);
	certs_free(&t.roots);
	pki_free(&ek);
}

static void test_other_keys_certificate(void)
{
	struct pki_request r = ek_request();
	struct pki_entity mine = pki_make(&r), others = pki_make(&r);
	struct tpm_public key = pki_public(mine.cert);
	struct span der = pki_der(others.cert);
	struct ek_identity id;

	CHECK(refused_for(ek_certificate_check(&trust, &key, &der, 1, PKI_NOW, &id), "none of"));
	CHECK(refused_for(ek_certificate_check(&trust, &key, NULL, 0, PKI_NOW, &id), "sent no"));
	der.len--;
	CHECK(refused_for(
		ek_certificate_check(&trust, &key, &der, 1, PKI_NOW, &id), "cannot be read"));
	OPENSSL_free((void *)(uintptr_t)der.data);
	pki_free(&mine);
	pki_free(&others);
}

/* After a renewal the old certificate may still lie beside the new one. */
static void test_two_certificates_of_one_key(void)
{
	struct pki_request r = ek_request();
	struct pki_entity now = pki_make(&r), old;
	const struct pki_entity *sent[2] = {&old, &now};

	r.key = now.key;
	r.from_s = 1;
	r.until_s = 1000;
	old = pki_make(&r);
	CHECK(!judge_all(&trust, true, sent, 2, PKI_NOW).happened);
	CHECK(refused_for(judge_all(&trust, true, sent, 1, PKI_NOW), "expired"));
	pki_free(&now);
	pki_free(&old);
}

static void test_revocation(void)
{
	struct pki_request r = ek_request();
	struct pki_entity ek = pki_make(&r), strange = pki_ca("Maker", NULL);
	const struct pki_entity *issuers[] = {&maker, &maker, &maker, &strange, &root};
	const X509 *revoked[] = {ek.cert, NULL, NULL, NULL, maker.cert};
	const int64_t until[] = {PKI_YEAR, PKI_YEAR, -1, PKI_YEAR, PKI_YEAR};
	static const char *const want[] = {
		"revoked", NULL, "fetch the new one", "revocation list", "revoked"};

	for (size_t i = 0; i < 5; i++) {
		struct ek_trust t = trust;
		struct failure f;

		t.crls.list = sk_X509_CRL_new_null();
		sk_X509_CRL_push(t.crls.list,
			pki_crl(issuers[i], revoked[i], PKI_NOW - 1000, PKI_NOW + until[i]));
		f = judge(&t, true, &ek);
		CHECK(want[i] ? refused_for(f, want[i]) : !f.happened);
		crls_free(&t.crls);
	}
	pki_free(&ek);
	pki_free(&strange);
}

/* Azure's two hierarchies: three deep, and one whose issuer only the operator can know. */
static void test_azure(void)
{
	struct pki_entity top = pki_ca("Virtual TPM Root 2023", NULL);
	struct pki_entity middle = pki_ca("Cloud Virtual TPM CA 2025", &top);
	struct pki_entity low = pki_ca("Cloud Virtual TPM CA - 11", &middle);
	struct pki_entity global = pki_ca("Global Virtual TPM CA - 03", &top);
	struct pki_request r = ak_request();
	struct ek_trust t = {0};
	struct pki_entity first, second;

	r.key = pki_rsa(2048);
	r.issuer = &low;
	r.name = "one.TrustedVM.Azure.windows.net";
	first = pki_make(&r);
	r.issuer = &global;
	second = pki_make(&r);
	pki_add(&t.roots, &top);
	pki_add(&t.intermediates, &middle);
	pki_add(&t.intermediates, &low);
	CHECK(!judge(&t, false, &first).happened);
	CHECK(refused_for(judge(&t, false, &second), "Global Virtual TPM CA - 03, which issued"));
	pki_add(&t.intermediates, &global);
	CHECK(!judge(&t, false, &second).happened);
	EVP_PKEY_free(r.key);
	pki_free(&first);
	pki_free(&second);
	pki_free(&global);
	pki_free(&low);
	pki_free(&middle);
	pki_free(&top);
	ek_trust_free(&t);
}

/* What may stand in the instance's extension is what Google writes there, or nothing. */
static void test_google_instance(void)
{
	struct pki_request r = ak_request();

	r.other_oid = "1.3.6.1.4.1.11129.2.1.21";
	r.other_value = "DER:30160c017a0201010c01700201020c0169a0053003020100";
	CHECK(!verdict(false, r).happened);
	r.other_value = "DER:30110c017a0201010c01700201020c0169a005";
	CHECK(refused_for(verdict(false, r), "cannot be read"));
	r.other_value = "DER:300f020101020101020101020102020103";
	CHECK(refused_for(verdict(false, r), "cannot be read"));
	r.other_value = "DER:0500";
	CHECK(refused_for(verdict(false, r), "cannot be read"));
}

/* The id that a certificate's file gives is the one that the key's area has. */
static void test_node_id(void)
{
	struct pki_request r = ek_request();
	struct pki_entity e = pki_make(&r);
	struct span der = pki_der(e.cert);
	uint8_t id[TPM_NAME_LEN];

	CHECK(!ek_certificate_node_id(der, id).happened && id[0] == 0 && id[1] == 0x0b);
	der.len--;
	CHECK(ek_certificate_node_id(der, id).happened);
	OPENSSL_free((void *)(uintptr_t)der.data);
	pki_free(&e);
	r = ak_request();
	e = pki_make(&r);
	der = pki_der(e.cert);
	CHECK(refused_for(ek_certificate_node_id(der, id), "key usage"));
	OPENSSL_free((void *)(uintptr_t)der.data);
	pki_free(&e);
}

int main(void)
{
	RUN(make_chain);
	RUN(test_ak_is_no_ek);
	RUN(test_what_may_lack);
	RUN(test_ca_is_no_ek);
	RUN(test_duplicate_extension);
	RUN(test_critical_extensions);
	RUN(test_algorithms);
	RUN(test_expired_ca);
	RUN(test_leaf_as_issuer);
	RUN(test_own_root_sent_along);
	RUN(test_offered_chain);
	RUN(test_other_keys_certificate);
	RUN(test_two_certificates_of_one_key);
	RUN(test_revocation);
	RUN(test_azure);
	RUN(test_google_instance);
	RUN(test_node_id);
	ek_trust_free(&trust);
	pki_free(&maker);
	pki_free(&root);
	return test_summary();
}
