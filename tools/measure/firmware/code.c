/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/firmware/code.h"

#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/container.h"
#include "tools/lib/report.h"

/* Modules by the names of their files (edk2: the FILE_GUID in each module's .inf). */
#define TCG2_PEI	   "a0c98b77-cba5-4bb8-993b-4af6ce33ece4"
#define TCG2_DXE	   "fdff263d-5f68-4591-87ba-b768f445a9af"
#define TD_TCG2_DXE	   "f062221e-c607-44c2-b0b4-c3886331d351"
#define SECURE_BOOT_CONFIG "f0e6a44f-7195-41c3-ac64-54f202cd0a21"

#define VERSION_MIN 3u /* characters of a text that can be a version */

/* The event text with which OVMF measures ACPI tables from the host into PCR 1. */
#define ACPI_EVENT "ACPI DATA"

static const uint8_t empty_version[2];

/* Bytes of printable UTF-16 at p. */
static size_t printable_run(const uint8_t *p, size_t len)
{
	size_t run = 0;

	while (run + 2 <= len && le16(p + run) >= 0x20 && le16(p + run) < 0x7f)
		run += 2;
	return run;
}

/*
 * The module that measures the version has it as the only UTF-16 text in its image, or has none
 * when the build names no version.
 */
static void find_version(struct firmware_code *code, const struct firmware_volume *pei)
{
	struct firmware_file module;
	const uint8_t *image;
	size_t image_len, found = 0;

	if (!firmware_file_find(pei, TCG2_PEI, &module) ||
		(!firmware_section(&module, FIRMWARE_SECTION_PE32, &image, &image_len) &&
			!firmware_section(&module, FIRMWARE_SECTION_TE, &image, &image_len)))
		return;
	code->version = empty_version;
	code->version_len = sizeof(empty_version);
	for (size_t at = 0, run; at + 2 <= image_len; at += run + 2) {
		run = printable_run(image + at, image_len - at);
		if (run < VERSION_MIN * 2 || at + run + 2 > image_len || le16(image + at + run))
			continue;
		code->version = image + at;
		code->version_len = run + 2;
		found++;
	}
	code->pei = pei;
	code->version_known = found <= 1;
}

static bool has_module(const struct firmware_code *code, const char *guid)
{
	struct firmware_file module;

	for (size_t i = 0; i < code->volumes.count; i++)
		if (firmware_file_find(&code->volumes.volumes[i], guid, &module))
			return true;
	return false;
}

bool firmware_code_read(struct firmware_code *out, struct boot *boot, const char *path)
{
	const struct mapped *file = boot_map_input(boot, path);
	const struct firmware_volume *pei;
	struct flaw flaw;

	if (!file)
		return false;
	*out = (struct firmware_code){.source = path, .file = file};
	if (!container_refuse(path, file->data, file->len))
		return false;
	if (!firmware_volumes_read(file->data, file->len, &out->volumes, &flaw))
		return flaw_complain(path, &flaw);
	/* Events point into what was unpacked. */
	while (out->volumes.unpacked_count)
		boot_own(boot, out->volumes.unpacked[--out->volumes.unpacked_count]);
	pei = firmware_volume_with(&out->volumes, FIRMWARE_FILE_PEI_CORE);
	if (pei)
		find_version(out, pei);
	out->dxe = firmware_volume_with(&out->volumes, FIRMWARE_FILE_DXE_CORE);
	if (!out->dxe)
		return complain("%s: no volume holds a DXE core: this is no code of OVMF", path);
	out->measures = has_module(out, TCG2_DXE) || has_module(out, TD_TCG2_DXE);
	out->has_secure_boot = has_module(out, SECURE_BOOT_CONFIG);
	out->measures_acpi = memmem(out->dxe->data, out->dxe->len, ACPI_EVENT,
				     strlen(ACPI_EVENT)) != NULL;
	return true;
}

/* What goes to PCR 0 goes to no RTMR: the firmware's code is in the TD's MRTD. */
static bool finish(struct boot *boot, struct boot_event *event, const struct boot_piece *piece)
{
	if (!event || !boot_piece(boot, event, piece))
		return false;
	event->to = BOOT_TO_TPM;
	return true;
}

/* A volume that was packed has no bytes of its own in the image. */
static void set_source(struct boot_piece *piece, const struct firmware_code *code,
	const struct firmware_volume *volume)
{
	piece->source = code->source;
	piece->offset = volume->offset;
	if (volume->unpacked) {
		piece->form = "a part of what it unpacks to";
		piece->source_len = volume->packed_len;
	} else {
		piece->offset += (uint64_t)(piece->data - volume->data);
	}
}

static bool add_version(const struct firmware_code *code, struct boot *boot)
{
	struct boot_piece piece = {.data = code->version, .len = code->version_len};
	char text[64] = "";
	struct boot_event *event;

	for (size_t i = 0; 2 * i + 2 < code->version_len && i + 1 < sizeof(text); i++)
		text[i] = (char)code->version[2 * i];
	if (code->version != empty_version)
		set_source(&piece, code, code->pei);
	event = boot_add(boot, 0, TCG_CRTM_VERSION, RULE_CRTM_VERSION, "",
		*text ? boot_text(boot, "firmware version \"%s\"", text)
		      : "firmware version, empty");
	if (event)
		boot_show(boot, event, code->version, code->version_len);
	return finish(boot, event, &piece);
}

bool firmware_code_events(const struct firmware_code *code, struct boot *boot)
{
	struct boot_piece piece;

	if (!code->source) {
		boot_unknown(
			boot, 0, "it is the firmware's code, which was not given (--firmware)");
		return true;
	}
	boot_unknown(boot, 0,
		"the PEI volume is measured after it has run in place, and its bytes then "
		"depend on the machine's memory and processors");
	if (code->version_known && !add_version(code, boot))
		return false;
	piece = (struct boot_piece){.data = code->dxe->data, .len = code->dxe->len};
	set_source(&piece, code, code->dxe);
	return finish(boot,
		boot_add(boot, 0, TCG_EFI_FIRMWARE_BLOB, RULE_FIRMWARE_BLOB, "DXEFV",
			"the volume of the DXE phase"),
		&piece);
}
