/*
 * The codes of errors.def as C names: E_<NAME>. The texts are printed by early/console.h on the
 * node and by the services' own logs.
 */
#ifndef EARLY_CONTRACT_ERRORS_H
#define EARLY_CONTRACT_ERRORS_H

#define STATUS_ENUM(code, name, text) E_##name = (code),
enum early_error {
#include "early/contract/errors.def"
};
#undef STATUS_ENUM

#endif
