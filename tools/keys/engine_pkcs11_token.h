/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PKCS#11 token, reached through its vendor's module: loaded once, entered as often as the token
 * went away and came back. No other library is between.
 *
 * token_load(), then any number of token_enter() and token_leave(), then token_unload(). The
 * process that entered must not fork and go on with the token in the child (PKCS#11 2.40,
 * section 5.4).
 *
 * A PIN that the token refused is not tried again while its file is the same, because tokens lock
 * themselves after a few wrong ones; and the last try that a token grants is never taken.
 */
#ifndef TOOLS_KEYS_ENGINE_PKCS11_TOKEN_H
#define TOOLS_KEYS_ENGINE_PKCS11_TOKEN_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <sys/stat.h>
#include "tools/keys/pkcs11_uri.h"
#include "tools/lib/failure.h"

struct token {
	const struct pkcs11_uri *uri; /* the caller's */
	void *module;
	CK_FUNCTION_LIST *call;
	CK_SLOT_ID slot;	   /* while initialized */
	CK_SESSION_HANDLE session; /* while in_session; read-only, logged in */
	bool initialized, in_session;
	bool pin_refused;
	struct stat pin_file; /* what it was when its PIN was refused */
};

/* Loads the module; token_unload() is called after a failure too. */
struct failure token_load(struct token *t, const struct pkcs11_uri *uri) MUST_CHECK;
/* Finds the token, opens a session and logs in. *out_away, always written: the failure may go away
 * by itself. After a failure the token is left. */
struct failure token_enter(struct token *t, bool *out_away) MUST_CHECK;
/* Ends the sessions and forgets the token. */
void token_leave(struct token *t);
void token_unload(struct token *t);
/* What failed, with its number and, where it is a frequent one, the name: for people. */
struct failure token_failure(const char *what, CK_RV rv) MUST_CHECK;

#endif
