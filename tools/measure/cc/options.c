/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a command line that ask for confidential VMs' registers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tools/measure/cc/cc.h"

/* "2G": bytes, or with K, M, G or T multiples of 1024. */
static bool take_memory(void *into, const struct option_use *use)
{
	static const char units[] = "KMGT";
	const char *text = use->value, *unit;
	unsigned shift = 0;
	uint64_t size;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 10);
	unit = *end && !end[1] ? strchr(units, *end) : NULL;
	if (unit)
		shift = 10 * (unsigned)(unit - units + 1);
	if (errno || end == text || strchr(text, '-') || (*end && !unit) || size == 0 ||
		size > UINT64_MAX >> shift || size << shift > 1ull << 48 ||
		(size << shift) % OVMF_PAGE)
		return option_refuse(use, "it takes a size such as 2G, in whole pages");
	((struct cc_request *)into)->memory = size << shift;
	return true;
}

static bool take_vcpu_type(void *into, const struct option_use *use)
{
	struct cc_request *request = into;

	return snp_vcpu_by_name(use->value, &request->with_snp.vcpu_signature) ||
	       option_refuse(use, "QEMU has no such EPYC type");
}

static const char *const vmms[] = {"qemu", "ec2", "ec2-v1", "gce", NULL};

static bool take_vmm(void *into, const struct option_use *use)
{
	struct cc_request *request = into;

	return snp_vmm_by_name(use->value, &request->with_snp.vmm) ||
	       option_refuse(use, "it takes qemu, ec2, ec2-v1 or gce");
}

const struct option_row cc_rows[] = {
	{"tdx", .kind = OPTION_FLAG, OPTION_INTO(struct cc_request, tdx),
		.help = "a TDX guest: MRTD and RTMR 0 to 3"},
	{"tdx-memory", "SIZE", OPTION_TEXT, .take = take_memory,
		.help = "for RTMR 0: the guest's RAM (2G, 512M), which QEMU lists"},
	{"td-hob", "FILE", OPTION_FILE, OPTION_INTO(struct cc_request, td_hob),
		.help = "or that list"},
	{"tdx-acpi", "FILE", OPTION_FILE, OPTION_LIST(struct cc_request, acpi, acpi_count),
		.help = "for RTMR 0: ACPI data in the order of measuring; repeatable"},
	{"tdx-two-pass", .kind = OPTION_FLAG, OPTION_INTO(struct cc_request, two_pass),
		.help = "a VMM that adds all pages of a section before it measures one"},
	{"tdx-old-separators", .kind = OPTION_FLAG, OPTION_INTO(struct cc_request, old_separators),
		.help = "firmware before edk2-stable202411"},
	{"tdx-tpm", .kind = OPTION_FLAG, OPTION_INTO(struct cc_request, with_tpm),
		.help = "firmware with a TPM too: Linux measures into it alone"},
	{"snp", .kind = OPTION_FLAG, OPTION_INTO(struct cc_request, snp),
		.help = "an SEV-SNP guest: the launch digest"},
	{"vcpus", "N", OPTION_NUMBER, OPTION_INTO(struct cc_request, with_snp.vcpus), .min = 1,
		.max = CC_VCPU_MAX, .help = "how many processors it starts with"},
	{"vcpu-type", "TYPE", OPTION_TEXT, .take = take_vcpu_type,
		.help = "QEMU's name of their type: EPYC-v4, Milan, Genoa, Turin..."},
	{"vcpu-signature", "HEX", OPTION_HEX,
		OPTION_INTO(struct cc_request, with_snp.vcpu_signature), .min = 1,
		.max = UINT32_MAX, .help = "or their CPUID 1 EAX, for -cpu host"},
	{"guest-features", "HEX", OPTION_HEX,
		OPTION_INTO(struct cc_request, with_snp.guest_features), .max = UINT64_MAX,
		.help = "SEV features (default: 1, SNP alone)"},
	{"vmm", "NAME", OPTION_TEXT, .take = take_vmm, .choices = vmms,
		.help = "qemu (default), ec2, ec2-v1 (before 2026) or gce"},
	{"snp-kernel", "FILE", OPTION_FILE, OPTION_INTO(struct cc_request, with_snp.kernel),
		.help = "a kernel that the VMM starts itself, with"},
	{"snp-initrd", "FILE", OPTION_FILE, OPTION_INTO(struct cc_request, with_snp.initrd),
		.help = "its initrd and"},
	{"snp-cmdline", "TEXT", OPTION_TEXT, OPTION_INTO(struct cc_request, with_snp.cmdline),
		.raw = true, .help = "its command line"},
	{0},
};
