/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/evidence/x509/path.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>
#include "tools/evidence/x509/path_private.h"

#define DEPTH_MAX      8 /* intermediates; the deepest known, Intel's for its fTPM, has four */
#define SECURITY_LEVEL 2 /* OpenSSL's: 112 bits, no SHA-1 */
#define RSA_BITS_MIN   2048
#define RSA_BITS_MAX   8192

static bool has_list(const struct crls *crls, const X509_NAME *issuer)
{
	for (int i = 0; crls && i < sk_X509_CRL_num(crls->list); i++)
		if (!X509_NAME_cmp(X509_CRL_get_issuer(sk_X509_CRL_value(crls->list, i)), issuer))
			return true;
	return false;
}

/* Whether subjectDirectoryAttributes is all that OpenSSL cannot read of what it would have to. */
static bool only_tpm_attributes(const X509 *cert)
{
	for (int i = 0; i < X509_get_ext_count(cert); i++) {
		X509_EXTENSION *e = X509_get_ext(cert, i);

		if (X509_EXTENSION_get_critical(e) && !X509_supported_extension(e) &&
			OBJ_obj2nid(X509_EXTENSION_get_object(e)) !=
				NID_subject_directory_attributes)
			return false;
	}
	return true;
}

static bool passes_over(X509_STORE_CTX *ctx, const struct path_request *r)
{
	const X509 *cert = X509_STORE_CTX_get_current_cert(ctx);

	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return r->flags & PATH_ALLOW_EXPIRED;
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return (r->flags & PATH_TPM_EXTENSIONS) && cert &&
		       X509_STORE_CTX_get_error_depth(ctx) == 0 && only_tpm_attributes(cert);
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return !(r->flags & (PATH_CRL_LEAF | PATH_CRL_ALL)) && cert &&
		       !has_list(r->crls, X509_get_issuer_name(cert));
	default:
		return false;
	}
}

static int on_fault(int good, X509_STORE_CTX *ctx)
{
	struct path_check *check = X509_STORE_CTX_get_app_data(ctx);

	if (good)
		return good;
	check->list = X509_STORE_CTX_get0_current_crl(ctx);
	if (!passes_over(ctx, check->request))
		return 0;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static unsigned long openssl_flags(unsigned flags)
{
	unsigned long out = 0;

	if (flags & PATH_STRICT)
		out |= X509_V_FLAG_X509_STRICT;
	if (flags & (PATH_CRL_LEAF | PATH_CRL_ALL | PATH_CRL_GIVEN))
		out |= X509_V_FLAG_CRL_CHECK;
	if (flags & (PATH_CRL_ALL | PATH_CRL_GIVEN))
		out |= X509_V_FLAG_CRL_CHECK_ALL;
	if (flags & PATH_PARTIAL)
		out |= X509_V_FLAG_PARTIAL_CHAIN;
	return out;
}

static bool key_allowed(const X509 *cert)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);
	char group[32];

	if (!key)
		return false;
	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
		       EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		return false;
	return !strcmp(group, SN_X9_62_prime256v1) || !strcmp(group, SN_secp384r1) ||
	       !strcmp(group, SN_secp521r1);
}

static bool signature_allowed(X509 *cert)
{
	int digest, key;

	if (!X509_get_signature_info(cert, &digest, &key, NULL, NULL))
		return false;
	return (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512) &&
	       (key == NID_rsaEncryption || key == NID_rsassaPss ||
		       key == NID_X9_62_id_ecPublicKey);
}

/* What RFC 5280 leaves open, or OpenSSL forgives without PATH_STRICT. */
static struct failure check_one(X509 *cert, bool is_leaf, bool is_root)
{
	char who[CERT_NAME_MAX];
	struct failure f = cert_extensions_unique(cert);

	cert_text(cert, who);
	if (f.happened)
		return refuse("the certificate of %s is refused: %s", who, f.text);
	if (X509_get_extension_flags(cert) & EXFLAG_INVALID)
		return refuse("the certificate of %s has extensions that cannot be read", who);
	if (!is_leaf && X509_check_ca(cert) != 1)
		return refuse("the certificate of %s is no CA's, but issued another", who);
	if (!key_allowed(cert))
		return refuse("the key in the certificate of %s is too weak or of a kind that is "
			      "not accepted: RSA from 2048 bits, P-256, P-384 and P-521 are",
			who);
	if (!is_root && !signature_allowed(cert))
		return refuse("the certificate of %s is signed with an algorithm that is not "
			      "accepted: RSA, RSA-PSS and ECDSA over SHA-256 or better are",
			who);
	return failure_none();
}

static struct failure check_chain(const STACK_OF(X509) * chain)
{
	int n = sk_X509_num(chain);

	if (n < 2)
		return refuse("the certificate is itself among the configured roots: name its "
			      "issuer there");
	for (int i = 0; i < n; i++)
		TRY_FAILURE(check_one(sk_X509_value(chain, i), i == 0, i == n - 1));
	return failure_none();
}

static bool add_all(STACK_OF(X509) * to, const struct certs *from)
{
	for (size_t i = 0; i < certs_count(from); i++)
		if (!sk_X509_push(to, certs_at(from, i)))
			return false;
	return true;
}

static struct failure verify(
	X509_STORE_CTX *ctx, const struct path_request *r, struct certs *out_chain)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	struct path_check check = {.request = r};

	X509_STORE_CTX_set0_trusted_stack(ctx, r->roots->list);
	if (r->crls && r->crls->list)
		X509_STORE_CTX_set0_crls(ctx, r->crls->list);
	X509_VERIFY_PARAM_set_flags(param, openssl_flags(r->flags));
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_time(param, (time_t)r->now_s);
	X509_STORE_CTX_set_verify_cb(ctx, on_fault);
	if (!X509_STORE_CTX_set_app_data(ctx, &check))
		return refuse("out of memory");
	if (X509_verify_cert(ctx) != 1)
		return path_fault(ctx, &check);
	TRY_FAILURE(check_chain(X509_STORE_CTX_get0_chain(ctx)));
	if (out_chain)
		out_chain->list = X509_STORE_CTX_get1_chain(ctx);
	return failure_none();
}

struct failure path_verify(const struct path_request *r, struct certs *out_chain)
{
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *empty = X509_STORE_new();
	struct failure f;

	if (out_chain)
		out_chain->list = NULL;
	if (!certs_count(r->roots))
		f = refuse("no root certificate is configured to check it with");
	else if (!untrusted || !ctx || !empty || !add_all(untrusted, r->intermediates) ||
		 !add_all(untrusted, r->offered) ||
		 !X509_STORE_CTX_init(ctx, empty, r->leaf, untrusted))
		f = refuse("out of memory");
	else
		f = verify(ctx, r, out_chain);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(empty);
	sk_X509_free(untrusted);
	ERR_clear_error();
	return f;
}
