/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What OpenSSL found wrong with a path, as a sentence that says what to do. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include "tools/evidence/x509/path_private.h"

#define DATE_MAX 32u

static void date_text(const ASN1_TIME *t, char out[DATE_MAX])
{
	BIO *text = BIO_new(BIO_s_mem());
	int len = 0;

	if (text && t && ASN1_TIME_print(text, t))
		len = BIO_read(text, out, DATE_MAX - 1);
	out[len > 0 ? len : 0] = '\0';
	if (len <= 0)
		snprintf(out, DATE_MAX, "no readable date");
	BIO_free(text);
	ERR_clear_error();
}

static struct failure fault_of_list(const X509_CRL *crl, int error)
{
	char issuer[CERT_NAME_MAX] = "?", date[DATE_MAX];

	if (crl)
		cert_name_text(X509_CRL_get_issuer(crl), issuer);
	switch (error) {
	case X509_V_ERR_CRL_HAS_EXPIRED:
		date_text(crl ? X509_CRL_get0_nextUpdate(crl) : NULL, date);
		return refuse("the revocation list of %s was due to be replaced by %s: fetch the "
			      "new one",
			issuer, date);
	case X509_V_ERR_CRL_NOT_YET_VALID:
		date_text(crl ? X509_CRL_get0_lastUpdate(crl) : NULL, date);
		return refuse("the revocation list of %s begins at %s: is this machine's clock "
			      "right?",
			issuer, date);
	default:
		return refuse("the revocation list of %s cannot be used: %s", issuer,
			X509_verify_cert_error_string(error));
	}
}

static bool concerns_list(int error)
{
	switch (error) {
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
		return true;
	default:
		return false;
	}
}

static struct failure fault_of_issuer(const X509 *cert, const char *who, int error)
{
	char issuer[CERT_NAME_MAX];

	cert_name_text(X509_get_issuer_name(cert), issuer);
	switch (error) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return refuse("the path ends at %s, which signed itself and is none of the "
			      "configured roots",
			who);
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return refuse("there is no usable revocation list of %s, which issued %s: fetch it "
			      "and name its file",
			issuer, who);
	default:
		return refuse("the certificate of %s, which issued %s, is missing: neither the "
			      "configured roots and intermediates nor the evidence have it",
			issuer, who);
	}
}

struct failure path_fault(X509_STORE_CTX *ctx, const struct path_check *check)
{
	int error = X509_STORE_CTX_get_error(ctx);
	const X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	char who[CERT_NAME_MAX], date[DATE_MAX];

	if (concerns_list(error))
		return fault_of_list(check->list, error);
	if (!cert)
		return refuse("the certificate's path cannot be checked: %s",
			X509_verify_cert_error_string(error));
	cert_text(cert, who);
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return fault_of_issuer(cert, who, error);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		date_text(X509_get0_notAfter(cert), date);
		return refuse("the certificate of %s expired at %s", who, date);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		date_text(X509_get0_notBefore(cert), date);
		return refuse("the certificate of %s begins at %s: is this machine's clock right?",
			who, date);
	case X509_V_ERR_CERT_REVOKED:
		return refuse("the certificate of %s was revoked by its issuer", who);
	default:
		return refuse("the certificate of %s is refused: %s", who,
			X509_verify_cert_error_string(error));
	}
}
