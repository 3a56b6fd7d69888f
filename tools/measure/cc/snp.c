/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SEV-SNP launch digest: a chain of SHA-384 over what the VMM says of each page it adds. */
#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/bytes.h"
#include "tools/lib/hex.h"
#include "tools/measure/cc/cc.h"

#define PAGE_INFO_LEN 0x70u /* PAGE_INFO (SEV-SNP Firmware ABI, table 68) */
#define FIRST_EIP     0xfffffff0u
#define END_OF_FLASH  (1ull << 32)	/* an image ends there */
#define VMSA_ADDRESS  0xFFFFFFFFF000ull /* what the address -1 becomes: 48 bits, whole pages */

/* The table of hashes that firmware compares with what it is given (QEMU: target/i386/sev.c). */
#define HASHES_GUID  "9438d606-4f22-4cc9-b479-a793d411fd21"
#define CMDLINE_GUID "97d02dd8-bd20-4c94-aa78-e7714d36ab2a"
#define INITRD_GUID  "44baf731-3a2f-4bd7-9af1-41e29169781d"
#define KERNEL_GUID  "4de79437-abd2-427f-b835-d5b172d2045b"
#define HASH_ENTRY   50u		    /* GUID, u16 length of the entry, SHA-256 */
#define HASHES_LEN   (18u + 3 * HASH_ENTRY) /* of the table, its header included */
#define HASHES_ROOM  176u		    /* rounded up to 16 bytes */

void snp_measure_page(uint8_t digest[BOOT_CC_LEN], enum snp_page type, uint64_t address,
	const uint8_t contents[OVMF_PAGE])
{
	uint8_t info[PAGE_INFO_LEN] = {0};

	memcpy(info, digest, BOOT_CC_LEN);
	if (contents)
		bank_hash(BANK_SHA384, contents, OVMF_PAGE, info + BOOT_CC_LEN);
	put_le16(info + 0x60, PAGE_INFO_LEN);
	info[0x62] = (uint8_t)type;
	/* 0x63: not an initial migration image; 0x64 to 0x66: no rights for VMPL 3 to 1. */
	put_le64(info + 0x68, address);
	bank_hash(BANK_SHA384, info, sizeof(info), digest);
}

static void measure_run(uint8_t *digest, enum snp_page type, uint64_t address, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += OVMF_PAGE)
		snp_measure_page(digest, type, address + at, NULL);
}

static uint8_t *put_hash(uint8_t *at, const char *guid, const uint8_t hash[32])
{
	guid_parse(guid, at);
	put_le16(at + 16, HASH_ENTRY);
	memcpy(at + 18, hash, 32);
	return at + HASH_ENTRY;
}

static void put_hashes(uint8_t *at, const struct snp_hashes *hashes)
{
	guid_parse(HASHES_GUID, at);
	put_le16(at + 16, HASHES_LEN);
	at = put_hash(at + 18, CMDLINE_GUID, hashes->cmdline);
	at = put_hash(at, INITRD_GUID, hashes->initrd);
	put_hash(at, KERNEL_GUID, hashes->kernel);
}

/* The hashes' page is filled when the VMM starts a kernel and zero when it does not. */
static bool measure_hashes(uint8_t *digest, const struct ovmf_metadata *metadata,
	const struct ovmf_sev_section *s, const struct snp_hashes *hashes, struct flaw *flaw)
{
	uint8_t page[OVMF_PAGE] = {0};
	uint32_t offset = metadata->hashes_address % OVMF_PAGE;

	if (!hashes) {
		measure_run(digest, SNP_ZERO, s->address, s->size);
		return true;
	}
	if (s->size != OVMF_PAGE || metadata->hashes_address - offset != s->address ||
		offset > OVMF_PAGE - HASHES_ROOM)
		return flaw_at(flaw, s->entry, "the place for hashes is not in the page for them");
	put_hashes(page + offset, hashes);
	snp_measure_page(digest, SNP_NORMAL, s->address, page);
	return true;
}

static bool measure_section(uint8_t *digest, const struct ovmf_metadata *metadata,
	const struct ovmf_sev_section *s, enum snp_vmm vmm, const struct snp_hashes *hashes,
	struct flaw *flaw)
{
	bool ec2 = vmm == SNP_EC2 || vmm == SNP_EC2_V1;

	switch (s->type) {
	case SEV_ZERO_PAGES:
		measure_run(
			digest, vmm == SNP_GCE ? SNP_UNMEASURED : SNP_ZERO, s->address, s->size);
		return true;
	case SEV_SECRETS:
		measure_run(digest, SNP_SECRETS, s->address, s->size);
		return true;
	case SEV_CPUID: /* EC2 adds it behind all others */
		if (!ec2)
			measure_run(digest, SNP_CPUID, s->address, s->size);
		return true;
	case SEV_SVSM_CAA:
		measure_run(digest, SNP_ZERO, s->address, s->size);
		return true;
	case SEV_KERNEL_HASHES:
		return measure_hashes(digest, metadata, s, hashes, flaw);
	default:
		return flaw_at(flaw, s->entry, "an SEV section is of a type that VMMs do not know");
	}
}

static bool has_section(const struct ovmf_metadata *metadata, uint32_t type)
{
	for (size_t i = 0; i < metadata->sev_count; i++)
		if (metadata->sev[i].type == type)
			return true;
	return false;
}

static bool measure_sections(uint8_t *digest, const struct ovmf_metadata *metadata,
	enum snp_vmm vmm, const struct snp_hashes *hashes, struct flaw *flaw)
{
	if (hashes && !has_section(metadata, SEV_KERNEL_HASHES))
		return flaw_at(flaw, 0, "the image has no page for the hashes of a kernel");
	for (size_t i = 0; i < metadata->sev_count; i++)
		if (!measure_section(digest, metadata, &metadata->sev[i], vmm, hashes, flaw))
			return false;
	for (size_t i = 0; i < metadata->sev_count; i++)
		if ((vmm == SNP_EC2 || vmm == SNP_EC2_V1) && metadata->sev[i].type == SEV_CPUID)
			measure_run(
				digest, SNP_CPUID, metadata->sev[i].address, metadata->sev[i].size);
	return true;
}

static void measure_processors(
	uint8_t *digest, const struct ovmf_metadata *metadata, const struct snp_request *request)
{
	uint8_t page[OVMF_PAGE];

	for (unsigned i = 0; i < request->vcpus; i++) {
		snp_vmsa(request, i ? metadata->reset_eip : FIRST_EIP, page);
		snp_measure_page(digest, SNP_VMSA, VMSA_ADDRESS, page);
	}
}

bool snp_launch_digest(const uint8_t *image, size_t len, const struct ovmf_metadata *metadata,
	const struct snp_request *request, const struct snp_hashes *hashes,
	uint8_t digest[BOOT_CC_LEN], struct flaw *flaw)
{
	if (image && len % OVMF_PAGE)
		return flaw_at(flaw, len, "the image is not of whole pages");
	if (!metadata->has_sev)
		return flaw_at(flaw, 0, "the image has no SEV metadata");
	if (request->vcpus > 1 && !metadata->has_reset_eip)
		return flaw_at(flaw, 0, "the image does not say where a second processor begins");
	for (size_t at = 0; image && at < len; at += OVMF_PAGE)
		snp_measure_page(digest, SNP_NORMAL, END_OF_FLASH - len + at, image + at);
	if (!measure_sections(digest, metadata, request->vmm, hashes, flaw))
		return false;
	measure_processors(digest, metadata, request);
	return true;
}
