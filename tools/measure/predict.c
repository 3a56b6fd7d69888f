#include "tools/measure/predict.h"

#include <stdio.h>
#include <string.h>
#include "early/contract/pcr15.h"
#include "efi/contract/handover.h"
#include "efi/contract/measured.h"
#include "tools/lib/authenticode.h"
#include "tools/lib/hex.h"
#include "tools/lib/report.h"

#define PCR_BOOT_APPLICATION 4u
#define PCR_LINUX_STUB	     9u
#define PCR_STATE	     15u

#define EV_SEPARATOR			 0x00000004u
#define EV_EVENT_TAG			 0x00000006u
#define EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define EV_EFI_ACTION			 0x80000007u

const unsigned predicted_pcrs[] = {4, 9, 11, 12, 13, 15};
const size_t predicted_pcr_count = sizeof(predicted_pcrs) / sizeof(predicted_pcrs[0]);

static bool add_digest(
	struct prediction *p, uint32_t pcr, uint32_t type, const uint8_t *digest, const char *text)
{
	struct predicted_event *e = &p->events[p->count];

	if (p->count == PREDICT_EVENTS_MAX || pcr >= PREDICT_PCRS ||
		!pcr_extend(p->alg, p->pcrs[pcr], digest))
		return complain("more events than a boot of one image has");
	*e = (struct predicted_event){.pcr = pcr, .type = type};
	memcpy(e->digest, digest, p->digest_len);
	snprintf(e->text, sizeof(e->text), "%s", text);
	p->count++;
	return true;
}

static bool add_data(struct prediction *p, uint32_t pcr, uint32_t type, const void *data,
	size_t len, const char *text)
{
	uint8_t digest[DIGEST_MAX];

	return digest_of(p->alg, data, len, digest) && add_digest(p, pcr, type, digest, text);
}

/* The firmware: one boot option is tried, everything before it is separated, the UKI is loaded. */
static bool add_firmware(struct prediction *p, const uint8_t *uki, size_t len)
{
	static const char calling[] = "Calling EFI Application from Boot Option";
	static const uint8_t separator[4];
	uint8_t digest[DIGEST_MAX];

	if (authenticode(uki, len, p->alg, digest) != AUTHENTICODE_OK)
		return complain(
			"the image cannot be hashed as firmware does: its headers reach out "
			"of the file, or its signature is not at its end");
	return add_data(
		       p, PCR_BOOT_APPLICATION, EV_EFI_ACTION, calling, strlen(calling), calling) &&
	       add_data(p, PCR_BOOT_APPLICATION, EV_SEPARATOR, separator, sizeof(separator),
		       "separator") &&
	       add_digest(p, PCR_BOOT_APPLICATION, EV_EFI_BOOT_SERVICES_APPLICATION, digest,
		       "the unified kernel image (Authenticode)");
}

static bool add_section_event(void *context, const struct measured_event *event)
{
	static const uint8_t zeros[4096];
	struct prediction *p = context;
	bool is_name = (const char *)event->data == event->section;
	char text[PREDICT_TEXT_MAX];
	uint8_t digest[DIGEST_MAX];
	struct digest d;

	if (!digest_start(&d, p->alg))
		return false;
	digest_add(&d, event->data, event->len);
	for (size_t left = event->zeros; left;) {
		size_t n = left < sizeof(zeros) ? left : sizeof(zeros);

		digest_add(&d, zeros, n);
		left -= n;
	}
	digest_end(&d, digest);
	snprintf(text, sizeof(text), "%s %s", event->section, is_name ? "(name)" : "(contents)");
	return add_digest(p, event->pcr, event->type, digest, text);
}

static bool add_stub(struct prediction *p, const struct pe_image *image)
{
	const char *section = "";

	switch (measured_walk(image, add_section_event, p, &section)) {
	case MEASURED_OK:
		return true;
	case MEASURED_MISSING:
		return complain("the image has no section %s: the stub would not boot it", section);
	case MEASURED_REFUSED:
		return complain("the image has a section %s, which the stub refuses", section);
	case MEASURED_STOPPED:
		break;
	}
	return complain("the section %s cannot be hashed", section);
}

static bool check_kernel(const struct pe_image *image, const uint8_t *data, size_t len)
{
	struct pe_image kernel;

	return (pe_parse(data, len, PE_ON_DISK, &kernel) == PE_OK &&
		       kernel_acceptable(&kernel, image->machine) == KERNEL_OK) ||
	       complain("the stub would not start the kernel in this image");
}

/* The kernel's own EFI stub: the command line as UTF-16 with NUL, then the initrd. */
static bool add_kernel(struct prediction *p, const struct pe_image *image)
{
	const uint8_t *linux_data, *line, *initrd;
	size_t linux_len, line_len, initrd_len, zeros, initrd_zeros, linux_zeros;
	uint8_t utf16[2 * (CMDLINE_MAX + 1)] = {0};

	if (!pe_find(image, ".cmdline", &line, &line_len, &zeros) || zeros ||
		!cmdline_acceptable(line, line_len))
		return complain("the stub would refuse the command line in this image");
	if (!pe_find(image, ".initrd", &initrd, &initrd_len, &initrd_zeros) || initrd_zeros ||
		!pe_find(image, ".linux", &linux_data, &linux_len, &linux_zeros) || linux_zeros)
		return complain("a section of this image is shorter in the file than in memory");
	if (!check_kernel(image, linux_data, linux_len))
		return false;
	for (size_t i = 0; i < line_len; i++)
		utf16[2 * i] = line[i];
	return add_data(p, PCR_LINUX_STUB, EV_EVENT_TAG, utf16, 2 * (line_len + 1),
		       "LOADED_IMAGE::LoadOptions") &&
	       add_data(p, PCR_LINUX_STUB, EV_EVENT_TAG, initrd, initrd_len, "Linux initrd");
}

static bool add_sealing(struct prediction *p)
{
	return add_data(p, PCR_STATE, EV_IPL, PCR15_SEALED, strlen(PCR15_SEALED), PCR15_SEALED);
}

bool predict_uki(const uint8_t *uki, size_t len, uint16_t alg, enum predict_phase phase,
	struct prediction *out)
{
	struct prediction p = {.alg = alg, .digest_len = digest_len(alg)};
	struct pe_image image;

	if (!p.digest_len)
		return complain("no such PCR bank");
	if (pe_parse(uki, len, PE_ON_DISK, &image) != PE_OK)
		return complain("that is no EFI image");
	if (!add_firmware(&p, uki, len) || !add_stub(&p, &image) || !add_kernel(&p, &image))
		return false;
	if (phase == PHASE_BOOTED && !add_sealing(&p))
		return false;
	*out = p;
	return true;
}

void predict_to_json(const struct prediction *p, struct bytes *out)
{
	bytes_add_text(out, "{\"measurements\":{");
	for (size_t i = 0; i < predicted_pcr_count; i++) {
		char hex[2 * DIGEST_MAX + 1];

		hex_encode(p->pcrs[predicted_pcrs[i]], p->digest_len, hex);
		bytes_addf(out, "%s\"%u\":{\"expected\":\"%s\",\"warnOnly\":false}", i ? "," : "",
			predicted_pcrs[i], hex);
	}
	bytes_add_text(out, "}}\n");
}
