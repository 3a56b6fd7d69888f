/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sections of a UKI systemd-stub takes, by release, and what it measures of them. */
#include <string.h>
#include "tools/lib/report.h"
#include "tools/measure/stub/systemd.h"

#define MANY_PROFILES 256u

/* In measurement order (systemd: src/fundamental/uki.c), with the release that brought them. */
static const struct {
	const char *name;
	unsigned since;
} rules[SECTIONS] = {
	[LINUX] = {".linux", 252},
	[OSREL] = {".osrel", 252},
	[CMDLINE] = {".cmdline", 252},
	[INITRD] = {".initrd", 252},
	[UCODE] = {".ucode", 256},
	[SPLASH] = {".splash", 252},
	[DTB] = {".dtb", 252},
	[UNAME] = {".uname", 254},
	[SBAT] = {".sbat", 254},
	[PCRSIG] = {".pcrsig", 252}, /* never measured: it signs what is measured */
	[PCRPKEY] = {".pcrpkey", 252},
	[PROFILE] = {".profile", 257},
	[DTBAUTO] = {".dtbauto", 257},
	[HWIDS] = {".hwids", 257},
	[EFIFW] = {".efifw", 258},
};

/* The first row at or after start that begins a profile; the end of the table when there is none.
 */
static unsigned next_profile(const struct pe_file *pe, unsigned start)
{
	unsigned i = start;

	while (i < pe->section_count && strcmp(pe_file_section(pe, i).name, ".profile") != 0)
		i++;
	return i;
}

/* Looks among the rows first..end-1; what is found takes the place of what was found before. */
static void find_among(struct systemd_stub *s, unsigned first, unsigned end)
{
	enum pe_match match = s->release < 254 ? PE_LAST_PREFIX : PE_FIRST_EXACT;

	for (unsigned i = 0; i < SECTIONS; i++)
		if (s->release >= rules[i].since &&
			pe_lookup(&s->pe, rules[i].name, match, first, end, &s->sections[i]))
			s->present[i] = true;
}

/*
 * From 257 on: the rows before the first .profile are the base, each .profile begins a profile.
 * Profile 0 may be absent; another one that is absent ends the boot.
 */
static bool find_with_profile(struct systemd_stub *s)
{
	unsigned start = next_profile(&s->pe, 0);

	find_among(s, 0, start);
	for (unsigned i = 0; i < s->profile && i < MANY_PROFILES && start < s->pe.section_count;
		i++)
		start = next_profile(&s->pe, start + 1);
	if (start < s->pe.section_count)
		find_among(s, start, next_profile(&s->pe, start + 1));
	else if (s->profile)
		return complain("%s has no profile %u", s->image->source, s->profile);
	return true;
}

bool systemd_find(struct systemd_stub *stub)
{
	if (stub->release < 257)
		find_among(stub, 0, stub->pe.section_count);
	else if (!find_with_profile(stub))
		return false;
	/* Only those that fit the machine are taken: which ones is not in the file. */
	if (stub->present[DTBAUTO] || stub->present[EFIFW])
		boot_unknown(stub->boot, PCR_KERNEL_IMAGE,
			"the machine decides which of .dtbauto and .efifw are measured");
	stub->present[DTBAUTO] = stub->present[EFIFW] = false;
	return stub->present[LINUX] ||
	       complain("%s has no section .linux: it is no unified kernel image",
		       stub->image->source);
}

/* The name with its NUL, then the contents; a log shows the name beside both. */
static bool measure(struct systemd_stub *s, unsigned i)
{
	const char *name = rules[i].name;
	struct boot_piece text = {.data = (const uint8_t *)name, .len = strlen(name) + 1};
	struct boot_piece contents = piece_of_section(s->image, &s->sections[i]);
	struct boot_event *name_event, *event;

	name_event = add_ipl(s->boot, PCR_KERNEL_IMAGE, RULE_SECTION_NAME, name,
		boot_text(s->boot, "%s (name)", name), name);
	if (!boot_piece(s->boot, name_event, &text))
		return false;
	event = add_ipl(s->boot, PCR_KERNEL_IMAGE, RULE_SECTION_DATA, name,
		boot_text(s->boot, "%s (contents)", name), name);
	return boot_piece(s->boot, event, &contents);
}

bool systemd_measure_sections(struct systemd_stub *stub)
{
	for (unsigned i = 0; i < SECTIONS; i++)
		if (stub->present[i] && i != PCRSIG && !measure(stub, i))
			return false;
	return true;
}
