/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded reader of the TPM's wire format (TPM 2.0 Library Specification, Part 2: integers are
 * big-endian, a TPM2B is a u16 length and its bytes). The first read past the end, or past a
 * field's bound, marks the reader bad; from then on every read gives zeros, so callers look once,
 * at the end. For this room, and for host tools that read what a TPM wrote.
 */
#ifndef CRYPTO_TPM_WIRE_H
#define CRYPTO_TPM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tpm_in {
	const uint8_t *at;
	size_t left;
	bool bad;
};

/* Borrows len bytes; NULL once the reader is bad. */
const uint8_t *tpm_bytes(struct tpm_in *in, size_t len);
uint8_t tpm_u8(struct tpm_in *in);
uint16_t tpm_u16(struct tpm_in *in);
uint32_t tpm_u32(struct tpm_in *in);
uint64_t tpm_u64(struct tpm_in *in);
/* Borrows a TPM2B of at most max bytes and gives its length. */
const uint8_t *tpm_2b(struct tpm_in *in, size_t max, size_t *out_len);
/* A TPM2B integer of 1..len bytes into out, with zeros in front. */
void tpm_2b_uint(struct tpm_in *in, uint8_t *out, size_t len);
/* True when all went well and nothing is left over. */
bool tpm_end(const struct tpm_in *in);

#endif
