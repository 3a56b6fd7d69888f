/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the files that belong to this program lie: the stub and PID 1 that the same build made.
 * They are found from the program's own place, so that an installed tree can be moved and a build
 * tree needs no installation, and never from the current folder, the environment or PATH.
 */
#ifndef TOOLS_LIB_INSTALLED_H
#define TOOLS_LIB_INSTALLED_H

/* Names of such files. */
#define INSTALLED_STUB	"protostar-stub.efi"
#define INSTALLED_EARLY "protostar-early"

/*
 * The path of a file that belongs to the program at `program`, an absolute path without symbolic
 * links: PREFIX/libexec/protostar/NAME for PREFIX/bin/protostar, and beside any other program,
 * which is one of a build tree. The configuration says what bin and libexec are called. Nothing is
 * looked at. The caller frees it.
 */
char *installed_path(const char *program, const char *name);

/*
 * The path of such a file of this program, which the caller frees. NULL, with a complaint that
 * names `option` as the way to give the file, where there is none; or where it is another user's
 * than the program's and not root's, or others may write it: in a folder like /tmp anybody may have
 * put it there.
 */
char *installed_file(const char *name, const char *option);

#endif
