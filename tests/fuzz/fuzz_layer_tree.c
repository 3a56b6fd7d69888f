/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as two layers, one on the other: the first two bytes say where the second begins, in
 * blocks. The checksums of headers are put right. What is taken is written and read back: no name
 * twice, no whiteout left, nothing that leads out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tools/build/rootfs/layer_path.h"
#include "tools/build/rootfs/layer_tree.h"
#include "tools/lib/bytes.h"
#include "tools/lib/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sum_up(uint8_t *header)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : header[i];
	for (unsigned i = 0; i < 6; i++)
		header[148 + i] = (uint8_t)('0' + (sum >> (3 * (5 - i)) & 7));
	header[154] = '\0';
}

static void check_written(const struct tar_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct layer_path path = layer_path_read(list->entries[i].path);

		if (path.kind == LAYER_REFUSED && strlen(list->entries[i].path) <= LAYER_PATH_MAX)
			__builtin_trap();
		if (i && strcmp(list->entries[i].path, list->entries[i - 1].path) == 0)
			__builtin_trap();
		if (list->entries[i].is_hard_link && !tar_list_find(list, list->entries[i].target))
			__builtin_trap();
	}
}

static void write_back(struct layer_tree *tree)
{
	int fd = memfd_create("layers", MFD_CLOEXEC);
	struct tar_writer writer = {.file = fd < 0 ? NULL : fdopen(dup(fd), "wb")};
	struct tar_list list;
	struct flaw flaw;
	bool fine;
	off_t len;
	void *p;

	if (!writer.file)
		__builtin_trap();
	fine = layer_tree_write(tree, &writer);
	if (!tar_write_close(&writer, "layers"))
		__builtin_trap();
	len = lseek(fd, 0, SEEK_END);
	p = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		__builtin_trap();
	if (fine) {
		if (!tar_list_read(p, (size_t)len, &list, &flaw))
			__builtin_trap();
		check_written(&list);
		tar_list_free(&list);
	}
	munmap(p, (size_t)len);
	close(fd);
}

static bool apply(struct layer_tree *tree, const uint8_t *file, size_t len, struct tar_list *out)
{
	struct layer_flaw why = {0};
	struct flaw flaw;

	if (!tar_list_read(file, len, out, &flaw))
		return false;
	if (layer_tree_apply(tree, out, &why))
		return true;
	if (!why.reason)
		__builtin_trap();
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tar_list lists[2] = {{0}, {0}};
	struct layer_tree tree = {0};
	uint8_t *file;
	size_t split;

	report_silence();
	if (size < 2)
		return 0;
	split = (size_t)le16(data) * 512;
	size -= 2;
	if (split > size)
		split = size;
	file = must_alloc(size + 1);
	memcpy(file, data + 2, size);
	for (size_t at = 0; at + 512 <= size; at += 512)
		sum_up(file + at);
	if (apply(&tree, file, split, &lists[0]) &&
		apply(&tree, file + split, size - split, &lists[1]))
		write_back(&tree);
	layer_tree_free(&tree);
	tar_list_free(&lists[0]);
	tar_list_free(&lists[1]);
	free(file);
	return 0;
}
