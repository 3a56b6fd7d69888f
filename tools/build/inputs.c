#include <stdlib.h>
#include <string.h>
#include "efi/contract/handover.h"
#include "tools/build/build.h"
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

static bool check_kernel(const struct build *b)
{
	struct pe_image stub, kernel;
	enum kernel_result result;

	if (pe_parse(b->stub.data, b->stub.len, PE_ON_DISK, &stub) != PE_OK)
		return complain("%s is not an EFI image", b->options.stub);
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

static bool check_early(const struct build *b)
{
	const uint8_t *elf = b->early.data;

	return (b->early.len > 64 && memcmp(elf, "\177ELF", 4) == 0) ||
	       complain("%s is not an ELF program", b->options.early);
}

bool inputs_open(struct build *b)
{
	return file_map(b->options.kernel, &b->kernel) && file_map(b->options.stub, &b->stub) &&
	       file_map(b->options.early, &b->early) && check_kernel(b) && check_early(b) &&
	       (!b->options.sign.key || sign_check_certificate(b->options.sign.cert)) &&
	       find_version(b);
}
