/* depmod's files: three texts with NULs between, then every module is asked for. */
#include <stdint.h>
#include <string.h>
#include "tools/build/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
	const uint8_t *data;
	size_t len;
};

static struct part cut(const uint8_t **rest, size_t *left)
{
	const uint8_t *end = *left ? memchr(*rest, '\0', *left) : NULL;
	struct part p = {*rest, end ? (size_t)(end - *rest) : *left};

	*rest += p.len + (end != NULL);
	*left -= p.len + (end != NULL);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part dep = cut(&data, &size), builtin = cut(&data, &size);
	struct module_list list = {0};
	struct module_tree tree;
	char error[128];

	if (!module_tree_parse(
		    dep.data, dep.len, builtin.data, builtin.len, data, size, &tree, error))
		return 0;
	for (size_t i = 0; i < tree.count; i++)
		if (module_list_add(&tree, tree.modules[i].name, i % 2, &list) != MODULE_ADDED)
			__builtin_trap();
	/* Each module is listed exactly once. */
	if (list.count != tree.count)
		__builtin_trap();
	module_list_free(&list);
	module_tree_free(&tree);
	return 0;
}
