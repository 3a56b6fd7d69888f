/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcrux is one header of static functions, made from verified Rust. It leaves what it computed on
 * the stack, so each call is followed by an overwriting of the stack below.
 */
#include "mlkem768.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

/* What the header calls where its proofs say that it never comes. */
#define fatal_f(text) __builtin_trap()
#include "libcrux_mlkem768_sha3.h"

_Static_assert(sizeof(struct libcrux_mlkem768_pk) == MLKEM768_PUBLIC, "");
_Static_assert(sizeof(struct libcrux_mlkem768_sk) == MLKEM768_PRIVATE, "");
_Static_assert(sizeof(struct libcrux_mlkem768_ciphertext) == MLKEM768_CIPHERTEXT, "");

#define STACK_BYTES 65536 /* more than any of the three takes */

static __attribute__((noinline)) void wipe_stack(void)
{
	uint8_t below[STACK_BYTES];

	explicit_bzero(below, sizeof(below));
}

static __attribute__((noinline)) void generate(const uint8_t *seed, uint8_t *private)
{
	uint8_t randomness[MLKEM768_KEY_SEED];
	struct libcrux_mlkem768_keypair pair;

	memcpy(randomness, seed, sizeof(randomness));
	pair = libcrux_ml_kem_mlkem768_portable_generate_key_pair(randomness);
	memcpy(private, pair.sk.value, MLKEM768_PRIVATE);
}

static __attribute__((noinline)) void encapsulate(
	const uint8_t *public, const uint8_t *seed, uint8_t *ciphertext, uint8_t *shared)
{
	struct libcrux_mlkem768_pk key;
	struct libcrux_mlkem768_enc_result result;
	uint8_t randomness[MLKEM768_SEAL_SEED];

	memcpy(key.value, public, sizeof(key.value));
	memcpy(randomness, seed, sizeof(randomness));
	result = libcrux_ml_kem_mlkem768_portable_encapsulate(&key, randomness);
	memcpy(ciphertext, result.fst.value, MLKEM768_CIPHERTEXT);
	memcpy(shared, result.snd, MLKEM768_SHARED);
}

static __attribute__((noinline)) void decapsulate(
	const uint8_t *private, const uint8_t *ciphertext, uint8_t *shared)
{
	struct libcrux_mlkem768_sk key;
	struct libcrux_mlkem768_ciphertext sent;

	memcpy(key.value, private, sizeof(key.value));
	memcpy(sent.value, ciphertext, sizeof(sent.value));
	libcrux_ml_kem_mlkem768_portable_decapsulate(&key, &sent, shared);
}

void mlkem768_generate(const uint8_t *seed, uint8_t *private)
{
	generate(seed, private);
	wipe_stack();
}

bool mlkem768_public_valid(const uint8_t *public)
{
	struct libcrux_mlkem768_pk key;

	memcpy(key.value, public, sizeof(key.value));
	return libcrux_ml_kem_mlkem768_portable_validate_public_key(&key);
}

void mlkem768_encapsulate(
	const uint8_t *public, const uint8_t *seed, uint8_t *ciphertext, uint8_t *shared)
{
	encapsulate(public, seed, ciphertext, shared);
	wipe_stack();
}

void mlkem768_decapsulate(const uint8_t *private, const uint8_t *ciphertext, uint8_t *shared)
{
	decapsulate(private, ciphertext, shared);
	wipe_stack();
}
