/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/lib/container.h"

#include <string.h>
#include "tools/lib/report.h"

#define CONVERT		"qemu-img convert -O raw"
#define TAR_MAGIC_AT	257u
#define VDI_SIGNATURE	64u
#define DMG_FOOTER	512u
#define DESCRIPTOR_TEXT "# Disk DescriptorFile"

/* How each begins. */
static const struct {
	size_t at;
	const char *magic;
	size_t len;
	struct container is;
} kinds[] = {
#define KIND(at, magic, name, program, joint) \
	{                                     \
		at, magic, sizeof(magic) - 1, \
		{                             \
			name, program, joint  \
		}                             \
	}
	KIND(0, "QFI\xfb", "qcow2", CONVERT, " "),
	KIND(0, "QED\0", "QED", CONVERT, " "),
	KIND(0, "KDMV", "VMDK", CONVERT, " "),
	KIND(0, "COWD", "VMDK", CONVERT, " "),
	KIND(0, DESCRIPTOR_TEXT, "VMDK descriptor", CONVERT, " "),
	KIND(0, "conectix", "VHD", CONVERT, " "),
	KIND(0, "vhdxfile", "VHDX", CONVERT, " "),
	KIND(VDI_SIGNATURE, "\x7f\x10\xda\xbe", "VDI", CONVERT, " "),
	KIND(0, "WithoutFreeSpace", "Parallels disk", CONVERT, " "),
	KIND(0, "WithouFreSpacExt", "Parallels disk", CONVERT, " "),
	KIND(0, "Bochs Virtual HD Image", "Bochs disk", CONVERT, " "),
	KIND(0, "LUKS\xba\xbe", "LUKS volume", "qemu-img convert --image-opts -O raw", " "),
	KIND(0, "\x3a\xff\x26\xed", "Android sparse image", "simg2img", " "),
	KIND(0, "\x1f\x8b", "gzip file", "gzip -dc", " > "),
	KIND(0,
		"\xfd"
		"7zXZ\0",
		"xz file", "xz -dc", " > "),
	KIND(0, "\x28\xb5\x2f\xfd", "zstd file", "zstd -dc", " > "),
	KIND(0, "BZh", "bzip2 file", "bzip2 -dc", " > "),
	KIND(0, "\x04\x22\x4d\x18", "lz4 file", "lz4 -dc", " > "),
	KIND(0, "PK\x03\x04", "zip file", "unzip -p", " > "),
	KIND(0, "7z\xbc\xaf\x27\x1c", "7z file", "7z e -so", " > "),
	KIND(TAR_MAGIC_AT, "ustar", "tar file", "tar -xOf", " > "),
#undef KIND
};

bool container_recognise(const uint8_t *file, size_t len, struct container *out)
{
	static const struct container dmg = {"DMG", CONVERT, " "};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (len < kinds[i].at + kinds[i].len ||
			memcmp(file + kinds[i].at, kinds[i].magic, kinds[i].len) != 0)
			continue;
		*out = kinds[i].is;
		return true;
	}
	if (len > DMG_FOOTER && memcmp(file + len - DMG_FOOTER, "koly", 4) == 0) {
		*out = dmg;
		return true;
	}
	return false;
}

bool container_refuse(const char *path, const uint8_t *file, size_t len)
{
	struct container is;

	if (!container_recognise(file, len, &is))
		return true;
	return complain("%s is a %s, which is not read as it is: %s %s%sNEW, and give NEW", path,
		is.name, is.program, path, is.joint);
}
