/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codes of crypto/errors.def as C names: E_<NAME>. */
#ifndef CRYPTO_ERRORS_H
#define CRYPTO_ERRORS_H

#define STATUS_ENUM(code, name, ...) E_##name = (code),
enum crypto_error {
#include "crypto/errors.def"
};
#undef STATUS_ENUM

#endif
