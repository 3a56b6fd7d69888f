/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program of the field (mkfs.erofs, veritysetup, mtools...) in an environment that holds
 * nothing of the caller's but PATH and TMPDIR, so that its output depends on its inputs alone.
 */
#ifndef TOOLS_LIB_RUN_H
#define TOOLS_LIB_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include "tools/lib/bytes.h"

/*
 * Runs argv[0], looked up in PATH and the sbin folders, and waits for it. Its stdout goes to
 * *out_text (may be NULL: dropped); what it wrote to stderr is shown when it fails. stdin_path (may
 * be NULL: /dev/null) is its stdin. package names what to install when the program is missing.
 */
bool run(const char *const argv[], const char *stdin_path, const char *package,
	struct bytes *out_text);

/*
 * As run(), for a program that writes its caller's number into what it makes: it is told 0, where
 * the kernel lets anybody make a user namespace.
 */
bool run_as_root(const char *const argv[], const char *stdin_path, const char *package);

/* A new file that takes a program's stdout. */
struct run_output {
	const char *path;
	uint64_t max;	     /* bytes: a program that writes more is stopped, and has failed */
	const char *package; /* what to install when the program is missing */
};

/* The same, with the program's stdout in a file. */
bool run_to_file(const struct run_output *output, const char *const argv[], const char *stdin_path);

/* As run(), and nothing is said when it fails: for what may well not work. */
bool run_quietly(const char *const argv[]);

/*
 * The same for a program whose output must not depend on the environment but whose way to its key
 * does (PKCS#11 modules have variables of their own): it sees the caller's environment whole.
 */
bool run_in_callers_environment(const char *const argv[], const char *package);

/*
 * Appends the first line that a program prints when it is asked for its version; its exit status
 * does not count, since not all of them know that question. False, without a complaint, when it is
 * not installed or has nothing to say.
 */
bool run_version(const char *const argv[], struct bytes *out_text);

#endif
