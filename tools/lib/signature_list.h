/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signature databases: chains of EFI_SIGNATURE_LIST (UEFI specification 32.4.1), as the variables
 * PK, KEK, db, dbx and dbt hold them and as files carry them.
 *
 * Every byte is hostile. Walking borrows and allocates nothing. Order: signatures_begin(), then
 * signatures_next() until it is false; flaw.reason is NULL then at a sound end.
 */
#ifndef TOOLS_LIB_SIGNATURE_LIST_H
#define TOOLS_LIB_SIGNATURE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bytes.h"
#include "tools/lib/flaw.h"
#include "tools/lib/hex.h"

/* What an entry is. The hashes of certificates are over their TBSCertificate, then a time. */
enum signature_type {
	SIGNATURE_OTHER,
	SIGNATURE_X509,
	SIGNATURE_SHA1, /* of an image, as Authenticode hashes it */
	SIGNATURE_SHA256,
	SIGNATURE_SHA384,
	SIGNATURE_SHA512,
	SIGNATURE_X509_SHA256,
	SIGNATURE_X509_SHA384,
	SIGNATURE_X509_SHA512,
};

struct signature {
	enum signature_type type;
	/* EFI_SIGNATURE_DATA, the form in which firmware measures an authority. */
	const uint8_t *entry;
	size_t entry_len; /* bytes: GUID_LEN for the owner, then data */
	const uint8_t *data;
	size_t len;    /* bytes at data */
	size_t offset; /* of entry in the lists */
};

struct signatures {
	const uint8_t *lists;
	size_t len, at;	   /* at: of the list that is being read, or of the next one */
	size_t entry, end; /* of the next entry and of the list; equal: take the next list */
	size_t entry_len;  /* bytes of each entry of the list */
	enum signature_type type;
	struct flaw flaw;
};

void signatures_begin(struct signatures *walk, const uint8_t *lists, size_t len);
bool signatures_next(struct signatures *walk, struct signature *out);

/* Whether all of it is well-formed; *flaw is written when it is not. */
bool signatures_check(const uint8_t *lists, size_t len, struct flaw *flaw);

/* How a file carries signatures. */
enum signature_file {
	SIGNATURE_FILE_LISTS, /* as the variable holds them, or efivarfs shows it */
	SIGNATURE_FILE_AUTH,  /* behind EFI_VARIABLE_AUTHENTICATION_2: a signed update (.auth) */
	SIGNATURE_FILE_DER,   /* one X.509 certificate */
	SIGNATURE_FILE_PEM,   /* X.509 certificates */
};

/*
 * Reads a file into lists, appended to out. A certificate becomes a list of its own, with the owner
 * given; lists are taken as they are. *kind says what the file was and, for LISTS and AUTH, *offset
 * where in it the lists begin. On failure *flaw is written and out is as it was.
 */
bool signatures_from_file(const uint8_t *file, size_t len, const uint8_t owner[GUID_LEN],
	struct bytes *out, enum signature_file *kind, size_t *offset, struct flaw *flaw);

#endif
