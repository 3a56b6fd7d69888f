/* What the two halves of the module resolver share. */
#ifndef TOOLS_BUILD_MODULES_NAME_H
#define TOOLS_BUILD_MODULES_NAME_H

#include "tools/build/modules.h"

/* "kernel/fs/erofs/erofs.ko.xz" -> "erofs", '-' as '_'. False when it is no module's file name. */
bool module_name(const char *path, char out[MODULE_NAME_MAX]);

#endif
