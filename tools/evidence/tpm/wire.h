/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded reader of the TPM's wire format (TPM 2.0 Library Specification, Part 2: integers are
 * big-endian, a TPM2B is a u16 length and its bytes). A field longer than its bound fails the
 * cursor, as reading past the end does. For this room, and for `measure`, which reads what a TPM
 * wrote.
 */
#ifndef TOOLS_EVIDENCE_TPM_WIRE_H
#define TOOLS_EVIDENCE_TPM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "efi/base/cursor.h"

uint8_t tpm_u8(struct cursor *in);
uint16_t tpm_u16(struct cursor *in);
uint32_t tpm_u32(struct cursor *in);
uint64_t tpm_u64(struct cursor *in);
/* Borrows a TPM2B of at most max bytes and gives its length. */
const uint8_t *tpm_2b(struct cursor *in, size_t max, size_t *out_len);
/* A TPM2B integer of 1..len bytes into out, with zeros in front. */
void tpm_2b_uint(struct cursor *in, uint8_t *out, size_t len);

#endif
