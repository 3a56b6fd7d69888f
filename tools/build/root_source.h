/* Inside of root.c: what kind of file --root names, by its first bytes. */
#ifndef TOOLS_BUILD_ROOT_SOURCE_H
#define TOOLS_BUILD_ROOT_SOURCE_H

#include "tools/lib/file.h"

/* Whether it is compressed as a whole; then, unpacks it into a new file. */
bool root_source_is_packed(const struct mapped *m);
bool root_source_unpack(const char *path, const struct mapped *m, const char *out);

/* Complains, saying what the file is instead of a root file system, and returns false. */
bool root_source_refuse(const char *path, const struct mapped *m);

#endif
