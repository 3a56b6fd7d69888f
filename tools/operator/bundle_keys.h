/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key service of a recovery: the disk keys of an open bundle, and no KEK. */
#ifndef TOOLS_OPERATOR_BUNDLE_KEYS_H
#define TOOLS_OPERATOR_BUNDLE_KEYS_H

#include "tools/bundle/bundle.h"
#include "tools/serve/keys/key_service.h"

/*
 * Seals the key of a disk of the bundle, in the version and with the salt of its record; refuses
 * every other request. The bundle outlives it.
 */
struct failure bundle_key_service(const struct bundle *b, struct key_service **out) MUST_CHECK;

#endif
