/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ML-KEM-768 (FIPS 203) of libcrux: what crypto/kem.c calls. The caller gives the random bytes.
 *
 * All of it runs in constant time but mlkem768_public_valid(), whose argument is no secret. Nothing
 * fails: whatever comes in is taken for what it says it is, and a ciphertext that was made for
 * another key gives another secret, not an error (implicit rejection). Buffers must not overlap.
 */
#ifndef MLKEM768_H
#define MLKEM768_H

#include <stdbool.h>
#include <stdint.h>

#define MLKEM768_PUBLIC	    1184
#define MLKEM768_PRIVATE    2400 /* with the public key in it, from MLKEM768_PUBLIC_AT */
#define MLKEM768_PUBLIC_AT  1152
#define MLKEM768_CIPHERTEXT 1088
#define MLKEM768_SHARED	    32
#define MLKEM768_KEY_SEED   64 /* d | z */
#define MLKEM768_SEAL_SEED  32 /* m */

/* FIPS 203, 7.1, from its random bytes. */
void mlkem768_generate(const uint8_t seed[MLKEM768_KEY_SEED], uint8_t private[MLKEM768_PRIVATE]);
/* FIPS 203, 7.2: whether a public key of this length passes the modulus check. */
bool mlkem768_public_valid(const uint8_t public[MLKEM768_PUBLIC]);
/* FIPS 203, 7.2, from its random bytes and a key that passed the check. */
void mlkem768_encapsulate(const uint8_t public[MLKEM768_PUBLIC],
	const uint8_t seed[MLKEM768_SEAL_SEED], uint8_t ciphertext[MLKEM768_CIPHERTEXT],
	uint8_t shared[MLKEM768_SHARED]);
/* FIPS 203, 7.3, for a private key of mlkem768_generate(). */
void mlkem768_decapsulate(const uint8_t private[MLKEM768_PRIVATE],
	const uint8_t ciphertext[MLKEM768_CIPHERTEXT], uint8_t shared[MLKEM768_SHARED]);

#endif
