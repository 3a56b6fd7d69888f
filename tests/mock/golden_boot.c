/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mock/golden_boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/lib/json_read.h"

#define TAG_LOAD_OPTIONS 0x8F3B22EDu
#define TAG_INITRD	 0x8F3B22ECu

static void need(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "golden boot: %s\n", what);
		exit(1);
	}
}

static struct boot_event *add_digest(struct boot *boot, unsigned pcr, uint32_t type,
	enum boot_rule rule, const char *subject, const uint8_t *digest)
{
	struct boot_event *e = boot_add(boot, pcr, type, rule, subject, subject);

	need(e != NULL, "too many events");
	memcpy(e->digest[BANK_SHA256], digest, 32);
	e->banks = BANK_BIT(BANK_SHA256);
	return e;
}

static void add_hex(struct boot *boot, unsigned pcr, uint32_t type, enum boot_rule rule,
	const char *subject, const struct json_at *in, const char *member)
{
	struct json_at at;
	uint8_t digest[32];

	need(json_member(in, member, &at) && json_get_hex(&at, digest, 32), member);
	add_digest(boot, pcr, type, rule, subject, digest);
}

static enum boot_rule rule_of(uint32_t type)
{
	switch (type) {
	case TCG_CRTM_VERSION:
		return RULE_CRTM_VERSION;
	case TCG_EFI_FIRMWARE_BLOB:
		return RULE_FIRMWARE_BLOB;
	case TCG_EFI_VARIABLE_DRIVER_CONFIG:
		return RULE_SECURE_BOOT_VARIABLE;
	case TCG_EFI_VARIABLE_AUTHORITY:
		return RULE_AUTHORITY;
	case TCG_EFI_GPT:
		return RULE_GPT;
	case TCG_EFI_VARIABLE_BOOT:
		return RULE_BOOT_VARIABLE;
	default:
		return RULE_SEPARATOR;
	}
}

static const char *variable_name(struct boot *boot, const struct logged_event *e)
{
	char name[32] = "";

	if (e->type == TCG_EFI_VARIABLE_DRIVER_CONFIG)
		for (size_t i = 0; i < le64(e->data + 16) && i < 31; i++)
			name[i] = (char)e->data[32 + 2 * i];
	return boot_text(boot, "%s", name);
}

static void add_firmware(struct boot *boot, const struct golden *g)
{
	for (size_t i = 0; g->firmware && i < g->firmware->count; i++) {
		const struct logged_event *e = &g->firmware->events[i];
		struct boot_event *out;

		if (!(g->firmware_pcrs >> e->reg & 1))
			continue;
		out = add_digest(boot, e->reg, e->type, rule_of(e->type), variable_name(boot, e),
			e->digest[BANK_SHA256]);
		boot_show(boot, out, e->data, e->data_len);
	}
	for (unsigned pcr = 0; pcr < BOOT_PCRS; pcr++)
		if ((pcr < 4 || pcr == 5 || pcr == 6 || pcr == 7 || pcr == 8 || pcr == 10 ||
			    pcr > 13) &&
			!(g->firmware_pcrs >> pcr & 1))
			boot_unknown(boot, pcr, "not in these inputs");
}

static void add_text(struct boot *boot, unsigned pcr, uint32_t type, enum boot_rule rule,
	const char *text, size_t len)
{
	need(boot_add_shown(boot, pcr, type, rule, "", text, text, len) != NULL, "no room");
}

static void add_section(struct boot *boot, const struct json_at *sections, const char *name)
{
	struct json_at ignored;

	if (!json_has(sections, name, &ignored))
		return;
	name = boot_text(boot, "%s", name);
	need(boot_add_data(boot, 11, TCG_IPL, RULE_SECTION_NAME, name, name, name,
		     strlen(name) + 1) != NULL,
		"no room");
	add_hex(boot, 11, TCG_IPL, RULE_SECTION_DATA, name, sections, name);
}

static void add_command_line(struct boot *boot, const struct json_at *one)
{
	static const uint8_t tag[] = {0xed, 0x22, 0x3b, 0x8f, 26, 0, 0, 0};
	struct json_at at;
	const char *text;
	struct bytes wide = {0};
	struct boot_event *e;

	need(json_member(one, "cmdline", &at) && json_get_text(&at, &text), "cmdline");
	for (size_t i = 0; i <= strlen(text); i++)
		bytes_add(&wide, (const char[2]){text[i], 0}, 2);
	e = boot_add_data(boot, 9, TCG_EVENT_TAG, RULE_KERNEL_CMDLINE, "", "command line",
		wide.data, wide.len);
	need(e != NULL, "no room");
	boot_show(boot, e, tag, sizeof(tag));
	bytes_free(&wide);
}

static void add_kernel(struct boot *boot, const struct golden *g, const struct json_at *one,
	const struct json_at *sections)
{
	static const uint8_t tag[] = {0xec, 0x22, 0x3b, 0x8f, 13, 0, 0, 0};
	struct boot_event *e;

	if (g->stub < 258 && !g->secure_boot)
		add_hex(boot, 4, TCG_EFI_APPLICATION, RULE_KERNEL_IMAGE, ".linux", one, "kernel");
	add_command_line(boot, one);
	if (g->initrd)
		add_digest(boot, 9, TCG_EVENT_TAG, RULE_KERNEL_INITRD, "initrd", g->initrd);
	else
		add_hex(boot, 9, TCG_EVENT_TAG, RULE_KERNEL_INITRD, "initrd", sections, ".initrd");
	e = &boot->events[boot->count - 1];
	boot_show(boot, e, tag, sizeof(tag));
}

void golden_boot(const struct golden *golden, struct boot *boot)
{
	static const char calling[] = "Calling EFI Application from Boot Option";
	static const char *const sections_252[] = {
		".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb"};
	static const char *const sections_254[] = {".uname", ".sbat"};
	static const uint8_t zeros[4];
	char path[4096];
	struct json_object *file;
	struct json_at root, one, sections;

	snprintf(path, sizeof(path), "%s/inputs.json", golden->folder);
	file = json_read_file(path, 1 << 20);
	root = (struct json_at){file, NULL, path, 0};
	need(file && json_member(&root, golden->name, &one) &&
			json_member(&one, "sections", &sections),
		golden->name);
	boot_init(boot);
	add_firmware(boot, golden);
	add_text(boot, 4, TCG_EFI_ACTION, RULE_CALLING, calling, sizeof(calling) - 1);
	need(boot_add_shown(boot, 4, TCG_SEPARATOR, RULE_SEPARATOR, "", "separator", zeros, 4) !=
			NULL,
		"no room");
	add_hex(boot, 4, TCG_EFI_APPLICATION, RULE_APPLICATION, "uki.efi", &one, "authenticode");
	for (size_t i = 0; i < 6; i++)
		add_section(boot, &sections, sections_252[i]);
	for (size_t i = 0; golden->stub >= 254 && i < 2; i++)
		add_section(boot, &sections, sections_254[i]);
	add_kernel(boot, golden, &one, &sections);
	json_object_put(file);
	need(boot_hash(boot, BANK_BIT(BANK_SHA256)), "hashing");
}
