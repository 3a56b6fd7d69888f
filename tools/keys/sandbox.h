/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the key service may still do once it has its keys: a list of system calls (seccomp), and
 * reading its key files alone (landlock). A call that is not on the list is not made: the process
 * says in words which one it was, and ends.
 */
#ifndef TOOLS_KEYS_SANDBOX_H
#define TOOLS_KEYS_SANDBOX_H

#include "tools/keys/landlock.h"

struct sandbox {
	bool token;   /* a PKCS#11 module works inside: files, threads and local sockets, too */
	bool network; /* with it: the module reaches its token over a network */
	const char *const *folders; /* of key files, which are read again; without a token */
	size_t folder_count;
};

/* No core dump, and no other process of this user may look inside. Before any key is read. */
struct failure sandbox_prepare(void) MUST_CHECK;
/* For good. *out_landlock: whether the kernel had that, too. */
struct failure sandbox_enter(const struct sandbox *s, bool *out_landlock) MUST_CHECK;

#endif
