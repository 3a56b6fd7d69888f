/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images that start other images by rules of their own. */
#include <string.h>
#include "tools/lib/pe_read.h"
#include "tools/measure/firmware/firmware_private.h"
#include "tools/measure/model/volume.h"

#define LOADER_CONF_SINCE    255u /* systemd's NEWS; pcr-oracle's fix_loader_conf.patch */
#define LOADER_CONF_CC_SINCE 258u /* until then its tagged events are the TPM's alone */
#define LOADER_CONF	     "loader/loader.conf"
/* Pull request 42233, merged before 261; for registers other than the TPM's in 262 (42851). */
#define SMBIOS_SINCE 261u

/* What a log shows of that event: tag (systemd's LOADER_CONF_EVENT_TAG_ID), length, text. */
static const uint8_t loader_conf_shown[] = {0x2a, 0x58, 0xbc, 0xf5, 24, 0, 0, 0, 'l', 0, 'o', 0,
	'a', 0, 'd', 0, 'e', 0, 'r', 0, '.', 0, 'c', 0, 'o', 0, 'n', 0, 'f', 0, 0, 0};

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

unsigned firmware_systemd_boot(const struct boot_image *image)
{
	struct pe_file pe;
	struct flaw flaw;

	return pe_read(image->data, image->len, &pe, &flaw) ? systemd_boot_release(&pe) : 0;
}

/* systemd-boot hashes its settings as they lie on its volume, before it starts anything. */
static bool measure_loader_conf(struct boot *boot, const struct boot_image *image, unsigned release)
{
	struct boot_event *event;
	struct boot_piece file;

	switch (volume_read(boot, image, LOADER_CONF, &file)) {
	case VOLUME_READ:
		break;
	case VOLUME_NO_FILE:
		return true;
	case VOLUME_NOT_KNOWN:
		boot_unknown(boot, PCR_PARTITION_TABLE,
			"systemd-boot measures its loader.conf there, and was given without the "
			"volume that it is on");
		return true;
	case VOLUME_DAMAGED:
		return false;
	}
	event = boot_add(boot, PCR_PARTITION_TABLE, TCG_EVENT_TAG, RULE_LOADER_CONFIG,
		"loader.conf", "settings of systemd-boot, loader.conf");
	if (!boot_piece(boot, event, &file))
		return false;
	event->to = release < LOADER_CONF_CC_SINCE ? BOOT_TO_TPM : BOOT_TO_BOTH;
	boot_show(boot, event, loader_conf_shown, sizeof(loader_conf_shown));
	return true;
}

bool stage_started(struct firmware *firmware, struct boot *boot, const struct boot_image *image)
{
	struct pe_file pe;
	struct flaw flaw;
	unsigned release;

	if (!pe_read(image->data, image->len, &pe, &flaw))
		return true;
	if (is_shim(&pe)) {
		firmware->behind_shim = true;
		say_shim(boot);
	}
	release = systemd_boot_release(&pe);
	if (release >= SMBIOS_SINCE)
		boot_unknown(
			boot, PCR_BOOT_CONFIG, "systemd-boot measures the machine's SMBIOS tables");
	return release < LOADER_CONF_SINCE || measure_loader_conf(boot, image, release);
}
