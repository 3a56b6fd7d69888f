/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files for the root file system (contract/handoff.h). stage_handoff() (boot.h) writes them to
 * HANDOFF_FOLDER and forgets the join material.
 */
#ifndef EARLY_HANDOFF_H
#define EARLY_HANDOFF_H

#include "early/boot.h"

#define HANDOFF_JSON_MAX 1024u

/* boot.json's text with its NUL. E_HANDOFF_JSON when it does not fit. */
struct status handoff_json(const struct boot *b, char out[HANDOFF_JSON_MAX]) MUST_CHECK;
/* Makes the folder, which must not be there yet, and writes both files. E_HANDOFF_... */
struct status handoff_write(const struct boot *b, const char *folder) MUST_CHECK;

#endif
