/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel is handed as its initrd, byte for byte, and the archives measured on the way. */
#include <sys/stat.h>
#include "tests/unit/measure/foreign_uki.h"
#include "tests/unit/scratch.h"
#include "tools/lib/file.h"
#include "tools/lib/report.h"

/* An entry's header as systemd's stubs write it, written out by hand. */
#define ENTRY(inode, mode, len, name_len)      \
	"070701" inode mode "0000000000000000" \
	"00000001"                             \
	"00000000" len "00000000000000000000000000000000" name_len "00000000"
#define ZEROS "00000000"
#define TRAILER                                                                         \
	"070701" ZEROS ZEROS ZEROS ZEROS "00000001" ZEROS ZEROS ZEROS ZEROS ZEROS ZEROS \
	"0000000B" ZEROS "TRAILER!!!\0\0\0"

static const char os_release[] = ENTRY(
	"00000001", "0000416d", "00000000", "00000007") ".extra\0\0\0\0" ENTRY("00000002",
	"00008124", "00000015", "00000012") ".extra/os-release\0"
					    "ID=test\nVERSION_ID=1\n\0\0\0" TRAILER;
static const char public_key[] = ENTRY(
	"00000001", "0000416d", "00000000", "00000007") ".extra\0\0\0\0" ENTRY("00000002",
	"00008124", "00000004", "0000001f") ".extra/tpm2-pcr-public-key.pem\0\0\0\0"
					    "KEY!" TRAILER;
static const char credentials[] = ENTRY(
	"00000001", "0000416d", "00000000", "00000007") ".extra\0\0\0\0" ENTRY("00000002",
	"00004140", "00000000", "00000013") ".extra/credentials\0\0\0\0" ENTRY("00000003",
	"00008100", "00000001", "0000001a") ".extra/credentials/B.CRED\0"
					    "b\0\0\0" ENTRY("00000004", "00008100", "00000002",
						    "0000001a") ".extra/credentials/a.cred\0"
								"aa\0\0" TRAILER;

static bool initrd_is(
	const struct foreign *f, const char *const *parts, const size_t *lens, size_t n)
{
	const struct boot_event *e = foreign_event(f, 9, f->boot.count && foreign_event(f, 9, 1));
	size_t len, at = 0;
	uint8_t *bytes;
	bool same = e != NULL;

	if (!e)
		return false;
	bytes = foreign_bytes(e, &len);
	for (size_t i = 0; same && i < n; i++) {
		same = at + lens[i] <= len && memcmp(bytes + at, parts[i], lens[i]) == 0;
		at += lens[i];
	}
	free(bytes);
	return same && at == len;
}

static void begin(struct foreign *f, enum stub_dialect dialect)
{
	foreign_begin(f, dialect);
	foreign_add_kernel(f);
	foreign_add(f, ".osrel", "ID=test\nVERSION_ID=1\n");
	foreign_add(f, ".initrd", "seven b");
}

/* 396 bytes for a text of 21: as real boots of 257 and 262 had it. */
static void test_os_release_is_handed_on(void)
{
	static const char *const parts[] = {"seven b\0", os_release};
	static const size_t lens[] = {8, sizeof(os_release)}, alone[] = {7};
	struct foreign f;

	CHECK(sizeof(os_release) == 396);
	begin(&f, STUB_SYSTEMD_257);
	REQUIRE(foreign_run(&f));
	CHECK(initrd_is(&f, parts, lens, 2));
	f.in.dialect = STUB_SYSTEMD_256;
	REQUIRE(foreign_run(&f));
	CHECK(initrd_is(&f, parts, alone, 1));
	foreign_end(&f);
}

static void test_public_key_and_signature(void)
{
	static const char *const parts[] = {"seven b\0", public_key};
	static const size_t lens[] = {8, sizeof(public_key)};
	struct foreign f;
	const struct boot_event *e;

	begin(&f, STUB_SYSTEMD_252);
	foreign_add(&f, ".pcrpkey", "KEY!");
	REQUIRE(foreign_run(&f));
	CHECK(initrd_is(&f, parts, lens, 2));
	/* The signature comes before the key, and its section is not measured. */
	foreign_add(&f, ".pcrsig", "{}");
	REQUIRE(foreign_run(&f));
	e = foreign_event(&f, 9, 0);
	REQUIRE(e && e->piece_count > 3);
	CHECK(strstr((const char *)e->pieces[2].data, ".extra/tpm2-pcr-signature.json"));
	CHECK(foreign_event(&f, 11, 7) && !foreign_event(&f, 11, 8));
	foreign_end(&f);
}

/* Microcode is first; two parts are both padded, one alone is not. */
static void test_microcode(void)
{
	static const char *const parts[] = {"micro\0\0\0", "seven b\0"};
	static const size_t lens[] = {8, 8}, alone[] = {5};
	struct foreign f;

	foreign_begin(&f, STUB_SYSTEMD_256);
	foreign_add_kernel(&f);
	foreign_add(&f, ".initrd", "seven b");
	foreign_add(&f, ".ucode", "micro");
	REQUIRE(foreign_run(&f));
	CHECK(initrd_is(&f, parts, lens, 2));
	f.maker.sections[2].name = ".none";
	REQUIRE(foreign_run(&f));
	CHECK(initrd_is(&f, parts, alone, 1));
	foreign_end(&f);
}

static bool put(const char *name, const char *text)
{
	return file_write(scratch_path(name), text, strlen(text));
}

static bool has(const struct boot_event *e, const char *text)
{
	size_t len;
	uint8_t *bytes = foreign_bytes(e, &len);
	bool found = memmem(bytes, len, text, strlen(text)) != NULL;

	free(bytes);
	return found;
}

/* Credentials to PCR 12, extensions to PCR 13, configuration to PCR 12; sorted by bytes. */
static void test_extra_folder(void)
{
	static const char text[] = "C\0r\0e\0d\0e\0n\0t\0i\0a\0l\0s\0 \0i\0n\0i\0t\0r\0d\0\0";
	const struct boot_event *e;
	struct foreign f;
	size_t len;
	uint8_t *bytes;

	REQUIRE(put("a.cred", "aa") && put("B.CRED", "b"));
	CHECK(put(".hidden.cred", "x") && put("note.txt", "x"));
	CHECK(put("s.raw", "sysext") && put("c.confext.raw", "confext"));
	begin(&f, STUB_SYSTEMD_257);
	f.in.extra_dir = scratch;
	REQUIRE(foreign_run(&f));
	e = foreign_event(&f, 12, 0);
	REQUIRE(e && foreign_event(&f, 12, 1) && foreign_event(&f, 13, 0));
	bytes = foreign_bytes(e, &len);
	CHECK(len == sizeof(credentials) && memcmp(bytes, credentials, len) == 0);
	free(bytes);
	CHECK(e->data_len == sizeof(text) && memcmp(e->data, text, sizeof(text)) == 0);
	CHECK(has(foreign_event(&f, 12, 1), ".extra/confext/c.confext.raw"));
	CHECK(has(foreign_event(&f, 13, 0), ".extra/sysext/s.raw"));
	CHECK(!has(foreign_event(&f, 13, 0), "confext"));
	CHECK(has(foreign_event(&f, 9, 0), ".extra/sysext/s.raw"));
	/* 252 knows one kind of extension: all. */
	f.in.dialect = STUB_SYSTEMD_252;
	REQUIRE(foreign_run(&f));
	CHECK(!foreign_event(&f, 12, 1) && has(foreign_event(&f, 13, 0), "c.confext.raw"));
	CHECK(put("x.addon.efi", "MZ"));
	REQUIRE(foreign_run(&f));
	CHECK(!f.boot.unknown[12]);
	f.in.dialect = STUB_SYSTEMD_254;
	REQUIRE(foreign_run(&f));
	CHECK(f.boot.unknown[4] && f.boot.unknown[9] && f.boot.unknown[12]);
	foreign_end(&f);
}

int main(void)
{
	report_silence();
	scratch_open();
	RUN(test_os_release_is_handed_on);
	RUN(test_public_key_and_signature);
	RUN(test_microcode);
	RUN(test_extra_folder);
	scratch_close();
	return test_summary();
}
