/*
 * The predictor against the stub: random images are booted by the stub's own code on the recording
 * mock, and predicted from their files. What is extended, where, in which order must be the same
 * to the byte, and an image that the stub refuses must be refused by the predictor.
 */
#include <stdlib.h>
#include "tests/mock/firmware_mock.h"
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"
#include "tools/lib/report.h"
#include "tools/measure/predict.h"

#define IMAGES	   10000u
#define CMDLINE_OF 300u
#define DATA_OF	   3000u

/* SplitMix64: the same images in every run. */
static uint64_t state = 42;

static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint32_t below(uint32_t bound)
{
	return (uint32_t)(next() % bound);
}

static void fill(uint8_t *out, uint32_t len, bool printable)
{
	for (uint32_t i = 0; i < len; i++)
		out[i] = printable ? (uint8_t)(0x21 + below(0x5e)) : (uint8_t)next();
}

struct sample {
	struct pe_maker kernel, image;
	uint8_t *kernel_file, *file, *loaded;
	size_t kernel_len, file_len;
	uint8_t cmdline[CMDLINE_OF], initrd[DATA_OF], other[DATA_OF];
	struct firmware_mock mock;
};

/* Optional sections, unmeasured ones, and now and then one that is refused. */
static void add_others(struct sample *s)
{
	static const char *const optional[] = {".uname", ".pcrpkey", ".pcrsig", ".unknown"};
	static const char *const refused[] = {".ucode", ".splash", ".dtb", ".profile"};

	for (unsigned i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		if (below(2))
			pe_maker_add(
				&s->image, optional[i], s->other, 1 + below(DATA_OF - 1), PE_R);
	if (below(50) == 0)
		pe_maker_add(&s->image, refused[below(4)], s->other, 1 + below(100), PE_R);
}

/* The order of sections in the file says nothing about that of measurement. */
static void shuffle(struct pe_maker *image)
{
	for (unsigned i = image->section_count - 1; i > 1; i--) {
		unsigned k = 1 + below(i);
		struct pe_maker_section swap = image->sections[i];

		image->sections[i] = image->sections[k];
		image->sections[k] = swap;
	}
}

static void spoil(struct sample *s)
{
	switch (below(60)) {
	case 0:
		uki_maker_section(&s->image, ".cmdline")->name = ".cmdlin";
		break;
	case 1:
		uki_maker_section(&s->image, ".initrd")->name = ".initr";
		break;
	case 2:
		s->cmdline[0] = ' ';
		break;
	case 3:
		s->cmdline[0] = (uint8_t)(0x7f + below(0x80));
		break;
	case 4:
		s->kernel.major_version = 0;
		break;
	case 5:
		s->kernel.machine = 0xaa64;
		break;
	}
}

static void make(struct sample *s)
{
	struct pe_maker_section *section;
	size_t loaded_len;

	*s = (struct sample){.kernel = uki_maker_kernel(), .mock = {.measurers = MEASURER_TCG2}};
	fill(s->cmdline, CMDLINE_OF, true);
	fill(s->initrd, DATA_OF, false);
	fill(s->other, DATA_OF, false);
	s->image = uki_maker_image((const uint8_t *)"", 0);
	section = uki_maker_section(&s->image, ".cmdline");
	section->data = s->cmdline;
	section->len = 1 + below(CMDLINE_OF - 1);
	section = uki_maker_section(&s->image, ".initrd");
	section->data = s->initrd;
	section->len = 1 + below(DATA_OF - 1);
	section = uki_maker_section(&s->image, ".osrel");
	/* In memory longer than in the file: zeros are measured. */
	section->virtual_size = below(4) ? section->len : section->len + 1000 + below(9000);
	add_others(s);
	spoil(s);
	s->kernel_file = pe_make(&s->kernel, &s->kernel_len);
	section = uki_maker_section(&s->image, ".linux");
	section->data = s->kernel_file;
	section->len = (uint32_t)s->kernel_len;
	shuffle(&s->image);
	s->file = pe_make(&s->image, &s->file_len);
	s->loaded = pe_make_loaded(s->file, &loaded_len);
	s->mock.image = s->loaded;
	s->mock.image_len = loaded_len;
}

static bool same_digest(
	const struct prediction *p, size_t index, uint32_t pcr, const void *data, size_t len)
{
	uint8_t digest[DIGEST_MAX];

	return index < p->count && p->events[index].pcr == pcr &&
	       digest_of(p->alg, data, len, digest) &&
	       memcmp(p->events[index].digest, digest, p->digest_len) == 0;
}

/* Three events are the firmware's; then the stub's, then those of the kernel it started. */
static void compare(const struct sample *s, const struct prediction *p)
{
	const struct firmware_mock *mock = &s->mock;
	size_t at = 3;

	REQUIRE(p->count == 3 + (size_t)mock->event_count + 2);
	for (unsigned i = 0; i < mock->event_count; i++, at++) {
		const struct mock_event *e = &mock->events[i];

		CHECK(e->type == p->events[at].type);
		CHECK(same_digest(p, at, e->pcr, e->data, e->len));
	}
	CHECK(same_digest(p, at, 9, mock->options, mock->options_len));
	CHECK(same_digest(p, at + 1, 9, mock->initrd_copy, mock->initrd_len));
}

static unsigned refused, booted;

static void one_image(uint16_t alg)
{
	static struct prediction p;
	struct firmware fw;
	struct sample s;
	bool predicted;

	make(&s);
	fw = firmware_mock_open(&s.mock);
	stub_run(&fw);
	predicted = predict_uki(s.file, s.file_len, alg, PHASE_JOIN, &p);
	CHECK(predicted == (s.mock.started == 1));
	if (predicted && s.mock.started) {
		booted++;
		compare(&s, &p);
	} else {
		refused++;
	}
	firmware_mock_close(&s.mock);
	free(s.kernel_file);
	free(s.file);
	free(s.loaded);
}

static void test_random_images(void)
{
	static const uint16_t banks[] = {
		DIGEST_SHA256, DIGEST_SHA256, DIGEST_SHA256, DIGEST_SHA384};

	for (unsigned i = 0; i < IMAGES; i++)
		one_image(banks[i % 4]);
	printf("%u booted, %u refused by both\n", booted, refused);
	CHECK(booted > IMAGES / 2 && refused > IMAGES / 100);
}

int main(void)
{
	report_silence();
	RUN(test_random_images);
	return test_summary();
}
