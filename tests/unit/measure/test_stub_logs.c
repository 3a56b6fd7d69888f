/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs of real boots (tests/unit/data/eventlogs) beside what the dialects' rules say of an image
 * with the same sections: the same events in the same order with the same texts, and the same
 * digests wherever the contents are known.
 */
#include "tests/unit/measure/foreign_uki.h"
#include "tests/unit/scratch.h"
#include "tools/lib/event_log.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

#define LOG_MAX 65536u

static const struct real_boot {
	const char *log;
	enum stub_dialect dialect;
	bool secure_boot;
	const char *uname, *load_options;
	unsigned equal; /* events whose contents, so digests too, are known */
	bool extra;	/* with a public key, a signature and a folder of files beside the image */
} boots[] = {
	/* Names of four sections, .osrel, .cmdline, and the command line as the kernel has it. */
	{"o252", STUB_SYSTEMD_252, false, "6.1.0-56-cloud-amd64", NULL, 4 + 2 + 1, false},
	{"m4", STUB_SYSTEMD_252, false, "6.1.0-56-cloud-amd64", NULL, 4 + 2 + 1, false},
	{"s252", STUB_SYSTEMD_252, true, "6.1.0-56-cloud-amd64", NULL, 4 + 2 + 1, false},
	/* From the EFI shell: the passed line in PCR 12 too. */
	{"h252", STUB_SYSTEMD_252, false, "6.1.0-56-cloud-amd64", "", 4 + 2 + 1 + 1, false},
	/* Six names, .uname too. */
	{"o257", STUB_SYSTEMD_257, false, "6.12.107+deb13-cloud-amd64", NULL, 6 + 3 + 1, false},
	{"o257n", STUB_SYSTEMD_257, false, "6.12.107+deb13-cloud-amd64", NULL, 6 + 3 + 1, false},
	{"s257", STUB_SYSTEMD_257, true, "6.12.107+deb13-cloud-amd64", NULL, 6 + 3 + 1, false},
	/* .pcrpkey too; credentials and system extensions. */
	{"x252", STUB_SYSTEMD_252, false, "x", NULL, 5 + 3 + 2 + 1, true},
	/* Configuration extensions are an archive of their own. */
	{"x257", STUB_SYSTEMD_257, false, "x", NULL, 7 + 4 + 3 + 1, true},
};

static const char *folder;
static uint8_t bytes[LOG_MAX];

static bool open_log(const char *name, struct event_log *log)
{
	char path[4096];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s.evlog", folder, name);
	f = fopen(path, "rb");
	if (!f)
		return false;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return event_log_open(log, bytes, len);
}

/* The next event from the stub's first one on; firmware's in PCR 5 are not of interest. */
static bool next_of_stub(struct event_log *log, bool *begun, struct event *out)
{
	while (event_log_next(log, out) == EVENT_LOG_EVENT) {
		*begun = *begun || out->pcr == 11;
		if (*begun && out->pcr != 5)
			return true;
	}
	return false;
}

/* What was passed stands in the log as UTF-16, beside the digest of just that. */
static const char *passed_in(const char *name)
{
	static char text[1024];
	struct event_log log;
	struct event e;
	bool begun = false;

	if (!open_log(name, &log))
		return NULL;
	while (next_of_stub(&log, &begun, &e)) {
		if (e.pcr != 12 || e.data_len / 2 > sizeof(text))
			continue;
		for (size_t i = 0; i < e.data_len / 2; i++)
			text[i] = (char)e.data[2 * i];
		return text;
	}
	return NULL;
}

static bool same_text(const struct event *logged, const struct boot_event *ours)
{
	/* What a log shows of a kernel that firmware loads is where it was in memory. */
	return ours->rule == RULE_KERNEL_IMAGE ||
	       (logged->data_len == ours->data_len &&
		       memcmp(logged->data, ours->data, ours->data_len) == 0);
}

static bool same_digest(const struct event *logged, const struct boot_event *ours)
{
	const struct event_digest *d = event_digest_in(logged, bank_alg(BANK_SHA256));

	return d && memcmp(d->data, ours->digest[BANK_SHA256], 32) == 0;
}

/* What of the image is the same as in the boot: not the kernel, the initrd and the stub. */
static bool is_known(const struct boot_event *e)
{
	static const char *const unknown[] = {".linux", ".initrd", ".sbat"};

	if (e->rule == RULE_SECTION_NAME)
		return true;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(e->subject, unknown[i]) == 0)
			return false;
	return true;
}

static void compare(const struct real_boot *real, const struct boot *boot)
{
	struct event_log log;
	struct event e;
	bool begun = false;
	unsigned equal = 0;
	size_t n = 0;

	REQUIRE(open_log(real->log, &log));
	while (next_of_stub(&log, &begun, &e)) {
		const struct boot_event *ours = &boot->events[n];

		REQUIRE(n++ < boot->count);
		CHECK(e.pcr == ours->pcr && e.type == ours->type && same_text(&e, ours));
		CHECK(!is_known(ours) || same_digest(&e, ours));
		equal += same_digest(&e, ours);
	}
	CHECK(n == boot->count);
	CHECK(equal == real->equal);
}

static void add_sections(struct foreign *f, const struct real_boot *real)
{
	foreign_add(f, ".sbat", "sbat,1\n");
	if (real->extra) {
		foreign_add(f, ".osrel", "ID=protostar-test\nPRETTY_NAME=\"A measured boot\"\n");
		foreign_add(f, ".cmdline", "console=ttyS0 quiet panic=-1 test=genuine");
		foreign_add(f, ".pcrpkey", "some key\n");
		foreign_add(f, ".pcrsig", "{}");
		f->in.extra_dir = scratch;
	} else {
		foreign_add(f, ".osrel", "ID=test\nVERSION_ID=1\n");
		foreign_add(f, ".cmdline", "console=ttyS0 panic=-1 quiet uki=embedded");
	}
	foreign_add(f, ".uname", real->uname);
	foreign_add_kernel(f);
	foreign_add(f, ".initrd", "another initrd");
}

static void test_real_boots(void)
{
	for (size_t i = 0; i < sizeof(boots) / sizeof(boots[0]); i++) {
		const struct real_boot *real = &boots[i];
		struct foreign f;

		printf("  %s\n", real->log);
		foreign_begin(&f, real->dialect);
		add_sections(&f, real);
		f.in.secure_boot = real->secure_boot;
		if (real->load_options)
			f.in.load_options = passed_in(real->log);
		CHECK(foreign_run(&f));
		compare(real, &f.boot);
		foreign_end(&f);
	}
}

/* The files that lay beside x252 and x257. */
static void make_extra(void)
{
	char text[600];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "sysext"[i % 6];
	scratch_write(scratch_path("s.raw"), text, 600, 0644);
	for (size_t i = 0; i < 100; i++)
		text[i] = "ay"[i % 2];
	scratch_write(scratch_path("A.cred"), text, 100, 0644);
	scratch_write(scratch_path("b.cred"), "bee", 3, 0644);
	scratch_write(scratch_path("c.confext.raw"), "conf", 4, 0644);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	scratch_open();
	make_extra();
	RUN(test_real_boots);
	scratch_close();
	return test_summary();
}
