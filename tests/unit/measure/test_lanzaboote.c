/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lanzaboote: the kernel and the initrd are other files of the volume. */
#include <sys/stat.h>
#include "tests/unit/measure/foreign_uki.h"
#include "tests/unit/scratch.h"
#include "tools/lib/bank.h"
#include "tools/lib/report.h"

static const char initrd_text[] = "five.";
static uint8_t kernel_hash[32], initrd_hash[32];

/* The image as its installer makes it; with a wrong hash on demand. */
static bool run(struct foreign *f, const char *root, bool wrong)
{
	struct boot_image image = {.source = "x.efi", .name = "x.efi", .root = root};

	foreign_end(f);
	foreign_begin(f, STUB_LANZABOOTE);
	bank_hash(BANK_SHA256, f->kernel, f->kernel_len, kernel_hash);
	bank_hash(BANK_SHA256, initrd_text, 5, initrd_hash);
	initrd_hash[0] ^= wrong;
	foreign_add(f, ".sbat", "sbat,1\n");
	foreign_add(f, ".osrel", "ID=nixos\n");
	foreign_add(f, ".cmdline", " init=/x ");
	foreign_add(f, ".linux", "\\kernel.efi");
	pe_maker_add(&f->maker, ".linuxh", kernel_hash, 32, PE_R);
	foreign_add(f, ".initrd", "\\initrd");
	pe_maker_add(&f->maker, ".initrdh", initrd_hash, 32, PE_R);
	scratch_write(scratch_path("kernel.efi"), f->kernel, f->kernel_len, 0644);
	f->file = pe_make(&f->maker, &f->len);
	image.data = f->file;
	image.len = f->len;
	boot_init(&f->boot);
	return stub_events(&f->boot, &image, &f->in) && boot_hash(&f->boot, BANK_BIT(BANK_SHA256));
}

static bool digest_is_of(const struct boot_event *e, const void *data, size_t len)
{
	uint8_t want[32];

	bank_hash(BANK_SHA256, data, len, want);
	return e && memcmp(e->digest[BANK_SHA256], want, 32) == 0;
}

static void test_measures_the_files(void)
{
	struct foreign f = {.kernel = NULL};
	const struct boot_event *e;
	char got[100];

	REQUIRE(run(&f, scratch, false));
	CHECK(strcmp(foreign_sections(&f, got, sizeof(got)),
		      ".linux .osrel .cmdline .initrd .sbat") == 0);
	CHECK(digest_is_of(foreign_event(&f, 11, 1), f.kernel, f.kernel_len));
	CHECK(digest_is_of(foreign_event(&f, 11, 7), initrd_text, 5));
	CHECK(digest_is_of(foreign_event(&f, 9, 0), " \0i\0n\0i\0t\0=\0/\0x\0 \0\0", 20));
	CHECK(digest_is_of(foreign_event(&f, 9, 1), "five.\0\0", 8));
	e = foreign_event(&f, 11, 0);
	CHECK(e && e->to == BOOT_TO_TPM && e->data_len == 12);
	CHECK(foreign_event(&f, 4, 0) == NULL);
	foreign_end(&f);
}

static void test_hashes_bind_with_secure_boot(void)
{
	struct foreign f = {.kernel = NULL};
	struct boot_image image = {.source = "x.efi", .root = scratch};

	CHECK(run(&f, scratch, true));
	f.in.secure_boot = true;
	image.data = f.file;
	image.len = f.len;
	CHECK(!stub_events(&f.boot, &image, &f.in));
	foreign_end(&f);
}

static void test_needs_the_volume(void)
{
	static const char *const names[] = {"\\", "..\\x", "a\033[31mb", "\xc3\xa4"};
	struct foreign f = {.kernel = NULL};

	CHECK(!run(&f, NULL, false));
	CHECK(!run(&f, "/nonexistent", false));
	foreign_end(&f);
	/* Names that are none of a file on the volume. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		foreign_begin(&f, STUB_LANZABOOTE);
		foreign_add(&f, ".cmdline", "x");
		foreign_add(&f, ".linuxh", "hash");
		foreign_add(&f, ".linux", names[i]);
		CHECK(!foreign_run(&f));
		foreign_end(&f);
		f = (struct foreign){.kernel = NULL};
	}
	foreign_end(&f);
}

/* The "fat" variant carries both. */
static void test_fat_variant(void)
{
	struct foreign f;

	foreign_begin(&f, STUB_LANZABOOTE);
	foreign_add(&f, ".cmdline", "x");
	foreign_add_kernel(&f);
	foreign_add(&f, ".initrd", initrd_text);
	REQUIRE(foreign_run(&f));
	CHECK(digest_is_of(foreign_event(&f, 11, 1), f.kernel, f.kernel_len));
	CHECK(digest_is_of(foreign_event(&f, 9, 1), "five.\0\0", 8));
	f.in.load_options = "other";
	REQUIRE(foreign_run(&f));
	CHECK(f.boot.unknown[4] && digest_is_of(foreign_event(&f, 9, 0), "o\0t\0h\0e\0r\0\0", 12));
	foreign_end(&f);
}

int main(void)
{
	report_silence();
	scratch_open();
	scratch_write(scratch_path("initrd"), initrd_text, 5, 0644);
	RUN(test_measures_the_files);
	RUN(test_hashes_bind_with_secure_boot);
	RUN(test_needs_the_volume);
	RUN(test_fat_variant);
	scratch_close();
	return test_summary();
}
