/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's variables with Secure Boot on: the certificate that signed the image becomes the
 * platform key, the key exchange key and the one entry of db, as a machine's owner enrols them.
 *
 * The variables are added to an OVMF template in which they are not set. They get no signature and
 * the time 0: the firmware does not ask for one of what it finds, only of what is written later.
 */
#ifndef TOOLS_RUN_SECURE_VARIABLES_H
#define TOOLS_RUN_SECURE_VARIABLES_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

/* Reads a certificate, PEM or DER, as the list that goes into a key variable. Complains. */
bool secure_certificate_read(const char *path, struct bytes *out_list);

/*
 * Turns the variable store in file on, with that list in PK, KEK and db. Complains and returns
 * false when it has keys already, or no room; source names the file.
 */
bool secure_variables_enroll(struct bytes *file, const char *source, const struct bytes *list);

/* Whether the store's db holds exactly this list. Complains when not. */
bool secure_variables_check(const struct bytes *file, const char *source, const struct bytes *list);

#endif
