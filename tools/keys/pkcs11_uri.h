/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PKCS#11 URIs (RFC 7512), as far as they name the KEKs of one token:
 *
 *   pkcs11:token=LABEL;object=protostar-kek?module-path=/usr/lib/...so&pin-source=file:/etc/...
 *
 * Path: token, serial, manufacturer and model choose the token (token or serial must be there, and
 * slot numbers are refused, since they change); object is the label of the keys; id is the CKA_ID
 * of the only key to use; type is secret-key. Query: module-path and pin-source, both absolute.
 * A PIN in the URI (pin-value) is refused, because every user of the machine can read command
 * lines. What is not known is refused, and so is what is said twice.
 */
#ifndef TOOLS_KEYS_PKCS11_URI_H
#define TOOLS_KEYS_PKCS11_URI_H

#include <stdint.h>
#include "tools/lib/failure.h"

#define PKCS11_SCHEME	  "pkcs11:"
#define PKCS11_LABEL_LEN  32u /* bytes of CK_TOKEN_INFO's label and manufacturerID */
#define PKCS11_SERIAL_LEN 16u /* of its serialNumber and model */
#define PKCS11_OBJECT_MAX 64u
#define PKCS11_PATH_MAX	  255u
#define PKCS11_KEK_LABEL  "protostar-kek"
#define PKCS11_KEK_ID_LEN 4u /* a CKA_ID of ours: the version, big-endian */

struct pkcs11_uri {
	char token[PKCS11_LABEL_LEN + 1], manufacturer[PKCS11_LABEL_LEN + 1]; /* "": any */
	char serial[PKCS11_SERIAL_LEN + 1], model[PKCS11_SERIAL_LEN + 1];     /* "": any */
	char object[PKCS11_OBJECT_MAX + 1];
	uint32_t version; /* the only one to use; 0: all */
	char module_path[PKCS11_PATH_MAX + 1];
	char pin_path[PKCS11_PATH_MAX + 1]; /* "": none */
};

/* Reads a URI; the failure says what of it is wrong, and shows no value of it. */
struct failure pkcs11_uri_read(const char *text, struct pkcs11_uri *out) MUST_CHECK;

#endif
