/* The options of a command line that ask for confidential VMs' registers. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/number.h"
#include "tools/lib/report.h"
#include "tools/measure/cc/cc.h"

enum {
	OPT_TDX = CC_OPTION_FIRST,
	OPT_TD_HOB,
	OPT_TDX_MEMORY,
	OPT_TDX_ACPI,
	OPT_TDX_TWO_PASS,
	OPT_TDX_OLD_SEPARATORS,
	OPT_TDX_TPM,
	OPT_SNP,
	OPT_VCPUS,
	OPT_VCPU_TYPE,
	OPT_VCPU_SIGNATURE,
	OPT_GUEST_FEATURES,
	OPT_VMM,
	OPT_SNP_KERNEL,
	OPT_SNP_INITRD,
	OPT_SNP_CMDLINE,
};

const struct option cc_options[] = {
	{"tdx", no_argument, NULL, OPT_TDX},
	{"td-hob", required_argument, NULL, OPT_TD_HOB},
	{"tdx-memory", required_argument, NULL, OPT_TDX_MEMORY},
	{"tdx-acpi", required_argument, NULL, OPT_TDX_ACPI},
	{"tdx-two-pass", no_argument, NULL, OPT_TDX_TWO_PASS},
	{"tdx-old-separators", no_argument, NULL, OPT_TDX_OLD_SEPARATORS},
	{"tdx-tpm", no_argument, NULL, OPT_TDX_TPM},
	{"snp", no_argument, NULL, OPT_SNP},
	{"vcpus", required_argument, NULL, OPT_VCPUS},
	{"vcpu-type", required_argument, NULL, OPT_VCPU_TYPE},
	{"vcpu-signature", required_argument, NULL, OPT_VCPU_SIGNATURE},
	{"guest-features", required_argument, NULL, OPT_GUEST_FEATURES},
	{"vmm", required_argument, NULL, OPT_VMM},
	{"snp-kernel", required_argument, NULL, OPT_SNP_KERNEL},
	{"snp-initrd", required_argument, NULL, OPT_SNP_INITRD},
	{"snp-cmdline", required_argument, NULL, OPT_SNP_CMDLINE},
};
const size_t cc_option_count = sizeof(cc_options) / sizeof(cc_options[0]);

const char cc_help[] =
	"Confidential VMs (launch registers need --firmware, the whole image as the VMM has it):\n"
	"  --tdx                   a TDX guest: MRTD and RTMR 0 to 2\n"
	"  --tdx-memory SIZE       for RTMR 0: the guest's RAM (2G, 512M), which QEMU lists\n"
	"  --td-hob FILE           or that list\n"
	"  --tdx-acpi FILE         for RTMR 0: ACPI data in the order of measuring; repeatable\n"
	"  --tdx-two-pass          a VMM that adds all pages of a section before it measures one\n"
	"  --tdx-old-separators    firmware before edk2-stable202411\n"
	"  --tdx-tpm               firmware with a TPM too: Linux measures into it alone\n"
	"  --snp                   an SEV-SNP guest: the launch digest\n"
	"  --vcpus N               how many processors it starts with\n"
	"  --vcpu-type TYPE        QEMU's name of their type: EPYC-v4, Milan, Genoa, Turin...\n"
	"  --vcpu-signature HEX    or their CPUID 1 EAX, for -cpu host\n"
	"  --guest-features HEX    SEV features (default: 1, SNP alone)\n"
	"  --vmm NAME              qemu (default), ec2, ec2-v1 (before 2026) or gce\n"
	"  --snp-kernel FILE       a kernel that the VMM starts itself, with\n"
	"  --snp-initrd FILE       its initrd and\n"
	"  --snp-cmdline TEXT      its command line\n";

static bool add_acpi(struct cc_request *request, const char *path)
{
	if (request->acpi_count == CC_ACPI_MAX)
		return complain("--tdx-acpi: more than %u files", CC_ACPI_MAX);
	request->acpi[request->acpi_count++] = path;
	return true;
}

/* "2G": bytes, or with K, M, G or T multiples of 1024. */
static bool read_size(const char *option, const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;
	unsigned shift = 0;

	errno = 0;
	*out = strtoull(text, &end, 10);
	unit = *end && !end[1] ? strchr(units, *end) : NULL;
	if (unit)
		shift = 10 * (unsigned)(unit - units + 1);
	if (errno || end == text || strchr(text, '-') || (*end && !unit) || *out == 0 ||
		*out > UINT64_MAX >> shift || *out << shift > 1ull << 48 ||
		(*out << shift) % OVMF_PAGE)
		return complain(
			"--%s %s: it takes a size such as 2G, in whole pages", option, text);
	*out <<= shift;
	return true;
}

static bool snp_number(struct snp_request *snp, int code, const char *argument)
{
	uint64_t number;

	if (code == OPT_VCPUS) {
		if (!number_read("--vcpus", argument, 10, 1, CC_VCPU_MAX, &number))
			return false;
		snp->vcpus = (unsigned)number;
	} else if (code == OPT_VCPU_SIGNATURE) {
		if (!number_read("--vcpu-signature", argument, 16, 1, UINT32_MAX, &number))
			return false;
		snp->vcpu_signature = (uint32_t)number;
	} else {
		return number_read(
			"--guest-features", argument, 16, 0, UINT64_MAX, &snp->guest_features);
	}
	return true;
}

static bool snp_option(struct snp_request *snp, int code, const char *argument)
{
	switch (code) {
	case OPT_VCPU_TYPE:
		return snp_vcpu_by_name(argument, &snp->vcpu_signature) ||
		       complain("--vcpu-type %s: QEMU has no such EPYC type", argument);
	case OPT_VMM:
		return snp_vmm_by_name(argument, &snp->vmm) ||
		       complain("--vmm %s: it takes qemu, ec2, ec2-v1 or gce", argument);
	case OPT_SNP_KERNEL:
		snp->kernel = argument;
		return true;
	case OPT_SNP_INITRD:
		snp->initrd = argument;
		return true;
	case OPT_SNP_CMDLINE:
		snp->cmdline = argument;
		return true;
	default:
		return snp_number(snp, code, argument);
	}
}

bool cc_option(struct cc_request *request, int code, const char *argument)
{
	switch (code) {
	case OPT_TDX:
		request->tdx = true;
		return true;
	case OPT_TD_HOB:
		request->td_hob = argument;
		return true;
	case OPT_TDX_MEMORY:
		return read_size("tdx-memory", argument, &request->memory);
	case OPT_TDX_ACPI:
		return add_acpi(request, argument);
	case OPT_TDX_TWO_PASS:
		request->two_pass = true;
		return true;
	case OPT_TDX_OLD_SEPARATORS:
		request->old_separators = true;
		return true;
	case OPT_TDX_TPM:
		request->with_tpm = true;
		return true;
	case OPT_SNP:
		request->snp = true;
		return true;
	default:
		return snp_option(&request->with_snp, code, argument);
	}
}
