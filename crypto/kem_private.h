/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ML-KEM half of crypto/kem.h: of kem_mlkem.c, or of kem_classical.c in builds without it. */
#ifndef CRYPTO_KEM_PRIVATE_H
#define CRYPTO_KEM_PRIVATE_H

#include "crypto/kem.h"

/* *out is a new secret of MLKEM_PRIV_LEN bytes, or empty. */
struct status kem_mlkem_generate(struct secret *out) MUST_CHECK;

#endif
