/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/measure/predict_boot.h"

#include <string.h>
#include "early/contract/pcr15.h"
#include "tools/lib/os_separator.h"
#include "tools/lib/report.h"
#include "tools/measure/image_open.h"
#include "tools/measure/predict_loader.h"

#define PCR_APPLICATION 4u
#define PCR_STATE	15u

/* PCRs that no image of a boot chain determines, whatever the machine. */
static void say_what_is_never_known(struct boot *boot)
{
	boot_unknown(boot, 10, "the kernel's IMA extends it with whatever runs");
	for (unsigned pcr = 16; pcr < BOOT_PCRS; pcr++)
		boot_unknown(boot, pcr, "it is no part of the boot: programs can reset it");
}

/* Of systemd's separator the TPM alone learns. */
static bool separate(struct boot *boot)
{
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++) {
		struct boot_event *event;

		if (!(OS_SEPARATOR_PCRS >> pcr & 1u))
			continue;
		event = boot_add_data(boot, pcr, TCG_IPL, RULE_OS_SEPARATOR, "", OS_SEPARATOR,
			OS_SEPARATOR, strlen(OS_SEPARATOR));
		if (!event)
			return false;
		event->to = BOOT_TO_TPM;
	}
	return true;
}

/*
 * What is measured once the kernel runs: our PID 1's word, or what a foreign initrd makes of it,
 * and then what the root file system's systemd does.
 */
static bool after_kernel(struct boot *boot, enum stub_dialect dialect, enum boot_phase phase)
{
	static const char foreign[] =
		"what runs once the kernel has started may extend it (systemd-pcrphase and others)";

	if (phase == PHASE_JOIN)
		return true;
	if (dialect != STUB_PROTOSTAR) {
		boot_unknown(boot, 11, foreign);
		boot_unknown(boot, 12, foreign);
		boot_unknown(boot, PCR_STATE, foreign);
	} else if (!boot_add_data(boot, PCR_STATE, TCG_IPL, RULE_SEALED, "", PCR15_SEALED,
			   PCR15_SEALED, strlen(PCR15_SEALED))) {
		return false;
	}
	return phase == PHASE_BOOTED || separate(boot);
}

/* The UKI, behind a loader or not (NULL): which stub it has decides about what follows. */
static bool add_stub(const struct boot_image *uki, const struct boot_image *loader,
	const struct measure_request *request, const struct firmware *firmware, struct boot *boot,
	enum stub_dialect *out)
{
	struct stub_inputs in = request->stub;

	if (!loader_is_uki(uki))
		return loader_complain(uki);
	if (in.dialect == STUB_AUTO && !stub_dialect_of(uki, &in.dialect))
		return complain("%s does not say which stub it has; --dialect can", uki->source);
	in.secure_boot = firmware_secure_boot(firmware);
	in.confidential = in.confidential || request->cc.tdx || request->cc.snp;
	*out = in.dialect;
	if (!firmware_secure_boot_known(firmware) && in.dialect >= STUB_SYSTEMD_252 &&
		in.dialect <= STUB_SYSTEMD_257)
		boot_remark(boot, PCR_APPLICATION,
			"with Secure Boot off: with it on this stub loads the kernel unmeasured "
			"(--vars or --secure-boot says which)");
	return (!loader || loader_passes(loader, uki, &in, boot)) && stub_events(boot, uki, &in);
}

static bool add_events(const struct boot_image *stages, size_t count,
	const struct measure_request *request, struct firmware *firmware, struct boot *boot)
{
	enum stub_dialect dialect = STUB_AUTO;

	if (!firmware_begin(firmware, boot))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!firmware_start_image(firmware, boot, &stages[i]))
			return false;
	say_what_is_never_known(boot);
	for (size_t i = 0; i + 1 < count; i++)
		loader_say_what_it_measures(&stages[i], boot);
	if (!add_stub(&stages[count - 1], count > 1 ? &stages[count - 2] : NULL, request, firmware,
		    boot, &dialect))
		return false;
	if (count > 1)
		loader_say_conditions(&stages[count - 2], &stages[count - 1], boot);
	return firmware_end(firmware, boot) && after_kernel(boot, dialect, request->phase);
}

bool predict_images(const struct boot_image *stages, size_t count,
	const struct measure_request *request, struct boot *boot)
{
	struct firmware *firmware;
	bool fine;

	if (!count)
		return complain("no image was named");
	firmware = firmware_open(&request->firmware, boot);
	fine = firmware && add_events(stages, count, request, firmware, boot);

	if (firmware)
		firmware_close(firmware);
	return fine && boot_hash(boot, request->banks ? request->banks : BANK_BIT(BANK_SHA256)) &&
	       cc_registers(&request->cc, &request->firmware, boot);
}

bool predict_boot(const struct measure_request *request, struct boot *boot)
{
	struct boot_image stages[REQUEST_STAGES_MAX];

	for (size_t i = 0; i < request->stage_count; i++)
		if (!image_open(boot, request->stages[i], &stages[i]))
			return false;
	return predict_images(stages, request->stage_count, request, boot);
}

bool predict_own_uki(const char *name, const uint8_t *uki, size_t len, const char *profile,
	enum boot_phase phase, unsigned banks, struct boot *boot)
{
	const struct boot_image image = {.data = uki, .len = len, .source = name, .name = name};
	const struct measure_request request = {.firmware.profile = profile,
		.stub.dialect = STUB_PROTOSTAR,
		.phase = phase,
		.banks = banks};

	return predict_images(&image, 1, &request, boot);
}
