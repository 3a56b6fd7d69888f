/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include "tools/lib/bytes.h"
#include "tools/lib/container.h"
#include "tools/lib/report.h"
#include "tools/measure/firmware/firmware_private.h"

#define NAME_ROOM	   9u /* "Boot0000" and NUL */
#define OPTION_HEAD	   6u /* attributes and the device path's length (UEFI 3.1.3) */
#define ATTRIBUTES_LEN	   4u
#define DEVICE_PATH_END	   0x7fu
#define DEVICE_PATH_MEDIA  4u /* UEFI 10.3.5 */
#define DEVICE_PATH_VOLUME 6u /* UEFI 10.3.5.6: a file of a firmware volume */

/* A boot variable's digest is over its contents alone (edk2: Tcg2Dxe; seen in every log). */
static bool add_variable(
	struct boot *boot, const char *name, const char *what, const struct boot_piece *contents)
{
	struct boot_event *event = boot_add(boot, PCR_BOOT_CONFIG, TCG_EFI_VARIABLE_BOOT,
		RULE_BOOT_VARIABLE, boot_text(boot, "%s", name), boot_text(boot, "%s", what));
	struct bytes shown = {0};
	const uint8_t *head;
	size_t head_len;

	head = variable_head(boot, EFI_GLOBAL_VARIABLE_GUID, name, contents->len, &head_len);
	bytes_add(&shown, head, head_len);
	bytes_add(&shown, contents->data, contents->len);
	if (event)
		boot_show(boot, event, shown.data, shown.len);
	bytes_free(&shown);
	return boot_piece(boot, event, contents);
}

static bool add_option(struct boot *boot, unsigned number, const struct boot_piece *contents)
{
	char name[NAME_ROOM];

	snprintf(name, sizeof(name), "Boot%04X", number & 0xffff);
	return add_variable(boot, name, name, contents);
}

/*
 * Whether the bytes are an EFI_LOAD_OPTION (UEFI 3.1.3): a description that ends, and a device path
 * of the length that stands in front, whose nodes lead to its end.
 */
static bool is_option(const uint8_t *p, size_t len)
{
	size_t at = OPTION_HEAD, end;

	if (len < OPTION_HEAD)
		return false;
	while (at + 2 <= len && le16(p + at))
		at += 2;
	at += 2;
	end = at + le16(p + 4);
	while (at + 4 <= end && end <= len && p[at] != DEVICE_PATH_END) {
		if (le16(p + at + 2) < 4)
			return false;
		at += le16(p + at + 2);
	}
	return end <= len && at + 4 <= end && p[at] == DEVICE_PATH_END;
}

/* A file of the kernel's efivarfs has the variable's attributes in front. */
static size_t efivarfs_attributes(const uint8_t *file, size_t len)
{
	return len > ATTRIBUTES_LEN && !is_option(file, len) &&
			       is_option(file + ATTRIBUTES_LEN, len - ATTRIBUTES_LEN)
		       ? ATTRIBUTES_LEN
		       : 0;
}

static bool add_file(struct boot *boot, unsigned number, const char *path)
{
	const struct mapped *file = boot_map_input(boot, path);
	struct boot_piece piece;
	size_t skip;

	if (!file || !container_refuse(path, file->data, file->len))
		return false;
	skip = efivarfs_attributes(file->data, file->len);
	piece = (struct boot_piece){
		.data = file->data + skip, .len = file->len - skip, .source = path, .offset = skip};
	return add_option(boot, number, &piece);
}

/* Boot0000 and on, tried in that order. */
static bool add_files(const struct firmware_request *request, struct boot *boot)
{
	uint8_t order[2 * FIRMWARE_BOOT_OPTIONS_MAX] = {0};
	struct boot_piece piece;

	for (unsigned i = 0; i < request->boot_option_count; i++)
		put_le16(order + 2 * i, (uint16_t)i);
	piece = (struct boot_piece){.len = 2 * request->boot_option_count};
	piece.data = boot_keep(boot, order, piece.len);
	if (!add_variable(boot, "BootOrder", "BootOrder, of the options given", &piece))
		return false;
	for (unsigned i = 0; i < request->boot_option_count; i++)
		if (!add_file(boot, i, request->boot_options[i]))
			return false;
	return true;
}

static struct boot_piece piece_of(const struct firmware *firmware, const struct variable *v)
{
	return (struct boot_piece){.data = v->data,
		.len = v->len,
		.source = firmware->store_source,
		.offset = v->offset};
}

/* Options that BootOrder lists and that are not set are passed over, as firmware does. */
static bool add_from_store(
	const struct firmware *firmware, const struct variable *order, struct boot *boot)
{
	struct boot_piece piece = piece_of(firmware, order);

	if (!add_variable(boot, "BootOrder", "BootOrder", &piece))
		return false;
	for (size_t i = 0; i + 2 <= order->len; i += 2) {
		char name[NAME_ROOM];
		const struct variable *option;

		snprintf(name, sizeof(name), "Boot%04X", le16(order->data + i));
		option = vars_store_find(&firmware->store, EFI_GLOBAL_VARIABLE_GUID, name);
		if (!option)
			continue;
		piece = piece_of(firmware, option);
		if (!add_option(boot, le16(order->data + i), &piece))
			return false;
	}
	return true;
}

/* Whether a boot option starts what firmware itself holds, as its setup program. */
static bool is_of_firmware(const struct variable *option)
{
	size_t at = OPTION_HEAD;

	while (at + 2 <= option->len && le16(option->data + at))
		at += 2; /* the description */
	for (at += 2; at + 4 <= option->len;) {
		uint16_t len = le16(option->data + at + 2);

		if (option->data[at] == DEVICE_PATH_MEDIA &&
			option->data[at + 1] == DEVICE_PATH_VOLUME)
			return true;
		if (len < 4)
			return false;
		at += len;
	}
	return false;
}

/* Firmware adds options of its own at its first boot, to those that somebody set before. */
static bool before_first_boot(const struct firmware *firmware, const struct variable *order)
{
	for (size_t i = 0; i + 2 <= order->len; i += 2) {
		char name[NAME_ROOM];
		const struct variable *option;

		snprintf(name, sizeof(name), "Boot%04X", le16(order->data + i));
		option = vars_store_find(&firmware->store, EFI_GLOBAL_VARIABLE_GUID, name);
		if (option && is_of_firmware(option))
			return false;
	}
	return true;
}

static const char *why_unknown(
	const struct firmware *firmware, bool files, const struct variable *order)
{
	if (!files && !order)
		return "it follows the boot options, which firmware makes of the machine's "
		       "devices and which were not given (--boot-option)";
	if (!files && before_first_boot(firmware, order))
		return "at its first boot firmware adds boot options to those in the variable "
		       "store: give the store as that boot leaves it";
	if (!firmware->code.source)
		return "whether ACPI tables go there too is the firmware's, which was not given "
		       "(--firmware)";
	if (firmware->code.measures_acpi)
		return FIRMWARE_ACPI_UNKNOWN;
	return NULL;
}

bool boot_option_events(struct firmware *firmware, struct boot *boot)
{
	const struct variable *order = NULL;
	const char *why;
	bool files = firmware->request.boot_option_count, fine = true;

	if (firmware->store_source)
		order = vars_store_find(&firmware->store, EFI_GLOBAL_VARIABLE_GUID, "BootOrder");
	if (files)
		fine = add_files(&firmware->request, boot);
	else if (order)
		fine = add_from_store(firmware, order, boot);
	why = why_unknown(firmware, files, order);
	if (why)
		boot_unknown(boot, PCR_BOOT_CONFIG, why);
	else
		boot_remark(boot, PCR_BOOT_CONFIG,
			files ? "when the firmware's boot options are those given"
			      : "when firmware finds the devices that its boot options name");
	return fine;
}
