/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stub and the predictor agree: over random images, the real stub on the mock of its port
 * extends PCR 11 with exactly what the predictor says of the file, and hands the kernel what leads
 * to the predicted PCR 9. An image that one refuses, the other refuses.
 */
#include "crypto/digest.h"
#include "tests/mock/stub_bench.h"
#include "tools/lib/report.h"
#include "tools/measure/predict_boot.h"

#define IMAGES	 10000u
#define DATA_MAX 5000u
#define OPTIONAL 5u

/* What one run of the stub led to. */
struct outcome {
	bool started;
	uint8_t digests[64][SHA256_LEN];
	unsigned count;
	uint8_t pcr9[SHA256_LEN];
};

struct random_image {
	struct pe_maker kernel, image;
	uint8_t data[OPTIONAL + 2][DATA_MAX];
	char cmdline[CMDLINE_MAX + 1];
};

static uint64_t state;

/* splitmix64: the same images in every run. */
static uint32_t draw(uint32_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) % below);
}

static const uint8_t *draw_bytes(uint8_t *out, uint32_t *out_len)
{
	*out_len = 1 + draw(DATA_MAX);
	for (uint32_t i = 0; i < *out_len; i++)
		out[i] = (uint8_t)draw(256);
	return out;
}

static void draw_cmdline(struct random_image *r)
{
	uint32_t len = 1 + draw(draw(8) ? 80 : CMDLINE_MAX);

	for (uint32_t i = 0; i < len; i++)
		r->cmdline[i] = (char)(i && i + 1 < len ? 0x20 + draw(0x5f) : 0x21 + draw(0x5e));
	pe_maker_add(&r->image, ".cmdline", r->cmdline, len, PE_R);
}

/* A section that is longer in memory than in the file, now and then. */
static void draw_zeros(struct pe_maker *maker, const char *name)
{
	struct pe_maker_section *s = uki_maker_section(maker, name);

	if (!draw(3))
		s->virtual_size = s->len + draw(10000);
}

static void shuffle(struct pe_maker *maker)
{
	for (unsigned i = maker->section_count; i > 1; i--) {
		unsigned k = draw(i);
		struct pe_maker_section s = maker->sections[i - 1];

		maker->sections[i - 1] = maker->sections[k];
		maker->sections[k] = s;
	}
	for (unsigned i = 0; i < maker->section_count; i++) {
		if (!strcmp(maker->sections[i].name, ".text"))
			maker->entry_section = i;
	}
}

/* A sound image: sections in any order, optional ones or not, some longer than their raw data. */
static void draw_image(struct random_image *r, const uint8_t *kernel, size_t kernel_len)
{
	static const char *const optional[OPTIONAL] = {
		".osrel", ".uname", ".sbat", ".pcrsig", ".pcrpkey"};
	uint32_t len;

	r->image = (struct pe_maker){
		.dll_characteristics = PE_NX_COMPAT, .file_alignment = draw(2) ? 512 : 4096};
	pe_maker_add(&r->image, ".text", "stub", 4, PE_RX);
	pe_maker_add(&r->image, ".linux", kernel, (uint32_t)kernel_len, PE_R);
	draw_cmdline(r);
	pe_maker_add(&r->image, ".initrd", draw_bytes(r->data[OPTIONAL], &len), 0, PE_R);
	r->image.sections[r->image.section_count - 1].len = len;
	draw_zeros(&r->image, ".linux");
	draw_zeros(&r->image, ".initrd");
	for (unsigned i = 0; i < OPTIONAL; i++) {
		struct pe_maker_section *s;

		if (!draw(2))
			continue;
		pe_maker_add(&r->image, optional[i], draw_bytes(r->data[i], &len), 0, PE_R);
		s = &r->image.sections[r->image.section_count - 1];
		s->len = len;
		if (!draw(4))
			s->virtual_size = len + draw(10000);
	}
	shuffle(&r->image);
}

/* One of the ways in which an image can be refused. */
static void spoil(struct random_image *r)
{
	static const char *const refused[] = {
		".ucode", ".splash", ".dtb", ".profile", ".dtbauto", ".hwids", ".efifw"};
	static const char *const mandatory[] = {".linux", ".cmdline", ".initrd"};

	switch (draw(5)) {
	case 0:
		pe_maker_add(&r->image, refused[draw(COUNT(refused))], "x", 1, PE_R);
		break;
	case 1:
		uki_maker_section(&r->image, mandatory[draw(COUNT(mandatory))])->name = ".none";
		break;
	case 2:
		r->cmdline[0] = "\n \t\x7f\x80"[draw(5)];
		break;
	case 3:
		uki_maker_section(&r->image, ".linux")->data = r->cmdline;
		uki_maker_section(&r->image, ".linux")->len = 1;
		break;
	default:
		pe_maker_add(&r->image, ".linux", "x", 1, PE_R);
		break;
	}
}

static struct outcome boot(const uint8_t *file)
{
	struct firmware_mock mock = {.measurers = MEASURER_TCG2};
	struct outcome o = {0};
	struct firmware fw;
	uint8_t digest[SHA256_LEN];
	uint8_t *loaded = pe_make_loaded(file, &mock.image_len);

	mock.image = loaded;
	fw = firmware_mock_open(&mock);
	stub_run(&fw);
	o.started = mock.started;
	for (o.count = 0; o.count < mock.event_count; o.count++)
		sha256(mock.events[o.count].data, mock.events[o.count].len, o.digests[o.count]);
	if (o.started) {
		sha256(mock.options, mock.options_len, digest);
		CHECK(pcr_extend(DIGEST_SHA256, o.pcr9, digest));
		sha256(mock.initrd_copy, mock.initrd_len, digest);
		CHECK(pcr_extend(DIGEST_SHA256, o.pcr9, digest));
	}
	firmware_mock_close(&mock);
	free(loaded);
	return o;
}

static bool same_events(const struct outcome *o, const struct boot *p)
{
	struct boot_values values;
	unsigned n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct boot_event *e = &p->events[i];

		if (e->pcr != MEASURED_PCR_SECTIONS)
			continue;
		if (n == o->count || memcmp(o->digests[n], e->digest[BANK_SHA256], SHA256_LEN))
			return false;
		n++;
	}
	boot_replay(p, BANK_SHA256, &values);
	return n == o->count && !memcmp(o->pcr9, values.pcr[9], SHA256_LEN);
}

static void run_images(bool spoilt, unsigned images)
{
	static struct random_image r;
	unsigned agreed = 0;
	size_t kernel_len;
	uint8_t *kernel;

	r.kernel = uki_maker_kernel();
	kernel = pe_make(&r.kernel, &kernel_len);
	for (unsigned i = 0; i < images; i++) {
		struct outcome o;
		struct boot p;
		size_t len;
		uint8_t *file;

		draw_image(&r, kernel, kernel_len);
		if (spoilt)
			spoil(&r);
		file = pe_make(&r.image, &len);
		o = boot(file);
		boot_init(&p);
		if (predict_own_uki(
			    "x.efi", file, len, NULL, PHASE_JOIN, BANK_BIT(BANK_SHA256), &p))
			agreed += !spoilt && o.started && same_events(&o, &p);
		else
			agreed += spoilt && !o.started;
		boot_free(&p);
		free(file);
	}
	free(kernel);
	printf("  %u of %u images agree\n", agreed, images);
	CHECK(agreed == images);
}

static void test_sound_images(void)
{
	state = 1;
	run_images(false, IMAGES);
}

static void test_spoilt_images(void)
{
	state = 2;
	run_images(true, IMAGES / 10);
}

int main(void)
{
	/* The predictor says why it refuses; thousands of such lines are in nobody's interest. */
	report_silence();
	RUN(test_sound_images);
	RUN(test_spoilt_images);
	return test_summary();
}
