/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of a PE32+ image stand (Microsoft PE/COFF specification), in bytes: COFF_ from
 * "PE\0\0" on, OPT_ from the optional header on. For
 * the strict walk of the stub (pe.c) and the tolerant readers and writers of the tools.
 */
#ifndef EFI_CONTRACT_PE_FORMAT_H
#define EFI_CONTRACT_PE_FORMAT_H

#define PE32_PLUS 0x20bu

enum {
	MZ_LEN = 64,
	MZ_NEW_HEADER = 60,
	COFF_LEN = 24, /* with the signature "PE\0\0" */
	COFF_MACHINE = 4,
	COFF_SECTIONS = 6,
	COFF_SYMBOL_TABLE = 12,
	COFF_SYMBOL_COUNT = 16,
	COFF_OPTIONAL_LEN = 20,
	OPT_MAGIC = 0,
	OPT_INITIALIZED_SIZE = 8,
	OPT_ENTRY = 16,
	OPT_SECTION_ALIGNMENT = 32,
	OPT_FILE_ALIGNMENT = 36,
	OPT_MAJOR_IMAGE_VERSION = 44,
	OPT_SIZE_OF_IMAGE = 56,
	OPT_SIZE_OF_HEADERS = 60,
	OPT_CHECKSUM = 64,
	OPT_SUBSYSTEM = 68,
	OPT_DLL_CHARACTERISTICS = 70,
	OPT_DIRECTORY_COUNT = 108,
	OPT_DIRECTORIES = 112,
	DIRECTORY_LEN = 8,
	DIRECTORY_MAX = 16,
	DIRECTORY_CERTIFICATES = 4,
	DIRECTORY_BASE_RELOCATION = 5,
	SECTION_NAME_LEN = 8,
};

#endif
