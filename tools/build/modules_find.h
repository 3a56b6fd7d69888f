/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the module resolver share: looking things up in depmod's files. Names here are
 * plain: '-' is written '_', as the kernel compares them.
 */
#ifndef TOOLS_BUILD_MODULES_FIND_H
#define TOOLS_BUILD_MODULES_FIND_H

#include "tools/build/modules.h"

/* A part of a text. */
struct word {
	const char *data;
	size_t len;
};

/* "kernel/fs/erofs/erofs.ko.xz" -> "erofs". False when it is no module's file name. */
bool module_name(const char *path, char out[MODULE_NAME_MAX]);
/* False for nothing and for what is too long. */
bool module_plain_name(struct word word, char out[MODULE_NAME_MAX]);

/* NULL: the tree has none. */
const struct module *module_find(const struct module_tree *tree, const char *name);
bool module_is_builtin(const struct module_tree *tree, const char *name);

/* The module that stands before *end among m's dependencies; moves *end in front of it. */
bool module_previous_dependency(const struct module_tree *tree, const struct module *m,
	const char **end, const struct module **out);

/*
 * The next module that has this alias. *rest begins as tree->alias_text and moves on; NULL when
 * there is no further one. Aliases with '*' are for devices and match nothing here.
 */
const struct module *module_next_provider(
	const struct module_tree *tree, const char *alias, const char **rest);
/* Whether something built in has it. */
bool module_builtin_provides(const struct module_tree *tree, const char *alias);

/*
 * The words behind the next soft dependency line of this module: "pre: a b post: c", up to the end
 * of the line. *rest begins as tree->softdep_text, or as tree->info_text for what is built in.
 */
const char *module_next_soft(const char *name, const char **rest);
/* Takes the next word of *words; false at the end of the line. */
bool module_next_word(const char **words, struct word *out);

#endif
