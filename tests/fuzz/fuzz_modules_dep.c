/* SPDX-License-Identifier: GPL-2.0-or-later */
/* depmod's files: texts with NULs between, then every module is asked for. */
#include <stdint.h>
#include <string.h>
#include "tools/build/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct module_bytes cut(const uint8_t **rest, size_t *left)
{
	const uint8_t *end = *left ? memchr(*rest, '\0', *left) : NULL;
	struct module_bytes p = {*rest, end ? (size_t)(end - *rest) : *left};

	*rest += p.len + (end != NULL);
	*left -= p.len + (end != NULL);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module_bytes texts[MODULE_TEXT_COUNT];
	struct module_list list = {0};
	struct module_tree tree;
	struct bytes text = {0};
	char error[128];

	for (unsigned i = 0; i < MODULES_BUILTIN_INFO; i++)
		texts[i] = cut(&data, &size);
	/* The last text has NULs of its own. */
	texts[MODULES_BUILTIN_INFO] = (struct module_bytes){data, size};
	if (!module_tree_parse(texts, &tree, error))
		return 0;
	for (size_t i = 0; i < tree.count; i++)
		if (module_list_add(&tree, tree.modules[i].name, i % 2, &list) != MODULE_ADDED)
			__builtin_trap();
	(void)module_list_add(&tree, "crypto-aes", false, &list);
	/* Each module is listed exactly once. */
	if (list.count != tree.count)
		__builtin_trap();
	module_list_write(&tree, &list, &text);
	bytes_free(&text);
	module_list_free(&list);
	module_tree_free(&tree);
	return 0;
}
