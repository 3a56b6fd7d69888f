/*
 * The codes of errors.def as C names: E_<NAME>, and the texts for people: on the node's console, in
 * the services' logs and in what the builder refuses.
 */
#ifndef EARLY_CONTRACT_ERRORS_H
#define EARLY_CONTRACT_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#define STATUS_ENUM(code, name, ...) E_##name = (code),
enum early_error {
#include "early/contract/errors.def"
};
#undef STATUS_ENUM

/* The table's text for a code, crypto/errors.def included; a fixed text for one in no table. */
const char *error_text(uint16_t code);
/* Whether the node tries again by itself after this failure, as the tables have it. */
bool error_retried(uint16_t code);

#endif
