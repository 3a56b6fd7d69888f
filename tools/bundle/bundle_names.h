/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that files may have in a bundle. */
#ifndef TOOLS_BUNDLE_BUNDLE_NAMES_H
#define TOOLS_BUNDLE_BUNDLE_NAMES_H

#include <stdbool.h>
#include "early/contract/wire.h"

/*
 * True for a relative path of 1 to BUNDLE_NAME_MAX bytes that leads nowhere but below its folder:
 * no part is empty, "." or "..", and no byte is a control character. "policy.json" is the policy's.
 */
bool bundle_name_good(struct span name);

#endif
