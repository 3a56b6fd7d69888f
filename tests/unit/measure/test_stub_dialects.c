/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each stub measures of the same images, and the traps between them. */
#include "tests/unit/measure/foreign_uki.h"
#include "tools/lib/report.h"

static const char cmdline[] = "console=ttyS0 panic=-1 quiet uki=embedded";

static bool is_text16(const uint8_t *bytes, size_t len, const char *text)
{
	if (len != 2 * (strlen(text) + 1))
		return false;
	for (size_t i = 0; i < len; i += 2)
		if (bytes[i] != (uint8_t)text[i / 2] || bytes[i + 1])
			return false;
	return true;
}

/* Whether event n of a PCR hashes this text as UTF-16 with its NUL. */
static bool hashes_text16(const struct foreign *f, unsigned pcr, size_t n, const char *text)
{
	const struct boot_event *e = foreign_event(f, pcr, n);
	uint8_t *bytes;
	size_t len;
	bool is;

	if (!e)
		return false;
	bytes = foreign_bytes(e, &len);
	is = is_text16(bytes, len, text);
	free(bytes);
	return is;
}

/* A usual image: every section of all releases but those that depend on hardware. */
static void begin_full(struct foreign *f, enum stub_dialect dialect)
{
	static const char *const names[] = {".sbat", ".osrel", ".cmdline", ".uname", ".splash",
		".dtb", ".pcrpkey", ".hwids", ".ucode", ".pcrsig"};

	foreign_begin(f, dialect);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		foreign_add(f, names[i], names[i]);
	foreign_add_kernel(f);
	foreign_add(f, ".initrd", "an initrd");
}

static void test_names(void)
{
	enum stub_dialect d;

	for (unsigned i = 0; i < STUB_DIALECT_COUNT; i++) {
		const char *name = stub_dialect_name((enum stub_dialect)i);

		CHECK(stub_dialect_by_name(name, &d) && d == (enum stub_dialect)i);
	}
	CHECK(stub_dialect_by_name("253", &d) && d == STUB_SYSTEMD_252);
	CHECK(stub_dialect_by_name("systemd-255", &d) && d == STUB_SYSTEMD_254);
	CHECK(stub_dialect_by_name("systemd-260", &d) && d == STUB_SYSTEMD_258);
	CHECK(stub_dialect_by_name("systemd-262", &d) && d == STUB_SYSTEMD_262);
	CHECK(!stub_dialect_by_name("systemd-251", &d) && !stub_dialect_by_name("263", &d));
	CHECK(!stub_dialect_by_name("257.1", &d) && !stub_dialect_by_name("", &d));
	CHECK(!stub_dialect_by_name("-252", &d) && !stub_dialect_by_name("systemd-", &d));
}

/* The dialect that an image with one more section gives itself; AUTO: none. */
static enum stub_dialect recognise(const char *section, const char *text)
{
	enum stub_dialect found = STUB_AUTO;
	struct boot_image image = {.source = "x.efi"};
	struct foreign f;

	foreign_begin(&f, STUB_AUTO);
	foreign_add(&f, section, text);
	f.file = pe_make(&f.maker, &f.len);
	image.data = f.file;
	image.len = f.len;
	if (!stub_dialect_of(&image, &found))
		found = STUB_AUTO;
	foreign_end(&f);
	return found;
}

static void test_recognises(void)
{
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-stub 252.39-1~deb12u2 ####") ==
		STUB_SYSTEMD_252);
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-stub 257.13-1~deb13u1 ####") ==
		STUB_SYSTEMD_257);
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-stub 262.1-1 ####") ==
		STUB_SYSTEMD_262);
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-stub 258~rc1^ ####") ==
		STUB_SYSTEMD_258);
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-boot 252 ####") == STUB_AUTO);
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-stub 263 ####") == STUB_AUTO);
	CHECK(recognise(".sdmagic", "#### LoaderInfo: systemd-stub ") == STUB_AUTO);
	CHECK(recognise(".sbat", "sbat,1,SBAT Version\nprotostar-stub,1,x\n") == STUB_PROTOSTAR);
	CHECK(recognise(".linuxh", "hash") == STUB_LANZABOOTE);
	CHECK(recognise(".osrel", "ID=protostar-stub\n") == STUB_AUTO);
}

static void test_sections_by_release(void)
{
	static const struct {
		enum stub_dialect dialect;
		const char *sections;
	} want[] = {
		{STUB_SYSTEMD_252, ".linux .osrel .cmdline .initrd .splash .dtb .pcrpkey"},
		{STUB_SYSTEMD_254,
			".linux .osrel .cmdline .initrd .splash .dtb .uname .sbat .pcrpkey"},
		{STUB_SYSTEMD_256,
			".linux .osrel .cmdline .initrd .ucode .splash .dtb .uname .sbat .pcrpkey"},
		{STUB_SYSTEMD_257, ".linux .osrel .cmdline .initrd .ucode .splash .dtb .uname "
				   ".sbat .pcrpkey .hwids"},
		{STUB_SYSTEMD_258, ".linux .osrel .cmdline .initrd .ucode .splash .dtb .uname "
				   ".sbat .pcrpkey .hwids"},
	};
	char got[200];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct foreign f;

		begin_full(&f, want[i].dialect);
		CHECK(foreign_run(&f));
		CHECK(strcmp(foreign_sections(&f, got, sizeof(got)), want[i].sections) == 0);
		foreign_end(&f);
	}
}

/* 252 takes the last section that begins with the name, later releases the first with just it. */
static void test_252_takes_the_last_that_begins_so(void)
{
	struct foreign f;
	const struct boot_event *e;

	foreign_begin(&f, STUB_SYSTEMD_252);
	foreign_add_kernel(&f);
	foreign_add(&f, ".cmdline", "first");
	foreign_add(&f, ".dtb", "plain");
	foreign_add(&f, ".dtbauto", "longer");
	foreign_add(&f, ".cmdline", "last");
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "last"));
	e = foreign_event(&f, 11, 5);
	CHECK(e && e->pieces[0].len == 6 && memcmp(e->pieces[0].data, "longer", 6) == 0);
	f.in.dialect = STUB_SYSTEMD_254;
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "first"));
	e = foreign_event(&f, 11, 5);
	CHECK(e && e->pieces[0].len == 5 && memcmp(e->pieces[0].data, "plain", 5) == 0);
	foreign_end(&f);
}

/* Memory beyond the file's bytes counts as zeros; the file's padding beyond memory does not. */
static void test_virtual_size_decides(void)
{
	struct foreign f;
	const struct boot_event *e;

	foreign_begin(&f, STUB_SYSTEMD_257);
	foreign_add_kernel(&f);
	foreign_add(&f, ".cmdline", cmdline);
	f.maker.sections[2].virtual_size = 1000;
	foreign_add(&f, ".osrel", "ID=test\nVERSION_ID=1\n");
	REQUIRE(foreign_run(&f));
	e = foreign_event(&f, 11, 5);
	REQUIRE(e != NULL);
	CHECK(e->pieces[0].len + e->pieces[0].zeros == 1000 && e->pieces[0].zeros == 1000 - 512);
	e = foreign_event(&f, 11, 3);
	CHECK(e && e->pieces[0].len == 21 && e->pieces[0].zeros == 0);
	/* The text ends at its first zero for the kernel. */
	CHECK(hashes_text16(&f, 9, 0, cmdline));
	/* A section of no bytes in memory is none. */
	f.maker.sections[3].len = 0;
	REQUIRE(foreign_run(&f));
	CHECK(foreign_event(&f, 11, 4) == NULL);
	foreign_end(&f);
}

static size_t count_of(const struct foreign *f, enum boot_rule rule)
{
	size_t n = 0;

	for (size_t i = 0; i < f->boot.count; i++)
		n += f->boot.events[i].rule == rule;
	return n;
}

/* Firmware measures the kernel where it loads it: up to 257, with Secure Boot off. */
static void test_second_application(void)
{
	for (unsigned d = STUB_SYSTEMD_252; d <= STUB_SYSTEMD_262; d++) {
		struct foreign f;

		begin_full(&f, (enum stub_dialect)d);
		CHECK(foreign_run(&f));
		CHECK(count_of(&f, RULE_KERNEL_IMAGE) == (d <= STUB_SYSTEMD_257));
		f.in.secure_boot = true;
		CHECK(foreign_run(&f));
		CHECK(count_of(&f, RULE_KERNEL_IMAGE) == 0);
		foreign_end(&f);
	}
}

/* Passed text, and what is then in PCR 12 and handed to the kernel. */
static void test_load_options(void)
{
	static const struct {
		enum stub_dialect dialect;
		bool secure_boot, confidential, own;
		bool taken;
	} cases[] = {
		{STUB_SYSTEMD_252, false, false, true, true},
		{STUB_SYSTEMD_252, true, false, true, false},
		{STUB_SYSTEMD_252, true, true, false, true},
		{STUB_SYSTEMD_257, false, false, true, true},
		{STUB_SYSTEMD_257, false, true, true, true},
		{STUB_SYSTEMD_257, true, false, true, false},
		{STUB_SYSTEMD_257, true, false, false, true},
		{STUB_SYSTEMD_257, true, true, false, false},
		{STUB_SYSTEMD_262, false, false, true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct foreign f;

		foreign_begin(&f, cases[i].dialect);
		foreign_add_kernel(&f);
		if (cases[i].own)
			foreign_add(&f, ".cmdline", cmdline);
		f.in.secure_boot = cases[i].secure_boot;
		f.in.confidential = cases[i].confidential;
		f.in.load_options = "passed console=x";
		CHECK(foreign_run(&f));
		CHECK(hashes_text16(&f, 12, 0, "passed console=x") == cases[i].taken);
		CHECK((foreign_event(&f, 12, 0) != NULL) == cases[i].taken);
		if (cases[i].taken)
			CHECK(hashes_text16(&f, 9, 0, "passed console=x"));
		else
			CHECK(hashes_text16(&f, 9, 0, cmdline) == cases[i].own);
		foreign_end(&f);
	}
}

/* Whether the kernel's command line is said to be made, in that form, of these bytes of x.efi. */
static bool line_is_from(const struct foreign *f, const char *form, const char *text)
{
	const struct boot_event *e = foreign_event(f, 9, 0);
	const struct boot_piece *p = e ? e->pieces : NULL;

	return p && p->source && strcmp(p->source, "x.efi") == 0 && p->form &&
	       strcmp(p->form, form) == 0 && p->source_len == strlen(text) &&
	       p->offset + p->source_len <= f->len &&
	       memcmp(f->file + p->offset, text, strlen(text)) == 0;
}

static void test_says_where_the_line_is_from(void)
{
	struct foreign f;

	foreign_begin(&f, STUB_SYSTEMD_254);
	foreign_add_kernel(&f);
	foreign_add(&f, ".cmdline", "quiet a=b");
	REQUIRE(foreign_run(&f));
	CHECK(line_is_from(&f, "UTF-16", "quiet a=b"));
	f.maker.sections[2].data = "quiet\ta=b";
	REQUIRE(foreign_run(&f));
	CHECK(line_is_from(&f, "UTF-16, tidied", "quiet\ta=b"));
	f.in.load_options = "passed";
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "passed") && !line_is_from(&f, "UTF-16", "passed"));
	foreign_end(&f);
}

static void test_tidies_command_lines(void)
{
	const struct boot_event *e;
	struct foreign f;

	foreign_begin(&f, STUB_SYSTEMD_252);
	foreign_add_kernel(&f);
	foreign_add(&f, ".cmdline", " \ta\nb  c\x7f \n");
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "  a b  c\x7f"));
	f.in.dialect = STUB_SYSTEMD_254;
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "a b  c"));
	/* What is malformed, or beyond 65,535, is left out; the euro sign is one unit. */
	f.maker.sections[2].data = "\xff"
				   "e\xe2\x82\xac\xf0\x9f\x98\x80\xc3";
	f.maker.sections[2].len = 10;
	REQUIRE(foreign_run(&f));
	e = foreign_event(&f, 9, 0);
	CHECK(e && e->pieces[0].len == 6 && memcmp(e->pieces[0].data, "e\0\xac\x20\0\0", 6) == 0);
	foreign_end(&f);
}

static void test_profiles(void)
{
	struct foreign f;
	const struct boot_event *e;

	foreign_begin(&f, STUB_SYSTEMD_257);
	foreign_add_kernel(&f);
	foreign_add(&f, ".cmdline", "base");
	foreign_add(&f, ".profile", "ID=zero\n");
	foreign_add(&f, ".profile", "ID=one\n");
	foreign_add(&f, ".cmdline", "one");
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "base") && foreign_event(&f, 12, 0) == NULL);
	e = foreign_event(&f, 11, 5);
	CHECK(e && memcmp(e->pieces[0].data, "ID=zero", 7) == 0);
	f.in.profile = 1;
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "one") && hashes_text16(&f, 12, 0, "1"));
	e = foreign_event(&f, 12, 0);
	CHECK(e && e->to == BOOT_TO_TPM && e->type == TCG_EVENT_TAG && e->data_len == 12);
	CHECK(e && memcmp(e->data,
			   "\xdb\xd6\xae\x13\x04\0\0\0"
			   "1\0\0\0",
			   12) == 0);
	/* The number can stand before the passed text, which it is no part of. */
	f.in.profile = 0;
	f.in.load_options = "@1 more";
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 12, 0, "1") && hashes_text16(&f, 12, 1, "more"));
	f.in.load_options = "@1";
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "one") && foreign_event(&f, 12, 1) == NULL);
	f.in.load_options = "@2";
	CHECK(!foreign_run(&f));
	f.in.load_options = "@1x";
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 12, 0, "@1x"));
	f.in = (struct stub_inputs){.dialect = STUB_SYSTEMD_256};
	REQUIRE(foreign_run(&f));
	CHECK(hashes_text16(&f, 9, 0, "base"));
	foreign_end(&f);
}

/* Which of .dtbauto and .efifw count is up to the machine. */
static void test_hardware_sections(void)
{
	struct foreign f;

	foreign_begin(&f, STUB_SYSTEMD_257);
	foreign_add_kernel(&f);
	foreign_add(&f, ".dtbauto", "tree");
	REQUIRE(foreign_run(&f));
	CHECK(f.boot.unknown[11] != NULL);
	f.in.dialect = STUB_SYSTEMD_256;
	REQUIRE(foreign_run(&f));
	CHECK(f.boot.unknown[11] == NULL);
	foreign_end(&f);
}

static void test_what_cannot_be_known(void)
{
	struct foreign f;

	foreign_begin(&f, STUB_SYSTEMD_261);
	foreign_add_kernel(&f);
	foreign_add(&f, ".cmdline", "quiet noconsole=1");
	REQUIRE(foreign_run(&f));
	CHECK(f.boot.unknown[1] && !f.boot.unknown[9]);
	f.in.dialect = STUB_SYSTEMD_262;
	REQUIRE(foreign_run(&f));
	CHECK(f.boot.unknown[1] && f.boot.unknown[9]);
	f.maker.sections[2].data = "quiet console=tty";
	REQUIRE(foreign_run(&f));
	CHECK(!f.boot.unknown[9]);
	foreign_end(&f);
}

static void test_refuses(void)
{
	struct foreign f;

	foreign_begin(&f, STUB_SYSTEMD_257);
	foreign_add(&f, ".cmdline", cmdline);
	CHECK(!foreign_run(&f));
	foreign_add(&f, ".linux", "no kernel at all");
	CHECK(!foreign_run(&f));
	f.maker.sections[2].len = 0;
	f.maker.sections[2].virtual_size = 4096;
	CHECK(!foreign_run(&f));
	f.maker.section_count = 2;
	foreign_add_kernel(&f);
	f.in.extra_dir = "/nonexistent";
	CHECK(!foreign_run(&f));
	f.in.extra_dir = NULL;
	CHECK(foreign_run(&f));
	foreign_end(&f);
}

static bool events_of(const uint8_t *file, size_t len, enum stub_dialect dialect)
{
	struct boot_image image = {.data = file, .len = len, .source = "x.efi", .name = "x.efi"};
	struct stub_inputs in = {.dialect = dialect};
	struct boot boot;
	bool fine;

	boot_init(&boot);
	fine = stub_events(&boot, &image, &in);
	boot_free(&boot);
	return fine;
}

/* Every length, in memory of just that length, and every bit of the image: never a crash. */
static void test_truncated_and_flipped(void)
{
	static const enum stub_dialect dialects[] = {
		STUB_PROTOSTAR, STUB_SYSTEMD_252, STUB_SYSTEMD_257, STUB_LANZABOOTE};

	for (size_t d = 0; d < sizeof(dialects) / sizeof(dialects[0]); d++) {
		struct foreign f;
		unsigned taken = 0;

		foreign_begin(&f, dialects[d]);
		foreign_add(&f, ".cmdline", cmdline);
		foreign_add_kernel(&f);
		foreign_add(&f, ".initrd", "an initrd");
		REQUIRE(foreign_run(&f));
		for (size_t len = 0; len < f.len; len++) {
			uint8_t *copy = malloc(len ? len : 1);

			REQUIRE(copy != NULL);
			memcpy(copy, f.file, len);
			taken += events_of(copy, len, dialects[d]);
			free(copy);
		}
		CHECK(taken == 0);
		for (size_t bit = 0; bit < 8 * f.len; bit++) {
			f.file[bit / 8] ^= (uint8_t)(1u << bit % 8);
			taken += events_of(f.file, f.len, dialects[d]);
			f.file[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		/* Contents may be anything; headers may not. */
		CHECK(taken > 0 && taken < 8 * f.len);
		foreign_end(&f);
	}
}

int main(void)
{
	report_silence();
	RUN(test_names);
	RUN(test_recognises);
	RUN(test_sections_by_release);
	RUN(test_252_takes_the_last_that_begins_so);
	RUN(test_virtual_size_decides);
	RUN(test_second_application);
	RUN(test_load_options);
	RUN(test_says_where_the_line_is_from);
	RUN(test_tidies_command_lines);
	RUN(test_profiles);
	RUN(test_hardware_sections);
	RUN(test_what_cannot_be_known);
	RUN(test_refuses);
	RUN(test_truncated_and_flipped);
	return test_summary();
}
