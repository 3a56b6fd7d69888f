/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include "early/contract/identity.h"
#include "efi/contract/handover.h"
#include "tools/build/build.h"
#include "tools/lib/pe_read.h"
#include "tools/lib/report.h"

/* Offsets in a bzImage (Linux: Documentation/arch/x86/boot.rst). */
#define BZIMAGE_MAGIC	0x202u
#define BZIMAGE_VERSION 0x20eu
#define BZIMAGE_BASE	0x200u

#define VERSION_MAX 128u

static const char *const kernel_errors[KERNEL_RESULT_COUNT] = {
	[KERNEL_MACHINE] = "it is for another architecture than the stub",
	[KERNEL_TOO_OLD] = "it is too old: it takes its initrd from a file name only",
	[KERNEL_RELOCATIONS] = "it needs to be relocated by its loader",
	[KERNEL_WRITE_EXECUTE] = "it claims NX_COMPAT, but has memory both writable and executable",
};

/* The stub's own words in .sbat (efi/sbat.c), and those of systemd's in .sdmagic. */
static const char own_sbat[] = "\nprotostar-stub,";
static const char systemd_mark[] = "#### LoaderInfo: ";

static bool section_has(
	const struct pe_file *pe, const char *name, const char *text, struct pe_contents *out)
{
	return pe_lookup(pe, name, PE_FIRST_EXACT, 0, pe->section_count, out) && out->len &&
	       memmem(out->data, out->len, text, strlen(text)) != NULL;
}

/* What somebody else's EFI program calls itself; the caller frees it. */
static char *stub_name(const struct pe_file *pe)
{
	struct pe_contents magic;
	const char *at;
	size_t left, len = 0;

	if (!section_has(pe, ".sdmagic", systemd_mark, &magic))
		return must_dup("another EFI program");
	at = memmem(magic.data, magic.len, systemd_mark, strlen(systemd_mark));
	at += strlen(systemd_mark);
	left = magic.len - (size_t)((const uint8_t *)at - magic.data);
	while (len < left && at[len] >= ' ' && at[len] < 0x7f && at[len] != '#')
		len++;
	while (len && at[len - 1] == ' ')
		len--;
	return must_format("%.*s", (int)len, at);
}

static bool check_stub(const struct build *b, struct pe_image *out)
{
	struct pe_contents sbat;
	struct pe_file pe;
	struct flaw flaw;
	char *name;

	if (!pe_read(b->stub.data, b->stub.len, &pe, &flaw)) {
		flaw_complain(b->options.stub, &flaw);
		return complain(
			"--stub %s is no EFI image: it takes protostar-stub.efi", b->options.stub);
	}
	if (!section_has(&pe, ".sbat", own_sbat, &sbat)) {
		name = stub_name(&pe);
		complain("--stub %s is %s, not protostar's stub: what that measures and obeys is "
			 "not what PID 1 and the predictions count on; give protostar-stub.efi",
			b->options.stub, name);
		free(name);
		return false;
	}
	return pe_parse(b->stub.data, b->stub.len, PE_ON_DISK, out) == PE_OK ||
	       complain("--stub %s is damaged: its sections do not lie as the linker lays them",
		       b->options.stub);
}

static bool check_kernel(struct build *b)
{
	struct pe_image stub, kernel;
	enum kernel_result result;

	if (!check_stub(b, &stub))
		return false;
	b->machine = stub.machine;
	if (b->kernel.len > 2 && b->kernel.data[0] == 0x1f && b->kernel.data[1] == 0x8b)
		return complain("%s is compressed: unpack it with gunzip first", b->options.kernel);
	if (pe_parse(b->kernel.data, b->kernel.len, PE_ON_DISK, &kernel) != PE_OK)
		return complain(
			"%s is not a kernel with EFI stub (CONFIG_EFI_STUB)", b->options.kernel);
	result = kernel_acceptable(&kernel, stub.machine);
	return result == KERNEL_OK || complain("the stub would not start %s: %s", b->options.kernel,
					      kernel_errors[result]);
}

/* The first word of a bzImage's version text; NULL when the kernel carries none. */
static char *bzimage_version(const struct mapped *kernel)
{
	char text[VERSION_MAX];
	size_t at, n = 0;

	if (kernel->len < BZIMAGE_VERSION + 2 || memcmp(kernel->data + BZIMAGE_MAGIC, "HdrS", 4))
		return NULL;
	at = BZIMAGE_BASE + (size_t)le16(kernel->data + BZIMAGE_VERSION);
	while (at + n < kernel->len && n < sizeof(text) - 1 && kernel->data[at + n] > ' ' &&
		kernel->data[at + n] < 0x7f) {
		text[n] = (char)kernel->data[at + n];
		n++;
	}
	text[n] = '\0';
	return n ? must_dup(text) : NULL;
}

static bool find_version(struct build *b)
{
	const char *given = b->options.kernel_version;
	char *of_modules = given ? must_dup(given) : path_name(b->options.modules_dir);
	char *of_kernel = bzimage_version(&b->kernel);
	bool fine = true;

	if (of_kernel && strcmp(of_kernel, of_modules) != 0)
		fine = complain("the kernel is %s, but its modules are those of %s: --modules-dir "
				"takes the folder lib/modules/%s",
			of_kernel, of_modules, of_kernel);
	if (fine)
		b->kernel_version = must_dup(of_modules);
	free(of_modules);
	free(of_kernel);
	return fine;
}

bool inputs_runs(const struct build *b, const struct mapped *elf)
{
	uint16_t machine = elf->len >= sizeof(Elf64_Ehdr) ? le16(elf->data + 18) : EM_NONE;

	if (b->machine == PE_MACHINE_X86_64)
		return machine == EM_X86_64 || machine == EM_386;
	return machine == EM_AARCH64;
}

char *inputs_loader(const struct mapped *elf)
{
	unsigned count = elf->len >= sizeof(Elf64_Ehdr) ? le16(elf->data + 56) : 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t at = le64(elf->data + 32) + (uint64_t)i * sizeof(Elf64_Phdr), from, size;
		const uint8_t *row;

		if (at > elf->len || elf->len - at < sizeof(Elf64_Phdr))
			break;
		row = elf->data + at;
		from = le64(row + 8);
		size = le64(row + 32);
		if (le32(row) == PT_INTERP && from <= elf->len && size <= elf->len - from && size)
			return must_format("%.*s", (int)(size > 4096 ? 4096 : size),
				(const char *)elf->data + from);
	}
	return NULL;
}

/* Any other program would start, and end the boot as a kernel panic or do who knows what. */
static bool check_early(const struct build *b)
{
	const struct mapped *elf = &b->early;
	char *loader = inputs_loader(elf);
	bool alone = !loader;

	free(loader);
	if (elf->len < sizeof(Elf64_Ehdr) || memcmp(elf->data, ELFMAG, SELFMAG) != 0)
		return complain("--early %s is not an ELF program: it takes protostar-early",
			b->options.early);
	if (!inputs_runs(b, elf))
		return complain(
			"--early %s is for another architecture than the stub", b->options.early);
	/* Tools that know the words hold them too, but no initrd has a loader for them. */
	return (alone && memmem(elf->data, elf->len, EARLY_IDENTITY, strlen(EARLY_IDENTITY))) ||
	       complain("--early %s is not protostar-early, the PID 1 that joins, opens the state "
			"disk and starts init: another program would end the boot",
		       b->options.early);
}

bool inputs_open(struct build *b)
{
	return file_map(b->options.kernel, &b->kernel) && file_map(b->options.stub, &b->stub) &&
	       file_map(b->options.early, &b->early) && check_kernel(b) && check_early(b) &&
	       (!b->options.sign.key || sign_check_certificate(b->options.sign.cert)) &&
	       find_version(b);
}
