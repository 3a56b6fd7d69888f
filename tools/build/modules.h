/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kernel modules go into the initrd, and in which order they are loaded. Reads what depmod
 * and the kernel's build left in lib/modules/VERSION as modprobe does, so that PID 1 needs no
 * dependency logic: it loads a list from top to bottom.
 *
 * Order: module_tree_parse(), module_list_add() for each thing that is wanted, then
 * module_list_write(). What is wanted is a module's name, or an alias such as "crypto-aes": names
 * of files change from kernel to kernel, what they do keeps its alias.
 */
#ifndef TOOLS_BUILD_MODULES_H
#define TOOLS_BUILD_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/lib/bytes.h"

#define MODULE_NAME_MAX	 64u /* bytes, NUL included: MODULE_NAME_LEN of the kernel is 56 */
#define MODULES_TEXT_MAX (16u << 20)

struct module {
	const char *path;	    /* below the folder: "kernel/drivers/block/virtio_blk.ko" */
	const char *dependencies;   /* paths with spaces between, the last to load first */
	char name[MODULE_NAME_MAX]; /* '-' written as '_' */
};

/* Owns all text; release with module_tree_free(). A zeroed struct is an empty tree. */
struct module_tree {
	char *dependency_text, *builtin_text, *softdep_text, *alias_text;
	char *info_text; /* of built-in modules: lines "NAME.alias=...", "NAME.softdep=..." */
	struct module *modules; /* sorted by name */
	size_t count;
};

enum module_text {
	MODULES_DEP,
	MODULES_BUILTIN,
	MODULES_SOFTDEP,
	MODULES_ALIAS,	      /* may be empty */
	MODULES_BUILTIN_INFO, /* modules.builtin.modinfo: from Linux 5.2 on; may be empty */
	MODULE_TEXT_COUNT
};

/* The name of such a file: "modules.dep". */
const char *module_text_name(enum module_text text);

struct module_bytes {
	const uint8_t *data;
	size_t len;
};

/*
 * Parses the text of those files. False, with out untouched and out_error[128] a sentence, for text
 * that depmod does not write: a line without a colon, a path that is absolute, leads upwards or is
 * no module, a name that is too long or there twice, a NUL where there can be none.
 */
bool module_tree_parse(const struct module_bytes texts[MODULE_TEXT_COUNT], struct module_tree *out,
	char out_error[128]);
void module_tree_free(struct module_tree *tree);

struct module_pick {
	const struct module *module;
	bool optional; /* PID 1 goes on when it cannot be loaded */
};

struct module_list {
	struct module_pick *picks;
	size_t count;
};

enum module_found { MODULE_ADDED, MODULE_BUILTIN, MODULE_MISSING };

/*
 * Adds the module of this name with all it depends on, each once, after what it depends on. Soft
 * dependencies come along as optional modules where they exist. Nothing is added for what is built
 * in, except its soft dependencies, nor for what is missing.
 *
 * Where there is no module of the name it may be an alias: then every module that has it comes
 * along, optional where there are several or one that is built in, since each may be for another
 * processor. Of algorithms ("crypto-...") those that are a device's count only when there are no
 * others.
 */
enum module_found module_list_add(
	const struct module_tree *tree, const char *name, bool optional, struct module_list *list);

/*
 * Appends /modules.list as early/modules.h reads it. Files are called NAME.ko. Behind an optional
 * module stand those optional ones without which the kernel would refuse it with noise.
 */
void module_list_write(
	const struct module_tree *tree, const struct module_list *list, struct bytes *out);
void module_list_free(struct module_list *list);

#endif
