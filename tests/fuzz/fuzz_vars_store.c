/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of variable stores. The volume header's checksum is put right, so that what is behind
 * it is reached.
 */
#include <stdlib.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/container.h"
#include "tools/lib/vars_store.h"

#define VOLUME_HEADER 72u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_store(const uint8_t *file, size_t size)
{
	struct vars_store store;
	struct flaw flaw = {0};

	if (!vars_store_read(file, size, &store, &flaw)) {
		if (!flaw.reason || flaw.offset > size)
			__builtin_trap();
		return;
	}
	for (size_t i = 0; i < store.count; i++) {
		const struct variable *v = &store.variables[i];

		if (v->data < file || v->len > size || v->data > file + size - v->len ||
			v->data != file + v->offset || v->name < file ||
			v->name + v->name_len > v->data)
			__builtin_trap();
	}
	vars_store_find(&store, EFI_GLOBAL_VARIABLE_GUID, "BootOrder");
	vars_store_free(&store);
}

/* What was added is there when it is read again. */
static void add_to_store(uint8_t *file, size_t size)
{
	const struct vars_addition addition = {.vendor = EFI_GLOBAL_VARIABLE_GUID,
		.name = "Added",
		.attributes = 7,
		.data = (const uint8_t *)"data",
		.len = 4};
	struct vars_store store;
	struct flaw flaw = {0};

	if (!vars_store_add(file, size, &addition, &flaw)) {
		if (!flaw.reason || flaw.offset > size)
			__builtin_trap();
		return;
	}
	if (!vars_store_read(file, size, &store, &flaw))
		return; /* another variable of it is broken */
	if (store.count < VARS_MAX &&
		!vars_store_find(&store, EFI_GLOBAL_VARIABLE_GUID, addition.name))
		__builtin_trap();
	vars_store_free(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container container;
	uint8_t *file;
	uint16_t sum = 0;

	container_recognise(data, size, &container);
	read_store(data, size);
	if (size < VOLUME_HEADER)
		return 0;
	file = malloc(size);
	if (!file)
		abort();
	memcpy(file, data, size);
	put_le16(file + 48, VOLUME_HEADER);
	put_le16(file + 50, 0);
	for (size_t i = 0; i < VOLUME_HEADER; i += 2)
		sum = (uint16_t)(sum + le16(file + i));
	put_le16(file + 50, (uint16_t)-sum);
	read_store(file, size);
	add_to_store(file, size);
	free(file);
	return 0;
}
