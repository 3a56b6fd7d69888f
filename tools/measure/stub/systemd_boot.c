/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line that systemd-boot passes to a UKI, and measures before it starts that. */
#include <string.h>
#include "tools/measure/stub/systemd.h"

/*
 * Up to 254 it passes every UKI the command line that stands in it (systemd pull request 28924,
 * merged for 255, passes nothing that was not edited). From 257 on it says which profile was
 * chosen.
 */
#define IMPLIED_UNTIL  254u
#define PROFILES_SINCE 257u
#define NOT_TPM_SINCE  256u
#define EXACT_SINCE    254u

/* One character of UTF-16 as UTF-8; there are no surrogates in what utf16_from() makes. */
static void add_utf8(struct bytes *out, uint16_t c)
{
	uint8_t text[3] = {(uint8_t)c};
	size_t len = 1;

	if (c >= 0x800) {
		text[0] = (uint8_t)(0xe0 | c >> 12);
		text[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		text[2] = (uint8_t)(0x80 | (c & 0x3f));
		len = 3;
	} else if (c >= 0x80) {
		text[0] = (uint8_t)(0xc0 | c >> 6);
		text[1] = (uint8_t)(0x80 | (c & 0x3f));
		len = 2;
	}
	bytes_add(out, text, len);
}

/* The image's own command line as systemd-boot reads and tidies it; NULL: it has none. */
static const char *implied_line(struct boot *boot, const struct boot_image *uki, unsigned release)
{
	enum pe_match match = release < EXACT_SINCE ? PE_LAST_PREFIX : PE_FIRST_EXACT;
	struct bytes wide = {0}, text = {0};
	struct pe_contents own;
	struct pe_file pe;
	struct flaw flaw;

	if (!pe_read(uki->data, uki->len, &pe, &flaw) ||
		!pe_lookup(&pe, ".cmdline", match, 0, pe.section_count, &own))
		return NULL;
	/* It reads VirtualSize bytes of the file, whatever the section has there. */
	if (own.zeros && own.len && !memchr(own.data, 0, own.len))
		boot_unknown(boot, PCR_KERNEL_CONFIG,
			"systemd-boot reads .cmdline beyond the section's end in the file");
	utf16_from(&wide, own.data, own.len);
	systemd_tidy(release, &wide);
	for (size_t i = 0; i + 2 <= wide.len; i += 2)
		add_utf8(&text, le16(wide.data + i));
	bytes_zeros(&text, 1);
	bytes_free(&wide);
	return boot_own(boot, text.data);
}

bool stub_started_by_systemd_boot(struct boot *boot, const struct boot_image *uki, unsigned release,
	bool from_entry, struct stub_inputs *in)
{
	const char *line = in->load_options;
	struct boot_event *event;
	const uint8_t *wide;
	size_t len;

	if (!line && release <= IMPLIED_UNTIL && !from_entry)
		line = implied_line(boot, uki, release);
	if (release >= PROFILES_SINCE && in->profile)
		line = boot_text(boot, "@%u%s%s", in->profile, line ? " " : "", line ? line : "");
	if (!line)
		return true;
	in->load_options = line;
	wide = utf16_keep(boot, line, &len);
	event = boot_add_shown(boot, PCR_KERNEL_CONFIG, TCG_IPL, RULE_LOADER_OPTIONS,
		"systemd-boot", "command line that systemd-boot passes on", wide, len);
	if (event)
		event->to = release < NOT_TPM_SINCE ? BOOT_TO_TPM : BOOT_TO_BOTH;
	return event != NULL;
}
