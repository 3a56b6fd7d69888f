/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenSSL for reading certificates: with the kinds of public keys that are accepted anywhere here
 * (RSA, RSA-PSS and elliptic curves) and no other.
 *
 * OpenSSL 3.0 goes through everything it could decode for each key that a certificate holds, which
 * takes longer than to check the certificate's signature. Where there are few kinds to go through
 * that is a matter of microseconds, and a key of another kind is never looked into. Everything but
 * keys and their decoders is the default provider's, as everywhere else.
 */
#ifndef TOOLS_LIB_KEY_KINDS_H
#define TOOLS_LIB_KEY_KINDS_H

#include <openssl/types.h>

/*
 * The library context, the same at every call, for X509_new_ex(), SSL_CTX_new_ex() and the like; it
 * lives as long as the process. NULL, OpenSSL's own context, when it cannot be made: that one reads
 * the same certificates, at more cost. Several threads may call it.
 */
OSSL_LIB_CTX *key_kinds(void);

#endif
