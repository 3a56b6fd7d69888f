/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which events of a boot reach a TDX guest's registers, and those that its firmware alone measures.
 * edk2: OvmfPkg/Library/TdxHelperLib (before DXE) and OvmfPkg/Tcg/TdTcg2Dxe (from DXE on).
 */
#include <string.h>
#include "tools/measure/cc/events.h"

#define PCR_FIRMWARE	0u
#define PCR_CONFIG	1u
#define PCR_APPLICATION 4u
#define PCR_SECURE_BOOT 7u

static bool is_separator(const struct boot_event *e, unsigned pcr)
{
	return e->rule == RULE_SEPARATOR && e->pcr == pcr;
}

/* The index behind the separator of a PCR; 0: there is none. */
static size_t behind_separator(const struct boot *boot, unsigned pcr)
{
	for (size_t i = 0; i < boot->count; i++)
		if (is_separator(&boot->events[i], pcr))
			return i + 1;
	return 0;
}

/* Moves the event that was added last to an index before it. */
static void move_last(struct boot *boot, size_t index)
{
	size_t last = boot->count - 1;
	struct boot_event event = boot->events[last];

	memmove(&boot->events[index + 1], &boot->events[index],
		(last - index) * sizeof(*boot->events));
	boot->events[index] = event;
}

static bool insert(struct boot *boot, size_t index, uint32_t type, enum boot_rule rule,
	const char *what, const struct boot_piece *piece)
{
	struct boot_event *event = boot_add(boot, PCR_CONFIG, type, rule, what, what);

	if (!boot_piece(boot, event, piece))
		return false;
	event->to = BOOT_TO_CC;
	move_last(boot, index);
	return true;
}

static bool insert_file(struct boot *boot, size_t index, uint32_t type, enum boot_rule rule,
	const char *what, const char *path)
{
	const struct mapped *file = boot_map_input(boot, path);
	struct boot_piece piece = {.source = path};

	if (!file)
		return false;
	piece.data = file->data;
	piece.len = file->len;
	return insert(boot, index, type, rule, what, &piece);
}

/*
 * The PCRs 0 to 6 have a separator each. A TDX guest has one for each register: the one before
 * Secure Boot's decisions in RTMR 0, and the one at the boot option's start in RTMR 1, which older
 * firmware put into RTMR 0 too.
 */
static bool separators(struct boot *boot, bool old)
{
	static const uint8_t zeros[4];
	struct boot_piece piece = {.data = zeros, .len = sizeof(zeros)};
	size_t index = behind_separator(boot, PCR_APPLICATION);

	for (size_t i = 0; i < boot->count; i++) {
		struct boot_event *e = &boot->events[i];

		if (e->pcr == PCR_FIRMWARE ||
			(e->rule == RULE_SEPARATOR && e->pcr != PCR_SECURE_BOOT &&
				(old || e->pcr != PCR_APPLICATION)))
			e->to &= ~(unsigned)BOOT_TO_CC;
	}
	return !old || insert(boot, index, TCG_SEPARATOR, RULE_SEPARATOR, "separator", &piece);
}

/* The list of memory comes first of all. */
static bool hand_off(
	const struct cc_request *request, const struct cc_image *image, struct boot *boot)
{
	static const char what[] = "TD hand-off list";
	struct boot_piece piece = {0};
	struct bytes list = {0};
	struct flaw flaw;

	if (request->td_hob)
		return insert_file(
			boot, 0, TCG_EFI_HANDOFF_TABLES2, RULE_HANDOFF, what, request->td_hob);
	if (!request->memory || !image->metadata.has_tdvf)
		return true;
	if (!cc_td_hob(&image->metadata, request->memory, &list, &flaw)) {
		bytes_free(&list);
		return flaw_complain(image->source, &flaw);
	}
	piece.data = boot_own(boot, list.data);
	piece.len = list.len;
	return insert(boot, 0, TCG_EFI_HANDOFF_TABLES2, RULE_HANDOFF, what, &piece);
}

bool cc_tdx_events(
	const struct cc_request *request, const struct cc_image *image, struct boot *boot)
{
	size_t acpi = behind_separator(boot, PCR_SECURE_BOOT);

	if (!separators(boot, request->old_separators))
		return false;
	for (size_t i = request->acpi_count; i-- > 0;)
		if (!insert_file(boot, acpi, TCG_PLATFORM_CONFIG, RULE_PLATFORM_CONFIG, "ACPI DATA",
			    request->acpi[i]))
			return false;
	if (image->cfv.len && !insert(boot, 0, TCG_EFI_FIRMWARE_BLOB2, RULE_FIRMWARE_BLOB,
				      "configuration firmware volume", &image->cfv))
		return false;
	return hand_off(request, image, boot);
}
