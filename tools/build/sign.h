/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures for UEFI Secure Boot. osslsigncode makes them, with a key from a file or behind
 * PKCS#11; the time in them is the first moment at which the certificate is valid, not the time of
 * day, so that an RSA key gives the same signature for the same image whenever it is asked.
 *
 * A signature is three places in a PE file that its own hash leaves out: the checksum, the row of
 * the certificate table in the headers, and that table at the end of the file. So it can be copied
 * from a signed file to one that was built again, without the key.
 */
#ifndef TOOLS_BUILD_SIGN_H
#define TOOLS_BUILD_SIGN_H

#include <stdbool.h>
#include "tools/lib/bytes.h"
#include "tools/lib/command.h"

struct sign_request {
	const char *key;      /* a PEM file, or a PKCS#11 URI (RFC 7512); NULL: do not sign */
	const char *cert;     /* its certificate, PEM or DER */
	const char *pin_file; /* what holds the token's PIN or the key's passphrase; or NULL */
	const char *module;   /* PKCS#11 module; NULL: p11-kit's, which knows all of the system */
};

/* False, after a complaint, when options are missing, or show a PIN to everybody. */
bool sign_request_complete(const struct sign_request *request);

/* Refuses a certificate that cannot be read. */
bool sign_check_certificate(const char *path);

/*
 * Signs the image in *uki, which must be unsigned, in place. work is a folder for the files that
 * the signing program reads and writes; they are removed. Refuses a result whose Authenticode hash
 * is not that of the image. An image whose length is no multiple of 8 is padded with zeros first,
 * which are signed too; that is said.
 */
bool sign_uki(const struct sign_request *request, const char *work, struct bytes *uki);

/*
 * The same for an image that may be signed already: the new signature stands behind those that are
 * there, or with replace set alone.
 */
bool sign_more(
	const struct sign_request *request, const char *work, bool replace, struct bytes *image);

/* True when the PE file has a certificate table. */
bool sign_is_signed(const uint8_t *file, size_t len);

/*
 * Gives *uki, which must be unsigned, the signature of the file at signed_file. Whether it fits is
 * not checked: what was built again may differ, and a comparison then shows that. Complains and
 * returns false when the signed file is malformed.
 */
bool sign_carry(const uint8_t *signed_file, size_t len, struct bytes *uki);

/* --sign-pin-file and --sign-module, into a struct sign_request, for whoever has --sign-key. */
extern const struct option_row sign_token_rows[];

/* `protostar sign` */
extern const struct command sign_command;

#endif
