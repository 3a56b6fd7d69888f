/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual disks and compressed files: what qemu-img and packers make, see tests/interop. */
#include <stdlib.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tools/lib/container.h"
#include "tools/lib/report.h"

#define LEN 4096u

static bool recognises(size_t at, const char *magic, size_t magic_len, const char *name)
{
	uint8_t *file = calloc(1, LEN);
	struct container is = {.name = ""};
	bool found, cut;

	if (!file)
		abort();
	memcpy(file + at, magic, magic_len);
	found = container_recognise(file, LEN, &is) && strcmp(is.name, name) == 0 &&
		!container_refuse("x", file, LEN);
	cut = container_recognise(file, at + magic_len - 1, &is);
	free(file);
	return found && !cut;
}

static void test_recognises(void)
{
	static const struct {
		size_t at, len;
		const char *magic, *name;
	} cases[] = {{0, 4, "QFI\xfb", "qcow2"}, {0, 4, "QED", "QED"}, {0, 4, "KDMV", "VMDK"},
		{0, 4, "COWD", "VMDK"}, {0, 21, "# Disk DescriptorFile", "VMDK descriptor"},
		{0, 8, "conectix", "VHD"}, {0, 8, "vhdxfile", "VHDX"},
		{64, 4, "\x7f\x10\xda\xbe", "VDI"}, {0, 2, "\x1f\x8b", "gzip file"},
		{0, 6, "\xfd\x37zXZ", "xz file"}, {0, 4, "\x28\xb5\x2f\xfd", "zstd file"},
		{0, 3, "BZh", "bzip2 file"}, {0, 4, "PK\x03\x04", "zip file"},
		{257, 5, "ustar", "tar file"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(recognises(cases[i].at, cases[i].magic, cases[i].len, cases[i].name));
}

static void test_takes_plain_files(void)
{
	static const char *const begins[] = {"MZ", "EFI PART", "\xeb\x3c\x90", "_FVH", "BZ", ""};
	uint8_t file[LEN];
	struct container is;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		memset(file, 0, sizeof(file));
		memcpy(file, begins[i], strlen(begins[i]));
		CHECK(!container_recognise(file, sizeof(file), &is));
		CHECK(container_refuse("x", file, sizeof(file)));
	}
	CHECK(!container_recognise(NULL, 0, &is));
}

int main(void)
{
	report_silence();
	RUN(test_recognises);
	RUN(test_takes_plain_files);
	return test_summary();
}
