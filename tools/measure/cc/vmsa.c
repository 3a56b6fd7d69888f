/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state that a VMM gives an SEV-SNP guest's processors, which is measured with the guest. It is
 * a processor's state after a reset as KVM keeps it; VMMs differ in what they leave of it.
 */
#include <string.h>
#include <strings.h>
#include "tools/lib/bytes.h"
#include "tools/measure/cc/cc.h"

#define FIRST_EIP 0xfffffff0u /* the reset vector */
#define PREFIX	  "EPYC-"

/*
 * What differs between VMMs. EC2 and Google's verifier state their values in sev-snp-measure (pull
 * requests 13, 56 and 60) and in google/gce-tcb-verifier (sev/ld_from_ovmf.go).
 */
static const struct vmm {
	const char *name;
	uint16_t cs_first, cs_other, ss, tr; /* attributes */
	uint64_t rdx;			     /* unless it is the processor's signature */
	uint64_t pat;
	uint32_t mxcsr;
	uint16_t fcw;
} vmms[SNP_VMM_COUNT] = {
	[SNP_QEMU] = {"qemu", 0x9b, 0x9b, 0x93, 0x8b, 0, 0x0007040600070406, 0x1f80, 0x37f},
	[SNP_EC2] = {"ec2", 0x9a, 0x9b, 0x92, 0x83, 0x600, 0x0007040600070406, 0, 0},
	[SNP_EC2_V1] = {"ec2-v1", 0x9a, 0x9b, 0x92, 0x83, 0, 0x0007040600070406, 0, 0},
	[SNP_GCE] = {"gce", 0x9b, 0x9b, 0x93, 0x8b, 0x600, 0x00070106, 0, 0},
};

const char *snp_vmm_name(enum snp_vmm vmm)
{
	return vmms[vmm].name;
}

bool snp_vmm_by_name(const char *name, enum snp_vmm *out)
{
	for (unsigned vmm = 0; vmm < SNP_VMM_COUNT; vmm++) {
		if (strcasecmp(vmms[vmm].name, name) == 0) {
			*out = (enum snp_vmm)vmm;
			return true;
		}
	}
	return false;
}

/* CPUID Fn0000_0001 EAX (AMD APM 3, appendix E). */
static uint32_t signature(unsigned family, unsigned model, unsigned stepping)
{
	unsigned base = family > 15 ? 15 : family;

	return (family - base) << 20 | (model >> 4) << 16 | base << 8 | (model & 15) << 4 |
	       stepping;
}

bool snp_vcpu_by_name(const char *name, uint32_t *out)
{
	static const struct {
		const char *name;
		uint8_t family, model, stepping;
	} types[] = {
#define VCPU_TYPE(name, family, model, stepping) {name, family, model, stepping},
#include "tools/measure/cc/vcpu_types.def"
#undef VCPU_TYPE
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *full = types[i].name;
		bool prefixed = strncmp(full, PREFIX, strlen(PREFIX)) == 0;

		if (strcasecmp(full, name) == 0 ||
			(prefixed && strcasecmp(full + strlen(PREFIX), name) == 0)) {
			*out = signature(types[i].family, types[i].model, types[i].stepping);
			return true;
		}
	}
	return false;
}

/* Offsets in the page (AMD APM 2, table B-4). */
enum {
	VMSA_ES = 0x00,
	VMSA_CS = 0x10,
	VMSA_SS = 0x20,
	VMSA_DS = 0x30,
	VMSA_FS = 0x40,
	VMSA_GS = 0x50,
	VMSA_GDTR = 0x60,
	VMSA_LDTR = 0x70,
	VMSA_IDTR = 0x80,
	VMSA_TR = 0x90,
	VMSA_EFER = 0xd0,
	VMSA_CR4 = 0x148,
	VMSA_CR0 = 0x158,
	VMSA_DR7 = 0x160,
	VMSA_DR6 = 0x168,
	VMSA_RFLAGS = 0x170,
	VMSA_RIP = 0x178,
	VMSA_G_PAT = 0x268,
	VMSA_RDX = 0x310,
	VMSA_SEV_FEATURES = 0x3b0,
	VMSA_XCR0 = 0x3e8,
	VMSA_MXCSR = 0x408,
	VMSA_X87_FCW = 0x410,
};

static void put_segment(
	uint8_t *page, size_t at, uint16_t selector, uint16_t attributes, uint64_t base)
{
	put_le16(page + at, selector);
	put_le16(page + at + 2, attributes);
	put_le32(page + at + 4, 0xffff);
	put_le64(page + at + 8, base);
}

static void put_segments(const struct vmm *vmm, uint32_t eip, uint8_t *page)
{
	uint16_t cs = eip == FIRST_EIP ? vmm->cs_first : vmm->cs_other;

	put_segment(page, VMSA_ES, 0, 0x93, 0);
	put_segment(page, VMSA_CS, 0xf000, cs, eip & 0xffff0000u);
	put_segment(page, VMSA_SS, 0, vmm->ss, 0);
	put_segment(page, VMSA_DS, 0, 0x93, 0);
	put_segment(page, VMSA_FS, 0, 0x93, 0);
	put_segment(page, VMSA_GS, 0, 0x93, 0);
	put_segment(page, VMSA_GDTR, 0, 0, 0);
	put_segment(page, VMSA_LDTR, 0, 0x82, 0);
	put_segment(page, VMSA_IDTR, 0, 0, 0);
	put_segment(page, VMSA_TR, 0, vmm->tr, 0);
}

void snp_vmsa(const struct snp_request *request, uint32_t eip, uint8_t page[OVMF_PAGE])
{
	const struct vmm *vmm = &vmms[request->vmm];

	memset(page, 0, OVMF_PAGE);
	put_segments(vmm, eip, page);
	put_le64(page + VMSA_EFER, 0x1000); /* SVME: KVM's */
	put_le64(page + VMSA_CR4, 0x40);    /* MCE: KVM's */
	put_le64(page + VMSA_CR0, 0x10);
	put_le64(page + VMSA_DR7, 0x400);
	put_le64(page + VMSA_DR6, 0xffff0ff0);
	put_le64(page + VMSA_RFLAGS, 0x2);
	put_le64(page + VMSA_RIP, eip & 0xffff);
	put_le64(page + VMSA_G_PAT, vmm->pat);
	put_le64(page + VMSA_RDX, request->vmm == SNP_QEMU ? request->vcpu_signature : vmm->rdx);
	put_le64(page + VMSA_SEV_FEATURES, request->guest_features ? request->guest_features : 1);
	put_le64(page + VMSA_XCR0, 0x1);
	put_le32(page + VMSA_MXCSR, vmm->mxcsr);
	put_le16(page + VMSA_X87_FCW, vmm->fcw);
}
