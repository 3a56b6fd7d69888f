/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/predict_loader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "tools/lib/bytes.h"
#include "tools/lib/pe_read.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/firmware.h"
#include "tools/measure/image_open.h"

#define PCR_CONFIG	12u
#define UKI_FOLDER	"EFI/Linux" /* where systemd-boot finds UKIs by itself */
#define KERNEL_MAGIC_AT 0x202u

static bool section_has(const struct boot_image *image, const char *section, const char *text)
{
	struct pe_contents contents;
	struct pe_file pe;
	struct flaw flaw;

	return pe_read(image->data, image->len, &pe, &flaw) &&
	       pe_lookup(&pe, section, PE_FIRST_EXACT, 0, pe.section_count, &contents) &&
	       memmem(contents.data, contents.len, text, strlen(text));
}

bool loader_is_uki(const struct boot_image *image)
{
	struct pe_contents contents;
	struct pe_file pe;
	struct flaw flaw;

	return !pe_read(image->data, image->len, &pe, &flaw) ||
	       pe_lookup(&pe, ".linux", PE_LAST_PREFIX, 0, pe.section_count, &contents);
}

/* What it is, for people; NULL: nothing that is known to start others. */
static char *name_of(const struct boot_image *image)
{
	unsigned release = firmware_systemd_boot(image);

	if (release)
		return must_format("systemd-boot %u", release);
	if (section_has(image, ".sbat", "\nshim,"))
		return must_dup("shim");
	if (section_has(image, ".sbat", "\ngrub,"))
		return must_dup("GRUB");
	return NULL;
}

static bool is_kernel(const struct boot_image *image)
{
	return image->len > KERNEL_MAGIC_AT + 4 &&
	       memcmp(image->data + KERNEL_MAGIC_AT, "HdrS", 4) == 0;
}

/* The disk, or the folder, that the image was read from; NULL: it was named as a file. */
static const char *path_of_loader(const struct boot_image *image)
{
	return image->root ? image->root : image->volume ? image->disk_source : NULL;
}

bool loader_complain(const struct boot_image *image)
{
	char *name = name_of(image), *found = image_names(image, UKI_FOLDER, ".efi");
	const char *loader_path = path_of_loader(image);

	if (!name && is_kernel(image))
		complain("%s is a kernel, not a unified kernel image: it has no section .linux",
			image->source);
	else if (!name)
		complain("%s has no section .linux: it is no unified kernel image; if it starts "
			 "one, --then names that",
			image->source);
	else if (!loader_path)
		complain("%s is no unified kernel image but starts others (%s): name the one that "
			 "it starts, --then UKI",
			image->source, name);
	else
		complain("%s is no unified kernel image but starts others (%s): name the one that "
			 "it starts, --then %s:" UKI_FOLDER "/%s; in " UKI_FOLDER " there: %s",
			image->source, name, loader_path,
			found && !strchr(found, ',') ? found : "NAME.efi",
			found ? found : "nothing");
	free(found);
	free(name);
	return false;
}

void loader_say_what_it_measures(const struct boot_image *loader, struct boot *boot)
{
	static const unsigned pcrs[] = {5, 8, 9, 12, 14};
	const char *why;

	if (firmware_systemd_boot(loader) || section_has(loader, ".sbat", "\nshim,"))
		return;
	why = boot_text(boot, "%s is a loader that may measure there what it reads", loader->name);
	for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++)
		boot_unknown(boot, pcrs[i], why);
}

/* Whether it lies where systemd-boot does not find it by itself. */
static bool from_entry(const struct boot_image *uki)
{
	const size_t len = strlen(UKI_FOLDER);

	return uki->path && (strncasecmp(uki->path, UKI_FOLDER, len) != 0 ||
				    uki->path[len] != '/' || strchr(uki->path + len + 1, '/'));
}

bool loader_passes(const struct boot_image *loader, const struct boot_image *uki,
	struct stub_inputs *in, struct boot *boot)
{
	unsigned release = firmware_systemd_boot(loader);

	return !release || stub_started_by_systemd_boot(boot, uki, release, from_entry(uki), in);
}

void loader_say_conditions(
	const struct boot_image *loader, const struct boot_image *uki, struct boot *boot)
{
	const char *own = from_entry(uki)
				  ? "if its entry for systemd-boot passes no other command line"
				  : "if systemd-boot finds it in " UKI_FOLDER
				    ", and nobody edits the command line";
	const char *before = boot->remark[PCR_CONFIG];

	if (!firmware_systemd_boot(loader))
		return;
	boot_remark(boot, PCR_CONFIG, before ? boot_text(boot, "%s; and %s", own, before) : own);
}
