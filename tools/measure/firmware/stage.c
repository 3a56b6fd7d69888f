/* Images that start other images by rules of their own. */
#include <string.h>
#include "tools/lib/pe_read.h"
#include "tools/measure/firmware/state.h"

#define LOADER_CONF_SINCE 255u /* systemd's NEWS; pcr-oracle's fix_loader_conf.patch */

static bool section_holds(const struct pe_file *pe, const char *section, const char *text)
{
	struct pe_contents contents;

	return pe_lookup(pe, section, PE_FIRST_EXACT, 0, pe->section_count, &contents) &&
	       memmem(contents.data, contents.len, text, strlen(text));
}

static bool is_shim(const struct pe_file *pe)
{
	struct pe_contents contents;

	return pe_lookup(pe, ".vendor_cert", PE_FIRST_EXACT, 0, pe->section_count, &contents) ||
	       section_holds(pe, ".sbat", "\nshim,");
}

/*
 * shim (README.tpm) measures what it starts into PCR 4 as firmware does, and then what it trusts it
 * by, from lists of its own in variables and in itself, into PCR 7, and those lists into PCR 14.
 */
static void say_shim(struct boot *boot)
{
	static const char why[] = "shim measures what it trusts, and by which of its own lists: "
				  "those lie in the machine's variables";

	boot_unknown(boot, PCR_SECURE_BOOT, why);
	boot_unknown(boot, PCR_SHIM, why);
	boot_remark(boot, PCR_APPLICATION,
		"when no later stage has shim verify (and so measure) one more image");
}

/* "#### LoaderInfo: systemd-boot 257.13-1 ####" in .sdmagic; 0: it is something else. */
static unsigned systemd_boot_release(const struct pe_file *pe)
{
	static const char magic[] = "LoaderInfo: systemd-boot ";
	struct pe_contents contents;
	const uint8_t *p, *end;
	unsigned release = 0;

	if (!pe_lookup(pe, ".sdmagic", PE_FIRST_EXACT, 0, pe->section_count, &contents))
		return 0;
	p = memmem(contents.data, contents.len, magic, strlen(magic));
	end = contents.data + contents.len;
	if (!p)
		return 0;
	for (p += strlen(magic); p < end && *p >= '0' && *p <= '9' && release < 10000; p++)
		release = 10 * release + *p - '0';
	return release;
}

void stage_started(struct firmware *firmware, struct boot *boot, const struct boot_image *image)
{
	struct pe_file pe;
	struct flaw flaw;

	if (!pe_read(image->data, image->len, &pe, &flaw))
		return;
	if (is_shim(&pe)) {
		firmware->behind_shim = true;
		say_shim(boot);
	}
	if (systemd_boot_release(&pe) >= LOADER_CONF_SINCE)
		boot_unknown(boot, PCR_PARTITION_TABLE,
			"systemd-boot measures its loader.conf there since release 255");
}
