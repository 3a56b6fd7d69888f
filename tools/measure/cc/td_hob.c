/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of memory that QEMU hands to a TDX guest's firmware, from which RTMR 0 starts. What QEMU
 * has added to the guest already (the metadata's hand-off list and temporary memory) is memory; the
 * rest of RAM is not accepted yet (UEFI PI 1.8, volume 3: HOBs; QEMU: hw/i386/tdvf-hob.c).
 */
#include <stdlib.h>
#include "tools/lib/bytes.h"
#include "tools/measure/cc/cc.h"

#define HANDOFF_LEN  56u /* EFI_HOB_HANDOFF_INFO_TABLE */
#define RESOURCE_LEN 48u /* EFI_HOB_RESOURCE_DESCRIPTOR, without the owner's own data */
#define END_LEN	     8u	 /* ends the list; firmware does not measure it */
#define SYSTEM	     0u	 /* EFI_RESOURCE_SYSTEM_MEMORY */
#define UNACCEPTED   7u	 /* EFI_RESOURCE_MEMORY_UNACCEPTED */
#define ATTRIBUTES   7u	 /* present, initialized, tested */

/* Where QEMU's q35 divides RAM when there is much of it: the rest lies from 4 GiB on. */
#define DIVIDED_FROM 0xB0000000ull
#define LOW_END	     0x80000000ull
#define HIGH_START   0x100000000ull

static bool is_added(const struct ovmf_tdvf_section *s)
{
	return s->size && (s->type == TDVF_TD_HOB || s->type == TDVF_TEMP_MEM);
}

static int by_address(const void *a, const void *b)
{
	const struct ovmf_tdvf_section *const *x = a, *const *y = b;

	return ((*x)->address > (*y)->address) - ((*x)->address < (*y)->address);
}

static void add_resource(struct bytes *out, uint32_t type, uint64_t start, uint64_t end)
{
	uint8_t hob[RESOURCE_LEN] = {0};

	if (start == end)
		return;
	put_le16(hob, 3);
	put_le16(hob + 2, RESOURCE_LEN);
	put_le32(hob + 24, type);
	put_le32(hob + 28, ATTRIBUTES);
	put_le64(hob + 32, start);
	put_le64(hob + 40, end - start);
	bytes_add(out, hob, sizeof(hob));
}

/* RAM below 4 GiB, divided by what was added. */
static bool add_low_memory(const struct ovmf_tdvf_section **added, size_t count, uint64_t end,
	struct bytes *out, struct flaw *flaw)
{
	uint64_t at = 0;

	for (size_t i = 0; i < count; i++) {
		const struct ovmf_tdvf_section *s = added[i];

		if (s->address < at)
			return flaw_at(flaw, s->entry, "two sections of memory overlap");
		if (s->address + s->size > end)
			return flaw_at(flaw, s->entry, "a section lies beyond the guest's memory");
		add_resource(out, UNACCEPTED, at, s->address);
		add_resource(out, SYSTEM, s->address, s->address + s->size);
		at = s->address + s->size;
	}
	add_resource(out, UNACCEPTED, at, end);
	return true;
}

static const struct ovmf_tdvf_section *list_section(
	const struct ovmf_tdvf_section **added, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (added[i]->type == TDVF_TD_HOB)
			return added[i];
	return NULL;
}

bool cc_td_hob(
	const struct ovmf_metadata *metadata, uint64_t memory, struct bytes *out, struct flaw *flaw)
{
	const struct ovmf_tdvf_section *added[OVMF_SECTIONS_MAX], *list;
	bool divided = memory >= DIVIDED_FROM;
	size_t count = 0;

	for (size_t i = 0; i < metadata->tdvf_count; i++)
		if (is_added(&metadata->tdvf[i]))
			added[count++] = &metadata->tdvf[i];
	list = list_section(added, count);
	if (!list)
		return flaw_at(flaw, 0, "the image has no place for a hand-off list");
	qsort(added, count, sizeof(const struct ovmf_tdvf_section *), by_address);
	bytes_zeros(out, HANDOFF_LEN);
	if (!add_low_memory(added, count, divided ? LOW_END : memory, out, flaw))
		return false;
	if (divided)
		add_resource(out, UNACCEPTED, HIGH_START, HIGH_START + (memory - LOW_END));
	if (out->len + END_LEN > list->size)
		return flaw_at(flaw, list->entry, "the hand-off list does not fit its place");
	put_le16(out->data, 1);
	put_le16(out->data + 2, HANDOFF_LEN);
	put_le32(out->data + 8, 9); /* the version */
	put_le64(out->data + 48, list->address + out->len + END_LEN);
	return true;
}
