/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of confidential VMs: what a TDX or SEV-SNP machine would attest for a boot that was
 * predicted. MRTD and the SEV-SNP launch digest are of the firmware file and of how the VMM starts
 * it; the RTMRs are of the same events as the PCRs. README.md says what each one covers.
 *
 * Order: fill a zeroed cc_request (cc_rows read it from a command line); predict the boot;
 * cc_registers(). The values are in boot->cc then, or the reason why files do not determine them.
 */
#ifndef TOOLS_MEASURE_CC_CC_H
#define TOOLS_MEASURE_CC_CC_H

#include "tools/lib/command.h"
#include "tools/lib/bytes.h"
#include "tools/lib/ovmf_metadata.h"
#include "tools/measure/firmware/firmware.h"
#include "tools/measure/model/boot.h"

#define CC_ACPI_MAX 8u
#define CC_VCPU_MAX 4096u

/* Who starts an SEV-SNP guest: the first state of its processors differs, and the order of pages.
 */
enum snp_vmm {
	SNP_QEMU,
	SNP_EC2,    /* since 2026 */
	SNP_EC2_V1, /* before: RDX was 0 */
	SNP_GCE,
	SNP_VMM_COUNT
};

struct snp_request {
	unsigned vcpus;		 /* 0: not stated */
	uint32_t vcpu_signature; /* CPUID 1 EAX; 0: not stated. Only QEMU's digest depends on it */
	uint64_t guest_features; /* SEV_FEATURES of the VMSA; 0: the default, SNP alone (1) */
	enum snp_vmm vmm;
	const char *kernel, *initrd, *cmdline; /* started by the VMM itself; kernel NULL: not so */
};

struct cc_request {
	bool tdx, snp;
	/* TDX: the VMM adds all pages of a section before it measures the first (older KVM). */
	bool two_pass;
	/* TDX: firmware before edk2-stable202411, whose last separator goes to RTMR 0, not 1. */
	bool old_separators;
	bool with_tpm; /* TDX: firmware has a TPM (TCG2) beside the registers */
	/* TDX: the memory list that the VMM gives, as a file, or QEMU's for so many bytes of RAM.
	 */
	const char *td_hob;
	uint64_t memory;
	const char *acpi[CC_ACPI_MAX]; /* files: ACPI data in the order of measuring */
	size_t acpi_count;
	struct snp_request with_snp;
};

/*
 * Completes a boot that predict_boot() made: the events that only a TDX guest's firmware measures,
 * which of the others reach its registers, and all registers that are asked for. firmware is the
 * request that the boot was made for. Complains and returns false when a file cannot be read or is
 * malformed, and when the request lacks what a digest needs.
 */
bool cc_registers(const struct cc_request *request, const struct firmware_request *firmware,
	struct boot *boot);

/*
 * MRTD of an image: TDH.MEM.PAGE.ADD of each page and TDH.MR.EXTEND of each 256 bytes of sections
 * that are measured (Intel TDX Module 1.5 ABI, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND), section after
 * section. False, with *flaw, when a section's bytes are not in the image.
 */
bool cc_mrtd(const uint8_t *image, size_t len, const struct ovmf_metadata *metadata, bool two_pass,
	uint8_t out[BOOT_CC_LEN], struct flaw *flaw);

/*
 * Appends to an empty out the hand-off list of a guest with so many bytes of RAM, as firmware
 * measures it. False, with *flaw, when the image's sections do not fit that RAM.
 */
bool cc_td_hob(const struct ovmf_metadata *metadata, uint64_t memory, struct bytes *out,
	struct flaw *flaw);

/* SHA-256 of what the VMM starts itself; without an initrd it is that of nothing. */
struct snp_hashes {
	uint8_t kernel[32], initrd[32], cmdline[32]; /* cmdline: with its NUL */
};

/*
 * The launch digest of an image (SEV-SNP Firmware ABI 1.55, 8.17.2), as sev-snp-measure computes
 * it. hashes NULL: the VMM starts no kernel. digest comes in as zeros, or as what the digest was
 * after the pages of another image that lies at the same place: then image is NULL. False, with
 * *flaw, for a section of unknown type, and when the image has no place for hashes that are given.
 */
bool snp_launch_digest(const uint8_t *image, size_t len, const struct ovmf_metadata *metadata,
	const struct snp_request *request, const struct snp_hashes *hashes,
	uint8_t digest[BOOT_CC_LEN], struct flaw *flaw);

/* One page's part of it. contents NULL: the page's digest is zeros. */
enum snp_page { SNP_NORMAL = 1, SNP_VMSA, SNP_ZERO, SNP_UNMEASURED, SNP_SECRETS, SNP_CPUID };
void snp_measure_page(uint8_t digest[BOOT_CC_LEN], enum snp_page type, uint64_t address,
	const uint8_t contents[OVMF_PAGE]);

/* The first state of a processor that begins at eip (AMD APM 2, table B-4). */
void snp_vmsa(const struct snp_request *request, uint32_t eip, uint8_t page[OVMF_PAGE]);

/* "EPYC-Milan-v2", or "Milan-v2", in any case; false (no complaint): no such type of QEMU's. */
bool snp_vcpu_by_name(const char *name, uint32_t *signature);
/* "qemu", "ec2", "ec2-v1", "gce" */
const char *snp_vmm_name(enum snp_vmm vmm);
bool snp_vmm_by_name(const char *name, enum snp_vmm *out);

/* The options that ask for these registers, into a struct cc_request. */
extern const struct option_row cc_rows[];

#endif
