/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The node CA: its files, and that OpenSSL takes what it certifies for exactly what it says. */
#include <sys/stat.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/unit/done.h"
#include "tests/unit/scratch.h"
#include "tests/unit/test.h"
#include "tools/serve/keys/node_ca.h"
#include "tools/policy/policy.h"

#define NOW  INT64_C(1795000000)
#define HOUR 3600

static char key_path[256], certificate_path[256];
static uint8_t node[NODE_ID_BYTES] = {0x00, 0x0b, 0xab, 0xcd};

static void paths(const char *name)
{
	snprintf(key_path, sizeof(key_path), "%s.der", scratch_path(name));
	snprintf(certificate_path, sizeof(certificate_path), "%s.pem", scratch_path(name));
}

static X509 *authority(void)
{
	BIO *in = BIO_new_file(certificate_path, "r");
	X509 *cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return cert;
}

/* What X509_verify_cert says of the certificate at that time, with the CA as the one anchor. */
static int verdict(X509 *cert, int64_t at_s)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509 *ca = authority();
	int error = X509_V_ERR_UNSPECIFIED;

	if (store && context && ca && X509_STORE_add_cert(store, ca) &&
		X509_STORE_CTX_init(context, store, cert, NULL)) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);

		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
		X509_VERIFY_PARAM_set_time(param, (time_t)at_s);
		error = X509_verify_cert(context) == 1 ? X509_V_OK
						       : X509_STORE_CTX_get_error(context);
	}
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	X509_free(ca);
	return error;
}

/* NULL when it is not certified, or not for this key. */
static X509 *certify_in(struct node_ca *ca, EVP_PKEY *key, const char *role, const char *set)
{
	uint8_t der[CERTIFICATE_MAX];
	const uint8_t *at = der;
	struct node_certificate what = {.node_id = {node, sizeof(node)},
		.key = key,
		.tenant = "acme",
		.role = role,
		.set = set,
		.epoch = 7,
		.now_s = NOW,
		.lifetime_s = HOUR};
	size_t len = 0;
	X509 *cert = NULL, *issuer = NULL, *own = authority();

	if (done(node_ca_certify(ca, &what, der, &len))) {
		cert = d2i_X509(NULL, &at, (long)len);
		issuer = d2i_X509(NULL, &at, (long)(der + len - at));
	}
	CHECK(cert && issuer && own && X509_cmp(issuer, own) == 0 && at == der + len);
	X509_free(issuer);
	X509_free(own);
	CHECK(cert && EVP_PKEY_eq(X509_get0_pubkey(cert), key) == 1);
	return cert;
}

static X509 *certify(struct node_ca *ca, EVP_PKEY *key, const char *role)
{
	return certify_in(ca, key, role, "server-1");
}

static void check_subject(X509 *cert, const char *want)
{
	char got[256] = "";
	BIO *out = BIO_new(BIO_s_mem());

	X509_NAME_print_ex(out, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253);
	BIO_read(out, got, sizeof(got) - 1);
	BIO_free(out);
	CHECK(strcmp(got, want) == 0);
}

static void test_certificates(void)
{
	EVP_PKEY *keys[2] = {EVP_EC_gen("P-256"), EVP_RSA_gen(2048)};
	struct node_ca *ca = NULL;

	paths("ca");
	REQUIRE(done(node_ca_open(key_path, certificate_path, true, NOW, &ca)));
	for (size_t i = 0; i < 2; i++) {
		X509 *cert = certify(ca, keys[i], i == 0 ? "worker" : "");

		REQUIRE(cert);
		CHECK(verdict(cert, NOW) == X509_V_OK);
		CHECK(verdict(cert, NOW + HOUR + 1) == X509_V_ERR_CERT_HAS_EXPIRED);
		CHECK(verdict(cert, NOW - HOUR) != X509_V_OK);
		CHECK(X509_check_ca(cert) == 0);
		CHECK(X509_get_key_usage(cert) == KU_DIGITAL_SIGNATURE);
		check_subject(
			cert, i == 0 ? "CN=000babcd000000000000,OU=epoch:7,OU=set:server-1,"
				       "OU=role:worker,O=acme"
				     : "CN=000babcd000000000000,OU=epoch:7,OU=set:server-1,O=acme");
		X509_free(cert);
		EVP_PKEY_free(keys[i]);
	}
	node_ca_close(ca);
}

/* Names as long as policy's may be are certified whole. */
static void test_longest_names(void)
{
	char name[POLICY_NAME_MAX + 1], subject[256];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct node_ca *ca;
	X509 *cert;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	snprintf(subject, sizeof(subject),
		"CN=000babcd000000000000,OU=epoch:7,OU=set:%s,OU=role:%s,O=acme", name, name);
	REQUIRE(key && done(node_ca_open(key_path, certificate_path, true, NOW, &ca)));
	cert = certify_in(ca, key, name, name);
	REQUIRE(cert);
	CHECK(verdict(cert, NOW) == X509_V_OK);
	check_subject(cert, subject);
	X509_free(cert);
	EVP_PKEY_free(key);
	node_ca_close(ca);
}

/* A second start has the same CA; a certificate that was lost is made again for the same key. */
static void test_files(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct node_ca *ca = NULL;
	struct stat st;
	X509 *cert;

	paths("again");
	CHECK(!done(node_ca_open(key_path, certificate_path, false, NOW, &ca)));
	REQUIRE(done(node_ca_open(key_path, certificate_path, true, NOW, &ca)));
	CHECK(stat(key_path, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(stat(certificate_path, &st) == 0 && (st.st_mode & 07777) == 0644);
	cert = certify(ca, key, "worker");
	node_ca_close(ca);
	REQUIRE(done(node_ca_open(key_path, certificate_path, false, NOW, &ca)));
	node_ca_close(ca);
	CHECK(verdict(cert, NOW) == X509_V_OK);
	CHECK(unlink(certificate_path) == 0);
	REQUIRE(done(node_ca_open(key_path, certificate_path, false, NOW, &ca)));
	node_ca_close(ca);
	CHECK(verdict(cert, NOW) == X509_V_OK);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void test_refusals(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct node_certificate what = {.node_id = {node, sizeof(node) - 1},
		.key = key,
		.tenant = "acme",
		.role = "",
		.set = "s",
		.now_s = NOW,
		.lifetime_s = HOUR};
	uint8_t der[CERTIFICATE_MAX];
	struct node_ca *ca = NULL;
	char first[256], kept[256];
	size_t len = 0;

	paths("one");
	REQUIRE(done(node_ca_open(key_path, certificate_path, true, NOW, &ca)));
	CHECK(!done(node_ca_certify(ca, &what, der, &len)) && len == 0);
	EVP_PKEY_free(key);
	node_ca_close(ca);
	memcpy(kept, certificate_path, sizeof(kept));
	memcpy(first, key_path, sizeof(first));
	paths("two");
	REQUIRE(done(node_ca_open(key_path, certificate_path, true, NOW, &ca)));
	node_ca_close(ca);
	CHECK(!done(node_ca_open(first, certificate_path, false, NOW, &ca)));
	CHECK(strstr(last_failure.text, "another key"));
	CHECK(!done(node_ca_open(first, first, false, NOW, &ca)));
	CHECK(strstr(last_failure.text, "no certificate"));
	CHECK(done(node_ca_open(first, kept, false, NOW, &ca)));
	node_ca_close(ca);
}

int main(void)
{
	if (failed(secret_pool_open(1u << 17)) || failed(random_open()))
		return 1;
	scratch_open();
	RUN(test_certificates);
	RUN(test_longest_names);
	RUN(test_files);
	RUN(test_refusals);
	scratch_close();
	secret_pool_close();
	return test_summary();
}
