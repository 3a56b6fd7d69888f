/*
 * Which kernel modules go into the initrd, and in which order they are loaded. Reads what depmod
 * left in lib/modules/VERSION (modules.dep, modules.builtin, modules.softdep) as modprobe does, so
 * that PID 1 needs no dependency logic: it loads a list from top to bottom.
 */
#ifndef TOOLS_BUILD_MODULES_H
#define TOOLS_BUILD_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_NAME_MAX	 64u /* bytes, NUL included: MODULE_NAME_LEN of the kernel is 56 */
#define MODULES_TEXT_MAX (16u << 20)

struct module {
	const char *path;	    /* below the folder: "kernel/drivers/block/virtio_blk.ko" */
	const char *dependencies;   /* paths with spaces between, the last to load first */
	char name[MODULE_NAME_MAX]; /* '-' written as '_' */
};

/* Owns all text; release with module_tree_free(). A zeroed struct is an empty tree. */
struct module_tree {
	char *dependency_text, *builtin_text, *softdep_text;
	struct module *modules; /* sorted by name */
	size_t count;
};

/*
 * Parses the text of the three files (softdep may be empty). False, with out untouched and
 * out_error[128] a sentence, for text that depmod does not write: a line without a colon, a path
 * that is absolute, leads upwards or is no module, a name that is too long or there twice.
 */
bool module_tree_parse(const uint8_t *dep, size_t dep_len, const uint8_t *builtin,
	size_t builtin_len, const uint8_t *softdep, size_t softdep_len, struct module_tree *out,
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
 * Adds a module with all it depends on, each once, after what it depends on. Soft dependencies come
 * along as optional modules where they exist. Nothing is added for a built-in or missing one.
 */
enum module_found module_list_add(
	const struct module_tree *tree, const char *name, bool optional, struct module_list *list);
void module_list_free(struct module_list *list);

#endif
