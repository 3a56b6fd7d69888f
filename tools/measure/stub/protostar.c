/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own stub. The stub's own functions decide here what it would refuse, and the sections come
 * from the table that it walks (efi/contract).
 */
#include <stdlib.h>
#include <string.h>
#include "efi/contract/handover.h"
#include "efi/contract/measured.h"
#include "tools/lib/report.h"
#include "tools/measure/model/application.h"
#include "tools/measure/stub/stub_private.h"

struct walk {
	struct boot *boot;
	const struct boot_image *image;
};

static bool add_section_event(void *context, const struct measured_event *measured)
{
	struct walk *walk = context;
	bool is_name = (const char *)measured->data == measured->section;
	struct boot_piece piece = {
		.data = measured->data, .len = measured->len, .zeros = measured->zeros};
	struct boot_event *event = add_ipl(walk->boot, measured->pcr,
		is_name ? RULE_SECTION_NAME : RULE_SECTION_DATA, measured->section,
		boot_text(walk->boot, "%s (%s)", measured->section, is_name ? "name" : "contents"),
		measured->section);

	if (!is_name) {
		piece.source = walk->image->source;
		piece.offset = (uint64_t)(measured->data - walk->image->data);
	}
	return boot_piece(walk->boot, event, &piece);
}

static bool add_sections(
	struct boot *boot, const struct boot_image *image, const struct pe_image *pe)
{
	struct walk walk = {boot, image};
	const char *section = "";

	switch (measured_walk(pe, add_section_event, &walk, &section)) {
	case MEASURED_OK:
		return true;
	case MEASURED_MISSING:
		return complain(
			"%s has no section %s: the stub would not boot it", image->source, section);
	case MEASURED_REFUSED:
		return complain(
			"%s has a section %s, which the stub refuses", image->source, section);
	case MEASURED_STOPPED:
		break;
	}
	return false; /* adding the event has complained */
}

/* The kernel as the stub has it before itself: in memory, with the section's zeros. */
static bool check_kernel(const struct boot_image *kernel, const struct pe_image *pe)
{
	struct boot_image_bytes bytes;
	struct pe_image parsed;
	bool fine;

	if (!boot_image_bytes(kernel, &bytes))
		return false;
	fine = pe_parse(bytes.data, bytes.len, PE_ON_DISK, &parsed) == PE_OK &&
	       kernel_acceptable(&parsed, pe->machine) == KERNEL_OK;
	free(bytes.copy);
	return fine || complain("%s: the stub would not start the kernel in it", kernel->source);
}

/* What the kernel is handed of a section: what that has in memory. */
static bool find_handed(const struct boot_image *image, const struct pe_image *pe, const char *name,
	struct boot_piece *out)
{
	const uint8_t *data;
	size_t len, zeros;

	if (!pe_find(pe, name, &data, &len, &zeros))
		return complain(
			"%s has no section %s: the stub would not boot it", image->source, name);
	*out = (struct boot_piece){.data = data,
		.len = len,
		.zeros = zeros,
		.source = image->source,
		.offset = (uint64_t)(data - image->data)};
	return true;
}

/* The kernel is handed the command line as it is, which is ASCII, and .initrd as it is. */
static bool add_kernel(struct boot *boot, const struct boot_image *image, const struct pe_image *pe)
{
	uint8_t utf16[2 * (CMDLINE_MAX + 1)] = {0};
	struct piece_list handed = {0};
	struct boot_piece kernel, line, initrd;

	if (!find_handed(image, pe, ".cmdline", &line) ||
		!find_handed(image, pe, ".initrd", &initrd) ||
		!find_handed(image, pe, ".linux", &kernel))
		return false;
	if (line.zeros || !cmdline_acceptable(line.data, line.len))
		return complain("%s: the stub would refuse the command line in it (.cmdline)",
			image->source);
	if (!check_kernel(&(struct boot_image){.data = kernel.data,
				  .len = kernel.len,
				  .zeros = kernel.zeros,
				  .source = image->source},
		    pe))
		return false;
	for (size_t i = 0; i < line.len; i++)
		utf16[2 * i] = line.data[i];
	handed.at[handed.count++] = initrd;
	handed.len = initrd.len + initrd.zeros;
	return kernel_events(boot,
		&(struct boot_piece){.data = utf16,
			.len = 2 * (line.len + 1),
			.source = image->source,
			.offset = line.offset,
			.form = "UTF-16",
			.source_len = line.len},
		&handed);
}

bool protostar_events(struct boot *boot, const struct boot_image *image)
{
	struct pe_image pe;

	if (pe_parse(image->data, image->len, PE_ON_DISK, &pe) != PE_OK)
		return complain("%s: our stub would refuse its own headers", image->source);
	return add_sections(boot, image, &pe) && add_kernel(boot, image, &pe);
}
