/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-stub, by release: what it measures in the order in which its code does. */
#include "tools/measure/stub/systemd.h"

#include <stdlib.h>
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/model/application.h"
#include "tools/measure/stub/archive.h"

#define TAG_PROFILE 0x13AED6DBu

/* The number of the chosen profile, as UTF-16 text with NUL. Up to 257 only the TPM gets it. */
static bool measure_profile(struct systemd_stub *s)
{
	struct boot_event *event;
	const uint8_t *text;
	size_t len;

	if (!s->profile)
		return true;
	text = utf16_keep(s->boot, boot_text(s->boot, "%u", s->profile), &len);
	event = boot_add_data(s->boot, PCR_KERNEL_CONFIG, TCG_EVENT_TAG, RULE_PROFILE, "profile",
		boot_text(s->boot, "number of the chosen profile, %u", s->profile), text, len);
	if (!event)
		return false;
	event->to = s->release < 258 ? BOOT_TO_TPM : BOOT_TO_BOTH;
	show_tagged(s->boot, event, TAG_PROFILE, text, len);
	return true;
}

bool initrd_part(struct piece_list *initrd, const struct piece_list *part)
{
	pieces_pad(initrd);
	return pieces_add_all(initrd, part);
}

/* The archives that each hold one section: those that the release hands on, in its order. */
static bool add_section_archives(struct systemd_stub *s, struct piece_list *initrd)
{
	static const struct {
		enum section section;
		unsigned since;
		const char *name;
	} files[] = {
		{PCRSIG, 252, "tpm2-pcr-signature.json"},
		{PCRPKEY, 252, "tpm2-pcr-public-key.pem"},
		{OSREL, 257, "os-release"},
		{PROFILE, 257, "profile"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct archive archive;
		struct boot_piece contents;

		if (s->release < files[i].since || !s->present[files[i].section])
			continue;
		contents = piece_of_section(s->image, &s->sections[files[i].section]);
		if (!archive_begin(&archive, s->boot, ".extra", 0555, 0444) ||
			!archive_add(&archive, files[i].name, &contents) ||
			!archive_end(&archive) || !initrd_part(initrd, &archive.pieces))
			return false;
	}
	return true;
}

static bool add_section_part(
	struct systemd_stub *s, enum section section, struct piece_list *initrd)
{
	struct boot_piece piece = piece_of_section(s->image, &s->sections[section]);
	struct piece_list part = {0};

	if (!s->present[section])
		return true;
	return pieces_add(&part, &piece) && initrd_part(initrd, &part);
}

/*
 * Microcode, the image's own initrd, what lies beside the image, sections as files. One part alone
 * is handed on as it is; several are padded, the last one too (archives are multiples of four).
 */
static bool make_initrd(
	struct systemd_stub *s, const struct extra *extra, struct piece_list *initrd)
{
	if (!add_section_part(s, UCODE, initrd) || !add_section_part(s, INITRD, initrd))
		return false;
	if (s->present[UCODE] && s->present[INITRD])
		pieces_pad(initrd);
	return extra_events(s->boot, extra, s->release, initrd) && add_section_archives(s, initrd);
}

/* Whether the kernel takes part in what follows at all. */
static bool check_kernel(struct systemd_stub *s, const struct boot_image *image, uint64_t offset)
{
	struct boot_image_bytes bytes;
	struct pe_file kernel;
	struct flaw flaw;
	bool fine;

	if (!boot_image_bytes(image, &bytes))
		return false;
	fine = pe_read(bytes.data, bytes.len, &kernel, &flaw);
	free(bytes.copy);
	if (!fine) {
		flaw.offset += offset;
		complain("%s: .linux is no kernel that can be started", image->source);
		return flaw_complain(image->source, &flaw);
	}
	if (!kernel.major_image_version)
		boot_unknown(s->boot, PCR_KERNEL_LOADED,
			"the kernel is older than 5.8 and is not started by its EFI entry");
	return true;
}

/*
 * Up to 257 the stub has firmware load the kernel, which measures it as one more application: all
 * that the section has in memory, zeros too. With Secure Boot on the stub overrides firmware's
 * check of it, and OVMF then does not measure it.
 */
static bool measure_kernel_image(struct systemd_stub *s)
{
	const struct pe_contents *contents = &s->sections[LINUX];
	struct boot_image image = {.data = contents->data,
		.len = contents->len,
		.zeros = contents->zeros,
		.source = s->image->source};

	if (!check_kernel(s, &image, contents->offset))
		return false;
	if (s->release >= 258 || s->in->secure_boot)
		return true;
	return boot_add_application(s->boot, RULE_KERNEL_IMAGE, &image, contents->offset, ".linux",
		       "the kernel in the image (Authenticode)") != NULL;
}

static bool has_console(const struct bytes *line)
{
	bool at_word = true;
	struct bytes wanted = {0};
	bool found = false;

	utf16_from(&wanted, (const uint8_t *)"console=", 8);
	for (size_t i = 0; !found && i + wanted.len <= line->len; i += 2) {
		found = at_word && memcmp(line->data + i, wanted.data, wanted.len) == 0;
		at_word = le16(line->data + i) == ' ';
	}
	bytes_free(&wanted);
	return found;
}

/* What else would reach the stub, which no file at hand tells. */
static void say_conditions(
	struct systemd_stub *s, const struct extra *extra, const struct bytes *line)
{
	if (s->release >= 254 && extra_addon(extra)) {
		const char *why = boot_text(
			s->boot, "the addon %s is started and measured too", extra_addon(extra));

		boot_unknown(s->boot, 4, why);
		boot_unknown(s->boot, PCR_KERNEL_LOADED, why);
		boot_unknown(s->boot, PCR_KERNEL_CONFIG, why);
	}
	if (s->release >= 262 && !has_console(line))
		boot_unknown(s->boot, PCR_KERNEL_LOADED,
			"without console= in the command line, the stub adds what the machine has");
	if (s->release >= 261)
		boot_unknown(s->boot, 1, "the stub measures the machine's SMBIOS tables");
	if (s->release < 258 && !s->boot->remark[4])
		boot_remark(s->boot, 4,
			s->in->secure_boot ? "where firmware's check of images can be overridden"
					   : "with Secure Boot off (it decides about the kernel)");
	boot_remark(s->boot, PCR_KERNEL_CONFIG,
		s->release < 254 || s->in->confidential
			? "if nothing else is passed, and the ESP's loader folder holds no "
			  "credentials"
			: "if nothing else is passed, the ESP's loader folder holds no credentials "
			  "or addons, and SMBIOS no command line");
	if (s->release >= 258)
		boot_remark(s->boot, PCR_SYSEXTS, "if the ESP's loader folder holds no extensions");
}

/* Before 256 the stub knows no registers but the TPM's. */
static void keep_from_cc(struct systemd_stub *s, size_t first)
{
	for (size_t i = first; s->release < 256 && i < s->boot->count; i++)
		s->boot->events[i].to = BOOT_TO_TPM;
}

static bool run(struct systemd_stub *s, const struct extra *extra, const struct bytes *passed,
	struct bytes *line)
{
	struct piece_list *initrd = boot_own(s->boot, must_alloc(sizeof(*initrd)));
	size_t first = s->boot->count;
	struct boot_piece piece;

	*initrd = (struct piece_list){.count = 0};
	if (!systemd_find(s) || !measure_profile(s) || !systemd_measure_sections(s) ||
		!systemd_cmdline(s, passed, line) || !make_initrd(s, extra, initrd))
		return false;
	keep_from_cc(s, first);
	if (!measure_kernel_image(s))
		return false;
	say_conditions(s, extra, line);
	piece = piece_of_line(
		s->image, s->line_form ? &s->sections[CMDLINE] : NULL, s->line_form, line);
	return kernel_events(s->boot, &piece, initrd);
}

bool systemd_events(struct boot *boot, const struct boot_image *image, const struct stub_inputs *in)
{
	struct systemd_stub s = {
		.boot = boot, .image = image, .in = in, .release = dialect_release(in->dialect)};
	struct bytes passed = {0}, line = {0};
	struct extra *extra = boot_own(boot, must_alloc(sizeof(*extra)));
	struct flaw flaw;
	bool fine;

	if (!pe_read(image->data, image->len, &s.pe, &flaw))
		return flaw_complain(image->source, &flaw);
	if (!extra_open(boot, in->extra_dir, extra))
		return false;
	systemd_options(&s, &passed);
	fine = run(&s, extra, &passed, &line);
	bytes_free(&passed);
	bytes_free(&line);
	return fine;
}
