/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/firmware_mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory that is given out is aligned to a page and to nothing larger below this. */
#define MOCK_UNALIGNED (1u << 17)

#define TRY_CALL(mock)                                  \
	do {                                            \
		if (++(mock)->calls == (mock)->fail_at) \
			return fail(MOCK_FAILURE);      \
	} while (0)

static struct status own_image(void *context, const uint8_t **out_base, size_t *out_len)
{
	struct firmware_mock *mock = context;

	TRY_CALL(mock);
	*out_base = mock->image;
	*out_len = mock->image_len;
	return OK;
}

static struct status measurers(void *context, unsigned *out_set)
{
	struct firmware_mock *mock = context;

	TRY_CALL(mock);
	*out_set = mock->measurers;
	return OK;
}

static struct status extend(
	void *context, enum measurer measurer, const struct firmware_event *event)
{
	struct firmware_mock *mock = context;
	struct mock_event *e = &mock->events[mock->event_count];

	TRY_CALL(mock);
	if (mock->event_count == MOCK_EVENTS_MAX || event->text_len > FIRMWARE_TEXT_MAX)
		abort();
	mock->event_count++;
	*e = (struct mock_event){.measurer = measurer,
		.pcr = event->pcr,
		.type = event->type,
		.data = event->data,
		.len = event->len,
		.text_len = event->text_len};
	memcpy(e->text, event->text, event->text_len);
	return OK;
}

static struct status initrd_offered(void *context, bool *out_offered)
{
	struct firmware_mock *mock = context;

	TRY_CALL(mock);
	*out_offered = mock->initrd_offered;
	return OK;
}

static struct status offer_initrd(void *context, const struct initrd *initrd)
{
	struct firmware_mock *mock = context;

	TRY_CALL(mock);
	mock->initrd = initrd;
	return OK;
}

static void *alloc(void *context, enum firmware_memory kind, size_t len)
{
	struct firmware_mock *mock = context;
	size_t limit = mock->memory_limit ? mock->memory_limit : 64u << 20;
	struct mock_block *block = &mock->blocks[kind];
	void *base;

	if (++mock->calls == mock->fail_at || len > limit)
		return NULL;
	if (block->base || posix_memalign(&base, MOCK_UNALIGNED, len + FIRMWARE_PAGE))
		abort();
	base = (uint8_t *)base + FIRMWARE_PAGE;
	memset(base, 0xa5, len);
	*block = (struct mock_block){base, len, kind};
	if (kind == FIRMWARE_CODE) {
		free(mock->access);
		mock->access = calloc(1, len / FIRMWARE_PAGE + 1);
		if (!mock->access)
			abort();
	}
	return base;
}

static void drop(struct mock_block *block)
{
	if (block->base)
		free(block->base - FIRMWARE_PAGE);
	block->base = NULL;
}

/* Whole pages inside the one block of code memory, or the test ends. */
static struct status protect(
	void *context, const void *pages, size_t len, enum firmware_access access)
{
	struct firmware_mock *mock = context;
	const struct mock_block *block = &mock->blocks[FIRMWARE_CODE];
	size_t from = (size_t)((const uint8_t *)pages - block->base);

	TRY_CALL(mock);
	if (!block->base || from > block->len || len > block->len - from || from % FIRMWARE_PAGE ||
		len % FIRMWARE_PAGE)
		abort();
	memset(mock->access + from / FIRMWARE_PAGE, 1 + (int)access, len / FIRMWARE_PAGE);
	return OK;
}

static void copy_initrd(struct firmware_mock *mock)
{
	uint64_t size = 0;

	if (initrd_serve(mock->initrd, false, &size, NULL) != INITRD_BUFFER_TOO_SMALL)
		abort();
	mock->initrd_copy = malloc(size);
	if (!mock->initrd_copy ||
		initrd_serve(mock->initrd, false, &size, mock->initrd_copy) != INITRD_SERVED)
		abort();
	mock->initrd_len = size;
}

static struct status start(void *context, const struct firmware_kernel *kernel)
{
	struct firmware_mock *mock = context;

	TRY_CALL(mock);
	mock->started++;
	mock->kernel = malloc(kernel->len);
	if (!mock->kernel || !mock->initrd || kernel->options_len > sizeof(mock->options))
		abort();
	memcpy(mock->kernel, kernel->base, kernel->len);
	mock->kernel_at = (uintptr_t)kernel->base;
	mock->kernel_len = kernel->len;
	mock->kernel_entry = kernel->entry_rva;
	memcpy(mock->options, kernel->options, kernel->options_len);
	mock->options_len = kernel->options_len;
	copy_initrd(mock);
	return fail(E_STUB_KERNEL_RETURNED);
}

static void print(void *context, const char *text)
{
	struct firmware_mock *mock = context;
	size_t used = strlen(mock->console);

	snprintf(mock->console + used, sizeof(mock->console) - used, "%s", text);
}

static void power_off(void *context)
{
	struct firmware_mock *mock = context;

	mock->power_offs++;
}

struct firmware firmware_mock_open(struct firmware_mock *mock)
{
	*mock = (struct firmware_mock){
		.image = mock->image,
		.image_len = mock->image_len,
		.measurers = mock->measurers,
		.initrd_offered = mock->initrd_offered,
		.fail_at = mock->fail_at,
		.memory_limit = mock->memory_limit,
	};
	return (struct firmware){
		.context = mock,
		.own_image = own_image,
		.measurers = measurers,
		.extend = extend,
		.initrd_offered = initrd_offered,
		.offer_initrd = offer_initrd,
		.alloc = alloc,
		.protect = protect,
		.start = start,
		.print = print,
		.power_off = power_off,
	};
}

void firmware_mock_close(struct firmware_mock *mock)
{
	for (unsigned i = 0; i < 2; i++)
		drop(&mock->blocks[i]);
	free(mock->access);
	free(mock->kernel);
	free(mock->initrd_copy);
	mock->access = mock->kernel = mock->initrd_copy = NULL;
}
