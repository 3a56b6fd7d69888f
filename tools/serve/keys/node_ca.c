/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/serve/keys/node_ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "tools/lib/hex.h"
#include "tools/serve/keys/identity.h"

#define CA_LIFETIME_S	 (10 * 365 * 86400)
#define CLOCK_SLACK_S	 60
#define SERIAL_LEN	 16
#define CA_FILE_MAX	 16384
#define NODE_SHORT_CHARS 20 /* of a node's id, as `protostar node list` shows it */

struct node_ca {
	EVP_PKEY *key;
	X509 *certificate;
};

/* The key pair as OpenSSL keeps it. NULL on failure. */
static EVP_PKEY *import(const struct key_pair *pair)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *scalar = BN_secure_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build && scalar && context && BN_bin2bn(pair->priv.bytes, P256_PRIV_LEN, scalar) &&
		OSSL_PARAM_BLD_push_utf8_string(
			build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, pair->pub, P256_PUB_LEN))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(context) == 1 &&
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(context);
	BN_clear_free(scalar);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool added;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	added = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

/*
 * A UTF8String, so that no text of policy's is taken for another type. It is named as such: OpenSSL
 * would refuse texts over X.520's bound of 64 characters, which the longest names of policy reach
 * with their prefix.
 */
static bool add_name(X509_NAME *name, const char *field, const char *prefix, const char *value)
{
	char text[96];
	int len = snprintf(text, sizeof(text), "%s%s", prefix, value);

	return len > 0 && (size_t)len < sizeof(text) &&
	       X509_NAME_add_entry_by_txt(
		       name, field, V_ASN1_UTF8STRING, (const unsigned char *)text, len, -1, 0);
}

/*
 * A P-256 key as it is written into a certificate. X509_set_pubkey() encodes a key and decodes it
 * again, through everything that OpenSSL could make of it: that takes longer than all the rest of a
 * certificate, and a node's certificate is made at each COMMIT.
 */
static bool set_point(X509 *cert, const EVP_PKEY *key)
{
	unsigned char point[P256_PUB_LEN], *copy;
	size_t len;

	if (EVP_PKEY_get_octet_string_param(
		    key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) != 1 ||
		len != sizeof(point) || point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return false;
	copy = OPENSSL_memdup(point, sizeof(point));
	if (copy && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(cert),
			    OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
			    OBJ_nid2obj(NID_X9_62_prime256v1), copy, sizeof(point)) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

static bool set_key(X509 *cert, EVP_PKEY *key)
{
	char group[32];

	if (EVP_PKEY_is_a(key, "EC") &&
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
		strcmp(group, SN_X9_62_prime256v1) == 0)
		return set_point(cert, key);
	return X509_set_pubkey(cert, key) == 1;
}

/* Version, a random serial number and the validity. NULL on failure. */
static X509 *begin(int64_t from_s, int64_t until_s, EVP_PKEY *key)
{
	X509 *cert = X509_new();
	unsigned char serial[SERIAL_LEN] = {0};
	BIGNUM *number = NULL;
	bool good = cert && RAND_bytes(serial, sizeof(serial)) == 1;

	serial[0] &= 0x7f;
	serial[0] |= 0x40;
	if (good)
		number = BN_bin2bn(serial, sizeof(serial), NULL);
	good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) &&
	       X509_set_version(cert, X509_VERSION_3) &&
	       ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from_s) &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)until_s) && set_key(cert, key);
	BN_free(number);
	if (good)
		return cert;
	X509_free(cert);
	return NULL;
}

static X509 *make_own(EVP_PKEY *key, int64_t now_s)
{
	X509 *cert = begin(now_s - CLOCK_SLACK_S, now_s + CA_LIFETIME_S, key);
	X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;

	if (name && add_name(name, "CN", "", "protostar node CA") &&
		X509_set_issuer_name(cert, name) &&
		add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
		add_extension(cert, cert, NID_key_usage, "critical,keyCertSign") &&
		add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
		X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

static struct failure write_own(const char *path, X509 *cert)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	BIO *out = fd < 0 ? NULL : BIO_new_fd(fd, BIO_NOCLOSE);
	bool written = out && PEM_write_bio_X509(out, cert) == 1 && fsync(fd) == 0;
	int error = errno;

	BIO_free(out);
	if (fd >= 0)
		close(fd);
	return written ? failure_none() : refuse("%s: %s", path, strerror(error));
}

static struct failure read_own(const char *path, struct node_ca *ca)
{
	BIO *in = BIO_new_file(path, "r");

	ca->certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	if (!ca->certificate)
		return refuse("%s is no certificate in PEM: restore it from its backup", path);
	if (X509_check_private_key(ca->certificate, ca->key) != 1)
		return refuse(
			"%s is of another key than the node CA's: restore both from one backup",
			path);
	return failure_none();
}

/* The certificate is made with the key, or again when only it was lost: the key is what counts. */
static struct failure open_own(const char *path, int64_t now_s, struct node_ca *ca)
{
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return read_own(path, ca);
	ca->certificate = make_own(ca->key, now_s);
	if (!ca->certificate)
		return refuse("cannot make the node CA's certificate");
	return write_own(path, ca->certificate);
}

struct failure node_ca_open(const char *key_path, const char *certificate_path, bool may_create,
	int64_t now_s, struct node_ca **out)
{
	struct node_ca *ca = calloc(1, sizeof(*ca));
	struct key_pair pair;
	struct failure f;

	if (!ca)
		return refuse("out of memory");
	f = identity_open(key_path, may_create, &pair);
	if (f.happened) {
		free(ca);
		return f;
	}
	ca->key = import(&pair);
	key_free(&pair);
	f = ca->key ? open_own(certificate_path, now_s, ca)
		    : refuse("%s: libcrypto does not take the key", key_path);
	if (f.happened) {
		node_ca_close(ca);
		return f;
	}
	*out = ca;
	return f;
}

void node_ca_close(struct node_ca *ca)
{
	if (!ca)
		return;
	EVP_PKEY_free(ca->key);
	X509_free(ca->certificate);
	free(ca);
}

static bool name_node(X509 *cert, const struct node_certificate *what)
{
	char id[2 * NODE_ID_BYTES + 1], number[16], shown[NODE_SHORT_CHARS + 1], uri[128];
	X509_NAME *name = X509_get_subject_name(cert);

	if (what->node_id.len != NODE_ID_BYTES)
		return false;
	hex_encode(what->node_id.data, NODE_ID_BYTES, id);
	snprintf(shown, sizeof(shown), "%.*s", NODE_SHORT_CHARS, id);
	snprintf(number, sizeof(number), "%u", what->epoch);
	snprintf(uri, sizeof(uri), "URI:protostar:node:%s", id);
	return add_name(name, "O", "", what->tenant) &&
	       (!what->role[0] || add_name(name, "OU", "role:", what->role)) &&
	       add_name(name, "OU", "set:", what->set) && add_name(name, "OU", "epoch:", number) &&
	       add_name(name, "CN", "", shown) &&
	       add_extension(cert, cert, NID_subject_alt_name, uri);
}

static bool complete(X509 *cert, const struct node_ca *ca)
{
	return X509_set_issuer_name(cert, X509_get_subject_name(ca->certificate)) &&
	       add_extension(cert, ca->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, ca->certificate, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, ca->certificate, NID_ext_key_usage, "critical,2.23.133.8.3") &&
	       add_extension(cert, ca->certificate, NID_authority_key_identifier, "keyid:always") &&
	       X509_sign(cert, ca->key, EVP_sha256()) > 0;
}

/* Appends the certificate; false when it does not fit. */
static bool append(X509 *cert, uint8_t out[CERTIFICATE_MAX], size_t *len)
{
	int more = i2d_X509(cert, NULL);
	unsigned char *at = out + *len;

	if (more <= 0 || (size_t)more > CERTIFICATE_MAX - *len)
		return false;
	*len += (size_t)i2d_X509(cert, &at);
	return true;
}

struct failure node_ca_certify(const struct node_ca *ca, const struct node_certificate *what,
	uint8_t out[CERTIFICATE_MAX], size_t *out_len)
{
	int64_t until = what->now_s + what->lifetime_s;
	X509 *cert = begin(what->now_s - CLOCK_SLACK_S, until, what->key);
	size_t len = 0;
	bool good = cert && name_node(cert, what) && complete(cert, ca) &&
		    append(cert, out, &len) && append(ca->certificate, out, &len);

	X509_free(cert);
	if (!good)
		return refuse("cannot certify the node's attestation key");
	*out_len = len;
	return failure_none();
}

/* What an older certificate of this CA says of its node, as a new one. NULL: it is none. */
static X509 *again(const struct node_ca *ca, X509 *old, int64_t now_s, int64_t lifetime_s)
{
	int at = old ? X509_get_ext_by_NID(old, NID_subject_alt_name, -1) : -1;
	X509 *cert;

	if (at < 0 || X509_verify(old, ca->key) != 1)
		return NULL;
	cert = begin(now_s - CLOCK_SLACK_S, now_s + lifetime_s, X509_get0_pubkey(old));
	if (cert && X509_set_subject_name(cert, X509_get_subject_name(old)) &&
		X509_add_ext(cert, X509_get_ext(old, at), -1) && complete(cert, ca))
		return cert;
	X509_free(cert);
	return NULL;
}

struct failure node_ca_renew(const struct node_ca *ca, struct span certificates, int64_t now_s,
	int64_t lifetime_s, uint8_t out[CERTIFICATE_MAX], size_t *out_len)
{
	const unsigned char *at = certificates.data;
	X509 *old = certificates.len ? d2i_X509(NULL, &at, (long)certificates.len) : NULL;
	X509 *cert = again(ca, old, now_s, lifetime_s);
	size_t len = 0;
	bool good = cert && append(cert, out, &len) && append(ca->certificate, out, &len);

	X509_free(cert);
	X509_free(old);
	if (!good)
		return refuse("the node shows no certificate of this CA that could be renewed");
	*out_len = len;
	return failure_none();
}
