/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys, certificates and Authenticode signatures for tests, made by OpenSSL: nothing here is the
 * code under test. Whatever fails ends the program.
 */
#ifndef TESTS_MOCK_IMAGE_SIGNER_H
#define TESTS_MOCK_IMAGE_SIGNER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include "tools/lib/bytes.h"

/* A key, and a certificate for it that issuer signed, or it itself when issuer is NULL. */
struct signer {
	EVP_PKEY *key;
	X509 *certificate;
	struct bytes der; /* of the certificate */
};

/* valid_from is in seconds from the present; the certificate is valid for an hour. */
struct signer signer_make(const char *name, const struct signer *issuer, long valid_from);
void signer_free(struct signer *signer);

/* Appends a certificate table with one signature by each signer over the SHA-256 of the image. */
void image_sign(struct bytes *image, const struct signer *const *signers, size_t count);

/* Appends an EFI_SIGNATURE_LIST of one entry; type is the text of a GUID, the owner is made of
 * 0xA5 bytes. */
void signature_list_add(struct bytes *lists, const char *type, const void *data, size_t len);
#define LIST_X509	 "a5c059a1-94e4-4aa7-87b5-ab155c2bf072"
#define LIST_SHA256	 "c1c41626-504c-4092-aca9-41f936934328"
#define LIST_X509_SHA256 "3bd2a492-96c0-4079-b420-fcf98ef103ed"

#endif
