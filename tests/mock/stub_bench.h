/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A UKI, the mock it boots on, and what must hold after every boot. */
#ifndef TESTS_MOCK_STUB_BENCH_H
#define TESTS_MOCK_STUB_BENCH_H

#include "tests/mock/firmware_mock.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct bench {
	struct pe_maker kernel, image;
	uint8_t *kernel_file, *loaded;
	size_t kernel_len;
	struct firmware_mock mock;
};

static inline void bench_open(struct bench *b)
{
	*b = (struct bench){.kernel = uki_maker_kernel(), .mock = {.measurers = MEASURER_TCG2}};
	b->kernel_file = pe_make(&b->kernel, &b->kernel_len);
	b->image = uki_maker_image(b->kernel_file, b->kernel_len);
}

/* Makes the image and boots it. */
static inline void bench_run(struct bench *b)
{
	struct firmware fw;
	size_t len;
	uint8_t *file = pe_make(&b->image, &len);

	free(b->loaded);
	b->loaded = pe_make_loaded(file, &b->mock.image_len);
	b->mock.image = b->loaded;
	free(file);
	fw = firmware_mock_open(&b->mock);
	stub_run(&fw);
}

/* Whatever happened, the machine was told once to power off. */
static inline void bench_close(struct bench *b)
{
	CHECK(b->mock.power_offs == 1);
	firmware_mock_close(&b->mock);
	free(b->kernel_file);
	free(b->loaded);
}

static inline bool says(const struct bench *b, const char *text)
{
	return strstr(b->mock.console, text) != NULL;
}

/* Replaces the kernel by the one that b->kernel now describes. */
static inline void use_kernel(struct bench *b)
{
	struct pe_maker_section *s = uki_maker_section(&b->image, ".linux");

	free(b->kernel_file);
	b->kernel_file = pe_make(&b->kernel, &b->kernel_len);
	s->data = b->kernel_file;
	s->len = (uint32_t)b->kernel_len;
}

static inline void expect_refusal(struct bench *b, const char *code, unsigned events)
{
	bench_run(b);
	CHECK(says(b, code));
	if (!says(b, code))
		fprintf(stderr, "not %s: %s", code, b->mock.console);
	CHECK(!b->mock.started && b->mock.event_count == events);
	CHECK(says(b, "measured") == (events && events == b->mock.event_count));
	bench_close(b);
}

#endif
