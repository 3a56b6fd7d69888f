/*
 * The Authenticode hash of a PE file as firmware computes it for PCR 4: edk2's way, which differs
 * from signing tools in two points. Bytes after the last section are hashed from the *sum* of
 * header and section sizes on, and an odd size is not padded to 8 bytes.
 */
#ifndef TOOLS_LIB_AUTHENTICODE_H
#define TOOLS_LIB_AUTHENTICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum authenticode_result {
	AUTHENTICODE_OK = 0,
	AUTHENTICODE_NOT_PE,  /* pe_parse() refuses it */
	AUTHENTICODE_HEADERS, /* a header field reaches out of the file */
	AUTHENTICODE_TABLE,   /* the certificate table is not the end of the file */
	AUTHENTICODE_ALG,     /* no such hash */
};

/* Hashes the len bytes of a file with the TPM algorithm alg; out has room for DIGEST_MAX bytes. */
enum authenticode_result authenticode(const uint8_t *file, size_t len, uint16_t alg, uint8_t *out);

#endif
