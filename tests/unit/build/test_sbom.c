/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bills of materials: what they name, and hostile images. Their form: tests/interop/sbom.py. */
#include <json-c/json.h>
#include <stdlib.h>
#include "tests/mock/uki_maker.h"
#include "tests/unit/test.h"
#include "tools/build/sbom.h"
#include "tools/lib/cpio.h"
#include "tools/lib/gzip.h"
#include "tools/lib/json_read.h"
#include "tools/lib/report.h"
#include "tools/measure/predict_boot.h"

struct sample {
	uint8_t *kernel, *uki;
	size_t kernel_len, len;
	struct bytes initrd;
};

/* A UKI with a packed initrd of one file, /init. */
static struct sample make(void)
{
	struct cpio_entry entries[] = {{.path = "init",
		.mode = S_IFREG | 0755,
		.data = (const uint8_t *)"\177ELF",
		.len = 4}};
	struct pe_maker kernel = uki_maker_kernel(), maker;
	struct pe_maker_section *section;
	struct bytes archive = {0};
	struct sample s = {0};

	CHECK(cpio_write(entries, 1, &archive) && gzip_pack(archive.data, archive.len, &s.initrd));
	s.kernel = pe_make(&kernel, &s.kernel_len);
	maker = uki_maker_image(s.kernel, s.kernel_len);
	section = uki_maker_section(&maker, ".initrd");
	section->data = s.initrd.data;
	section->len = (uint32_t)s.initrd.len;
	s.uki = pe_make(&maker, &s.len);
	bytes_free(&archive);
	return s;
}

static void release(struct sample *s)
{
	free(s->kernel);
	free(s->uki);
	bytes_free(&s->initrd);
}

static bool describe(const uint8_t *uki, size_t len, const struct boot *boot, struct bytes *out)
{
	const struct sbom_subject subject = {
		.name = "uki.efi", .uki = uki, .len = len, .boot = boot};

	return sbom_make(&subject, out);
}

static struct json_object *parse(const struct bytes *text)
{
	struct flaw flaw;

	return json_parse(text->data, text->len, 1u << 20, &flaw);
}

/* How many annotations of the file with this name speak of the PCR. */
static unsigned mentions(struct json_object *root, const char *file, const char *pcr)
{
	struct json_object *files = json_object_object_get(root, "files");
	unsigned count = 0;

	for (size_t i = 0; i < json_object_array_length(files); i++) {
		struct json_object *f = json_object_array_get_idx(files, i), *list;

		if (strcmp(json_object_get_string(json_object_object_get(f, "fileName")), file))
			continue;
		list = json_object_object_get(f, "annotations");
		for (size_t k = 0; list && k < json_object_array_length(list); k++)
			if (strstr(json_object_get_string(json_object_object_get(
					   json_object_array_get_idx(list, k), "comment")),
				    pcr))
				count++;
	}
	return count;
}

static void test_names_what_pcrs_depend_on(void)
{
	struct sample s = make();
	struct bytes text = {0}, again = {0};
	struct json_object *root;
	struct boot boot;

	boot_init(&boot);
	REQUIRE(predict_own_uki("uki.efi", s.uki, s.len, NULL, PHASE_JOIN, SBOM_BANKS, &boot));
	REQUIRE(describe(s.uki, s.len, &boot, &text) && describe(s.uki, s.len, &boot, &again));
	CHECK(text.len == again.len && memcmp(text.data, again.data, text.len) == 0);
	root = parse(&text);
	REQUIRE(root != NULL);
	CHECK(mentions(root, "./.linux", "PCR 11") == 1);
	CHECK(mentions(root, "./.linux", "PCR 9") == 0);
	CHECK(mentions(root, "./.cmdline", "PCR 11") == 1);
	CHECK(mentions(root, "./.cmdline", "PCR 9") == 1);
	CHECK(mentions(root, "./.initrd", "PCR 11") == 1);
	CHECK(mentions(root, "./.initrd", "PCR 9") == 1);
	CHECK(mentions(root, "./.text", "PCR") == 0);
	CHECK(mentions(root, "./.initrd/init", "PCR") == 0);
	CHECK(strstr((char *)text.data, "PCR 4 depends on this") != NULL);
	json_object_put(root);
	bytes_free(&text);
	bytes_free(&again);
	boot_free(&boot);
	release(&s);
}

static void test_every_library_is_known(void)
{
	const struct sbom_library *l;

	CHECK(sbom_libraries[0].source != NULL);
	for (l = sbom_libraries; l->source; l++) {
		const char *name = NULL, *license = NULL;

		CHECK(sbom_library_facts(l->source, &name, &license));
		CHECK(name && license && l->version[0] && strlen(l->sha256) == 64);
		CHECK(strncmp(l->file, l->source, strlen(l->source)) == 0);
	}
}

static void test_cut_and_flipped(void)
{
	struct sample s = make();
	struct bytes text = {0};
	struct boot boot;

	boot_init(&boot);
	CHECK(describe(s.uki, s.len, &boot, &text));
	for (size_t n = 0; n < s.len; n += n < 2048 ? 1 : 61) {
		uint8_t *cut = malloc(n ? n : 1);

		REQUIRE(cut != NULL);
		memcpy(cut, s.uki, n);
		text.len = 0;
		CHECK(!describe(cut, n, &boot, &text) || text.len);
		free(cut);
	}
	/* The headers, then the initrd, which is not last. */
	for (size_t bit = 0; bit < 8 * s.len; bit += bit < 8 * 1024 ? 1 : 37) {
		s.uki[bit / 8] = (uint8_t)(s.uki[bit / 8] ^ (1 << bit % 8));
		text.len = 0;
		if (describe(s.uki, s.len, &boot, &text) && bit % 64 == 0) {
			struct json_object *root = parse(&text);

			CHECK(root != NULL);
			json_object_put(root);
		}
		s.uki[bit / 8] = (uint8_t)(s.uki[bit / 8] ^ (1 << bit % 8));
	}
	bytes_free(&text);
	boot_free(&boot);
	release(&s);
}

int main(void)
{
	report_silence();
	RUN(test_names_what_pcrs_depend_on);
	RUN(test_every_library_is_known);
	RUN(test_cut_and_flipped);
	return test_summary();
}
