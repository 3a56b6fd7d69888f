/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image asks of its kernel, and which of it lies in modules: the drivers of the platform's
 * machines, device mapper, the cipher, file systems, and what --module names.
 */
#ifndef TOOLS_BUILD_MODULES_NEEDS_H
#define TOOLS_BUILD_MODULES_NEEDS_H

#include "tools/build/build.h"
#include "tools/build/modules.h"

/*
 * Fills *list, in the order in which PID 1 loads it. What the options need and the kernel has not
 * is refused, and the complaint says what it was for. Drivers that only some of the platform's
 * machines have are left out where the kernel lacks them; progress() then tells.
 */
bool modules_choose(
	const struct build *b, const struct module_tree *tree, struct module_list *list);

#endif
