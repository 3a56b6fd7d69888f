/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that carry signatures, in the forms in which people keep them. */
#include <limits.h>
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include "tools/lib/signature_list.h"

#define CERTIFICATES_MAX 64u		   /* in one PEM file */
#define FILE_MAX	 ((size_t)4 << 20) /* edk2's variables are far smaller */

/* EFI_VARIABLE_AUTHENTICATION_2 (UEFI 8.2.2): EFI_TIME, then WIN_CERTIFICATE_UEFI_GUID. */
#define TIME_LEN	16u
#define CERT_HEADER	24u
#define CERT_REVISION	0x0200u
#define CERT_TYPE_GUID	0x0EF1u
#define CERT_TYPE_PKCS7 "4aafd29d-68df-49ee-8aa9-347d375665a7"
#define X509_GUID	"a5c059a1-94e4-4aa7-87b5-ab155c2bf072"
#define PEM_BEGIN	"-----BEGIN "

/* Of efivarfs. */
#define ATTRIBUTES_LEN 4u
#define ATTRIBUTES_MAX 0xffu

static void add_certificate(
	struct bytes *out, const uint8_t owner[GUID_LEN], const uint8_t *der, size_t len)
{
	uint8_t header[28] = {0};

	guid_parse(X509_GUID, header);
	put_le32(header + 16, (uint32_t)(sizeof(header) + GUID_LEN + len));
	put_le32(header + 24, (uint32_t)(GUID_LEN + len));
	bytes_add(out, header, sizeof(header));
	bytes_add(out, owner, GUID_LEN);
	bytes_add(out, der, len);
}

/* Firmware compares and measures the certificate's own bytes, so they must be all of the file. */
static bool add_der(const uint8_t *file, size_t len, const uint8_t owner[GUID_LEN],
	struct bytes *out, struct flaw *flaw)
{
	const uint8_t *p = file;
	X509 *certificate = d2i_X509(NULL, &p, (long)len);

	X509_free(certificate);
	if (!certificate)
		return flaw_at(flaw, 0, "this is no X.509 certificate");
	if (p != file + len)
		return flaw_at(flaw, (uint64_t)(p - file), "bytes follow the certificate");
	add_certificate(out, owner, file, len);
	return true;
}

static bool add_pem(const uint8_t *file, size_t len, const uint8_t owner[GUID_LEN],
	struct bytes *out, struct flaw *flaw)
{
	BIO *bio = BIO_new_mem_buf(file, (int)len);
	struct bytes lists = {0};
	char *name = NULL, *header = NULL;
	unsigned count = 0;
	uint8_t *der = NULL;
	long der_len;
	bool fine = bio != NULL;

	while (fine && PEM_read_bio(bio, &name, &header, &der, &der_len)) {
		fine = strcmp(name, PEM_STRING_X509) == 0 && count++ < CERTIFICATES_MAX &&
		       add_der(der, (size_t)der_len, owner, &lists, flaw);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	if (!fine || !count)
		flaw_at(flaw, 0, "there is something other than X.509 certificates in it");
	else
		bytes_add(out, lists.data, lists.len);
	bytes_free(&lists);
	return fine && count;
}

/* Whether the file begins as a signed update; *offset is then where its payload begins. */
static bool is_auth(const uint8_t *file, size_t len, size_t *offset)
{
	uint8_t pkcs7[GUID_LEN];
	uint32_t cert_len;

	if (len < TIME_LEN + CERT_HEADER || !guid_parse(CERT_TYPE_PKCS7, pkcs7))
		return false;
	cert_len = le32(file + TIME_LEN);
	if (le16(file + TIME_LEN + 4) != CERT_REVISION ||
		le16(file + TIME_LEN + 6) != CERT_TYPE_GUID ||
		memcmp(file + TIME_LEN + 8, pkcs7, GUID_LEN) != 0 || cert_len < CERT_HEADER ||
		cert_len > len - TIME_LEN)
		return false;
	*offset = TIME_LEN + cert_len;
	return true;
}

/*
 * The kernel's efivarfs puts the variable's attributes in front of its contents: four bytes, whose
 * known bits fill one (UEFI 8.2: EFI_VARIABLE_*). Such bytes are no type of a signature list.
 */
static size_t efivarfs_attributes(const uint8_t *file, size_t len)
{
	struct flaw flaw;
	bool plausible = len >= ATTRIBUTES_LEN && le32(file) && le32(file) <= ATTRIBUTES_MAX;

	if (!plausible || signatures_check(file, len, &flaw) ||
		!signatures_check(file + ATTRIBUTES_LEN, len - ATTRIBUTES_LEN, &flaw))
		return 0;
	return ATTRIBUTES_LEN;
}

bool signatures_from_file(const uint8_t *file, size_t len, const uint8_t owner[GUID_LEN],
	struct bytes *out, enum signature_file *kind, size_t *offset, struct flaw *flaw)
{
	*offset = 0;
	if (len > FILE_MAX || len > INT_MAX)
		return flaw_at(flaw, FILE_MAX, "the file is longer than a variable can be");
	if (len > strlen(PEM_BEGIN) && memmem(file, len, PEM_BEGIN, strlen(PEM_BEGIN))) {
		*kind = SIGNATURE_FILE_PEM;
		return add_pem(file, len, owner, out, flaw);
	}
	if (len > 2 && file[0] == 0x30 && file[1] > 0x80) {
		*kind = SIGNATURE_FILE_DER;
		return add_der(file, len, owner, out, flaw);
	}
	*kind = is_auth(file, len, offset) ? SIGNATURE_FILE_AUTH : SIGNATURE_FILE_LISTS;
	if (*kind == SIGNATURE_FILE_LISTS)
		*offset = efivarfs_attributes(file, len);
	if (!signatures_check(file + *offset, len - *offset, flaw)) {
		flaw->offset += *offset;
		return false;
	}
	bytes_add(out, file + *offset, len - *offset);
	return true;
}
