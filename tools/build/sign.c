/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/build/sign.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tools/build/sign_table.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/file.h"
#include "tools/lib/pe_read.h"
#include "tools/lib/report.h"
#include "tools/lib/run.h"

#define PKCS11_SCHEME "pkcs11:"
#define P11_KIT	      "p11-kit-proxy.so"

#define TABLE_ALIGN 8u /* of the certificate table in the file */

static bool is_pkcs11(const struct sign_request *request)
{
	return strncmp(request->key, PKCS11_SCHEME, strlen(PKCS11_SCHEME)) == 0;
}

bool sign_request_complete(const struct sign_request *request)
{
	if (!request->key && (request->cert || request->pin_file || request->module))
		return complain("signing needs --sign-key too");
	if (!request->key)
		return true;
	if (!request->cert)
		return complain("signing needs --sign-cert too");
	if (strstr(request->key, "pin-value="))
		return complain("--sign-key: everybody on this machine can read a PIN there: put "
				"it into a file and name that with --sign-pin-file");
	if (request->module && !is_pkcs11(request))
		return complain("--sign-module: --sign-key is no PKCS#11 URI");
	return true;
}

/* The certificate in PEM or DER; NULL after a complaint. */
static X509 *read_certificate(const char *path)
{
	struct mapped m;
	const unsigned char *der;
	X509 *cert = NULL;
	BIO *bio;

	if (!file_map(path, &m))
		return NULL;
	bio = m.len && m.len < INT32_MAX ? BIO_new_mem_buf(m.data, (int)m.len) : NULL;
	if (bio)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	der = m.data;
	if (!cert && m.len && m.len < INT32_MAX)
		cert = d2i_X509(NULL, &der, (long)m.len);
	file_unmap(&m);
	if (!cert)
		complain("--sign-cert %s is not a certificate", path);
	return cert;
}

/* The first second of the certificate's validity, as text. */
static char *signing_time(const char *path)
{
	X509 *cert = read_certificate(path);
	struct tm when;
	char *text = NULL;

	if (!cert)
		return NULL;
	if (ASN1_TIME_to_tm(X509_get0_notBefore(cert), &when) == 1)
		text = must_format("%lld", (long long)timegm(&when));
	else
		complain("--sign-cert %s has no first day", path);
	X509_free(cert);
	return text;
}

bool sign_check_certificate(const char *path)
{
	char *text = signing_time(path);

	free(text);
	return text != NULL;
}

static bool call_signer(
	const struct sign_request *request, const char *time, const char *in, const char *out)
{
	const char *argv[24] = {"osslsigncode", "sign", "-h", "sha256", "-time", time, "-certs",
		request->cert, "-key", request->key, "-in", in, "-out", out};
	size_t n = 14;

	if (is_pkcs11(request)) {
		argv[n++] = "-pkcs11module";
		argv[n++] = request->module ? request->module : P11_KIT;
	}
	if (request->pin_file) {
		argv[n++] = "-readpass";
		argv[n++] = request->pin_file;
	}
	return run_in_callers_environment(argv, "osslsigncode libengine-pkcs11-openssl");
}

/* The signer is somebody else's program: it may add a signature and nothing else. */
static bool check_result(const struct bytes *uki, const struct mapped *made)
{
	uint8_t before[BANK_DIGEST_MAX], after[BANK_DIGEST_MAX];
	struct flaw flaw;

	if (!authenticode(uki->data, uki->len, BANK_SHA256, before, &flaw) ||
		!authenticode(made->data, made->len, BANK_SHA256, after, &flaw))
		return flaw_complain("what osslsigncode made", &flaw);
	return (sign_is_signed(made->data, made->len) &&
		       !memcmp(before, after, bank_len(BANK_SHA256))) ||
	       complain("osslsigncode changed more of the image than its signature");
}

/*
 * A signature lies at a multiple of 8 bytes, and everything before it is signed. So the zeros in
 * between are added first: every signing program does it, and what it signs has them.
 */
static void pad(struct bytes *image)
{
	size_t before = image->len;

	bytes_align(image, TABLE_ALIGN);
	if (image->len != before)
		report_error("note: %zu zero bytes were added to the image before signing, since a "
			     "signature starts at a multiple of %u bytes",
			image->len - before, TABLE_ALIGN);
}

bool sign_uki(const struct sign_request *request, const char *work, struct bytes *uki)
{
	char *time = signing_time(request->cert);
	char *in = must_format("%s/to-sign.efi", work), *out = must_format("%s/signed.efi", work);
	struct mapped made = {0};
	bool fine;

	pad(uki);
	fine = time && file_write(in, uki->data, uki->len) && call_signer(request, time, in, out) &&
	       file_map(out, &made) && check_result(uki, &made);
	if (fine) {
		uki->len = 0;
		bytes_add(uki, made.data, made.len);
		progress("signed with the certificate %s", request->cert);
	}
	file_unmap(&made);
	unlink(in);
	unlink(out);
	free(time);
	free(in);
	free(out);
	return fine;
}

bool sign_more(
	const struct sign_request *request, const char *work, bool replace, struct bytes *image)
{
	struct bytes before = {0};
	bool fine = sign_table_take(image, !replace, &before) && sign_uki(request, work, image);

	if (fine && before.len && replace)
		progress("the signatures that were there are gone");
	else if (fine && before.len)
		fine = sign_table_put_before(&before, image);
	bytes_free(&before);
	return fine;
}

bool sign_is_signed(const uint8_t *file, size_t len)
{
	struct pe_file pe;
	struct flaw flaw;

	return pe_read(file, len, &pe, &flaw) && pe.certificates_len;
}

bool sign_carry(const uint8_t *signed_file, size_t len, struct bytes *uki)
{
	struct pe_file from, to;
	struct flaw flaw;

	if (!pe_read(signed_file, len, &from, &flaw))
		return flaw_complain("the signed image", &flaw);
	if (!from.certificates_len)
		return complain("the image has no signature to be carried over");
	if (!pe_ends_signed(&from))
		return complain("the signed image has bytes behind its signature");
	if (!pe_read(uki->data, uki->len, &to, &flaw))
		return flaw_complain("the image to be signed", &flaw);
	if (!to.certificate_entry_at || to.certificates_len)
		return complain("the image cannot take a signature");
	bytes_align(uki, TABLE_ALIGN);
	put_le32(uki->data + to.certificate_entry_at, (uint32_t)uki->len);
	put_le32(uki->data + to.certificate_entry_at + 4, from.certificates_len);
	memcpy(uki->data + to.checksum_at, signed_file + from.checksum_at, 4);
	bytes_add(uki, signed_file + from.certificates_at, from.certificates_len);
	return true;
}
