/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd-boot passes to a UKI and measures of it, by release. */
#include "tests/unit/measure/foreign_uki.h"

#include <string.h>

#define LINE "console=ttyS0 caf\xc3\xa9=1"

/* Whether event number n of PCR 12 is of the rule and hashes ASCII text as UTF-16 with its NUL. */
static bool measured(const struct foreign *f, size_t n, enum boot_rule rule, const char *text)
{
	const struct boot_event *e = foreign_event(f, 12, n);
	size_t len, chars = strlen(text) + 1;
	uint8_t *bytes = foreign_bytes(e, &len);
	bool is = e && e->rule == rule && len == 2 * chars;

	for (size_t i = 0; is && i < chars; i++)
		is = bytes[2 * i] == (uint8_t)text[i] && bytes[2 * i + 1] == 0;
	free(bytes);
	return is;
}

static bool goes_to(const struct foreign *f, unsigned to)
{
	const struct boot_event *e = foreign_event(f, 12, 0);

	return e && e->to == to;
}

/* Starts the image by systemd-boot of that release, then runs its stub. */
static bool run(struct foreign *f, unsigned release, bool from_entry)
{
	struct boot_image image = {.source = "x.efi", .name = "x.efi"};
	const char *given = f->in.load_options;
	bool fine;

	boot_free(&f->boot);
	free(f->file);
	f->file = pe_make(&f->maker, &f->len);
	image.data = f->file;
	image.len = f->len;
	boot_init(&f->boot);
	fine = stub_started_by_systemd_boot(&f->boot, &image, release, from_entry, &f->in) &&
	       stub_events(&f->boot, &image, &f->in) && boot_hash(&f->boot, BANK_BIT(BANK_SHA256));
	f->in.load_options = given;
	return fine;
}

static void begin(struct foreign *f, enum stub_dialect dialect, const char *line)
{
	foreign_begin(f, dialect);
	foreign_add_kernel(f);
	foreign_add(f, ".osrel", "ID=x");
	if (line)
		foreign_add(f, ".cmdline", line);
}

/* Up to 254 the image's own line is passed, and a stub that takes it measures it again. */
static void test_own_line(void)
{
	for (unsigned release = 252; release <= 262; release++) {
		bool passes = release <= 254;
		struct foreign f;

		begin(&f, STUB_SYSTEMD_252, "console=ttyS0 quiet\n");
		REQUIRE(run(&f, release, false));
		CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, "console=ttyS0 quiet") == passes);
		CHECK(measured(&f, 1, RULE_STUB_CMDLINE, "console=ttyS0 quiet") == passes);
		CHECK((foreign_event(&f, 12, 0) != NULL) == passes);
		CHECK(!foreign_event(&f, 12, 2));
		f.in.secure_boot = true; /* the stub keeps to its own */
		REQUIRE(run(&f, release, false));
		CHECK((foreign_event(&f, 12, 0) != NULL) == passes && !foreign_event(&f, 12, 1));
		REQUIRE(run(&f, release, true));
		CHECK(!foreign_event(&f, 12, 0));
		foreign_end(&f);
	}
}

/* Tidied as the release does it; characters outside ASCII stay; no section, nothing passed. */
static void test_forms(void)
{
	struct foreign f;
	size_t len;
	uint8_t *bytes;

	begin(&f, STUB_PROTOSTAR, " a\tb \n");
	f.in.dialect = STUB_SYSTEMD_258;
	f.in.secure_boot = true;
	REQUIRE(run(&f, 252, false));
	CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, " a b"));
	CHECK(goes_to(&f, BOOT_TO_TPM));
	REQUIRE(run(&f, 254, false));
	CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, "a b"));
	foreign_end(&f);
	begin(&f, STUB_SYSTEMD_258, LINE);
	REQUIRE(run(&f, 252, false));
	bytes = foreign_bytes(foreign_event(&f, 12, 0), &len);
	CHECK(len == 2 * (strlen(LINE) - 1 + 1) && bytes[2 * 17] == 0xe9 && !bytes[2 * 17 + 1]);
	free(bytes);
	foreign_end(&f);
	begin(&f, STUB_SYSTEMD_258, NULL);
	REQUIRE(run(&f, 252, false));
	CHECK(!foreign_event(&f, 12, 0));
	foreign_end(&f);
}

/* What is beyond the section's bytes in the file, the file alone does not say. */
static void test_longer_in_memory(void)
{
	struct foreign f;

	begin(&f, STUB_SYSTEMD_258, "quiet");
	f.maker.sections[3].virtual_size = 1000;
	REQUIRE(run(&f, 252, false));
	CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, "quiet") && !f.boot.unknown[12]);
	foreign_end(&f);
}

/* A command line that was edited, and the number of a profile, are passed by every release. */
static void test_edited(void)
{
	struct foreign f;

	begin(&f, STUB_SYSTEMD_257, "quiet");
	f.in.load_options = "debug";
	for (unsigned release = 252; release <= 258; release += 3) {
		REQUIRE(run(&f, release, false));
		CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, "debug"));
		CHECK(measured(&f, 1, RULE_STUB_CMDLINE, "debug"));
	}
	CHECK(goes_to(&f, BOOT_TO_BOTH));
	foreign_add(&f, ".profile", "ID=a");
	foreign_add(&f, ".profile", "ID=b");
	f.in.load_options = NULL;
	f.in.profile = 1;
	REQUIRE(run(&f, 257, false));
	CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, "@1"));
	CHECK(measured(&f, 1, RULE_PROFILE, "1") && !foreign_event(&f, 12, 2));
	f.in.load_options = "debug";
	REQUIRE(run(&f, 257, false));
	CHECK(measured(&f, 0, RULE_LOADER_OPTIONS, "@1 debug"));
	CHECK(measured(&f, 2, RULE_STUB_CMDLINE, "debug"));
	foreign_end(&f);
}

int main(void)
{
	RUN(test_own_line);
	RUN(test_forms);
	RUN(test_longer_in_memory);
	RUN(test_edited);
	return test_summary();
}
