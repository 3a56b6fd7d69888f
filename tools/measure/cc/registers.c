/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All registers that a request asks for, or why they are not known. */
#include <string.h>
#include "tools/lib/bank.h"
#include "tools/lib/report.h"
#include "tools/measure/cc/events.h"

#define BIT(n) (1u << (n))
/* PCRs that the firmware, stub or kernel of a TDX guest measures into each RTMR. */
#define OF_RTMR0 (BIT(1) | BIT(7))
#define OF_RTMR1 (BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6))
#define OF_RTMR2 (BIT(8) | BIT(9) | BIT(11) | BIT(12) | BIT(13) | BIT(14))
#define OF_RTMR3 BIT(15) /* the seal goes to both of them */

#define NO_IMAGE "no firmware image was given"

/* VARS and CODE of a split image lie one behind the other in the guest as they do in a whole one.
 */
static bool join(const struct firmware_request *firmware, struct boot *boot, struct cc_image *image)
{
	const struct mapped *vars = boot_map_input(boot, firmware->vars);
	struct bytes whole = {0};

	if (!vars)
		return false;
	bytes_add(&whole, vars->data, vars->len);
	bytes_add(&whole, image->data, image->len);
	image->data = boot_own(boot, whole.data);
	image->len = whole.len;
	image->source = boot_text(boot, "%s + %s", firmware->vars, firmware->code);
	return true;
}

/* Where the last byte of any section lies that the image itself must have. */
static uint64_t end_of_data(const struct ovmf_metadata *metadata)
{
	uint64_t end = 0;

	for (size_t i = 0; i < metadata->tdvf_count; i++) {
		const struct ovmf_tdvf_section *s = &metadata->tdvf[i];

		if (s->raw_size && (uint64_t)s->data_offset + s->raw_size > end)
			end = (uint64_t)s->data_offset + s->raw_size;
	}
	return end;
}

static void find_cfv(struct cc_image *image)
{
	for (size_t i = 0; i < image->metadata.tdvf_count; i++) {
		const struct ovmf_tdvf_section *s = &image->metadata.tdvf[i];
		struct flaw flaw;
		const uint8_t *data = s->type != TDVF_CFV ? NULL
							  : ovmf_section_data(s, image->data,
								    image->len, &flaw);

		if (data && !image->cfv.len)
			image->cfv = (struct boot_piece){.data = data,
				.len = s->raw_size,
				.source = image->source,
				.offset = s->data_offset};
	}
}

static bool open_image(
	const struct firmware_request *firmware, struct boot *boot, struct cc_image *image)
{
	const struct mapped *code;
	struct flaw flaw;

	*image = (struct cc_image){0};
	if (!firmware->code)
		return true;
	code = boot_map_input(boot, firmware->code);
	if (!code)
		return false;
	image->data = code->data;
	image->len = code->len;
	image->source = firmware->code;
	if (!ovmf_metadata_read(image->data, image->len, &image->metadata, &flaw))
		return flaw_complain(image->source, &flaw);
	if (image->metadata.has_tdvf && firmware->vars &&
		end_of_data(&image->metadata) > image->len && !join(firmware, boot, image))
		return false;
	find_cfv(image);
	return true;
}

static struct boot_cc_value *ask(struct boot *boot, enum boot_cc cc, const char *rule)
{
	struct boot_cc_value *value = &boot->cc[cc];

	*value = (struct boot_cc_value){.asked = true, .rule = rule};
	return value;
}

static bool launch_of_tdx(
	const struct cc_request *request, const struct cc_image *image, struct boot *boot)
{
	struct boot_cc_value *mrtd = ask(boot, BOOT_MRTD, NULL);
	struct flaw flaw;

	mrtd->rule = boot_text(boot,
		"TDH.MEM.PAGE.ADD and TDH.MR.EXTEND of the TDVF sections of %s, %s",
		image->source ? image->source : "an image",
		request->two_pass ? "all pages of a section added first" : "page by page");
	if (!image->data)
		mrtd->unknown = NO_IMAGE;
	else if (!image->metadata.has_tdvf)
		mrtd->unknown = boot_text(boot, "%s has no TDX metadata", image->source);
	else if (!cc_mrtd(image->data, image->len, &image->metadata, request->two_pass, mrtd->value,
			 &flaw))
		return flaw_complain(image->source, &flaw);
	return true;
}

/* The first PCR of a set that is not known, with its reason. */
static const char *unknown_among(struct boot *boot, unsigned pcrs)
{
	for (unsigned pcr = 0; pcr < 16; pcr++)
		if (pcrs & BIT(pcr) && boot->unknown[pcr])
			return boot_text(boot, "it covers PCR %u: %s", pcr, boot->unknown[pcr]);
	return NULL;
}

static void add_remark(struct boot *boot, struct boot_cc_value *value, const char *remark)
{
	if (remark && value->remark && !strstr(value->remark, remark))
		value->remark = boot_text(boot, "%s; %s", value->remark, remark);
	else if (remark && !value->remark)
		value->remark = remark;
}

/* Whether the firmware measures ACPI tables, and nothing else of PCR 1 is unknown. */
static bool lacks_acpi_alone(const struct boot *boot)
{
	return boot->unknown[1] && strcmp(boot->unknown[1], FIRMWARE_ACPI_UNKNOWN) == 0;
}

/* What RTMR 0 has beside PCRs 1 and 7: what the VMM hands to the firmware. */
static const char *missing_for_rtmr0(
	const struct cc_request *request, const struct cc_image *image, struct boot *boot)
{
	if (!request->td_hob && !request->memory)
		return "the guest's memory was not stated (--tdx-memory or --td-hob)";
	if (!image->data)
		return "it covers the configuration firmware volume, and " NO_IMAGE;
	if (!image->cfv.len)
		return boot_text(boot, "%s has no configuration firmware volume", image->source);
	if (!request->acpi_count && lacks_acpi_alone(boot))
		return "the ACPI tables that the VMM makes were not given (--tdx-acpi)";
	return NULL;
}

static void rtmr(struct boot *boot, enum boot_cc cc, unsigned pcrs, const char *missing)
{
	static const char *const rules[BOOT_CC_COUNT] = {
		[BOOT_RTMR0] = "the VMM's tables, and the events of PCRs 1 and 7",
		[BOOT_RTMR1] = "the events of PCRs 2 to 6, in time order",
		[BOOT_RTMR2] = "the events of PCRs 8 to 15, in time order",
		[BOOT_RTMR3] = "PID 1's seal alone: zeros when the node joins",
	};
	struct boot_cc_value *value = ask(boot, cc, rules[cc]);

	value->unknown = missing ? missing : unknown_among(boot, pcrs);
	for (unsigned pcr = 0; pcr < 16; pcr++)
		if (pcrs & BIT(pcr))
			add_remark(boot, value, boot->remark[pcr]);
	if (!value->unknown)
		boot_replay_cc(boot, cc, value);
}

static bool registers_of_tdx(
	const struct cc_request *request, const struct cc_image *image, struct boot *boot)
{
	const char *remark = cc_kernel_events(request, boot);
	unsigned banks = boot->banks;

	if (!cc_tdx_events(request, image, boot) || !boot_hash(boot, banks | BANK_BIT(BANK_SHA384)))
		return false;
	boot->banks = banks; /* the PCRs' banks are what was asked for */
	rtmr(boot, BOOT_RTMR0, lacks_acpi_alone(boot) ? OF_RTMR0 & ~BIT(1) : OF_RTMR0,
		missing_for_rtmr0(request, image, boot));
	rtmr(boot, BOOT_RTMR1, OF_RTMR1, NULL);
	rtmr(boot, BOOT_RTMR2, OF_RTMR2, NULL);
	rtmr(boot, BOOT_RTMR3, OF_RTMR3, NULL);
	/* edk2 2eac71a1e and cd76265f1: fw_cfg's boot menu and SMBIOS are measured too. */
	add_remark(boot, &boot->cc[BOOT_RTMR0], "for firmware up to edk2-stable202502");
	add_remark(boot, &boot->cc[BOOT_RTMR2], remark);
	if (boot->cc[BOOT_RTMR3].events)
		add_remark(boot, &boot->cc[BOOT_RTMR3],
			"when the kernel lets PID 1 extend it, as Linux does since 6.16");
	return launch_of_tdx(request, image, boot);
}

static bool hash_file(struct boot *boot, const char *path, uint8_t out[32])
{
	const struct mapped *file = path ? boot_map(boot, path) : NULL;

	if (path && !file)
		return false;
	bank_hash(BANK_SHA256, file ? file->data : NULL, file ? file->len : 0, out);
	return true;
}

static bool complete(const struct snp_request *request)
{
	if (!request->vcpus)
		return complain("--snp needs --vcpus: each processor's state is measured");
	if (request->vmm == SNP_QEMU && !request->vcpu_signature)
		return complain("--snp needs --vcpu-type: QEMU puts it into what is measured");
	if (!request->kernel && (request->initrd || request->cmdline))
		return complain("--snp-initrd and --snp-cmdline go with --snp-kernel");
	return true;
}

static bool register_of_snp(
	const struct snp_request *request, const struct cc_image *image, struct boot *boot)
{
	struct boot_cc_value *value = ask(boot, BOOT_SNP_LAUNCH, NULL);
	const char *cmdline = request->cmdline ? request->cmdline : "";
	struct snp_hashes hashes;
	struct flaw flaw;

	if (!complete(request))
		return false;
	value->rule = boot_text(boot, "the pages of %s, its SEV sections and %u processors (%s)",
		image->source ? image->source : "an image", request->vcpus,
		snp_vmm_name(request->vmm));
	value->kernel_hashed = request->kernel != NULL;
	value->remark = request->kernel ? NULL : "it covers the firmware, not what that boots";
	if (!image->data)
		value->unknown = NO_IMAGE;
	else if (!image->metadata.has_sev)
		value->unknown = boot_text(boot, "%s has no SEV metadata", image->source);
	if (value->unknown)
		return true;
	if (!hash_file(boot, request->kernel, hashes.kernel) ||
		!hash_file(boot, request->initrd, hashes.initrd))
		return false;
	bank_hash(BANK_SHA256, cmdline, strlen(cmdline) + 1, hashes.cmdline);
	return snp_launch_digest(image->data, image->len, &image->metadata, request,
		       request->kernel ? &hashes : NULL, value->value, &flaw) ||
	       flaw_complain(image->source, &flaw);
}

bool cc_registers(const struct cc_request *request, const struct firmware_request *firmware,
	struct boot *boot)
{
	struct cc_image image;

	if (!request->tdx && !request->snp)
		return true;
	if (request->td_hob && request->memory)
		return complain("--tdx-memory and --td-hob say the same: one is enough");
	return open_image(firmware, boot, &image) &&
	       (!request->tdx || registers_of_tdx(request, &image, boot)) &&
	       (!request->snp || register_of_snp(&request->with_snp, &image, boot));
}
