/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bundle's file, opened with what the operators have brought. */
#ifndef TOOLS_OPERATOR_BUNDLE_FILE_H
#define TOOLS_OPERATOR_BUNDLE_FILE_H

#include "tools/bundle/bundle_seal.h"

/* Names of files. */
struct bundle_file_request {
	const char *bundle;
	const char *passphrase; /* NULL: none */
	const char *shares[SHARES_MAX];
	size_t share_count;
};

/*
 * By passphrase or shares where they are given, else by the operator's key. bundle_free() releases
 * *out. A failure names the file.
 */
struct failure bundle_file_load(const struct bundle_file_request *r, const struct key_pair *key,
	struct bundle *out) MUST_CHECK;

#endif
