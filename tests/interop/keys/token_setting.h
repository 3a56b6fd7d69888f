/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SoftHSM with a token in the test's folder, used by the module itself or through the one that
 * fails on demand (faulty_token.c). Keys are handled in other processes, as an operator's tools do.
 */
#ifndef TESTS_INTEROP_KEYS_TOKEN_SETTING_H
#define TESTS_INTEROP_KEYS_TOKEN_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TOKEN_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define TOKEN_LABEL  "keys"
#define TOKEN_PIN    "48151623"
#define TOKEN_SO_PIN "42424242"

struct token_setting {
	char folder[128];     /* with the tokens, the configuration and the PIN */
	char uri[512];	      /* of the token by SoftHSM's module */
	char faulty_uri[512]; /* of the token by the failing one */
	char pin[256];	      /* the file */
	char fault[256];      /* the file that says what fails; .logins and .starts beside it */
	const char *tool;     /* the program token_tool */
};

/* Makes the folder's token and exports SOFTHSM2_CONF, FAULTY_TOKEN and FAULTY_TOKEN_MODULE; ends
 * the program when it cannot. */
void token_setting_make(
	struct token_setting *s, const char *folder, const char *tool, const char *faulty_module);
/* Another token in the folder. */
bool token_setting_add(const char *label);
/* The folder's tokens go, and come back. empty: there is a reader, with nothing in it; otherwise
 * nothing that the module could use. */
bool token_setting_pull(const struct token_setting *s, bool empty);
bool token_setting_plug(const struct token_setting *s);
bool token_setting_pin(const struct token_setting *s, const char *pin, unsigned mode);
/* Says what fails from now on; NULL: nothing. */
bool token_setting_fault(const struct token_setting *s, const char *line);
/* How often C_Login ("logins") or C_Initialize ("starts") was called by the failing module. */
size_t token_setting_count(const struct token_setting *s, const char *what);
/*
 * Runs a program up to NULL and takes its stdout, a text (out may be NULL). False when it fails.
 */
bool token_setting_run(const char *const argv[], char *out, size_t room);
/*
 * p11-kit's server over the token, in processes of their own, reached by p11-kit's module; *out_uri
 * is the caller's. The process's number to end it by; -1: there is none.
 */
pid_t token_setting_serve(const struct token_setting *s, char **out_uri);
bool token_setting_serve_end(const struct token_setting *s, pid_t server);
/* token_tool over the token with these words (tests/interop/keys/token_tool.c). */
bool token_setting_tool(const struct token_setting *s, const char *verb, const char *first,
	const char *second, char *out, size_t room);

#endif
