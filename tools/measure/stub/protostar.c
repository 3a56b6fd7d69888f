/*
 * Our own stub. What it refuses is refused here by the very functions that it refuses it with, and
 * the sections come from the very table that it walks (efi/contract).
 */
#include <string.h>
#include "efi/contract/handover.h"
#include "efi/contract/measured.h"
#include "tools/lib/report.h"
#include "tools/measure/stub/parts.h"

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

static bool check_kernel(
	const struct boot_image *image, const struct pe_image *pe, const uint8_t *data, size_t len)
{
	struct pe_image kernel;

	return (pe_parse(data, len, PE_ON_DISK, &kernel) == PE_OK &&
		       kernel_acceptable(&kernel, pe->machine) == KERNEL_OK) ||
	       complain("%s: the stub would not start the kernel in it", image->source);
}

/* The kernel is handed the command line as it is, which is ASCII, and .initrd as it is. */
static bool add_kernel(struct boot *boot, const struct boot_image *image, const struct pe_image *pe)
{
	const uint8_t *kernel, *line, *initrd;
	size_t kernel_len, line_len, initrd_len, line_zeros, initrd_zeros, kernel_zeros;
	uint8_t utf16[2 * (CMDLINE_MAX + 1)] = {0};
	struct piece_list handed = {0};

	if (!pe_find(pe, ".cmdline", &line, &line_len, &line_zeros) || line_zeros ||
		!cmdline_acceptable(line, line_len))
		return complain("%s: the stub would refuse the command line in it", image->source);
	if (!pe_find(pe, ".initrd", &initrd, &initrd_len, &initrd_zeros) || initrd_zeros ||
		!pe_find(pe, ".linux", &kernel, &kernel_len, &kernel_zeros) || kernel_zeros)
		return complain(
			"%s: a section is shorter in the file than in memory", image->source);
	if (!check_kernel(image, pe, kernel, kernel_len))
		return false;
	for (size_t i = 0; i < line_len; i++)
		utf16[2 * i] = line[i];
	handed.at[handed.count++] = (struct boot_piece){.data = initrd,
		.len = initrd_len,
		.source = image->source,
		.offset = (uint64_t)(initrd - image->data)};
	handed.len = initrd_len;
	return kernel_events(boot,
		&(struct boot_piece){.data = utf16,
			.len = 2 * (line_len + 1),
			.source = image->source,
			.offset = (uint64_t)(line - image->data),
			.form = "UTF-16",
			.source_len = line_len},
		&handed);
}

bool protostar_events(struct boot *boot, const struct boot_image *image)
{
	struct pe_image pe;

	if (pe_parse(image->data, image->len, PE_ON_DISK, &pe) != PE_OK)
		return complain("%s: our stub would refuse its own headers", image->source);
	return add_sections(boot, image, &pe) && add_kernel(boot, image, &pe);
}
